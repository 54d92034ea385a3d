//! How to begin with this dialect.

use dialect_kit::{
    Begin, Guide,
    guide::{get, post},
};

const AUTH: &str = "Authorization: Bearer $THREADLINE_KEY";

pub fn guide(begin: &Begin<'_>) -> Guide {
    let (base, thread) = (format!("{}/threadline/v1", begin.server), begin.thread);
    Guide {
        title: "Threadline".into(),
        about: "The API of this server. It has everything that the other dialects have, and more.",
        key_prefix: None,
        commands: vec![
            (
                "Say something and wait for the answer",
                post(&format!("{base}/threads/{thread}/messages?wait=30"), AUTH, r#"{"text": "Hello"}"#),
            ),
            ("Read the log", get(&format!("{base}/threads/{thread}/events?limit=20"), AUTH)),
            (
                "Follow the thread",
                format!("curl -N '{base}/threads/{thread}/events' \\\n  -H \"{AUTH}\" -H 'Accept: text/event-stream'"),
            ),
            ("The command line", format!("THREADLINE_URL={} threadline thread send {thread} 'Hello'", begin.server)),
        ],
        base_url: base,
    }
}
