//! Sessions.

use domain::{agent::ToolKind, script::Reply};
use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN_SESSION, open, said_in};
use crate::client::{Events, calls, text, tool};

#[tokio::test]
async fn a_session_is_made() {
    let (_door, mut wire) = open().await;
    let new =
        json!({"title": "Order 17", "tags": ["a"], "locale": "uk-UA", "system_prompt": "Be brief.", "hints": {"x": 1}});
    wire.shows(
        "POST /sessions",
        &[],
        new,
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "agent_id": "agent_<id 1>",
          "capabilities": [],
          "created_at": "<time>",
          "features": [],
          "harness_id": "harness_<id 2>",
          "hints": {"x": 1},
          "id": "session_<id 3>",
          "initial_files": [],
          "is_pinned": false,
          "locale": "uk-UA",
          "organization_id": "org_<id 4>",
          "owner_principal_id": "principal_<id 4>",
          "self_url": "/v1/sessions/session_<id 3>",
          "status": "started",
          "system_prompt": "Be brief.",
          "tags": ["a"],
          "title": "Order 17",
          "tools": [],
          "ui_link": "/v1/sessions/session_<id 3>",
          "updated_at": "<time>",
          "view_url": "/v1/sessions/session_<id 3>",
          "workspace_id": "wsp_<id 3>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /sessions",
        &[],
        json!({"agent_id": "agent_01933b5a000070008000000000000001"}),
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
async fn sessions_are_listed() {
    let (door, mut wire) = open().await;
    door.session().await;
    wire.shows(
        "GET /sessions",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "agent_id": "agent_<id 1>",
              "capabilities": [],
              "created_at": "<time>",
              "features": [],
              "harness_id": "harness_<id 2>",
              "id": "session_<id 3>",
              "initial_files": [],
              "is_pinned": false,
              "organization_id": "org_<id 4>",
              "owner_principal_id": "principal_<id 4>",
              "self_url": "/v1/sessions/session_<id 3>",
              "status": "started",
              "tags": [],
              "tools": [],
              "ui_link": "/v1/sessions/session_<id 3>",
              "updated_at": "<time>",
              "view_url": "/v1/sessions/session_<id 3>",
              "workspace_id": "wsp_<id 3>"
            }
          ],
          "limit": 20,
          "offset": 0,
          "total": 1
        }
    "#]],
    )
    .await;
    let request = wire.bare("GET /sessions", &[]);
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
async fn a_session_is_found() {
    let (door, mut wire) = open().await;
    let (session, thread) = door.session().await;
    said_in(&door, thread).await;
    wire.shows(
        "GET /sessions/{}",
        &[&session],
        Value::Null,
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "agent_id": "agent_<id 1>",
              "capabilities": [],
              "created_at": "<time>",
              "features": [],
              "harness_id": "harness_<id 2>",
              "id": "session_<id 3>",
              "initial_files": [],
              "is_pinned": false,
              "organization_id": "org_<id 4>",
              "output_preview": "Where is my order?",
              "owner_principal_id": "principal_<id 4>",
              "preview": "Where is my order?",
              "self_url": "/v1/sessions/session_<id 3>",
              "started_at": "<time>",
              "status": "idle",
              "tags": [],
              "tools": [],
              "ui_link": "/v1/sessions/session_<id 3>",
              "updated_at": "<time>",
              "usage": {"cache_creation_tokens": 0, "cache_read_tokens": 0, "input_tokens": 5, "output_tokens": 5},
              "view_url": "/v1/sessions/session_<id 3>",
              "workspace_id": "wsp_<id 3>"
            }
        "#]],
    )
    .await;
    wire.shows(
        "GET /sessions/{}",
        &["session_x"],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_id",
          "detail": "Invalid ID format: expected session_ and 32 hex digits",
          "error": {"code": "invalid_id", "message": "Invalid ID format: expected session_ and 32 hex digits"},
          "status": 400,
          "title": "Bad Request"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_session_is_changed() {
    let (door, mut wire) = open().await;
    let (session, _thread) = door.session().await;
    wire.shows(
        "PATCH /sessions/{}",
        &[&session],
        json!({"title": "Order 18", "tags": ["b"]}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "agent_id": "agent_<id 1>",
          "capabilities": [],
          "created_at": "<time>",
          "features": [],
          "harness_id": "harness_<id 2>",
          "id": "session_<id 3>",
          "initial_files": [],
          "is_pinned": false,
          "organization_id": "org_<id 4>",
          "owner_principal_id": "principal_<id 4>",
          "self_url": "/v1/sessions/session_<id 3>",
          "status": "started",
          "tags": ["b"],
          "title": "Order 18",
          "tools": [],
          "ui_link": "/v1/sessions/session_<id 3>",
          "updated_at": "<time>",
          "view_url": "/v1/sessions/session_<id 3>",
          "workspace_id": "wsp_<id 3>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "PATCH /sessions/{}",
        &[UNKNOWN_SESSION],
        json!({"title": "Order 18"}),
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "session_not_found",
          "detail": "Session not found",
          "error": {"code": "session_not_found", "message": "Session not found"},
          "status": 404,
          "title": "Not Found"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_session_is_deleted() {
    let (door, mut wire) = open().await;
    let (session, _thread) = door.session().await;
    wire.shows(
        "DELETE /sessions/{}",
        &[&session],
        Value::Null,
        expect![[r#"
        204
        cache-control: no-store
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /sessions/{}",
        &[&session],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "session_not_found",
          "detail": "Session not found",
          "error": {"code": "session_not_found", "message": "Session not found"},
          "status": 404,
          "title": "Not Found"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_session_is_pinned_and_unpinned() {
    let (door, mut wire) = open().await;
    let (session, _thread) = door.session().await;
    wire.shows(
        "PUT /sessions/{}/pin",
        &[&session],
        Value::Null,
        expect![[r#"
        204
        cache-control: no-store
    "#]],
    )
    .await;
    wire.shows(
        "PUT /sessions/{}/pin",
        &[UNKNOWN_SESSION],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "session_not_found",
          "detail": "Session not found",
          "error": {"code": "session_not_found", "message": "Session not found"},
          "status": 404,
          "title": "Not Found"
        }
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /sessions/{}/pin",
        &[&session],
        Value::Null,
        expect![[r#"
        204
        cache-control: no-store
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /sessions/{}/pin",
        &[UNKNOWN_SESSION],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "session_not_found",
          "detail": "Session not found",
          "error": {"code": "session_not_found", "message": "Session not found"},
          "status": 404,
          "title": "Not Found"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_session_is_cancelled() {
    let (door, mut wire) = open().await;
    door.agent(vec![Reply { hang: true, ..Reply::default() }], vec![]).await;
    let (session, _thread) = door.session().await;
    door.say(&session, "go").await;
    wire.shows(
        "POST /sessions/{}/cancel",
        &[&session],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"message": "The turn was cancelled", "status": "cancelled"}
    "#]],
    )
    .await;
    wire.shows(
        "POST /sessions/{}/cancel",
        &[UNKNOWN_SESSION],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "session_not_found",
          "detail": "Session not found",
          "error": {"code": "session_not_found", "message": "Session not found"},
          "status": 404,
          "title": "Not Found"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_session_is_forked() {
    let (door, mut wire) = open().await;
    let (session, thread) = door.session().await;
    said_in(&door, thread).await;
    wire.shows(
        "POST /sessions/{}/fork",
        &[&session],
        json!({"title": "Branch"}),
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "agent_id": "agent_<id 1>",
          "capabilities": [],
          "created_at": "<time>",
          "features": [],
          "forked_from_sequence": 6,
          "forked_from_session_id": "session_<id 2>",
          "harness_id": "harness_<id 3>",
          "id": "session_<id 4>",
          "initial_files": [],
          "is_pinned": false,
          "organization_id": "org_<id 5>",
          "output_preview": "Where is my order?",
          "owner_principal_id": "principal_<id 5>",
          "preview": "Where is my order?",
          "self_url": "/v1/sessions/session_<id 4>",
          "started_at": "<time>",
          "status": "idle",
          "tags": [],
          "title": "Branch",
          "tools": [],
          "ui_link": "/v1/sessions/session_<id 4>",
          "updated_at": "<time>",
          "view_url": "/v1/sessions/session_<id 4>",
          "workspace_id": "wsp_<id 4>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /sessions/{}/fork",
        &[UNKNOWN_SESSION],
        json!({}),
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "session_not_found",
          "detail": "Session not found",
          "error": {"code": "session_not_found", "message": "Session not found"},
          "status": 404,
          "title": "Not Found"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_session_is_exported() {
    let (door, mut wire) = open().await;
    let (session, thread) = door.session().await;
    said_in(&door, thread).await;
    wire.shows("GET /sessions/{}/export", &[&session], Value::Null, expect![[r#"
        200
        cache-control: no-store
        content-disposition: attachment; filename="<opaque>"
        content-type: application/x-ndjson

        {"id":"message_<id 1>","session_id":"session_<id 2>","sequence":2,"role":"user","created_at":"<time>","content":[{"type":"text","text":"Where is my order?"}]}
        {"id":"message_<id 3>","session_id":"session_<id 2>","sequence":5,"role":"agent","created_at":"<time>","metadata":{"model":"echo"},"phase":"final_answer","content":[{"type":"text","text":"Where is my order?"}]}

    "#]]).await;
    wire.shows(
        "GET /sessions/{}/export?format=atif",
        &[&session],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-disposition: attachment; filename="<opaque>"
        content-type: application/json

        {
          "agent": {"name": "threadline", "version": "0.1.0"},
          "extra": {
            "turns": [
              {
                "duration_ms": <ms>,
                "iterations": 1,
                "status": "completed",
                "turn_id": "turn_<id 4>"
              }
            ]
          },
          "final_metrics": {"total_steps": 2},
          "schema_version": "ATIF-v1.7",
          "session_id": "session_<id 2>",
          "steps": [
            {
              "message": "Where is my order?",
              "source": "user",
              "step_id": 1,
              "timestamp": "<time>"
            },
            {
              "llm_call_count": 1,
              "message": "Where is my order?",
              "model_name": "echo",
              "source": "agent",
              "step_id": 2,
              "timestamp": "<time>"
            }
          ]
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /sessions/{}/export?format=pdf",
        &[&session],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "format: must be `jsonl` or `atif`",
          "error": {"code": "invalid_parameter", "message": "format: must be `jsonl` or `atif`"},
          "status": 400,
          "title": "Bad Request"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn results_of_tools_are_given() {
    let (door, mut wire) = open().await;
    door.agent(vec![calls(&["ask"]), text("done")], vec![tool("ask", ToolKind::Client)]).await;
    let (session, thread) = door.session().await;
    let mut events = Events::open(&door, &session, "?after_sequence=0").await;
    door.say(&session, "go").await;
    let call = events.until("tool.call_requested").await.pop().expect("a call")["data"]["tool_calls"][0]["id"].clone();
    let given = json!({"tool_results": [{"tool_call_id": call, "result": {"ok": true}}]});
    wire.shows(
        "POST /sessions/{}/tool-results",
        &[&session],
        given.clone(),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"accepted": 1, "status": "active"}
    "#]],
    )
    .await;
    door.server.test.settle(thread).await;
    wire.shows(
        "POST /sessions/{}/tool-results",
        &[&session],
        given,
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "not_waiting",
          "detail": "The session is not waiting for tool results",
          "error": {"code": "not_waiting", "message": "The session is not waiting for tool results"},
          "status": 409,
          "title": "Conflict"
        }
    "#]],
    )
    .await;
}
