//! Browser snapshots.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, Wire};
use crate::server::text;

#[tokio::test]
async fn snapshots_are_made_and_listed() {
    let mut wire = Wire::start().await;
    wire.shows(
        "POST /browser-snapshots",
        &[],
        json!({"name": "shop", "storage_state": {"cookies": [], "origins": []}}),
        expect![[r#"
            201
            cache-control: no-store
            content-type: application/json

            {
              "created_at": "<time>",
              "domains": [],
              "id": "<id 1>",
              "is_default": false,
              "is_private": false,
              "key": "<id 2>",
              "name": "shop",
              "updated_at": "<time>"
            }
        "#]],
    )
    .await;
    wire.shows(
        "POST /browser-snapshots",
        &[],
        json!({"name": "shop"}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "storage_state: required",
          "errors": [{"message": "required", "path": "storage_state"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /browser-snapshots",
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
              "domains": [],
              "id": "<id 1>",
              "is_default": false,
              "is_private": false,
              "key": "<id 2>",
              "name": "shop",
              "updated_at": "<time>"
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /browser-snapshots?limit=x",
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
async fn a_snapshot_is_found_and_changed() {
    let mut wire = Wire::start().await;
    let made = wire
        .api
        .post("/browser-snapshots", json!({"name": "shop", "storage_state": {"cookies": [], "origins": []}}))
        .await
        .is(201);
    let snapshot = text(&made["id"]);
    wire.shows(
        "GET /browser-snapshots/{}",
        &[&snapshot],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "domains": [],
          "id": "<id 1>",
          "is_default": false,
          "is_private": false,
          "key": "<id 2>",
          "name": "shop",
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /browser-snapshots/{}",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "snapshot_not_found",
          "detail": "Browser snapshot not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "PATCH /browser-snapshots/{}",
        &[&snapshot],
        json!({"is_default": true}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "domains": [],
          "id": "<id 1>",
          "is_default": true,
          "is_private": false,
          "key": "<id 2>",
          "name": "shop",
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "PATCH /browser-snapshots/{}",
        &[&snapshot],
        json!({"is_default": 1}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "is_default: expected a boolean, got an integer",
          "errors": [{"message": "expected a boolean, got an integer", "path": "is_default"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_snapshot_is_deleted() {
    let mut wire = Wire::start().await;
    let made = wire
        .api
        .post("/browser-snapshots", json!({"name": "shop", "storage_state": {"cookies": [], "origins": []}}))
        .await
        .is(201);
    let snapshot = text(&made["id"]);
    wire.shows(
        "DELETE /browser-snapshots/{}",
        &[&snapshot],
        Value::Null,
        expect![[r#"
        204
        cache-control: no-store
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /browser-snapshots/{}",
        &[&snapshot],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "snapshot_not_found",
          "detail": "Browser snapshot not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}
