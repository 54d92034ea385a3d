//! Messages and events of a channel's sessions.

use expect_test::expect;
use reqwest::Method;
use serde_json::{Value, json};

use super::{UNKNOWN_SESSION, in_channel};
use crate::client::{Events, calls, said, text};

#[tokio::test]
async fn a_message_is_sent() {
    let (channel, mut wire) = in_channel(vec![]).await;
    let session = channel.session().await;
    wire.shows(
        "POST /channels/{}/sessions/{}/messages",
        &["support", &session],
        said("Hi"),
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "content": [{"text": "Hi", "type": "text"}],
          "created_at": "<time>",
          "id": "message_<id 1>",
          "role": "user",
          "sequence": 2,
          "session_id": "session_<id 2>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /channels/{}/sessions/{}/messages",
        &["support", UNKNOWN_SESSION],
        said("Hi"),
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
async fn messages_are_listed() {
    let (channel, mut wire) = in_channel(vec![]).await;
    let session = channel.session().await;
    channel.say(&session, "Hi").await;
    channel.settle(&session).await;
    wire.shows(
        "GET /channels/{}/sessions/{}/messages",
        &["support", &session],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "content": [{"text": "Hi", "type": "text"}],
              "created_at": "<time>",
              "id": "message_<id 1>",
              "role": "user",
              "sequence": 2,
              "session_id": "session_<id 2>"
            },
            {
              "content": [{"text": "Hi", "type": "text"}],
              "created_at": "<time>",
              "id": "message_<id 3>",
              "metadata": {"model": "echo"},
              "phase": "final_answer",
              "role": "agent",
              "sequence": 5,
              "session_id": "session_<id 2>"
            }
          ]
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /channels/{}/sessions/{}/messages",
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
async fn events_are_listed() {
    let (channel, mut wire) = in_channel(vec![]).await;
    let session = channel.session().await;
    channel.say(&session, "Hi").await;
    channel.settle(&session).await;
    wire.shows(
        "GET /channels/{}/sessions/{}/events?after_sequence=4&limit=2",
        &["support", &session],
        Value::Null,
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "data": [
                {
                  "context": {
                    "input_message_id": "message_<id 1>",
                    "turn_id": "turn_<id 2>"
                  },
                  "data": {
                    "message": {
                      "content": [{"text": "Hi", "type": "text"}],
                      "created_at": "<time>",
                      "id": "message_<id 3>",
                      "metadata": {"model": "echo"},
                      "phase": "final_answer",
                      "role": "agent",
                      "sequence": 5,
                      "session_id": "session_<id 4>"
                    },
                    "metadata": {"model": "echo"}
                  },
                  "id": "event_<id 5>",
                  "sequence": 5,
                  "session_id": "session_<id 4>",
                  "ts": "<time>",
                  "type": "output.message.completed"
                },
                {
                  "context": {
                    "input_message_id": "message_<id 1>",
                    "turn_id": "turn_<id 2>"
                  },
                  "data": {
                    "duration_ms": <ms>,
                    "final_message_id": "message_<id 3>",
                    "iterations": 1,
                    "llm_call_count": 1,
                    "time_to_first_token_ms": <ms>,
                    "tool_call_count": 0,
                    "turn_id": "turn_<id 2>"
                  },
                  "id": "event_<id 6>",
                  "sequence": 6,
                  "session_id": "session_<id 4>",
                  "ts": "<time>",
                  "type": "turn.completed"
                },
                {
                  "context": {
                    "input_message_id": "message_<id 1>",
                    "turn_id": "turn_<id 2>"
                  },
                  "data": {"iterations": 1, "turn_id": "turn_<id 2>"},
                  "id": "event_<id 7>",
                  "sequence": null,
                  "session_id": "session_<id 4>",
                  "ts": "<time>",
                  "type": "session.idled"
                }
              ]
            }
        "#]],
    )
    .await;
    wire.shows(
        "GET /channels/{}/sessions/{}/events",
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
async fn a_session_is_followed() {
    let (channel, mut wire) = in_channel(vec![]).await;
    let session = channel.session().await;
    channel.say(&session, "Hi").await;
    channel.settle(&session).await;
    let request = wire.request("GET /channels/{}/sessions/{}/sse?after_sequence=1", &["support", &session]);
    wire.begins(request, 2, expect![[r#"
        200
        cache-control: no-store
        content-type: text/event-stream
        x-accel-buffering: no

        event: connected
        retry: 100
        data: {"status":"connected"}

        event: input.message
        id: event_<id 1>
        retry: 100
        data: {"id":"event_<id 1>","type":"input.message","ts":"<time>","session_id":"session_<id 2>","context":{"turn_id":"turn_<id 3>","input_message_id":"message_<id 4>"},"data":{"message":{"id":"message_<id 4>","session_id":"session_<id 2>","sequence":2,"role":"user","created_at":"<time>","content":[{"type":"text","text":"Hi"}]}},"sequence":2}
    "#]]).await;
    wire.shows(
        "GET /channels/{}/sessions/{}/sse",
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
async fn results_of_tools_are_given() {
    let (channel, mut wire) = in_channel(vec![calls(&["ask"]), text("done")]).await;
    let tools = json!({"tools": [{"type": "client_side", "name": "ask", "description": "Asks", "parameters": {}}]});
    channel.door.did(Method::PATCH, "/v1/agents/support", tools, 200).await;
    let session = channel.session().await;
    channel.say(&session, "Hi").await;
    let mut events = Events::of(channel.get(&format!("/sessions/{session}/sse?after_sequence=0"))).await;
    let call = events.until("tool.call_requested").await.pop().expect("a call")["data"]["tool_calls"][0]["id"].clone();
    let given = json!({"tool_results": [{"tool_call_id": call, "result": 1}]});
    wire.shows(
        "POST /channels/{}/sessions/{}/tool-results",
        &["support", &session],
        given.clone(),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"accepted": 1, "status": "active"}
    "#]],
    )
    .await;
    channel.settle(&session).await;
    wire.shows(
        "POST /channels/{}/sessions/{}/tool-results",
        &["support", &session],
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
