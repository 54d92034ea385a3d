//! A project's own providers and routes, and the switches of the configuration's routes.

use engine::{
    Targets,
    testing::{
        Choices,
        peers::{Peer, Plays},
        routed,
    },
};
use expect_test::expect;
use serde_json::{Value, json};

use super::Wire;
use crate::server::Api;

/// A server with a provider and a route of the project.
async fn with_route() -> Wire {
    let wire = Wire::start().await;
    wire.api.put("/providers/own", json!({"kind": "openai"})).await.is(201);
    wire.api.put("/routes/fast", json!({"provider": "own", "model": "llama3.1"})).await.is(201);
    wire
}

#[tokio::test]
async fn a_provider_is_set() {
    let mut wire = Wire::start().await;
    let body = json!({"kind": "openai", "base_url": "https://llm.example.com/v1/", "wire": "chat", "api_key": "sk-1"});
    wire.shows(
        "PUT /providers/{}",
        &["own"],
        body,
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "base_url": "https://llm.example.com/v1",
          "created_at": "<time>",
          "has_key": true,
          "kind": "openai",
          "name": "own",
          "updated_at": "<time>",
          "wire": "chat"
        }
    "#]],
    )
    .await;
    wire.shows(
        "PUT /providers/{}",
        &["own"],
        json!({"kind": "openai", "api_key": null}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "has_key": false,
          "kind": "openai",
          "name": "own",
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    let inward = json!({"kind": "openai", "base_url": "http://127.0.0.1:11434/v1"});
    wire.shows(
        "PUT /providers/{}",
        &["own"],
        inward,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "base_url: must use port 80, 443, 8080 or 8443, unless the setting `provider_targets` is `any`",
          "errors": [
            {
              "message": "must use port 80, 443, 8080 or 8443, unless the setting `provider_targets` is `any`",
              "path": "base_url"
            }
          ],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_provider_is_found_without_its_key() {
    let mut wire = Wire::start().await;
    wire.api.put("/providers/own", json!({"kind": "gemini", "api_key": "sk-1"})).await.is(201);
    wire.shows(
        "GET /providers/{}",
        &["own"],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "has_key": true,
          "kind": "gemini",
          "name": "own",
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
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /providers",
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
              "has_key": true,
              "kind": "gemini",
              "name": "own",
              "updated_at": "<time>"
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /providers?limit=1",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "limit: unknown parameter",
          "errors": [{"message": "unknown parameter", "path": "limit"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_route_is_set() {
    let mut wire = with_route().await;
    let prices = json!({"input": "0.5", "output": "1.50", "cache_read": "0.1"});
    let body = json!({
        "provider": "own", "model": "llama3.1", "context": 8192, "output": 1024, "images": false,
        "reasoning": ["off", "on"], "speeds": ["standard"], "prices": prices,
    });
    wire.shows(
        "PUT /routes/{}",
        &["whole"],
        body,
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "context": 8192,
          "created_at": "<time>",
          "disabled": false,
          "fallback": [],
          "images": false,
          "model": "llama3.1",
          "name": "whole",
          "output": 1024,
          "prices": {"cache_read": "0.1", "input": "0.5", "output": "1.5"},
          "provider": "own",
          "reasoning": ["off", "on"],
          "speeds": ["standard"],
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    let circle = json!({"provider": "own", "fallback": ["fast"]});
    wire.shows(
        "PUT /routes/{}",
        &["fast"],
        circle,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "fallback: must not lead in a circle: fast → fast",
          "errors": [{"message": "must not lead in a circle: fast → fast", "path": "fallback"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    let price = json!({"provider": "own", "prices": {"input": "free", "output": "1"}});
    wire.shows(
        "PUT /routes/{}",
        &["fast"],
        price,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "prices.input: must be dollars in digits, as \"0.25\"",
          "errors": [{"message": "must be dollars in digits, as \"0.25\"", "path": "prices.input"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_route_is_found() {
    let mut wire = with_route().await;
    wire.shows(
        "GET /routes/{}",
        &["fast"],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "disabled": false,
          "fallback": [],
          "model": "llama3.1",
          "name": "fast",
          "provider": "own",
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /routes/{}",
        &["gpt-5.4"],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "route_not_found",
          "detail": "Route not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /routes",
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
              "disabled": false,
              "fallback": [],
              "model": "llama3.1",
              "name": "fast",
              "provider": "own",
              "updated_at": "<time>"
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /routes?limit=1",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "limit: unknown parameter",
          "errors": [{"message": "unknown parameter", "path": "limit"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_needed_is_not_removed() {
    let mut wire = with_route().await;
    wire.api.put("/routes/cheap", json!({"provider": "own", "fallback": ["fast"], "disabled": true})).await.is(201);
    wire.shows(
        "DELETE /routes/{}",
        &["fast"],
        Value::Null,
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "route_in_use",
          "detail": "Routes name the route as their fallback: cheap",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /providers/{}",
        &["own"],
        Value::Null,
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "provider_in_use",
          "detail": "Routes lead to the provider: cheap, fast",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /routes/{}",
        &["cheap"],
        Value::Null,
        expect![[r#"
        204
        cache-control: no-store
    "#]],
    )
    .await;
    wire.api.delete("/routes/fast").await.is(204);
    wire.shows(
        "DELETE /providers/{}",
        &["own"],
        Value::Null,
        expect![[r#"
        204
        cache-control: no-store
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_route_of_the_configuration_is_switched() {
    let models = routed(&["gpt-*", "own"]);
    let mut wire = Wire::of(Api::with(Choices { models, ..Choices::default() }).await);
    wire.shows(
        "PUT /installation/routes/{}",
        &["gpt-%2A"],
        json!({"disabled": true}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"broken_for": 0, "disabled": true, "fallback": [], "name": "gpt-*", "provider": "far"}
    "#]],
    )
    .await;
    wire.shows(
        "PUT /installation/routes/{}",
        &["gpt-5.5"],
        json!({"disabled": true}),
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "route_not_found",
          "detail": "Route not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /installation/routes",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {"broken_for": 0, "disabled": true, "fallback": [], "name": "gpt-*", "provider": "far"},
            {"broken_for": 0, "disabled": false, "fallback": [], "name": "own", "provider": "far"}
          ],
          "next": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /installation/routes?limit=1",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "limit: unknown parameter",
          "errors": [{"message": "unknown parameter", "path": "limit"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

/// A server whose projects may have providers on this machine, and a route to a peer that answers nothing useful.
async fn with_peer() -> (Wire, Peer) {
    let peer = Peer::start([Plays::Refuses(401, "", r#"{"error":{"message":"no such key"}}"#)]).await;
    let wire = Wire::of(Api::with(Choices { provider_targets: Targets::Any, ..Choices::default() }).await);
    wire.api.put("/providers/own", json!({"kind": "openai", "base_url": peer.base_url})).await.is(201);
    wire.api.put("/routes/fast", json!({"provider": "own", "model": "llama3.1"})).await.is(201);
    (wire, peer)
}

#[tokio::test]
async fn a_provider_is_checked() {
    let (mut wire, _peer) = with_peer().await;
    wire.shows(
        "POST /providers/{}/check",
        &["own"],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "code": "unauthenticated",
              "latency_ms": <ms>,
              "model": "llama3.1",
              "ok": false,
              "problem": "the provider refuses the key: no such key",
              "provider": "own",
              "route": "fast"
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /providers/{}/check",
        &["none"],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "provider_not_found",
          "detail": "Provider not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_route_is_checked() {
    let (mut wire, _peer) = with_peer().await;
    wire.shows(
        "POST /routes/{}/check",
        &["fast"],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "code": "unauthenticated",
          "latency_ms": <ms>,
          "model": "llama3.1",
          "ok": false,
          "problem": "the provider refuses the key: no such key",
          "provider": "own",
          "route": "fast"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /routes/{}/check",
        &["none"],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "route_not_found",
          "detail": "Route not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}
