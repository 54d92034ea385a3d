//! What an inbox reads: heads that move, how far members have read, saved replies.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, Wire};
use crate::server::text;

const ANN: &str = "ann@example.com";

#[tokio::test]
async fn heads_that_moved_are_polled() {
    let mut wire = Wire::start().await;
    wire.shows(
        "GET /threads/changes?after=0",
        &[],
        Value::Null,
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {"gone": [], "next": "0", "reset": false, "threads": []}
        "#]],
    )
    .await;
    wire.shows(
        "GET /threads/changes?after=soon",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "after: must be a position like `1760000000000000`",
          "errors": [{"message": "must be a position like `1760000000000000`", "path": "after"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_member_has_seen_a_thread() {
    let mut wire = Wire::start().await;
    wire.api.post("/members", json!({"email": ANN, "name": "Ann"})).await.is(201);
    let thread = wire.thread().await;
    wire.shows("PUT /threads/{}/seen", &[&thread], json!({"member": ANN, "seq": 1}), expect![[""]]).await;
    wire.shows("PUT /threads/{}/seen", &[&thread], json!({"member": ANN, "seq": 2}), expect![[""]]).await;
    wire.shows("PUT /threads/{}/seen", &[UNKNOWN], json!({"member": ANN, "seq": 1}), expect![[""]]).await;
}

#[tokio::test]
async fn replies_are_saved() {
    let mut wire = Wire::start().await;
    let hello = json!({"name": "hello", "text": "Hello, how can I help?"});
    wire.shows("POST /saved-replies", &[], hello.clone(), expect![[""]]).await;
    wire.shows("POST /saved-replies", &[], hello, expect![[""]]).await;
    wire.shows("GET /saved-replies", &[], Value::Null, expect![[""]]).await;
    wire.shows("GET /saved-replies?limit=0", &[], Value::Null, expect![[""]]).await;
}

/// A server with a saved reply, and the reply's id.
async fn saved() -> (Wire, String) {
    let wire = Wire::start().await;
    let saved = wire.api.post("/saved-replies", json!({"name": "hello", "text": "Hello."})).await.is(201);
    let id = text(&saved["id"]);
    (wire, id)
}

#[tokio::test]
async fn a_saved_reply_is_shown_and_removed() {
    let (mut wire, id) = saved().await;
    wire.shows("GET /saved-replies/{}", &[&id], Value::Null, expect![[""]]).await;
    wire.shows("GET /saved-replies/{}", &[UNKNOWN], Value::Null, expect![[""]]).await;
    wire.shows("DELETE /saved-replies/{}", &[&id], Value::Null, expect![[""]]).await;
    wire.shows("DELETE /saved-replies/{}", &[&id], Value::Null, expect![[""]]).await;
}

#[tokio::test]
async fn a_saved_reply_is_changed() {
    let (mut wire, id) = saved().await;
    wire.shows("PATCH /saved-replies/{}", &[&id], json!({"text": "Hello!"}), expect![[""]]).await;
    wire.shows("PATCH /saved-replies/{}", &[&id], json!({"text": ""}), expect![[""]]).await;
}
