//! What a guest does beside writing.

use domain::guests::{Asking, Contact, Files};
use expect_test::expect;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use super::{UNKNOWN, Visit, said};
use crate::chat::set_guests;

async fn allowed() -> Visit {
    let visit = Visit::begin().await;
    set_guests(&visit.door, |guests| {
        guests.ask = Some(Asking::default());
        guests.files = Some(Files { types: vec!["text/plain".into()], bytes: 1_000 });
        guests.contact = Some(Contact { email: true, ..Contact::default() });
    })
    .await;
    visit
}

#[tokio::test]
async fn a_guest_types() {
    let mut visit = Visit::begin().await;
    let thread = visit.thread();
    let request = visit.request("POST /chat/threads/{}/typing", &[&thread]).json(&json!({"typing": true}));
    visit.wire.answers(request, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {"threadId": "<id 1>", "typing": true}
    "#]]).await;
    let request = visit.request("POST /chat/threads/{}/typing", &[UNKNOWN]).json(&json!({"typing": true}));
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
async fn a_guest_has_read_up_to_a_message() {
    let mut visit = Visit::begin().await;
    let thread = visit.thread();
    let (_, answer) = said(&visit.door, visit.guest.thread).await;
    let request = visit.request("POST /chat/threads/{}/read", &[&thread]).json(&json!({"upTo": answer}));
    visit.wire.answers(request, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {"threadId": "<id 1>", "upTo": "<id 2>"}
    "#]]).await;
    let request = visit.request("POST /chat/threads/{}/read", &[&thread]).json(&json!({"upTo": UNKNOWN}));
    visit.wire.answers(request, expect![[r#"
        400
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {"code": "BAD_REQUEST", "message": "upTo: is not a message of this thread", "status": 400, "success": false}
    "#]]).await;
}

#[tokio::test]
async fn a_guest_asks_for_a_person() {
    let mut visit = Visit::begin().await;
    let thread = visit.thread();
    let refused = visit.request("POST /chat/threads/{}/ask", &[&thread]).json(&json!({}));
    visit.wire.answers(refused, expect![[r#"
        403
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {
          "code": "FORBIDDEN",
          "message": "Guests of this agent may not ask for a person",
          "status": 403,
          "success": false
        }
    "#]]).await;
    let mut visit = allowed().await;
    let thread = visit.thread();
    let request = visit.request("POST /chat/threads/{}/ask", &[&thread]).json(&json!({"reason": "a refund"}));
    visit.wire.answers(request, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {"handling": "agent", "name": null, "wanted": true}
    "#]]).await;
}

#[tokio::test]
async fn a_guest_leaves_an_address() {
    let mut visit = allowed().await;
    let thread = visit.thread();
    let body = json!({"email": "ada@example.com"});
    let request = visit.request("PATCH /chat/threads/{}/contact", &[&thread]).json(&body);
    visit.wire.answers(request, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {"email": "ada@example.com", "name": null}
    "#]]).await;
    let body = json!({"name": "Ada"});
    let request = visit.request("PATCH /chat/threads/{}/contact", &[&thread]).json(&body);
    visit.wire.answers(request, expect![[r#"
        403
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {
          "code": "FORBIDDEN",
          "message": "The agent does not ask its guests for the field `name`",
          "status": 403,
          "success": false
        }
    "#]]).await;
}

#[tokio::test]
async fn a_guest_sends_a_file() {
    let mut visit = allowed().await;
    let thread = visit.thread();
    let form = || Form::new().part("file", Part::bytes(b"my letter".to_vec()).file_name("letter.txt"));
    let request = visit.request("POST /chat/threads/{}/attachments", &[&thread]).multipart(form());
    visit.wire.answers(request, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {
          "createdAt": "<time>",
          "id": "<id 1>",
          "mediaType": "text/plain",
          "name": "letter.txt",
          "sizeBytes": 9
        }
    "#]]).await;
    let mut visit = Visit::begin().await;
    let thread = visit.thread();
    let request = visit.request("POST /chat/threads/{}/attachments", &[&thread]).multipart(form());
    visit.wire.answers(request, expect![[r#"
        403
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {"code": "FORBIDDEN", "message": "Guests of this agent may not send files", "status": 403, "success": false}
    "#]]).await;
}
