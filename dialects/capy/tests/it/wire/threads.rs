//! Threads, their tags and their messages.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN_JAM, open, said};
use crate::threads::project;

#[tokio::test]
async fn threads_are_listed() {
    let (door, mut wire) = open().await;
    let project = project(&door);
    wire.shows(
        "GET /threads?projectId={}",
        &[&project],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "hasMore": false,
          "items": [
            {
              "blockedOn": [],
              "createdAt": "<time>",
              "id": "jam_<id 1>",
              "participants": [],
              "pendingWakeups": 0,
              "projectId": "<id 2>",
              "pullRequests": [],
              "runState": "ready",
              "slackThreads": [],
              "status": "idle",
              "tags": [],
              "tasks": [],
              "title": null,
              "updatedAt": "<time>",
              "waitingOn": []
            }
          ],
          "nextCursor": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /threads",
        &[],
        Value::Null,
        expect![[r#"
        422
        cache-control: no-store
        content-type: application/json

        {
          "error": {
            "code": "validation_error",
            "details": [{"code": "invalid_parameter", "message": "required", "path": "projectId"}],
            "message": "projectId: required"
          }
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_begun() {
    let (door, mut wire) = open().await;
    let project = project(&door);
    wire.shows(
        "POST /threads",
        &[],
        json!({"projectId": project, "prompt": "Where is my order?"}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "blockedOn": [],
          "createdAt": "<time>",
          "id": "jam_<id 1>",
          "participants": [
            {
              "firstParticipatedAt": "<time>",
              "lastParticipatedAt": "<time>",
              "userId": "<id 2>",
              "userType": "service_user"
            }
          ],
          "pendingWakeups": 0,
          "projectId": "<id 3>",
          "runState": "running",
          "status": "active",
          "tags": [],
          "title": null,
          "waitingOn": []
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /threads",
        &[],
        json!({"projectId": project, "prompt": ""}),
        expect![[r#"
        422
        cache-control: no-store
        content-type: application/json

        {
          "error": {
            "code": "validation_error",
            "details": [{"code": "invalid_parameter", "message": "must not be empty", "path": "prompt"}],
            "message": "prompt: must not be empty"
          }
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_found() {
    let (door, mut wire) = open().await;
    let jam = door.thread.prefixed("jam_");
    said(&door).await;
    wire.shows(
        "GET /threads/{}",
        &[&jam],
        Value::Null,
        expect![[r#"
        200
        cache-control: private, no-cache
        content-type: application/json
        etag: "<id 1>"

        {
          "blockedOn": [],
          "createdAt": "<time>",
          "id": "jam_<id 2>",
          "participants": [
            {
              "firstParticipatedAt": "<time>",
              "lastParticipatedAt": "<time>",
              "userId": "<id 3>",
              "userType": "service_user"
            }
          ],
          "pendingWakeups": 0,
          "projectId": "<id 4>",
          "pullRequests": [],
          "runState": "ready",
          "slackThreads": [],
          "status": "idle",
          "tags": [],
          "tasks": [],
          "title": null,
          "updatedAt": "<time>",
          "waitingOn": []
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /threads/{}",
        &[UNKNOWN_JAM],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {"error": {"code": "not_found", "message": "Thread not found"}}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_stopped() {
    let (door, mut wire) = open().await;
    let jam = door.thread.prefixed("jam_");
    wire.shows(
        "POST /threads/{}/stop",
        &[&jam],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"id": "jam_<id 1>", "status": "idle"}
    "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/stop",
        &[&jam],
        json!({"reason": "late"}),
        expect![[r#"
        422
        cache-control: no-store
        content-type: application/json

        {
          "error": {
            "code": "validation_error",
            "details": [{"code": "invalid_parameter", "message": "unknown field", "path": "reason"}],
            "message": "reason: unknown field"
          }
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_archived() {
    let (door, mut wire) = open().await;
    let jam = door.thread.prefixed("jam_");
    wire.shows(
        "POST /threads/{}/archive",
        &[&jam],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"id": "jam_<id 1>", "status": "archived"}
    "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/archive",
        &[UNKNOWN_JAM],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {"error": {"code": "not_found", "message": "Thread not found"}}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_unarchived() {
    let (door, mut wire) = open().await;
    let jam = door.thread.prefixed("jam_");
    wire.shows(
        "POST /threads/{}/unarchive",
        &[&jam],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"id": "jam_<id 1>", "status": "idle"}
    "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/unarchive",
        &[UNKNOWN_JAM],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {"error": {"code": "not_found", "message": "Thread not found"}}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn tags_of_a_thread_are_set() {
    let (door, mut wire) = open().await;
    let project = project(&door);
    let jam = door.thread.prefixed("jam_");
    let tag = wire.request("POST /projects/{}/tags", &[&project]).json(&json!({"name": "billing", "color": "blue"}));
    tag.send().await.expect("a tag");
    wire.shows(
        "PUT /threads/{}/tags",
        &[&jam],
        json!({"tags": ["billing"]}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"tags": [{"color": "blue", "name": "billing"}]}
    "#]],
    )
    .await;
    wire.shows(
        "PUT /threads/{}/tags",
        &[&jam],
        json!({"tags": ["refund"]}),
        expect![[r#"
        422
        cache-control: no-store
        content-type: application/json

        {
          "error": {
            "code": "validation_error",
            "details": [{"code": "tag_not_found", "message": "Tag does not exist", "path": "tags.0"}],
            "message": "tags.0: Tag does not exist"
          }
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_message_is_sent() {
    let (door, mut wire) = open().await;
    let jam = door.thread.prefixed("jam_");
    wire.shows(
        "POST /threads/{}/message",
        &[&jam],
        json!({"message": "Where is my order?"}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"id": "<id 1>", "status": "sent"}
    "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/message",
        &[&jam],
        json!({"message": "x", "colour": "red"}),
        expect![[r#"
        422
        cache-control: no-store
        content-type: application/json

        {
          "error": {
            "code": "validation_error",
            "details": [{"code": "invalid_parameter", "message": "unknown field", "path": "colour"}],
            "message": "colour: unknown field"
          }
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn messages_are_listed() {
    let (door, mut wire) = open().await;
    let jam = door.thread.prefixed("jam_");
    said(&door).await;
    wire.shows(
        "GET /threads/{}/messages",
        &[&jam],
        Value::Null,
        expect![[r#"
        200
        cache-control: private, no-cache
        content-type: application/json
        etag: "<opaque>"

        {
          "hasMore": false,
          "items": [
            {
              "content": "Where is my order?",
              "createdAt": "<time>",
              "id": "<id 1>",
              "source": "assistant"
            },
            {
              "content": "Where is my order?",
              "createdAt": "<time>",
              "id": "<id 2>",
              "source": "user"
            }
          ],
          "nextCursor": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /threads/{}/messages",
        &[UNKNOWN_JAM],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {"error": {"code": "not_found", "message": "Thread not found"}}
    "#]],
    )
    .await;
}
