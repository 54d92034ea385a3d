//! Agents.

use expect_test::expect;
use serde_json::{Value, json};

use super::Wire;
use crate::server::text;

#[tokio::test]
async fn an_agent_is_made_and_found() {
    let mut wire = Wire::start().await;
    let made = wire
        .shows(
            "POST /agents",
            &[],
            json!({"name": "support", "instructions": "Be short."}),
            expect![[r#"
            201
            cache-control: no-store
            content-type: application/json

            {
              "created_at": "<time>",
              "id": "<id 1>",
              "instructions": "Be short.",
              "name": "support",
              "number": 2,
              "paused": false,
              "updated_at": "<time>"
            }
        "#]],
        )
        .await;
    let agent = text(&made["id"]);
    wire.shows(
        "POST /agents",
        &[],
        json!({"name": "support"}),
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "agent_name_taken",
          "detail": "Another agent of this project has this name",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /agents/{}",
        &[&agent],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "id": "<id 1>",
          "instructions": "Be short.",
          "name": "support",
          "number": 2,
          "paused": false,
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /agents/{}",
        &["nobody"],
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
async fn an_agent_is_changed() {
    let mut wire = Wire::start().await;
    wire.shows(
        "PATCH /agents/{}",
        &["default"],
        json!({"display_name": "Help"}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "display_name": "Help",
          "id": "<id 1>",
          "instructions": "",
          "name": "default",
          "number": 1,
          "paused": false,
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "PATCH /agents/{}",
        &["default"],
        json!({"max_steps": 0}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "max_steps: must be between 1 and 10000",
          "errors": [{"message": "must be between 1 and 10000", "path": "max_steps"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn agents_are_listed_and_archived() {
    let mut wire = Wire::start().await;
    wire.api.post("/agents", json!({"name": "support"})).await.is(201);
    wire.shows(
        "GET /agents",
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
              "id": "<id 1>",
              "instructions": "",
              "name": "default",
              "number": 1,
              "paused": false,
              "updated_at": "<time>"
            },
            {
              "created_at": "<time>",
              "id": "<id 2>",
              "instructions": "",
              "name": "support",
              "number": 2,
              "paused": false,
              "updated_at": "<time>"
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /agents?limit=x",
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
    wire.shows(
        "DELETE /agents/{}",
        &["support"],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "archived_at": "<time>",
          "created_at": "<time>",
          "id": "<id 2>",
          "instructions": "",
          "name": "support",
          "number": 2,
          "paused": false,
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /agents/{}",
        &["default"],
        Value::Null,
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "default_agent",
          "detail": "The agent `default` cannot be archived",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn the_extras_of_an_agent_are_shown() {
    let mut wire = Wire::start().await;
    wire.shows(
        "GET /agents/{}/extras",
        &["default"],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"extras": {}}
    "#]],
    )
    .await;
    wire.shows(
        "GET /agents/{}/extras",
        &["nobody"],
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
async fn the_secret_of_an_endpoint_is_renewed() {
    let mut wire = Wire::start().await;
    let body = json!({"name": "own", "kind": "external", "push": {"url": "https://example.com/turns"}});
    wire.api.post("/agents", body).await.is(201);
    wire.shows(
        "POST /agents/{}/push-secret",
        &["own"],
        json!({"overlap_s": 60}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "push": {"url": "https://example.com/turns"},
          "secret": "<opaque>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /agents/{}/push-secret",
        &["default"],
        json!({}),
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "agent_is_not_pushed",
          "detail": "The agent has no `push`, so it has no secret",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}
