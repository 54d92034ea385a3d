//! Messages, events and pictures of sessions.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN_SESSION, gif, open, said_in};
use crate::client::{Door, said};

#[tokio::test]
async fn a_message_is_sent() {
    let (door, mut wire) = open().await;
    let (session, _thread) = door.session().await;
    wire.shows(
        "POST /sessions/{}/messages",
        &[&session],
        said("Where is my order?"),
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "content": [{"text": "Where is my order?", "type": "text"}],
          "created_at": "<time>",
          "id": "message_<id 1>",
          "role": "user",
          "sequence": 2,
          "session_id": "session_<id 2>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /sessions/{}/messages",
        &[&session],
        json!({}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "message: required",
          "error": {"code": "invalid_parameter", "message": "message: required"},
          "status": 400,
          "title": "Bad Request"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn messages_are_listed() {
    let (door, mut wire) = open().await;
    let (session, thread) = door.session().await;
    said_in(&door, thread).await;
    wire.shows(
        "GET /sessions/{}/messages",
        &[&session],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "content": [{"text": "Where is my order?", "type": "text"}],
              "created_at": "<time>",
              "id": "message_<id 1>",
              "role": "user",
              "sequence": 2,
              "session_id": "session_<id 2>"
            },
            {
              "content": [{"text": "Where is my order?", "type": "text"}],
              "created_at": "<time>",
              "id": "message_<id 3>",
              "metadata": {"model": "echo"},
              "phase": "final_answer",
              "role": "agent",
              "sequence": 5,
              "session_id": "session_<id 2>"
            }
          ]
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /sessions/{}/messages",
        &[UNKNOWN_SESSION],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "session_not_found",
          "detail": "Session not found",
          "error": {"code": "session_not_found", "message": "Session not found"},
          "status": 404,
          "title": "Not Found"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn events_are_listed() {
    let (door, mut wire) = open().await;
    let (session, thread) = door.session().await;
    said_in(&door, thread).await;
    wire.shows(
        "GET /sessions/{}/events?after_sequence=1&limit=2",
        &[&session],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json
        x-has-more: true
        x-total-count: 6

        {
          "data": [
            {
              "context": {
                "input_message_id": "message_<id 1>",
                "turn_id": "turn_<id 2>"
              },
              "data": {
                "message": {
                  "content": [{"text": "Where is my order?", "type": "text"}],
                  "created_at": "<time>",
                  "id": "message_<id 1>",
                  "role": "user",
                  "sequence": 2,
                  "session_id": "session_<id 3>"
                }
              },
              "id": "event_<id 4>",
              "sequence": 2,
              "session_id": "session_<id 3>",
              "ts": "<time>",
              "type": "input.message"
            },
            {
              "context": {
                "input_message_id": "message_<id 1>",
                "turn_id": "turn_<id 2>"
              },
              "data": {
                "input_message_id": "message_<id 1>",
                "turn_id": "turn_<id 2>"
              },
              "id": "event_<id 5>",
              "sequence": 3,
              "session_id": "session_<id 3>",
              "ts": "<time>",
              "type": "turn.started"
            }
          ]
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /sessions/{}/events?types=nothing",
        &[&session],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "types: `nothing` is not a type of event",
          "error": {"code": "invalid_parameter", "message": "types: `nothing` is not a type of event"},
          "status": 400,
          "title": "Bad Request"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_session_is_followed() {
    let (door, mut wire) = open().await;
    let (session, thread) = door.session().await;
    said_in(&door, thread).await;
    let request = wire.request("GET /sessions/{}/sse?after_sequence=1", &[&session]);
    wire.begins(request, 2, expect![[r#"
        200
        cache-control: no-store
        content-type: text/event-stream
        x-accel-buffering: no

        event: connected
        retry: 100
        data: {"status":"connected"}

        event: input.message
        id: event_<id 1>
        retry: 100
        data: {"id":"event_<id 1>","type":"input.message","ts":"<time>","session_id":"session_<id 2>","context":{"turn_id":"turn_<id 3>","input_message_id":"message_<id 4>"},"data":{"message":{"id":"message_<id 4>","session_id":"session_<id 2>","sequence":2,"role":"user","created_at":"<time>","content":[{"type":"text","text":"Where is my order?"}]}},"sequence":2}
    "#]]).await;
    wire.shows(
        "GET /sessions/{}/sse?after_sequence=1000",
        &[&session],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_position",
          "detail": "This position is beyond the end of the thread's log",
          "error": {"code": "invalid_position", "message": "This position is beyond the end of the thread's log"},
          "status": 400,
          "title": "Bad Request"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_picture_is_uploaded() {
    let (_door, mut wire) = open().await;
    let request = wire.request("POST /images", &[]).multipart(gif("a.gif"));
    wire.answers(
        request,
        expect![[r#"
            201
            cache-control: no-store
            content-type: application/json

            {
              "content_type": "image/gif",
              "created_at": "<time>",
              "filename": "a.gif",
              "id": "img_<id 1>",
              "size_bytes": 16
            }
        "#]],
    )
    .await;
    wire.shows("POST /images", &[], json!({}), expect![[r#"
        415
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "unsupported_media_type",
          "detail": "The body must be multipart/form-data with a boundary",
          "error": {"code": "unsupported_media_type", "message": "The body must be multipart/form-data with a boundary"},
          "status": 415,
          "title": "Unsupported Media Type"
        }
    "#]]).await;
}

#[tokio::test]
async fn pictures_are_listed() {
    let (door, mut wire) = open().await;
    picture(&door).await;
    wire.shows(
        "GET /images",
        &[],
        Value::Null,
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            [
              {
                "content_type": "image/gif",
                "created_at": "<time>",
                "filename": "a.gif",
                "id": "img_<id 1>",
                "metadata": {},
                "size_bytes": 16
              }
            ]
        "#]],
    )
    .await;
    wire.shows(
        "GET /images?limit=x",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "limit: expected an integer from 0 to 4294967295",
          "error": {"code": "invalid_parameter", "message": "limit: expected an integer from 0 to 4294967295"},
          "status": 400,
          "title": "Bad Request"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_picture_is_read() {
    let (door, mut wire) = open().await;
    let image = picture(&door).await;
    wire.shows(
        "GET /images/{}",
        &[&image],
        Value::Null,
        expect![[r#"
            200
            accept-ranges: bytes
            cache-control: private, no-cache
            content-type: image/gif
            etag: "<opaque>"

            GIF89a of a test
        "#]],
    )
    .await;
    wire.shows(
        "GET /images/{}",
        &["img_01933b5a000070008000000000000001"],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "image_not_found",
          "detail": "Image not found",
          "error": {"code": "image_not_found", "message": "Image not found"},
          "status": 404,
          "title": "Not Found"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_picture_is_deleted() {
    let (door, mut wire) = open().await;
    let image = picture(&door).await;
    wire.shows(
        "DELETE /images/{}",
        &[&image],
        Value::Null,
        expect![[r#"
        204
        cache-control: no-store
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /images/{}",
        &[&image],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "image_not_found",
          "detail": "Image not found",
          "error": {"code": "image_not_found", "message": "Image not found"},
          "status": 404,
          "title": "Not Found"
        }
    "#]],
    )
    .await;
}

/// The id of a new picture.
async fn picture(door: &Door) -> String {
    let uploaded = door.post("/v1/images").multipart(gif("a.gif")).send().await.expect("an answer");
    let made: Value = uploaded.json().await.expect("a picture");
    made["id"].as_str().expect("an id").to_owned()
}
