//! Threads and messages, with a key.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, open, said};

#[tokio::test]
async fn a_thread_of_text_messages_is_refused() {
    let (_door, mut wire) = open().await;
    wire.shows(
        "POST /threads",
        &[],
        json!({"toPhoneNumber": "+380441234567"}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/json

        {
          "code": "BAD_REQUEST",
          "message": "This server has no telephone numbers; create a web chat thread with POST /api/v1/threads/web",
          "status": 400,
          "success": false
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_web_chat_is_begun() {
    let (door, mut wire) = open().await;
    let agent = door.found().await.agent;
    wire.shows(
        "POST /threads/web",
        &[],
        json!({"agentId": agent, "metadata": {"page": "cart"}, "variables": {"name": "Ann"}}),
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "thread": {
                "agentDetails": {"description": null, "id": "<id 1>", "name": "default"},
                "agentId": "<id 1>",
                "agentVersionDetails": null,
                "agentVersionId": null,
                "closedAt": null,
                "closedReason": null,
                "createdAt": "<time>",
                "fromPhoneNumber": null,
                "fromPhoneNumberId": null,
                "id": "<id 2>",
                "isActive": true,
                "leadId": null,
                "metadata": {"page": "cart"},
                "organizationId": "<id 3>",
                "toPhoneNumber": null,
                "updatedAt": "<time>",
                "variables": {"name": "Ann"}
              }
            }
        "#]],
    )
    .await;
    wire.shows(
        "POST /threads/web",
        &[],
        json!({"agentId": UNKNOWN}),
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {"code": "NOT_FOUND", "message": "Agent not found", "status": 404, "success": false}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn threads_are_listed() {
    let (_door, mut wire) = open().await;
    wire.shows(
        "GET /threads",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "pagination": {"limit": 10, "nextCursor": null},
          "threads": [
            {
              "agentDetails": {"description": null, "id": "<id 1>", "name": "default"},
              "agentId": "<id 1>",
              "agentVersionDetails": null,
              "agentVersionId": null,
              "closedAt": null,
              "closedReason": null,
              "createdAt": "<time>",
              "fromPhoneNumber": null,
              "fromPhoneNumberId": null,
              "id": "<id 2>",
              "isActive": true,
              "leadId": null,
              "metadata": {},
              "organizationId": "<id 3>",
              "toPhoneNumber": null,
              "updatedAt": "<time>",
              "variables": {}
            }
          ]
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /threads?isActive=perhaps",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/json

        {"code": "BAD_REQUEST", "message": "isActive: expected a boolean", "status": 400, "success": false}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_found() {
    let (door, mut wire) = open().await;
    let thread = door.thread.to_string();
    wire.shows(
        "GET /threads/{}",
        &[&thread],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "thread": {
            "agentDetails": {"description": null, "id": "<id 1>", "name": "default"},
            "agentId": "<id 1>",
            "agentVersionDetails": null,
            "agentVersionId": null,
            "closedAt": null,
            "closedReason": null,
            "createdAt": "<time>",
            "fromPhoneNumber": null,
            "fromPhoneNumberId": null,
            "id": "<id 2>",
            "isActive": true,
            "leadId": null,
            "metadata": {},
            "organizationId": "<id 3>",
            "toPhoneNumber": null,
            "updatedAt": "<time>",
            "variables": {}
          }
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /threads/{}",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {"code": "NOT_FOUND", "message": "Thread not found", "status": 404, "success": false}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_changed() {
    let (door, mut wire) = open().await;
    let thread = door.thread.to_string();
    wire.shows(
        "PATCH /threads/{}",
        &[&thread],
        json!({"metadata": {"step": "2"}, "variables": {"name": "Bob"}}),
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "thread": {
                "agentDetails": {"description": null, "id": "<id 1>", "name": "default"},
                "agentId": "<id 1>",
                "agentVersionDetails": null,
                "agentVersionId": null,
                "closedAt": null,
                "closedReason": null,
                "createdAt": "<time>",
                "fromPhoneNumber": null,
                "fromPhoneNumberId": null,
                "id": "<id 2>",
                "isActive": true,
                "leadId": null,
                "metadata": {"step": "2"},
                "organizationId": "<id 3>",
                "toPhoneNumber": null,
                "updatedAt": "<time>",
                "variables": {"name": "Bob"}
              }
            }
        "#]],
    )
    .await;
    wire.shows(
        "PATCH /threads/{}",
        &[UNKNOWN],
        json!({}),
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {"code": "NOT_FOUND", "message": "Thread not found", "status": 404, "success": false}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_closed() {
    let (door, mut wire) = open().await;
    let thread = door.thread.to_string();
    wire.shows(
        "PATCH /threads/{}/close",
        &[&thread],
        json!({"reason": "APPOINTMENT_BOOKED"}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "thread": {
            "agentDetails": {"description": null, "id": "<id 1>", "name": "default"},
            "agentId": "<id 1>",
            "agentVersionDetails": null,
            "agentVersionId": null,
            "closedAt": "<time>",
            "closedReason": "APPOINTMENT_BOOKED",
            "createdAt": "<time>",
            "fromPhoneNumber": null,
            "fromPhoneNumberId": null,
            "id": "<id 2>",
            "isActive": false,
            "leadId": null,
            "metadata": {},
            "organizationId": "<id 3>",
            "toPhoneNumber": null,
            "updatedAt": "<time>",
            "variables": {}
          }
        }
    "#]],
    )
    .await;
    wire.shows("PATCH /threads/{}/close", &[&thread], json!({"reason": "BORED"}), expect![[r#"
        400
        cache-control: no-store
        content-type: application/json

        {
          "code": "BAD_REQUEST",
          "message": "reason: expected one of OPTED_OUT, DNC, FRAUD, CONTACT_AGAIN, WRONG_NUMBER, NOT_INTERESTED, APPOINTMENT_BOOKED, ENDED, WORKFLOW_ONE_OFF_TEXT, FILTERED_SPAM, FILTERED_OOO, FILTERED_AUTO_REPLY",
          "status": 400,
          "success": false
        }
    "#]]).await;
}

#[tokio::test]
async fn a_message_is_sent() {
    let (door, mut wire) = open().await;
    let thread = door.thread.to_string();
    wire.shows(
        "POST /threads/{}/messages",
        &[&thread],
        json!({"message": "Where is my order?"}),
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "messageId": "<id 1>",
              "status": "accepted",
              "threadId": "<id 2>",
              "windowExpiresIn": <number>
            }
        "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/messages",
        &[&thread],
        json!({"message": ""}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/json

        {"code": "BAD_REQUEST", "message": "message: must not be empty", "status": 400, "success": false}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn messages_are_listed() {
    let (door, mut wire) = open().await;
    let thread = door.thread.to_string();
    said(&door, door.thread).await;
    wire.shows(
        "GET /threads/{}/messages",
        &[&thread],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "thread": {
            "agentDetails": {
              "agentType": "TEXT",
              "description": null,
              "id": "<id 1>",
              "name": "default"
            },
            "agentId": "<id 1>",
            "agentVersionDetails": null,
            "agentVersionId": null,
            "messages": [
              {
                "createdAt": "<time>",
                "deliveredAt": null,
                "direction": "OUTBOUND",
                "id": "<id 2>",
                "messageBody": "Where is my order?",
                "readAt": null,
                "sentAt": "<time>",
                "status": "SENT",
                "threadId": "<id 3>",
                "twilioAccountSid": null,
                "twilioErrorCode": null,
                "twilioErrorMessage": null,
                "twilioMessageSid": null,
                "twilioNumSegments": null,
                "twilioPrice": null,
                "twilioPriceCurrency": null,
                "updatedAt": "<time>"
              },
              {
                "createdAt": "<time>",
                "deliveredAt": null,
                "direction": "INBOUND",
                "id": "<id 4>",
                "messageBody": "Where is my order?",
                "readAt": null,
                "sentAt": null,
                "status": "RECEIVED",
                "threadId": "<id 3>",
                "twilioAccountSid": null,
                "twilioErrorCode": null,
                "twilioErrorMessage": null,
                "twilioMessageSid": null,
                "twilioNumSegments": null,
                "twilioPrice": null,
                "twilioPriceCurrency": null,
                "updatedAt": "<time>"
              }
            ],
            "pagination": {"limit": 50, "nextCursor": null}
          }
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /threads/{}/messages",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {"code": "NOT_FOUND", "message": "Thread not found", "status": 404, "success": false}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_message_is_read() {
    let (door, mut wire) = open().await;
    let thread = door.thread.to_string();
    let (_, answer) = said(&door, door.thread).await;
    wire.shows(
        "POST /threads/{}/messages/{}/read",
        &[&thread, &answer],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "message": {
            "createdAt": "<time>",
            "deliveredAt": "<time>",
            "direction": "OUTBOUND",
            "id": "<id 1>",
            "messageBody": "Where is my order?",
            "readAt": "<time>",
            "sentAt": "<time>",
            "status": "READ",
            "threadId": "<id 2>",
            "twilioAccountSid": null,
            "twilioErrorCode": null,
            "twilioErrorMessage": null,
            "twilioMessageSid": null,
            "twilioNumSegments": null,
            "twilioPrice": null,
            "twilioPriceCurrency": null,
            "updatedAt": "<time>"
          }
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/messages/{}/read",
        &[&thread, UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {"code": "NOT_FOUND", "message": "Message not found", "status": 404, "success": false}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_followed() {
    let (door, mut wire) = open().await;
    let thread = door.thread.to_string();
    let (question, _) = said(&door, door.thread).await;
    let request = wire.request("GET /threads/{}/stream", &[&thread]).header("last-event-id", question);
    wire.begins(request, 1, expect![[r#"
        200
        cache-control: no-store
        content-type: text/event-stream
        x-accel-buffering: no

        id: <id 1>
        retry: 3000
        data: {"id":"<id 1>","threadId":"<id 2>","direction":"OUTBOUND","messageBody":"Where is my order?","status":"DELIVERED","createdAt":"<time>"}
    "#]]).await;
    wire.shows(
        "GET /threads/{}/stream",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {"code": "NOT_FOUND", "message": "Thread not found", "status": 404, "success": false}
    "#]],
    )
    .await;
}
