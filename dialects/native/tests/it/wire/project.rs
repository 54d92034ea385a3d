//! Keys, projects, origins, tags, the audit trail.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, Wire};
use crate::server::text;

#[tokio::test]
async fn keys_are_made_and_listed() {
    let mut wire = Wire::start().await;
    wire.shows(
        "POST /keys",
        &[],
        json!({"name": "CI", "scopes": ["write", "read"]}),
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "id": "<id 1>",
          "name": "CI",
          "prefix": "tl",
          "scopes": ["read", "write"],
          "secret": "<opaque>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /keys",
        &[],
        json!({"name": "CI", "scopes": []}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "scopes: must name at least one scope",
          "errors": [{"message": "must name at least one scope", "path": "scopes"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /keys",
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
              "id": "<id 2>",
              "name": "bootstrap",
              "prefix": "",
              "scopes": ["read", "write", "admin", "impersonate"]
            },
            {
              "created_at": "<time>",
              "id": "<id 1>",
              "name": "CI",
              "prefix": "tl",
              "scopes": ["read", "write"]
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /keys?limit=x",
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
async fn a_key_is_found() {
    let mut wire = Wire::start().await;
    let made = wire.api.post("/keys", json!({"name": "CI", "scopes": ["write", "read"]})).await.is(201);
    let key = text(&made["id"]);
    wire.shows(
        "GET /keys/{}",
        &[&key],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "id": "<id 1>",
          "name": "CI",
          "prefix": "tl",
          "scopes": ["read", "write"]
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /keys/{}",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "key_not_found",
          "detail": "Key not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_key_is_revoked() {
    let mut wire = Wire::start().await;
    let made = wire.api.post("/keys", json!({"name": "CI", "scopes": ["write", "read"]})).await.is(201);
    let key = text(&made["id"]);
    wire.shows(
        "DELETE /keys/{}",
        &[&key],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "id": "<id 1>",
          "name": "CI",
          "prefix": "tl",
          "revoked_at": "<time>",
          "scopes": ["read", "write"]
        }
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /keys/{}",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "key_not_found",
          "detail": "Key not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn projects_are_made_and_listed() {
    let mut wire = Wire::start().await;
    wire.shows(
        "POST /projects",
        &[],
        json!({"name": "shop"}),
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "counted": true,
          "created_at": "<time>",
          "id": "<id 1>",
          "name": "shop",
          "stored_bytes": 0,
          "threads": 0
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /projects",
        &[],
        json!({"name": "shop"}),
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "project_name_taken",
          "detail": "Another project has this name",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /projects",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "counted": true,
              "created_at": "<time>",
              "id": "<id 2>",
              "name": "default",
              "stored_bytes": 0,
              "threads": 0
            },
            {
              "counted": true,
              "created_at": "<time>",
              "id": "<id 1>",
              "name": "shop",
              "stored_bytes": 0,
              "threads": 0
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /projects?cursor=x",
        &[],
        Value::Null,
        expect![[r#"
            400
            cache-control: no-store
            content-type: application/problem+json

            {
              "code": "invalid_cursor",
              "detail": "The cursor does not belong to this list",
              "status": 400,
              "title": "Bad Request",
              "type": "about:blank"
            }
        "#]],
    )
    .await;
}

#[tokio::test]
async fn origins_are_set_and_listed() {
    let mut wire = Wire::start().await;
    wire.shows(
        "PUT /origins",
        &[],
        json!({"origins": ["https://shop.example"]}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"origins": ["https://shop.example"]}
    "#]],
    )
    .await;
    wire.shows("PUT /origins", &[], json!({"origins": ["*"]}), expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "origins.0: must be an origin as browsers send it: `https://shop.example.com`",
          "errors": [{"message": "must be an origin as browsers send it: `https://shop.example.com`", "path": "origins.0"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]]).await;
    wire.shows(
        "GET /origins",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"origins": ["https://shop.example"]}
    "#]],
    )
    .await;
    wire.shows(
        "GET /origins?all=true",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "all: unknown parameter",
          "errors": [{"message": "unknown parameter", "path": "all"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn tags_are_defined_and_listed() {
    let mut wire = Wire::start().await;
    wire.shows(
        "PUT /tags/{}",
        &["vip"],
        json!({"color": "pink"}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"color": "pink", "name": "vip"}
    "#]],
    )
    .await;
    wire.shows(
        "PUT /tags/{}",
        &["VIP"],
        json!({}),
        expect![[r#"
            400
            cache-control: no-store
            content-type: application/problem+json

            {
              "code": "invalid_parameter",
              "detail": "name: must be 1 to 64 lower-case letters, digits, `_` and `-`, and begin with a letter or a digit",
              "errors": [
                {
                  "message": "must be 1 to 64 lower-case letters, digits, `_` and `-`, and begin with a letter or a digit",
                  "path": "name"
                }
              ],
              "status": 400,
              "title": "Bad Request",
              "type": "about:blank"
            }
        "#]],
    )
    .await;
    wire.shows(
        "GET /tags",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"data": [{"color": "pink", "name": "vip"}], "next": null}
    "#]],
    )
    .await;
    wire.shows(
        "GET /tags?limit=x",
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
async fn the_audit_trail_is_read() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.api.post("/members", json!({"email": "ann@example.com"})).await.is(201);
    let said = json!({"text": "x", "respond": false, "author": {"member": "ann@example.com"}});
    wire.api.post(&format!("/threads/{thread}/messages"), said).await.is(201);
    wire.shows(
        "GET /audit",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "action": "impersonate",
              "at": "<time>",
              "id": "<id 1>",
              "key": "<id 2>",
              "member": "<id 3>",
              "message": "<id 4>",
              "thread": "<id 5>"
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /audit?limit=x",
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
async fn budgets_of_a_key_and_a_project_are_changed() {
    let mut wire = Wire::start().await;
    let made = wire.api.post("/keys", json!({"name": "CI", "scopes": ["write", "read"]})).await.is(201);
    let key = text(&made["id"]);
    let project = text(&wire.api.get("/projects").await.is(200)["data"][0]["id"]);
    let budgets = json!({"budgets": [{"per": "turn", "tokens": 20_000}, {"per": "month", "usd": "25.50"}]});
    wire.shows(
        "PATCH /keys/{}",
        &[&key],
        budgets.clone(),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "budgets": [{"per": "turn", "tokens": 20000}, {"per": "month", "usd": "25.5"}],
          "created_at": "<time>",
          "id": "<id 1>",
          "name": "CI",
          "prefix": "tl",
          "scopes": ["read", "write"]
        }
    "#]],
    )
    .await;
    let bare = json!({"budgets": [{"per": "day"}]});
    wire.shows(
        "PATCH /keys/{}",
        &[&key],
        bare,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "budgets.0: must have `tokens` or `usd`",
          "errors": [{"message": "must have `tokens` or `usd`", "path": "budgets.0"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "PATCH /projects/{}",
        &[&project],
        budgets,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "budgets": [{"per": "turn", "tokens": 20000}, {"per": "month", "usd": "25.5"}],
          "counted": true,
          "created_at": "<time>",
          "id": "<id 2>",
          "name": "default",
          "stored_bytes": 0,
          "threads": 0
        }
    "#]],
    )
    .await;
    wire.shows(
        "PATCH /projects/{}",
        &[UNKNOWN],
        json!({"budgets": []}),
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "project_not_found",
          "detail": "Project not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}
