//! How to begin with this dialect.

use dialect_kit::{
    Begin, Guide,
    guide::{get, post},
};

const AUTH: &str = "Authorization: Bearer $THREADLINE_KEY";

pub fn guide(begin: &Begin<'_>) -> Guide {
    let (base, thread) = (begin.server.to_string(), begin.thread);
    Guide {
        title: "Algoreg Go!Chat".into(),
        about: "The help desk API of Algoreg: letters, tickets, customers.",
        key_prefix: None,
        commands: vec![
            (
                "Write a letter from a customer",
                post(
                    &format!("{base}/api/v1/message"),
                    AUTH,
                    &format!(r#"{{"from": "jonas@example.com", "content": "Hello", "thread_id": "{thread}"}}"#),
                ),
            ),
            ("Read the messages", get(&format!("{base}/api/v1/thread/{thread}/messages"), AUTH)),
        ],
        base_url: base,
    }
}
