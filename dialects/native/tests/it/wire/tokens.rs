//! Tokens and tickets for those who have no key.

use expect_test::expect;
use reqwest::Method;
use serde_json::{Value, json};

use super::{UNKNOWN, Wire};
use crate::server::{Api, text};

#[tokio::test]
async fn tokens_and_tickets_of_a_thread_are_made() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.shows(
        "POST /threads/{}/tokens",
        &[&thread],
        Value::Null,
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "expires_at": "<time>",
          "token": "<opaque>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/tokens",
        &[UNKNOWN],
        Value::Null,
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
    wire.shows(
        "POST /threads/{}/tickets",
        &[&thread],
        Value::Null,
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "expires_at": "<time>",
          "ticket": "<opaque>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/tickets",
        &[UNKNOWN],
        Value::Null,
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
async fn tokens_of_people_are_made() {
    let mut wire = Wire::start().await;
    let ann = text(&wire.api.post("/customers", json!({"name": "Ann"})).await.is(201)["id"]);
    wire.shows(
        "POST /customers/{}/tokens",
        &[&ann],
        Value::Null,
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "expires_at": "<time>",
          "token": "<opaque>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /customers/{}/tokens",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "customer_not_found",
          "detail": "Customer not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /agents/{}/end-users/{}/tokens",
        &["default", "ann"],
        Value::Null,
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "customer": "<id 1>",
          "expires_at": "<time>",
          "token": "<opaque>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /agents/{}/end-users/{}/tokens",
        &["nobody", "ann"],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "agent_not_found",
          "detail": "Agent not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_guest_begins_a_thread() {
    let mut wire = Wire::start().await;
    let guests = json!({"guests": {"origins": ["https://shop.example"]}});
    let agent = text(&wire.api.patch("/agents/default", guests).await.is(200)["guest_id"]);
    let begin = |api: &Api, origin: &str| {
        api.bare(Method::POST, &format!("/threadline/v1/agents/{agent}/guests")).header("origin", origin)
    };
    // "POST /agents/{}/guests"
    let request = begin(&wire.api, "https://shop.example");
    wire.answers(request, expect![[r#"
        201
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: no-store
        content-type: application/json
        vary: Origin

        {
          "expires_at": "<time>",
          "thread": "<id 1>",
          "token": "<opaque>"
        }
    "#]]).await;
    // "POST /agents/{}/guests"
    let request = begin(&wire.api, "https://other.example");
    wire.answers(
        request,
        expect![[r#"
            403
            cache-control: no-store
            content-type: application/problem+json

            {
              "code": "origin_not_allowed",
              "detail": "Pages of the origin https://other.example are not allowed to send requests here",
              "status": 403,
              "title": "Forbidden",
              "type": "about:blank"
            }
        "#]],
    )
    .await;
}

#[tokio::test]
async fn the_tokens_of_a_threads_guests_are_revoked() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.shows(
        "POST /threads/{}/guest-tokens/revoke",
        &[&thread],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"generation": 1, "thread": "<id 1>"}
    "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/guest-tokens/revoke",
        &[UNKNOWN],
        Value::Null,
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
async fn an_agents_guests_get_a_secret() {
    let mut wire = Wire::start().await;
    wire.shows(
        "POST /agents/{}/guest-secret",
        &["default"],
        Value::Null,
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "agent_has_no_guests",
          "detail": "The agent has never let guests in, so it needs no secret",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    let guests = json!({"guests": {"origins": ["https://shop.example"]}});
    wire.request("PATCH /agents/{}", &["default"]).json(&guests).send().await.expect("an answer");
    wire.shows(
        "POST /agents/{}/guest-secret",
        &["default"],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"secret": "<opaque>"}
    "#]],
    )
    .await;
    wire.shows(
        "POST /agents/{}/guest-secret",
        &["default"],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "overlap_ends_at": "<time>",
          "secret": "<opaque>"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn the_contact_data_of_a_guest_are_read() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.shows(
        "GET /threads/{}/contact",
        &[&thread],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {}
    "#]],
    )
    .await;
    wire.shows(
        "GET /threads/{}/contact",
        &[UNKNOWN],
        Value::Null,
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
