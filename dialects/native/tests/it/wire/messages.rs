//! Messages.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, Wire};
use crate::server::text;

#[tokio::test]
async fn a_message_is_sent() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.shows(
        "POST /threads/{}/messages",
        &[&thread],
        json!({"text": "Where is it?", "metadata": {"from": "app"}}),
        expect![[r#"
            201
            cache-control: no-store
            content-type: application/json

            {
              "handling": "agent",
              "message": {
                "author": {"key": "<id 1>", "kind": "key"},
                "content": [{"text": "Where is it?", "type": "text"}],
                "created_at": "<time>",
                "door": "native",
                "id": "<id 2>",
                "interrupted": false,
                "metadata": {"from": "app"},
                "role": "user",
                "seq": 2,
                "thread": "<id 3>",
                "turn": "<id 4>"
              },
              "turn": {"id": "<id 4>", "state": "running"}
            }
        "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/messages",
        &[&thread],
        json!({"text": "x", "content": []}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "content: must not be combined with `text`",
          "errors": [{"message": "must not be combined with `text`", "path": "content"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn messages_are_listed() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.asked(&thread).await;
    wire.shows(
        "GET /threads/{}/messages",
        &[&thread],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "author": {"key": "<id 1>", "kind": "key"},
              "content": [{"text": "Where is it?", "type": "text"}],
              "created_at": "<time>",
              "door": "native",
              "id": "<id 2>",
              "interrupted": false,
              "role": "user",
              "seq": 2,
              "thread": "<id 3>",
              "turn": "<id 4>"
            },
            {
              "author": {"agent": "<id 5>", "kind": "agent"},
              "content": [{"text": "Where is it?", "type": "text"}],
              "created_at": "<time>",
              "id": "<id 6>",
              "interrupted": false,
              "model": "echo",
              "receipt": {"standing": "sent"},
              "role": "agent",
              "seq": 5,
              "thread": "<id 3>",
              "turn": "<id 4>"
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /threads/{}/messages?limit=0",
        &[&thread],
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
async fn a_message_is_found() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    let (message, _) = wire.asked(&thread).await;
    wire.shows(
        "GET /threads/{}/messages/{}",
        &[&thread, &message],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "author": {"key": "<id 1>", "kind": "key"},
          "content": [{"text": "Where is it?", "type": "text"}],
          "created_at": "<time>",
          "door": "native",
          "id": "<id 2>",
          "interrupted": false,
          "role": "user",
          "seq": 2,
          "thread": "<id 3>",
          "turn": "<id 4>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /threads/{}/messages/{}",
        &[&thread, UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "message_not_found",
          "detail": "Message not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_message_is_changed() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    let (message, _) = wire.asked(&thread).await;
    wire.shows(
        "PATCH /threads/{}/messages/{}",
        &[&thread, &message],
        json!({"priority": 1}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "author": {"key": "<id 1>", "kind": "key"},
          "content": [{"text": "Where is it?", "type": "text"}],
          "created_at": "<time>",
          "door": "native",
          "envelope": {"priority": 1},
          "id": "<id 2>",
          "interrupted": false,
          "role": "user",
          "seq": 2,
          "thread": "<id 3>",
          "turn": "<id 4>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "PATCH /threads/{}/messages/{}",
        &[&thread, &message],
        json!({"text": "Else"}),
        expect![[r#"
            409
            cache-control: no-store
            content-type: application/problem+json

            {
              "code": "message_sent",
              "detail": "The text can change only while the project's message waits to be sent",
              "status": 409,
              "title": "Conflict",
              "type": "about:blank"
            }
        "#]],
    )
    .await;
}

#[tokio::test]
async fn messages_are_searched() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.asked(&thread).await;
    wire.shows(
        "GET /search/messages?q=where",
        &[],
        Value::Null,
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "data": [
                {
                  "author": {"agent": "<id 1>", "kind": "agent"},
                  "content": [{"text": "Where is it?", "type": "text"}],
                  "created_at": "<time>",
                  "id": "<id 2>",
                  "interrupted": false,
                  "model": "echo",
                  "places": [{"end": 5, "part": 0, "start": 0}],
                  "role": "agent",
                  "seq": 5,
                  "thread": "<id 3>",
                  "turn": "<id 4>"
                },
                {
                  "author": {"key": "<id 5>", "kind": "key"},
                  "content": [{"text": "Where is it?", "type": "text"}],
                  "created_at": "<time>",
                  "door": "native",
                  "id": "<id 6>",
                  "interrupted": false,
                  "places": [{"end": 5, "part": 0, "start": 0}],
                  "role": "user",
                  "seq": 2,
                  "thread": "<id 3>",
                  "turn": "<id 4>"
                }
              ],
              "next": null
            }
        "#]],
    )
    .await;
    wire.shows(
        "GET /search/messages",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "q: required",
          "errors": [{"message": "required", "path": "q"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_answer_is_read() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    let (message, _) = wire.asked(&thread).await;
    let answer = text(&wire.api.list(&format!("/threads/{thread}/messages")).await[1]["id"]);
    wire.shows(
        "POST /threads/{}/read",
        &[&thread],
        json!({"message": answer}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "author": {"agent": "<id 1>", "kind": "agent"},
          "content": [{"text": "Where is it?", "type": "text"}],
          "created_at": "<time>",
          "id": "<id 2>",
          "interrupted": false,
          "model": "echo",
          "receipt": {
            "delivered_at": "<time>",
            "read_at": "<time>",
            "standing": "read"
          },
          "role": "agent",
          "seq": 5,
          "thread": "<id 3>",
          "turn": "<id 4>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/read",
        &[&thread],
        json!({"message": message}),
        expect![[r#"
            400
            cache-control: no-store
            content-type: application/problem+json

            {
              "code": "not_readable",
              "detail": "Only a message to a person can be marked as read",
              "status": 400,
              "title": "Bad Request",
              "type": "about:blank"
            }
        "#]],
    )
    .await;
}

#[tokio::test]
async fn the_index_of_searches_is_shown_and_made_again() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.asked(&thread).await;
    wire.shows(
        "GET /search/index",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "indexed_to": null,
          "is_behind": false,
          "newest": "<time>",
          "oldest": "<time>",
          "percent": 100
        }
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /search/index",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "indexed_to": null,
          "is_behind": false,
          "newest": "<time>",
          "oldest": "<time>",
          "percent": 100
        }
    "#]],
    )
    .await;
    let request = wire.bare("GET /search/index", &[]);
    wire.answers(
        request,
        expect![[r#"
        401
        cache-control: no-store
        content-type: application/problem+json
        www-authenticate: Bearer realm="threadline"

        {
          "code": "unauthorized",
          "detail": "Missing or invalid API key",
          "status": 401,
          "title": "Unauthorized",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    let request = wire.bare("DELETE /search/index", &[]);
    wire.answers(
        request,
        expect![[r#"
        401
        cache-control: no-store
        content-type: application/problem+json
        www-authenticate: Bearer realm="threadline"

        {
          "code": "unauthorized",
          "detail": "Missing or invalid API key",
          "status": 401,
          "title": "Unauthorized",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}
