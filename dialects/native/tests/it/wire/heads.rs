//! What an inbox reads: heads that move, how far members have read, saved replies.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, Wire};

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
        "PUT /threads/{}/seen/{}",
        &[&thread, "1"],
        json!({"member": ANN}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"seq": 1}
    "#]],
    )
    .await;
    wire.shows(
        "PUT /threads/{}/seen/{}",
        &[&thread, "2"],
        json!({"member": ANN}),
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
        "PUT /threads/{}/seen/{}",
        &[UNKNOWN, "1"],
        json!({"member": ANN}),
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
              "text": "Hello, how can I help?",
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
    let listed = wire.api.get("/saved-replies").await.is(200);
    let id = crate::server::text(&listed["data"][0]["id"]);
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
          "text": "Hello, how can I help?",
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
