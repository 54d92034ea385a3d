//! Threads and their messages.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, open, ticket};

#[tokio::test]
async fn a_message_is_filed() {
    let (_door, mut wire) = open().await;
    wire.shows(
        "POST /message",
        &[],
        json!({"from": "ann@example.com", "content": "Where is my order?"}),
        expect![[r#"
            204
            cache-control: no-store
        "#]],
    )
    .await;
    wire.shows(
        "POST /message",
        &[],
        json!({"content": 5}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/json

        {
          "errors": [
            {
              "code": "invalid_parameter",
              "deprecated": false,
              "message": "content: expected a string, got an integer",
              "will_be_deprecated": false
            },
            {
              "code": "BAD_REQUEST",
              "deprecated": true,
              "message": "content: expected a string, got an integer",
              "will_be_deprecated": false
            }
          ]
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_message_that_waits_is_changed() {
    let (door, mut wire) = open().await;
    let thread = ticket(&door).await;
    let email = json!({"thread_id": thread, "to": "ann@example.com", "content": "Tomorrow"});
    door.create(email).await;
    let listed = door.list(door.threads().await[0].id, "").await;
    let newest = listed["messages"].as_array().and_then(|messages| messages.last()).expect("a message");
    let email = newest["id"].as_str().expect("an id").to_owned();
    wire.shows(
        "POST /message/{}",
        &[&email],
        json!({"content": "Today", "priority": 2, "read": true}),
        expect![[r#"
            204
            cache-control: no-store
        "#]],
    )
    .await;
    wire.shows(
        "POST /message/{}",
        &[UNKNOWN],
        json!({"content": "Today"}),
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {
          "errors": [
            {
              "code": "message_not_found",
              "deprecated": false,
              "message": "Message not found",
              "will_be_deprecated": false
            },
            {"code": "NOT_FOUND", "deprecated": true, "message": "Message not found", "will_be_deprecated": false}
          ]
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_made() {
    let (_door, mut wire) = open().await;
    let new = json!({"subject": "Parcel", "status": 0, "reminder": {"delay": 3600, "number_left": 2}, "comment": "Called twice"});
    wire.shows(
        "POST /thread",
        &[],
        new,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "agent_id": 1,
          "attachments": [],
          "client_id": "<id 1>",
          "contacts": [],
          "created_at": "<time>",
          "customers": [],
          "external_message_ids": [],
          "id": "<id 2>",
          "last_message": null,
          "message_count": 0,
          "reminder": {"delay": 3600, "due_at": "<time>", "number_left": 2},
          "status": 0,
          "subject": "Parcel",
          "tag_codes": [],
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /thread",
        &[],
        json!({"status": 9}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/json

        {
          "errors": [
            {
              "code": "invalid_parameter",
              "deprecated": false,
              "message": "status: must be 0 (Open), 1 (Waiting), 2 (Reminder) or 3 (Closed)",
              "will_be_deprecated": false
            },
            {
              "code": "BAD_REQUEST",
              "deprecated": true,
              "message": "status: must be 0 (Open), 1 (Waiting), 2 (Reminder) or 3 (Closed)",
              "will_be_deprecated": false
            }
          ]
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn threads_are_searched() {
    let (door, mut wire) = open().await;
    ticket(&door).await;
    wire.shows(
        "POST /thread/search",
        &[],
        json!({"email": "ANN@example.com", "status": 1}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "threads": [
            {
              "agent_id": 1,
              "attachments": [],
              "client_id": "<id 1>",
              "contacts": [
                {
                  "customer_id": "<id 2>",
                  "email": "ann@example.com",
                  "id": "<id 3>"
                }
              ],
              "created_at": "<time>",
              "customers": [
                {
                  "contacts": [
                    {
                      "customer_id": "<id 2>",
                      "email": "ann@example.com",
                      "id": "<id 3>"
                    }
                  ],
                  "created_at": "<time>",
                  "external_id": null,
                  "id": "<id 2>",
                  "name": null
                }
              ],
              "external_message_ids": [],
              "id": "<id 4>",
              "last_message": {
                "agent_id": 1,
                "attachments": [],
                "bcc": null,
                "cc": null,
                "content": "Where is my order?",
                "created_at": "<time>",
                "delivery": null,
                "error_when_trying_to_send": null,
                "external_message_id": null,
                "from": null,
                "id": "<id 5>",
                "mailbox_id": null,
                "origin": null,
                "priority": 0,
                "raw_message": null,
                "read_by_agents": [],
                "reply_to_external_message_id": null,
                "subject": null,
                "to": null
              },
              "message_count": 2,
              "reminder": null,
              "status": 1,
              "subject": null,
              "tag_codes": ["late"],
              "updated_at": "<time>"
            }
          ],
          "total": 1
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_search_for_no_status_is_refused() {
    let (_door, mut wire) = open().await;
    wire.shows(
        "POST /thread/search",
        &[],
        json!({"status": 9}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/json

        {
          "errors": [
            {
              "code": "invalid_parameter",
              "deprecated": false,
              "message": "status: must be 0 (Open), 1 (Waiting), 2 (Reminder) or 3 (Closed)",
              "will_be_deprecated": false
            },
            {
              "code": "BAD_REQUEST",
              "deprecated": true,
              "message": "status: must be 0 (Open), 1 (Waiting), 2 (Reminder) or 3 (Closed)",
              "will_be_deprecated": false
            }
          ]
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_found() {
    let (door, mut wire) = open().await;
    let thread = ticket(&door).await;
    wire.shows(
        "GET /thread/{}",
        &[&thread],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "agent_id": 1,
          "attachments": [],
          "client_id": "<id 1>",
          "contacts": [
            {
              "customer_id": "<id 2>",
              "email": "ann@example.com",
              "id": "<id 3>"
            }
          ],
          "created_at": "<time>",
          "customers": [
            {
              "contacts": [
                {
                  "customer_id": "<id 2>",
                  "email": "ann@example.com",
                  "id": "<id 3>"
                }
              ],
              "created_at": "<time>",
              "external_id": null,
              "id": "<id 2>",
              "name": null
            }
          ],
          "external_message_ids": [],
          "id": "<id 4>",
          "last_message": {
            "agent_id": 1,
            "attachments": [],
            "bcc": null,
            "cc": null,
            "content": "Where is my order?",
            "created_at": "<time>",
            "delivery": null,
            "error_when_trying_to_send": null,
            "external_message_id": null,
            "from": null,
            "id": "<id 5>",
            "mailbox_id": null,
            "origin": null,
            "priority": 0,
            "raw_message": null,
            "read_by_agents": [],
            "reply_to_external_message_id": null,
            "subject": null,
            "to": null
          },
          "message_count": 2,
          "reminder": null,
          "status": 1,
          "subject": null,
          "tag_codes": ["late"],
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /thread/{}",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {
          "errors": [
            {
              "code": "thread_not_found",
              "deprecated": false,
              "message": "Thread not found",
              "will_be_deprecated": false
            },
            {"code": "NOT_FOUND", "deprecated": true, "message": "Thread not found", "will_be_deprecated": false}
          ]
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_changed() {
    let (door, mut wire) = open().await;
    let thread = ticket(&door).await;
    wire.shows(
        "POST /thread/{}",
        &[&thread],
        json!({"status": 3, "tag_codes": [], "comment": "Solved"}),
        expect![[r#"
            204
            cache-control: no-store
        "#]],
    )
    .await;
    wire.shows(
        "POST /thread/{}",
        &[UNKNOWN],
        json!({"status": 3}),
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {
          "errors": [
            {
              "code": "thread_not_found",
              "deprecated": false,
              "message": "Thread not found",
              "will_be_deprecated": false
            },
            {"code": "NOT_FOUND", "deprecated": true, "message": "Thread not found", "will_be_deprecated": false}
          ]
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn messages_are_listed() {
    let (door, mut wire) = open().await;
    let thread = ticket(&door).await;
    wire.shows(
        "GET /thread/{}/messages",
        &[&thread],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "messages": [
            {
              "agent_id": null,
              "attachments": [],
              "bcc": null,
              "cc": null,
              "content": "Where is my order?",
              "created_at": "<time>",
              "delivery": null,
              "error_when_trying_to_send": null,
              "external_message_id": null,
              "from": "ann@example.com",
              "id": "<id 1>",
              "mailbox_id": null,
              "origin": "algoreg",
              "priority": 0,
              "raw_message": null,
              "read_by_agents": [],
              "reply_to_external_message_id": null,
              "subject": null,
              "to": null
            },
            {
              "agent_id": 1,
              "attachments": [],
              "bcc": null,
              "cc": null,
              "content": "Where is my order?",
              "created_at": "<time>",
              "delivery": null,
              "error_when_trying_to_send": null,
              "external_message_id": null,
              "from": null,
              "id": "<id 2>",
              "mailbox_id": null,
              "origin": null,
              "priority": 0,
              "raw_message": null,
              "read_by_agents": [],
              "reply_to_external_message_id": null,
              "subject": null,
              "to": null
            }
          ],
          "total": 2
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /thread/{}/messages",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {
          "errors": [
            {
              "code": "thread_not_found",
              "deprecated": false,
              "message": "Thread not found",
              "will_be_deprecated": false
            },
            {"code": "NOT_FOUND", "deprecated": true, "message": "Thread not found", "will_be_deprecated": false}
          ]
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_attachment_is_downloaded() {
    let (door, mut wire) = open().await;
    let body = json!({"from": "ann@example.com", "attachments": [{"file": "Pz8+", "name": "a.txt"}]});
    let thread = door.begin(body).await.id;
    let listed = door.list(thread, "").await;
    let file = listed["messages"][0]["attachments"][0]["id"].as_str().expect("an id").to_owned();
    wire.shows(
        "GET /attachment/{}",
        &[&file],
        Value::Null,
        expect![[r#"
        200
        accept-ranges: bytes
        cache-control: private, no-cache
        content-disposition: attachment; filename="a.txt"; filename*=UTF-8''a.txt
        content-type: text/plain
        etag: "<opaque>"

        ??>
    "#]],
    )
    .await;
    wire.shows(
        "GET /attachment/{}",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {
          "errors": [
            {
              "code": "attachment_not_found",
              "deprecated": false,
              "message": "Attachment not found",
              "will_be_deprecated": false
            },
            {
              "code": "NOT_FOUND",
              "deprecated": true,
              "message": "Attachment not found",
              "will_be_deprecated": false
            }
          ]
        }
    "#]],
    )
    .await;
}
