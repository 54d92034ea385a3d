//! How to begin with this dialect.

use dialect_kit::{
    Begin, Guide,
    guide::{get, post},
};

const AUTH: &str = "Authorization: Bearer $THREADLINE_KEY";

pub fn guide(begin: &Begin<'_>) -> Guide {
    let (base, thread) = (format!("{}/api/v1", begin.server), begin.thread);
    Guide {
        title: "Capy".into(),
        about: "The public API of Capy, revision of 2026-06-26, for clients that were made for it.",
        key_prefix: None,
        commands: vec![
            ("Say something", post(&format!("{base}/threads/{thread}/message"), AUTH, r#"{"message": "Hello"}"#)),
            ("Read the messages, the newest first", get(&format!("{base}/threads/{thread}/messages"), AUTH)),
        ],
        base_url: base,
    }
}
