//! How to begin with this dialect.

use dialect_kit::{
    Begin, Guide,
    guide::{get, post},
};

const AUTH: &str = "X-API-Key: $THREADLINE_KEY";

pub fn guide(begin: &Begin<'_>) -> Guide {
    let (base, thread) = (format!("{}/api/v1", begin.server), begin.thread);
    Guide {
        title: "Feather AI".into(),
        about: "The conversation API of Feather AI: threads, a stream of answers, and guests on web pages.",
        key_prefix: None,
        commands: vec![
            ("Say something", post(&format!("{base}/threads/{thread}/messages"), AUTH, r#"{"message": "Hello"}"#)),
            ("Read the messages, the newest first", get(&format!("{base}/threads/{thread}/messages"), AUTH)),
            ("Follow the answers", format!("curl -N '{base}/threads/{thread}/stream' \\\n  -H \"{AUTH}\"")),
        ],
        base_url: base,
    }
}
