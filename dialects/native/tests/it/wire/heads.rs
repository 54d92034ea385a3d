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
    wire.shows(
        "PUT /threads/{}/seen",
        &[&thread],
        json!({"member": ANN, "seq": 1}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"seq": 1}
    "#]],
    )
    .await;
    wire.shows(
        "PUT /threads/{}/seen",
        &[&thread],
        json!({"member": ANN, "seq": 2}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "seq: must be a position of the thread's log",
          "errors": [{"message": "must be a position of the thread's log", "path": "seq"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "PUT /threads/{}/seen",
        &[UNKNOWN],
        json!({"member": ANN, "seq": 1}),
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "thread_not_found",
          "detail": "Thread not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn replies_are_saved() {
    let mut wire = Wire::start().await;
    let hello = json!({"name": "hello", "text": "Hello, how can I help?"});
    wire.shows(
        "POST /saved-replies",
        &[],
        hello.clone(),
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "id": "<id 1>",
          "name": "hello",
          "text": "Hello, how can I help?",
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /saved-replies",
        &[],
        hello,
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "saved_reply_exists",
          "detail": "The project already has a saved reply with this name",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

/// A server with a saved reply, and the reply's id.
async fn saved() -> (Wire, String) {
    let wire = Wire::start().await;
    let saved = wire.api.post("/saved-replies", json!({"name": "hello", "text": "Hello."})).await.is(201);
    let id = text(&saved["id"]);
    (wire, id)
}

#[tokio::test]
async fn saved_replies_are_listed() {
    let (mut wire, _) = saved().await;
    wire.shows(
        "GET /saved-replies",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "created_at": "<time>",
              "id": "<id 1>",
              "name": "hello",
              "text": "Hello.",
              "updated_at": "<time>"
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /saved-replies?limit=0",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "limit: must be between 1 and 1000",
          "errors": [{"message": "must be between 1 and 1000", "path": "limit"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_saved_reply_is_shown() {
    let (mut wire, id) = saved().await;
    wire.shows(
        "GET /saved-replies/{}",
        &[&id],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "id": "<id 1>",
          "name": "hello",
          "text": "Hello.",
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /saved-replies/{}",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "saved_reply_not_found",
          "detail": "Saved reply not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_saved_reply_is_changed() {
    let (mut wire, id) = saved().await;
    wire.shows(
        "PATCH /saved-replies/{}",
        &[&id],
        json!({"text": "Hello!"}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "id": "<id 1>",
          "name": "hello",
          "text": "Hello!",
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "PATCH /saved-replies/{}",
        &[&id],
        json!({"text": ""}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "text: must not be empty",
          "errors": [{"message": "must not be empty", "path": "text"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_saved_reply_is_removed() {
    let (mut wire, id) = saved().await;
    wire.shows(
        "DELETE /saved-replies/{}",
        &[&id],
        Value::Null,
        expect![[r#"
        204
        cache-control: no-store
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /saved-replies/{}",
        &[&id],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "saved_reply_not_found",
          "detail": "Saved reply not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}
