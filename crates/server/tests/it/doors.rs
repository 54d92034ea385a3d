//! How a message is sent through each door, with the key where the door wants it.

use reqwest::{Client, RequestBuilder};
use serde_json::json;
use uuid::Uuid;

use crate::process::KEY;

/// A message to the thread.
pub fn send(http: &Client, url: &str, door: &str, thread: Uuid, text: &str) -> RequestBuilder {
    let hex = thread.simple();
    let (path, body) = match door {
        "native" => (format!("/threadline/v1/threads/{thread}/messages"), json!({"text": text})),
        "capy" => (format!("/api/v1/threads/jam_{hex}/message"), json!({"message": text})),
        "feather" => (format!("/api/v1/threads/{thread}/messages"), json!({"message": text})),
        "algoreg" => (
            "/api/v1/message".into(),
            json!({"thread_id": thread, "from_customer_id": "7", "from": "ann@example.com", "content": text}),
        ),
        "everruns" => (
            format!("/v1/sessions/session_{hex}/messages"),
            json!({"message": {"content": [{"type": "text", "text": text}]}}),
        ),
        other => panic!("there is no door {other}"),
    };
    with_key(door, http.post(format!("{url}{path}")).json(&body))
}

/// The request with the key, in the header that the door reads.
pub fn with_key(door: &str, request: RequestBuilder) -> RequestBuilder {
    match door {
        "feather" => request.header("x-api-key", KEY),
        _ => request.bearer_auth(KEY),
    }
}
