//! Paths and methods that are not there.

use reqwest::Method;
use serde_json::json;

use crate::client::{Door, Refused, Reply};

#[tokio::test]
async fn an_unknown_path_is_404() {
    let door = Door::open().await;
    for path in [
        "/api/v1",
        "/api/v1/",
        "/api/v1/whatever",
        "/api/v1/threads/x/messages/",
        "/api/v1/threads//message",
        "/api/v1/threads/x/message/y",
        "/v1/threads/x/whatever",
        "/v1/tasks/0199a0b0-0000-7000-8000-000000000000",
        "/api/v1/tasks/0199a0b0-0000-7000-8000-000000000000",
        "/api/v1/tasks/0199a0b0-0000-7000-8000-000000000000/diff?mode=pr",
        "/api/v1/threads/x/session-token",
        "/api/v1/projects/x/setup",
        "/api/v1/projects/x/snapshots",
        "/api/v1/projects/x/environment-variables/personal",
        "/api/v1/projects/x/automations",
        "/api/v1/projects/x/warm-pool",
        "/api/v1/sessions/verify",
    ] {
        door.get(path).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn another_method_is_405_with_the_methods_of_the_path() {
    let door = Door::open().await;
    for base in ["/api/v1", "/v1"] {
        let id = door.thread.prefixed("jam_");
        let (message, messages) = (format!("{base}/threads/{id}/message"), format!("{base}/threads/{id}/messages"));
        for (method, path, allow) in [
            (Method::GET, &message, "POST"),
            (Method::PUT, &message, "POST"),
            (Method::OPTIONS, &message, "POST"),
            (Method::DELETE, &messages, "GET, HEAD"),
            (Method::PATCH, &messages, "GET, HEAD"),
        ] {
            let reply = Reply::of(door.request(method.clone(), path).bearer_auth(&door.server.test.key)).await;
            reply.refused(405, "method_not_allowed");
            assert_eq!(reply.header("allow"), allow, "{method} {path}");
        }
    }
    door.assert_untouched().await;
}

#[tokio::test]
async fn a_head_is_answered_as_a_get_without_its_body() {
    let door = Door::open().await;
    let reply = Reply::of(door.request(Method::HEAD, &door.messages_path()).bearer_auth(&door.server.test.key)).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, ""));
}

#[tokio::test]
async fn a_request_id_is_repeated_on_every_answer() {
    let door = Door::open().await;
    for body in [json!({"message": "x"}), json!({})] {
        let reply = Reply::of(door.post(&door.message_path()).header("x-request-id", "mine-1").json(&body)).await;
        assert_eq!(reply.header("x-request-id"), "mine-1", "{reply:?}");
    }
}
