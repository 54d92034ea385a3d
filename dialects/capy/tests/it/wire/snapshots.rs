//! Browser snapshots.

use dialect_kit::testing::{Reply, Wire};
use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, open};
use crate::{client::Door, threads::project};

#[tokio::test]
async fn a_snapshot_is_made() {
    let (door, mut wire) = open().await;
    let project = project(&door);
    let cookie = json!({"name": "sid", "value": "x", "domain": ".example.com", "path": "/", "expires": -1,
        "httpOnly": true, "secure": true, "sameSite": "Lax"});
    wire.shows(
        "POST /projects/{}/browser-snapshots",
        &[&project],
        json!({"name": "shop", "storageState": {"cookies": [cookie], "origins": []}}),
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "createdAt": "<time>",
              "domains": ["example.com"],
              "id": "<id 1>",
              "isDefault": false,
              "isPrivate": false,
              "name": "shop",
              "projectId": "<id 2>",
              "storageState": null,
              "updatedAt": "<time>"
            }
        "#]],
    )
    .await;
    wire.shows(
        "POST /projects/{}/browser-snapshots",
        &[&project],
        json!({"name": "shop"}),
        expect![[r#"
        422
        cache-control: no-store
        content-type: application/json

        {
          "error": {
            "code": "validation_error",
            "details": [{"code": "invalid_parameter", "message": "required", "path": "storageState"}],
            "message": "storageState: required"
          }
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn snapshots_are_listed() {
    let (door, mut wire) = open().await;
    let (project, _) = kept(&door, &wire).await;
    wire.shows(
        "GET /projects/{}/browser-snapshots",
        &[&project],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "items": [
            {
              "createdAt": "<time>",
              "domains": [],
              "id": "<id 1>",
              "isDefault": false,
              "isPrivate": false,
              "name": "shop",
              "projectId": "<id 2>",
              "updatedAt": "<time>"
            }
          ]
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /projects/{}/browser-snapshots",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {"error": {"code": "not_found", "message": "Project not found"}}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_snapshot_is_found() {
    let (door, mut wire) = open().await;
    let (project, snapshot) = kept(&door, &wire).await;
    wire.shows(
        "GET /projects/{}/browser-snapshots/{}",
        &[&project, &snapshot],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "createdAt": "<time>",
          "domains": [],
          "id": "<id 1>",
          "isDefault": false,
          "isPrivate": false,
          "name": "shop",
          "projectId": "<id 2>",
          "storageState": {"cookies": [], "origins": []},
          "updatedAt": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /projects/{}/browser-snapshots/{}",
        &[&project, UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {"error": {"code": "not_found", "message": "Browser snapshot not found"}}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_snapshot_is_changed() {
    let (door, mut wire) = open().await;
    let (project, snapshot) = kept(&door, &wire).await;
    wire.shows(
        "PATCH /projects/{}/browser-snapshots/{}",
        &[&project, &snapshot],
        json!({"name": "market"}),
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "createdAt": "<time>",
              "domains": [],
              "id": "<id 1>",
              "isDefault": false,
              "isPrivate": false,
              "name": "market",
              "projectId": "<id 2>",
              "storageState": null,
              "updatedAt": "<time>"
            }
        "#]],
    )
    .await;
    wire.shows(
        "PATCH /projects/{}/browser-snapshots/{}",
        &[&project, &snapshot],
        json!({"storageState": {"cookies": [], "origins": []}}),
        expect![[r#"
            422
            cache-control: no-store
            content-type: application/json

            {
              "error": {
                "code": "validation_error",
                "details": [{"code": "invalid_parameter", "message": "unknown field", "path": "storageState"}],
                "message": "storageState: unknown field"
              }
            }
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_snapshot_is_removed() {
    let (door, mut wire) = open().await;
    let (project, snapshot) = kept(&door, &wire).await;
    wire.shows(
        "DELETE /projects/{}/browser-snapshots/{}",
        &[&project, &snapshot],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"success": true}
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /projects/{}/browser-snapshots/{}",
        &[&project, &snapshot],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {"error": {"code": "not_found", "message": "Browser snapshot not found"}}
    "#]],
    )
    .await;
}

/// The ids of the project and of a snapshot in it.
async fn kept(door: &Door, wire: &Wire) -> (String, String) {
    let project = project(door);
    let new = json!({"name": "shop", "storageState": {"cookies": [], "origins": []}});
    let made = Reply::of(wire.request("POST /projects/{}/browser-snapshots", &[&project]).json(&new)).await.json();
    (project, made["id"].as_str().expect("an id").to_owned())
}
