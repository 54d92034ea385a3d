//! Webhooks, and what was posted to them.

use dialect_kit::testing::Receiver;
use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, Wire};
use crate::server::text;

#[tokio::test]
async fn webhooks_are_made_and_listed() {
    let mut wire = Wire::start().await;
    wire.shows(
        "POST /webhooks",
        &[],
        json!({"url": "https://example.com/hook", "enabled": false}),
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "dialect": "native",
          "disabled": "asked",
          "enabled": false,
          "id": "<id 1>",
          "kind": "signed",
          "secret": "<opaque>",
          "updated_at": "<time>",
          "url": "https://example.com/hook"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /webhooks",
        &[],
        json!({"url": "ftp://example.com"}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "url: must be an http or https URL",
          "errors": [{"message": "must be an http or https URL", "path": "url"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /webhooks",
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
              "dialect": "native",
              "disabled": "asked",
              "enabled": false,
              "id": "<id 1>",
              "kind": "signed",
              "updated_at": "<time>",
              "url": "https://example.com/hook"
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /webhooks?limit=x",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "limit: expected an integer in range",
          "errors": [{"message": "expected an integer in range", "path": "limit"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_webhook_is_found_and_changed() {
    let mut wire = Wire::start().await;
    let made = wire.api.post("/webhooks", json!({"url": "https://example.com/hook", "enabled": false})).await.is(201);
    let hook = text(&made["id"]);
    wire.shows(
        "GET /webhooks/{}",
        &[&hook],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "dialect": "native",
          "disabled": "asked",
          "enabled": false,
          "id": "<id 1>",
          "kind": "signed",
          "threads_behind": 0,
          "updated_at": "<time>",
          "url": "https://example.com/hook"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /webhooks/{}",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "webhook_not_found",
          "detail": "Webhook not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "PATCH /webhooks/{}",
        &[&hook],
        json!({"description": "ours"}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "description": "ours",
          "dialect": "native",
          "disabled": "asked",
          "enabled": false,
          "id": "<id 1>",
          "kind": "signed",
          "updated_at": "<time>",
          "url": "https://example.com/hook"
        }
    "#]],
    )
    .await;
    wire.shows("PATCH /webhooks/{}", &[&hook], json!({"events": ["nothing"]}), expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "events.0: is not an event type; the types are thread.created, thread.updated, thread.closed, thread.reopened, thread.reminder, budget.alert, thread.taken, thread.handed_back, thread.wanted, thread.wanted_expired, thread.wanted_withdrawn, thread.assigned, thread.noted, message.created, message.updated, turn.retried, turn.started, step.started, message.completed, model.missing, tool.called, tool.completed, turn.attempt, turn.completed, turn.failed, turn.cancelled",
          "errors": [
            {
              "message": "is not an event type; the types are thread.created, thread.updated, thread.closed, thread.reopened, thread.reminder, budget.alert, thread.taken, thread.handed_back, thread.wanted, thread.wanted_expired, thread.wanted_withdrawn, thread.assigned, thread.noted, message.created, message.updated, turn.retried, turn.started, step.started, message.completed, model.missing, tool.called, tool.completed, turn.attempt, turn.completed, turn.failed, turn.cancelled",
              "path": "events.0"
            }
          ],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]]).await;
}

#[tokio::test]
async fn a_webhook_is_deleted() {
    let mut wire = Wire::start().await;
    let made = wire.api.post("/webhooks", json!({"url": "https://example.com/hook", "enabled": false})).await.is(201);
    let hook = text(&made["id"]);
    wire.shows(
        "DELETE /webhooks/{}",
        &[&hook],
        Value::Null,
        expect![[r#"
        204
        cache-control: no-store
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /webhooks/{}",
        &[&hook],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "webhook_not_found",
          "detail": "Webhook not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn the_secret_of_a_webhook_is_rotated() {
    let mut wire = Wire::start().await;
    let made = wire.api.post("/webhooks", json!({"url": "https://example.com/hook", "enabled": false})).await.is(201);
    let hook = text(&made["id"]);
    wire.shows(
        "POST /webhooks/{}/rotate",
        &[&hook],
        json!({"overlap_s": 60}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "dialect": "native",
          "disabled": "asked",
          "enabled": false,
          "id": "<id 1>",
          "kind": "signed",
          "overlap_ends_at": "<time>",
          "secret": "<opaque>",
          "updated_at": "<time>",
          "url": "https://example.com/hook"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /webhooks/{}/rotate",
        &[&hook],
        json!({"overlap_s": -1}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "overlap_s: must be between 0 and 604800",
          "errors": [{"message": "must be between 0 and 604800", "path": "overlap_s"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_was_posted_is_listed() {
    let mut wire = Wire::start().await;
    let receiver = Receiver::start().await;
    let body = json!({"url": receiver.url, "events": ["thread.created"]});
    let made = wire.api.post("/webhooks", body).await.is(201);
    let hook = text(&made["id"]);
    wire.thread().await;
    receiver.next().await;
    wire.posted(&hook).await;
    wire.shows(
        "GET /webhooks/{}/postings",
        &[&hook],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "at": "<time>",
              "duration_ms": <ms>,
              "event": "thread.created",
              "event_id": "<opaque>",
              "id": "<id 1>",
              "number": 1,
              "outcome": "delivered",
              "replayed": false,
              "seq": 1,
              "status": 204,
              "thread": "<id 2>",
              "webhook": "<id 3>"
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /webhooks/{}/postings",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "webhook_not_found",
          "detail": "Webhook not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_was_posted_is_posted_again() {
    let mut wire = Wire::start().await;
    let receiver = Receiver::start().await;
    let body = json!({"url": receiver.url, "events": ["thread.created"]});
    let made = wire.api.post("/webhooks", body).await.is(201);
    let hook = text(&made["id"]);
    wire.thread().await;
    receiver.next().await;
    let posted = wire.posted(&hook).await;
    wire.shows(
        "POST /webhooks/{}/postings/{}/replay",
        &[&hook, &posted],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "at": "<time>",
          "duration_ms": <ms>,
          "event": "thread.created",
          "event_id": "<opaque>",
          "id": "<id 1>",
          "number": 1,
          "outcome": "delivered",
          "replayed": true,
          "seq": 1,
          "status": 204,
          "thread": "<id 2>",
          "webhook": "<id 3>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /webhooks/{}/postings/{}/replay",
        &[&hook, UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "posting_not_found",
          "detail": "Delivery attempt not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_webhook_is_told_again() {
    let mut wire = Wire::start().await;
    let made = wire.api.post("/webhooks", json!({"url": "https://example.com/hook"})).await.is(201);
    let hook = text(&made["id"]);
    wire.shows(
        "POST /webhooks/{}/replay",
        &[&hook],
        json!({"since": "2999-01-01T00:00:00Z"}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"threads": 0}
    "#]],
    )
    .await;
    wire.api.patch(&format!("/webhooks/{hook}"), json!({"enabled": false})).await.is(200);
    wire.shows(
        "POST /webhooks/{}/replay",
        &[&hook],
        json!({"since": "2999-01-01T00:00:00Z"}),
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "webhook_disabled",
          "detail": "The webhook is disabled, enable it first",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /webhooks/{}/replay",
        &[&hook],
        json!({"since": "yesterday"}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "since: expected a time in RFC 3339, in the years 0000 to 9999",
          "errors": [{"message": "expected a time in RFC 3339, in the years 0000 to 9999", "path": "since"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

impl Wire {
    /// The id of what was posted to the webhook, which nothing is owed to any more.
    async fn posted(&self, hook: &str) -> String {
        while self.api.get(&format!("/webhooks/{hook}")).await.is(200)["threads_behind"] != 0 {
            tokio::task::yield_now().await;
        }
        text(&self.api.list(&format!("/webhooks/{hook}/postings")).await[0]["id"])
    }
}
