//! Channels: one agent, for a program and for the people whom it serves.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN_SESSION, in_channel};

#[tokio::test]
async fn a_channel_is_found() {
    let (_channel, mut wire) = in_channel(vec![]).await;
    wire.shows(
        "GET /channels/{}",
        &["support"],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "auth": [{"type": "agent_key"}, {"type": "runtime_token"}],
          "conversation_starters": [],
          "description": "Helps",
          "input": {"files": false, "images": true, "text": true},
          "links": {"sessions": "/v1/channels/support/sessions"},
          "name": "Support",
          "streaming": true
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /channels/{}",
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
async fn a_person_is_let_in() {
    let (_channel, mut wire) = in_channel(vec![]).await;
    let request = wire.request("POST /channels/{}/runtime-auth", &["support"]).header("end-user", "ann");
    wire.answers(
        request,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "access_token": "<opaque>",
          "expires_in": 86400,
          "token_type": "Bearer",
          "virtual_user_id": "virtual_user_<id 1>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /channels/{}/runtime-auth",
        &["support"],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "End-User: must name the person whom the token is for",
          "error": {"code": "invalid_parameter", "message": "End-User: must name the person whom the token is for"},
          "status": 400,
          "title": "Bad Request"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_session_is_begun() {
    let (_channel, mut wire) = in_channel(vec![]).await;
    wire.shows(
        "POST /channels/{}/sessions",
        &["support"],
        json!({"title": "First"}),
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "id": "session_<id 1>",
          "pending_approvals": [],
          "pending_questions": [],
          "status": "idle",
          "title": "First",
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /channels/{}/sessions",
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
async fn sessions_are_listed() {
    let (channel, mut wire) = in_channel(vec![]).await;
    channel.session().await;
    wire.shows(
        "GET /channels/{}/sessions",
        &["support"],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "created_at": "<time>",
              "id": "session_<id 1>",
              "pending_approvals": [],
              "pending_questions": [],
              "status": "idle",
              "updated_at": "<time>"
            }
          ]
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /channels/{}/sessions?limit=x",
        &["support"],
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
async fn a_session_is_found() {
    let (channel, mut wire) = in_channel(vec![]).await;
    let session = channel.session().await;
    wire.shows(
        "GET /channels/{}/sessions/{}",
        &["support", &session],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "id": "session_<id 1>",
          "pending_approvals": [],
          "pending_questions": [],
          "status": "idle",
          "updated_at": "<time>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /channels/{}/sessions/{}",
        &["support", UNKNOWN_SESSION],
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
    let (channel, mut wire) = in_channel(vec![]).await;
    let session = channel.session().await;
    wire.shows(
        "POST /channels/{}/sessions/{}/cancel",
        &["support", &session],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"message": "No turn is running", "status": "no_op"}
    "#]],
    )
    .await;
    wire.shows(
        "POST /channels/{}/sessions/{}/cancel",
        &["support", UNKNOWN_SESSION],
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
async fn questions_and_approvals_are_never_pending() {
    let (channel, mut wire) = in_channel(vec![]).await;
    let session = channel.session().await;
    wire.shows(
        "POST /channels/{}/sessions/{}/question-answers",
        &["support", &session],
        json!({"answers": []}),
        expect![[r#"
            409
            cache-control: no-store
            content-type: application/problem+json

            {
              "code": "no_pending_questions",
              "detail": "The session has no pending questions; answer the agent with a message",
              "error": {
                "code": "no_pending_questions",
                "message": "The session has no pending questions; answer the agent with a message"
              },
              "status": 409,
              "title": "Conflict"
            }
        "#]],
    )
    .await;
    wire.shows(
        "POST /channels/{}/sessions/{}/tool-approvals",
        &["support", &session],
        json!({}),
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "no_pending_approvals",
          "detail": "The session has no pending approvals, because no tool waits for one",
          "error": {
            "code": "no_pending_approvals",
            "message": "The session has no pending approvals, because no tool waits for one"
          },
          "status": 409,
          "title": "Conflict"
        }
    "#]],
    )
    .await;
}
