//! Models, harnesses, providers and capabilities.

use domain::model::CATALOGUE;
use expect_test::expect;
use reqwest::Method;
use serde_json::Value;

use super::open;

#[tokio::test]
async fn models_are_listed() {
    let (_door, mut wire) = open().await;
    wire.lists(
        "GET /models",
        "data",
        1,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "capabilities": ["chat"],
              "created_at": "<time>",
              "display_name": "Claude Opus 4.8",
              "enabled": true,
              "healthy": true,
              "id": "model_<id 1>",
              "is_favorite": false,
              "model_id": "claude-opus-4-8",
              "model_vendor": "anthropic",
              "provider_id": "provider_<id 2>",
              "provider_name": "anthropic",
              "provider_type": "anthropic",
              "self_url": "/v1/models/model_<id 1>",
              "source": "predefined",
              "ui_link": "/v1/models/model_<id 1>",
              "updated_at": "<time>",
              "view_url": "/v1/models/model_<id 1>"
            }
          ]
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /models?source=other",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "source: expected one of manual, discovered, predefined",
          "error": {"code": "invalid_parameter", "message": "source: expected one of manual, discovered, predefined"},
          "status": 400,
          "title": "Bad Request"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_model_is_found() {
    let (_door, mut wire) = open().await;
    let model = CATALOGUE[0].id().prefixed("model_");
    wire.shows(
        "GET /models/{}",
        &[&model],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "capabilities": ["chat"],
          "created_at": "<time>",
          "display_name": "Claude Opus 4.8",
          "enabled": true,
          "healthy": true,
          "id": "model_<id 1>",
          "is_favorite": false,
          "model_id": "claude-opus-4-8",
          "model_vendor": "anthropic",
          "provider_id": "provider_<id 2>",
          "provider_name": "anthropic",
          "provider_type": "anthropic",
          "self_url": "/v1/models/model_<id 1>",
          "source": "predefined",
          "ui_link": "/v1/models/model_<id 1>",
          "updated_at": "<time>",
          "view_url": "/v1/models/model_<id 1>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /models/{}",
        &["model_01933b5a000070008000000000000001"],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "model_not_found",
          "detail": "Model not found",
          "error": {"code": "model_not_found", "message": "Model not found"},
          "status": 404,
          "title": "Not Found"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn harnesses_are_listed() {
    let (_door, mut wire) = open().await;
    wire.shows(
        "GET /harnesses",
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
              "display_name": "Generic",
              "id": "harness_<id 1>",
              "is_built_in": true,
              "name": "generic",
              "status": "active",
              "system_prompt": "",
              "updated_at": "<time>"
            }
          ]
        }
    "#]],
    )
    .await;
    let request = wire.bare("GET /harnesses", &[]);
    wire.answers(
        request,
        expect![[r#"
        401
        cache-control: no-store
        content-type: application/problem+json
        www-authenticate: Bearer

        {
          "code": "unauthorized",
          "detail": "Missing or invalid API key",
          "error": {"code": "unauthorized", "message": "Missing or invalid API key"},
          "status": 401,
          "title": "Unauthorized"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_harness_is_found() {
    let (_door, mut wire) = open().await;
    wire.shows(
        "GET /harnesses/{}",
        &["generic"],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "display_name": "Generic",
          "id": "harness_<id 1>",
          "is_built_in": true,
          "name": "generic",
          "status": "active",
          "system_prompt": "",
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /harnesses/{}",
        &["other"],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "harness_not_found",
          "detail": "Harness not found",
          "error": {"code": "harness_not_found", "message": "Harness not found"},
          "status": 404,
          "title": "Not Found"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn providers_are_listed() {
    let (_door, mut wire) = open().await;
    wire.lists(
        "GET /providers",
        "data",
        1,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "api_key_set": false,
              "created_at": "<time>",
              "id": "provider_<id 1>",
              "name": "anthropic",
              "provider_type": "anthropic",
              "status": "active",
              "updated_at": "<time>"
            }
          ]
        }
    "#]],
    )
    .await;
    let request = wire.bare("GET /providers", &[]);
    wire.answers(
        request,
        expect![[r#"
        401
        cache-control: no-store
        content-type: application/problem+json
        www-authenticate: Bearer

        {
          "code": "unauthorized",
          "detail": "Missing or invalid API key",
          "error": {"code": "unauthorized", "message": "Missing or invalid API key"},
          "status": 401,
          "title": "Unauthorized"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_provider_is_found() {
    let (door, mut wire) = open().await;
    let listed = door.did(Method::GET, "/v1/providers", Value::Null, 200).await;
    let provider = listed["data"][0]["id"].as_str().expect("an id").to_owned();
    wire.shows(
        "GET /providers/{}",
        &[&provider],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "api_key_set": false,
          "created_at": "<time>",
          "id": "provider_<id 1>",
          "name": "anthropic",
          "provider_type": "anthropic",
          "status": "active",
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /providers/{}",
        &["other"],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "provider_not_found",
          "detail": "Provider not found",
          "error": {"code": "provider_not_found", "message": "Provider not found"},
          "status": 404,
          "title": "Not Found"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn capabilities_are_listed() {
    let (_door, mut wire) = open().await;
    wire.shows(
        "GET /capabilities",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"data": [], "limit": 20, "offset": 0, "total": 0}
    "#]],
    )
    .await;
    let request = wire.bare("GET /capabilities", &[]);
    wire.answers(
        request,
        expect![[r#"
        401
        cache-control: no-store
        content-type: application/problem+json
        www-authenticate: Bearer

        {
          "code": "unauthorized",
          "detail": "Missing or invalid API key",
          "error": {"code": "unauthorized", "message": "Missing or invalid API key"},
          "status": 401,
          "title": "Unauthorized"
        }
    "#]],
    )
    .await;
}
