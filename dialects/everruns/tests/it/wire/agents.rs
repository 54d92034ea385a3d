//! Agents.

use expect_test::expect;
use reqwest::Method;
use serde_json::{Value, json};

use super::open;

#[tokio::test]
async fn an_agent_is_made() {
    let (_door, mut wire) = open().await;
    wire.shows(
        "POST /agents",
        &[],
        json!({"name": "support", "system_prompt": "Be kind.", "description": "Helps", "tags": ["a"]}),
        expect![[r#"
            201
            cache-control: no-store
            content-type: application/json

            {
              "capabilities": [],
              "created_at": "<time>",
              "description": "Helps",
              "harness_id": "harness_<id 1>",
              "id": "agent_<id 2>",
              "initial_files": [],
              "name": "support",
              "self_url": "/v1/agents/agent_<id 2>",
              "status": "active",
              "system_prompt": "Be kind.",
              "tags": ["a"],
              "tools": [],
              "ui_link": "/v1/agents/agent_<id 2>",
              "updated_at": "<time>",
              "view_url": "/v1/agents/agent_<id 2>"
            }
        "#]],
    )
    .await;
    wire.shows(
        "POST /agents",
        &[],
        json!({"name": "Support Team", "system_prompt": ""}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "name: must be lower-case letters and digits, with single hyphens between words",
          "error": {
            "code": "invalid_parameter",
            "message": "name: must be lower-case letters and digits, with single hyphens between words"
          },
          "status": 400,
          "title": "Bad Request"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn agents_are_listed() {
    let (door, mut wire) = open().await;
    door.did(Method::POST, "/v1/agents", json!({"name": "support", "system_prompt": "Be kind."}), 201).await;
    wire.shows(
        "GET /agents?search=support",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "app_count": 0,
              "capabilities": [],
              "created_at": "<time>",
              "harness_id": "harness_<id 1>",
              "id": "agent_<id 2>",
              "initial_files": [],
              "name": "support",
              "self_url": "/v1/agents/agent_<id 2>",
              "session_count": 0,
              "status": "active",
              "system_prompt": "Be kind.",
              "tags": [],
              "tools": [],
              "ui_link": "/v1/agents/agent_<id 2>",
              "updated_at": "<time>",
              "view_url": "/v1/agents/agent_<id 2>"
            }
          ],
          "limit": 20,
          "offset": 0,
          "total": 1
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
async fn an_agent_is_found() {
    let (door, mut wire) = open().await;
    door.did(Method::POST, "/v1/agents", json!({"name": "support", "system_prompt": "Be kind."}), 201).await;
    wire.shows(
        "GET /agents/{}",
        &["support"],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "app_count": 0,
          "capabilities": [],
          "created_at": "<time>",
          "harness_id": "harness_<id 1>",
          "id": "agent_<id 2>",
          "initial_files": [],
          "name": "support",
          "self_url": "/v1/agents/agent_<id 2>",
          "session_count": 0,
          "status": "active",
          "system_prompt": "Be kind.",
          "tags": [],
          "tools": [],
          "ui_link": "/v1/agents/agent_<id 2>",
          "updated_at": "<time>",
          "view_url": "/v1/agents/agent_<id 2>"
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
          "error": {"code": "agent_not_found", "message": "Agent not found"},
          "status": 404,
          "title": "Not Found"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_agent_is_replaced() {
    let (door, mut wire) = open().await;
    door.did(Method::POST, "/v1/agents", json!({"name": "support", "system_prompt": "Be kind."}), 201).await;
    wire.shows(
        "PUT /agents/{}",
        &["support"],
        json!({"name": "support", "system_prompt": "Be brief."}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "capabilities": [],
          "created_at": "<time>",
          "harness_id": "harness_<id 1>",
          "id": "agent_<id 2>",
          "initial_files": [],
          "name": "support",
          "self_url": "/v1/agents/agent_<id 2>",
          "status": "active",
          "system_prompt": "Be brief.",
          "tags": [],
          "tools": [],
          "ui_link": "/v1/agents/agent_<id 2>",
          "updated_at": "<time>",
          "view_url": "/v1/agents/agent_<id 2>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "PUT /agents/{}",
        &["support"],
        json!({"name": "support"}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "system_prompt: required",
          "error": {"code": "invalid_parameter", "message": "system_prompt: required"},
          "status": 400,
          "title": "Bad Request"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_agent_is_changed() {
    let (door, mut wire) = open().await;
    door.did(Method::POST, "/v1/agents", json!({"name": "support", "system_prompt": "Be kind."}), 201).await;
    wire.shows(
        "PATCH /agents/{}",
        &["support"],
        json!({"description": "Helps people"}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "capabilities": [],
          "created_at": "<time>",
          "description": "Helps people",
          "harness_id": "harness_<id 1>",
          "id": "agent_<id 2>",
          "initial_files": [],
          "name": "support",
          "self_url": "/v1/agents/agent_<id 2>",
          "status": "active",
          "system_prompt": "Be kind.",
          "tags": [],
          "tools": [],
          "ui_link": "/v1/agents/agent_<id 2>",
          "updated_at": "<time>",
          "view_url": "/v1/agents/agent_<id 2>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "PATCH /agents/{}",
        &["nobody"],
        json!({}),
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "agent_not_found",
          "detail": "Agent not found",
          "error": {"code": "agent_not_found", "message": "Agent not found"},
          "status": 404,
          "title": "Not Found"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_agent_is_archived() {
    let (door, mut wire) = open().await;
    door.did(Method::POST, "/v1/agents", json!({"name": "support", "system_prompt": "Be kind."}), 201).await;
    wire.shows(
        "DELETE /agents/{}",
        &["support"],
        Value::Null,
        expect![[r#"
        204
        cache-control: no-store
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /agents/{}",
        &["nobody"],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "agent_not_found",
          "detail": "Agent not found",
          "error": {"code": "agent_not_found", "message": "Agent not found"},
          "status": 404,
          "title": "Not Found"
        }
    "#]],
    )
    .await;
}
