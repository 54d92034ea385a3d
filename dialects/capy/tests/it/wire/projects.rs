//! Projects, with their tags, tasks, use and models.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, UNKNOWN_JAM, open, said};
use crate::threads::project;

#[tokio::test]
async fn models_are_listed() {
    let (_door, mut wire) = open().await;
    wire.lists(
        "GET /models",
        "models",
        2,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "models": [
            {"captainEligible": true, "id": "claude-opus-4-8", "name": "Claude Opus 4.8", "provider": "anthropic"},
            {"captainEligible": true, "id": "claude-opus-4-7", "name": "Claude Opus 4.7", "provider": "anthropic"}
          ]
        }
    "#]],
    )
    .await;
    let request = wire.bare("GET /models", &[]);
    wire.answers(
        request,
        expect![[r#"
        401
        cache-control: no-store
        content-type: application/json
        www-authenticate: Bearer

        {"error": {"code": "unauthorized", "message": "Missing or invalid API key"}}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn projects_are_listed() {
    let (_door, mut wire) = open().await;
    wire.shows(
        "GET /projects",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "hasMore": false,
          "items": [
            {
              "createdAt": "<time>",
              "description": null,
              "id": "<id 1>",
              "name": "default",
              "repos": [],
              "taskCode": "DEFAULT",
              "updatedAt": "<time>"
            }
          ],
          "nextCursor": null
        }
    "#]],
    )
    .await;
    let request = wire.bare("GET /projects", &[]);
    wire.answers(
        request,
        expect![[r#"
        401
        cache-control: no-store
        content-type: application/json
        www-authenticate: Bearer

        {"error": {"code": "unauthorized", "message": "Missing or invalid API key"}}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_project_is_found() {
    let (door, mut wire) = open().await;
    let project = project(&door);
    wire.shows(
        "GET /projects/{}",
        &[&project],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "createdAt": "<time>",
          "description": null,
          "id": "<id 1>",
          "name": "default",
          "repos": [],
          "taskCode": "DEFAULT",
          "updatedAt": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /projects/{}",
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
async fn a_tag_is_made() {
    let (door, mut wire) = open().await;
    let project = project(&door);
    wire.shows(
        "POST /projects/{}/tags",
        &[&project],
        json!({"name": "billing", "color": "lime"}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"color": "lime", "name": "billing"}
    "#]],
    )
    .await;
    wire.shows("POST /projects/{}/tags", &[&project], json!({"name": "billing", "color": "red"}), expect![[r#"
        422
        cache-control: no-store
        content-type: application/json

        {
          "error": {
            "code": "validation_error",
            "details": [
              {
                "code": "invalid_parameter",
                "message": "expected one of default, primary, success, warning, destructive, blue, purple, pink, orange, lime",
                "path": "color"
              }
            ],
            "message": "color: expected one of default, primary, success, warning, destructive, blue, purple, pink, orange, lime"
          }
        }
    "#]]).await;
}

#[tokio::test]
async fn tags_are_listed() {
    let (door, mut wire) = open().await;
    let project = project(&door);
    wire.shows(
        "GET /projects/{}/tags",
        &[&project],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"items": []}
    "#]],
    )
    .await;
    wire.shows(
        "GET /projects/{}/tags",
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
async fn tasks_are_an_empty_page() {
    let (door, mut wire) = open().await;
    let project = project(&door);
    wire.shows(
        "GET /tasks?projectId={}",
        &[&project],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"hasMore": false, "items": [], "nextCursor": null}
    "#]],
    )
    .await;
    wire.shows(
        "GET /tasks",
        &[],
        Value::Null,
        expect![[r#"
        422
        cache-control: no-store
        content-type: application/json

        {
          "error": {
            "code": "validation_error",
            "details": [{"code": "invalid_parameter", "message": "required", "path": "projectId"}],
            "message": "projectId: required"
          }
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn no_task_is_found() {
    let (_door, mut wire) = open().await;
    wire.shows(
        "GET /tasks/{}",
        &[UNKNOWN_JAM],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {"error": {"code": "not_found", "message": "Task not found"}}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn use_is_told() {
    let (door, mut wire) = open().await;
    let project = project(&door);
    said(&door).await;
    const YEARS: &str = "from=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00Z&routed=all";
    let request = wire.request(&format!("GET /usage?orgId={project}&{YEARS}"), &[]);
    // "GET /usage"
    wire.answers(
        request,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "currency": "USD",
          "from": "2020-01-01T00:00:00Z",
          "items": [
            {
              "diffSummaryByMode": null,
              "isServiceUser": true,
              "jamAgentType": "captain",
              "jamCreatedAt": "<time>",
              "jamId": "jam_<id 1>",
              "jamProjectId": "<id 2>",
              "jamStatus": "idle",
              "jamTitle": null,
              "jamUpdatedAt": "<time>",
              "lastActivityAt": "<time>",
              "llmDollars": 0.0,
              "modelCount": 1,
              "routedSource": "no_cost",
              "routedSpendDollars": null,
              "taskId": null,
              "taskNumber": null,
              "taskProjectId": null,
              "taskTitle": null,
              "totalDollars": 0.0,
              "userEmail": null,
              "userId": "<id 3>",
              "userImageUrl": null,
              "userName": "bootstrap",
              "userType": "service_user",
              "vmDollars": 0.0
            }
          ],
          "orgId": "<id 2>",
          "page": 1,
          "pageSize": 20,
          "routed": "all",
          "to": "2099-01-01T00:00:00Z",
          "total": 1,
          "totalPages": 1,
          "totals": {"llmDollars": 0.0, "totalDollars": 0.0, "vmDollars": 0.0},
          "users": [
            {
              "email": null,
              "imageUrl": null,
              "isServiceUser": true,
              "llmDollars": 0.0,
              "name": "bootstrap",
              "totalDollars": 0.0,
              "userId": "<id 3>",
              "userType": "service_user",
              "vmDollars": 0.0
            }
          ]
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /usage?orgId={}&from=2020",
        &[&project],
        Value::Null,
        expect![[r#"
        422
        cache-control: no-store
        content-type: application/json

        {
          "error": {
            "code": "validation_error",
            "details": [
              {
                "code": "invalid_parameter",
                "message": "must be a time in UTC in the form of RFC 3339, with `Z`",
                "path": "from"
              }
            ],
            "message": "from: must be a time in UTC in the form of RFC 3339, with `Z`"
          }
        }
    "#]],
    )
    .await;
}
