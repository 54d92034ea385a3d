//! The public chat, for guests without a key.

use expect_test::expect;
use serde_json::json;

use super::{UNKNOWN, Visit, said};
use crate::chat::{SHOP, guest_id, open};

#[tokio::test]
async fn a_guest_begins_a_thread() {
    let door = open(|_| ()).await;
    let mut wire = super::wire(&door);
    let agent = guest_id(&door).await;
    let begin =
        |origin: &str| wire.bare("POST /chat/threads", &[]).header("origin", origin).json(&json!({"agentId": agent}));
    let (good, bad) = (begin(SHOP), begin("https://evil.example"));
    // "POST /chat/threads"
    wire.answers(good, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {
          "expiresAt": "<time>",
          "threadId": "<id 1>",
          "token": "<opaque>"
        }
    "#]]).await;
    // "POST /chat/threads"
    wire.answers(
        bad,
        expect![[r#"
            403
            cache-control: no-store
            content-type: application/json

            {
              "code": "FORBIDDEN",
              "message": "Pages of the origin https://evil.example are not allowed to send requests here",
              "status": 403,
              "success": false
            }
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_guests_thread_is_found() {
    let mut visit = Visit::begin().await;
    let thread = visit.thread();
    let request = visit.request("GET /chat/threads/{}", &[&thread]);
    visit.wire.answers(request, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {
          "thread": {
            "createdAt": "<time>",
            "isActive": true,
            "lastActivityAt": "<time>",
            "metadata": {},
            "threadId": "<id 1>",
            "variables": {}
          }
        }
    "#]]).await;
    let request = visit.request("GET /chat/threads/{}", &[UNKNOWN]);
    visit
        .wire
        .answers(
            request,
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
async fn a_guest_writes() {
    let mut visit = Visit::begin().await;
    let thread = visit.thread();
    let request = visit.request("POST /chat/threads/{}/messages", &[&thread]).json(&json!({"message": "Hi"}));
    visit.wire.answers(request, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {
          "messageId": "<id 1>",
          "status": "accepted",
          "threadId": "<id 2>",
          "windowExpiresIn": <number>
        }
    "#]]).await;
    let request = visit.request("POST /chat/threads/{}/messages", &[&thread]).json(&json!({"message": ""}));
    visit.wire.answers(request, expect![[r#"
        400
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {"code": "BAD_REQUEST", "message": "message: must not be empty", "status": 400, "success": false}
    "#]]).await;
}

#[tokio::test]
async fn a_guest_reads() {
    let mut visit = Visit::begin().await;
    let thread = visit.thread();
    said(&visit.door, visit.guest.thread).await;
    let request = visit.request("GET /chat/threads/{}/messages", &[&thread]);
    visit.wire.answers(request, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {
          "messages": [
            {
              "createdAt": "<time>",
              "direction": "OUTBOUND",
              "id": "<id 1>",
              "messageBody": "Where is my order?",
              "status": "SENT"
            },
            {
              "createdAt": "<time>",
              "direction": "INBOUND",
              "id": "<id 2>",
              "messageBody": "Where is my order?",
              "status": "RECEIVED"
            }
          ],
          "pagination": {"limit": 50, "nextCursor": null}
        }
    "#]]).await;
    let request = visit.request("GET /chat/threads/{}/messages", &[UNKNOWN]);
    visit
        .wire
        .answers(
            request,
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
async fn a_guest_has_read() {
    let mut visit = Visit::begin().await;
    let thread = visit.thread();
    let (_, answer) = said(&visit.door, visit.guest.thread).await;
    let request = visit.request("POST /chat/threads/{}/messages/{}/read", &[&thread, &answer]);
    visit.wire.answers(request, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {
          "message": {
            "createdAt": "<time>",
            "direction": "OUTBOUND",
            "id": "<id 1>",
            "messageBody": "Where is my order?",
            "status": "READ"
          }
        }
    "#]]).await;
    let request = visit.request("POST /chat/threads/{}/messages/{}/read", &[&thread, UNKNOWN]);
    visit.wire.answers(request, expect![[r#"
        404
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {"code": "NOT_FOUND", "message": "Message not found", "status": 404, "success": false}
    "#]]).await;
}

#[tokio::test]
async fn a_guest_gets_a_ticket() {
    let mut visit = Visit::begin().await;
    let thread = visit.thread();
    let request = visit.request("POST /chat/threads/{}/stream-ticket", &[&thread]);
    visit.wire.answers(request, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {
          "expiresAt": "<time>",
          "ticket": "<opaque>"
        }
    "#]]).await;
    let request = visit.request("POST /chat/threads/{}/stream-ticket", &[UNKNOWN]);
    visit
        .wire
        .answers(
            request,
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
async fn a_guest_follows_by_the_ticket() {
    let mut visit = Visit::begin().await;
    let thread = visit.thread();
    let (question, _) = said(&visit.door, visit.guest.thread).await;
    let ticket = visit.guest.ticket(&visit.door).await;
    let operation = format!("GET /chat/threads/{{}}/stream?ticket={ticket}&lastEventId={question}");
    let request = visit.wire.bare(&operation, &[&thread]).header("origin", SHOP);
    // "GET /chat/threads/{}/stream"
    visit.wire.begins(request, 1, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: text/event-stream
        vary: Origin
        x-accel-buffering: no

        id: <id 1>
        retry: 3000
        data: {"id":"<id 1>","threadId":"<id 2>","direction":"OUTBOUND","messageBody":"Where is my order?","status":"DELIVERED","createdAt":"<time>"}
    "#]]).await;
    let request = visit.wire.bare("GET /chat/threads/{}/stream?ticket=x", &[&thread]).header("origin", SHOP);
    visit.wire.answers(request, expect![[r#"
        403
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {"code": "FORBIDDEN", "message": "Missing or invalid API key", "status": 403, "success": false}
    "#]]).await;
}
