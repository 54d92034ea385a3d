//! Tokens of guests, and their identities.

use expect_test::expect;
use serde_json::json;

use super::{UNKNOWN, Visit};
use crate::chat::{SHOP, guest_id};

#[tokio::test]
async fn a_guest_renews_a_token() {
    let mut visit = Visit::begin().await;
    let thread = visit.thread();
    let request = visit.request("POST /chat/threads/{}/token", &[&thread]);
    visit.wire.answers(request, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {
          "expiresAt": "<time>",
          "token": "<opaque>"
        }
    "#]]).await;
    let request = visit.request("POST /chat/threads/{}/token", &[UNKNOWN]);
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

#[tokio::test]
async fn a_guest_logs_out() {
    let mut visit = Visit::begin().await;
    let thread = visit.thread();
    let request = visit.request("POST /chat/threads/{}/logout", &[&thread]);
    visit.wire.answers(request, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {"threadId": "<id 1>"}
    "#]]).await;
    let request = visit.request("POST /chat/threads/{}/logout", &[UNKNOWN]);
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

#[tokio::test]
async fn a_signed_guest_finds_the_own_threads() {
    let mut visit = Visit::begin().await;
    let (agent, thread) = (guest_id(&visit.door).await, visit.thread());
    let secret = visit.door.server.test.guest_secret().await;
    let identity = visit.door.server.test.identity(&secret, agent, "u-1");
    let request = visit.request("POST /chat/threads/{}/identity", &[&thread]).json(&json!({"identity": identity}));
    visit.wire.answers(request, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {"threadId": "<id 1>"}
    "#]]).await;
    let request = visit.request("POST /chat/threads/{}/identity", &[&thread]).json(&json!({"identity": "a.b."}));
    visit.wire.answers(request, expect![[r#"
        403
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {
          "code": "FORBIDDEN",
          "message": "The identity is not valid: it must be signed by HS256 with the agent's guest secret, for this agent, and not expired",
          "status": 403,
          "success": false
        }
    "#]]).await;
    let identify = |identity: &str| {
        let body = json!({"agentId": agent, "identity": identity});
        visit.wire.bare("POST /chat/identify", &[]).header("origin", SHOP).json(&body)
    };
    let (good, bad) = (identify(&identity), identify("a.b."));
    // "POST /chat/identify"
    visit.wire.answers(good, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {
          "next": null,
          "threads": [
            {
              "expiresAt": "<time>",
              "lastActivityAt": "<time>",
              "threadId": "<id 1>",
              "token": "<opaque>"
            }
          ]
        }
    "#]]).await;
    // "POST /chat/identify"
    visit.wire.answers(bad, expect![[r#"
        403
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {
          "code": "FORBIDDEN",
          "message": "The identity is not valid: it must be signed by HS256 with the agent's guest secret, for this agent, and not expired",
          "status": 403,
          "success": false
        }
    "#]]).await;
}
