//! Turns, and the results of their tools.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, Wire};
use crate::server::text;

#[tokio::test]
async fn turns_are_listed() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.asked(&thread).await;
    wire.shows(
        "GET /threads/{}/turns",
        &[&thread],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "agent": "<id 1>",
              "attempt": 1,
              "created_at": "<time>",
              "ended_at": "<time>",
              "first_seq": 2,
              "id": "<id 2>",
              "place": 2,
              "policy": "queue",
              "started_at": "<time>",
              "state": "completed",
              "thread": "<id 3>",
              "usage": {
                "calls": 1,
                "failed_calls": 0,
                "reported_calls": 0,
                "tokens": {"cache_read": 0, "cache_write": 0, "input": 3, "output": 3, "reasoning": 0},
                "unpriced_calls": 1
              }
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /threads/{}/turns",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "thread_not_found",
          "detail": "Thread not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_turn_is_found() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    let (_, turn) = wire.asked(&thread).await;
    wire.shows(
        "GET /threads/{}/turns/{}",
        &[&thread, &turn],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "agent": "<id 1>",
          "attempt": 1,
          "created_at": "<time>",
          "ended_at": "<time>",
          "first_seq": 2,
          "id": "<id 2>",
          "place": 2,
          "policy": "queue",
          "started_at": "<time>",
          "state": "completed",
          "thread": "<id 3>",
          "usage": {
            "calls": 1,
            "failed_calls": 0,
            "reported_calls": 0,
            "tokens": {"cache_read": 0, "cache_write": 0, "input": 3, "output": 3, "reasoning": 0},
            "unpriced_calls": 1
          }
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /threads/{}/turns/{}",
        &[&thread, UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "turn_not_found",
          "detail": "Turn not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_turn_is_cancelled() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.api.patch("/agents/default", json!({"model": "scripted", "script": [{"hang": true}]})).await.is(200);
    let sent = wire.api.say(&format!("/threads/{thread}"), "Where is it?").await;
    let turn = text(&sent["turn"]["id"]);
    wire.shows(
        "POST /threads/{}/turns/{}/cancel",
        &[&thread, &turn],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "agent": "<id 1>",
          "attempt": 1,
          "created_at": "<time>",
          "ended_at": "<time>",
          "first_seq": 2,
          "id": "<id 2>",
          "place": 2,
          "policy": "queue",
          "reason": "cancelled on request",
          "started_at": "<time>",
          "state": "cancelled",
          "thread": "<id 3>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/turns/{}/cancel",
        &[&thread, UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "turn_not_found",
          "detail": "Turn not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_turn_is_tried_again() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.api.patch("/agents/default", json!({"model": "scripted", "script": [{"error": "refused"}]})).await.is(200);
    let (_, turn) = wire.asked(&thread).await;
    wire.api.patch("/agents/default", json!({"script": [{"hang": true}]})).await.is(200);
    wire.shows(
        "POST /threads/{}/turns/{}/retry",
        &[&thread, &turn],
        Value::Null,
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "agent": "<id 1>",
          "attempt": 1,
          "created_at": "<time>",
          "first_seq": 2,
          "id": "<id 2>",
          "place": 7,
          "policy": "queue",
          "started_at": "<time>",
          "state": "running",
          "thread": "<id 3>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/turns/{}/retry",
        &[&thread, &turn],
        Value::Null,
        expect![[r#"
            409
            cache-control: no-store
            content-type: application/problem+json

            {
              "code": "turn_retried",
              "detail": "A newer turn has taken over its messages; retry that turn",
              "status": 409,
              "title": "Conflict",
              "type": "about:blank"
            }
        "#]],
    )
    .await;
}

#[tokio::test]
async fn results_of_tools_are_given() {
    let (api, thread) = crate::tool_results::waiting().await;
    let mut wire = Wire::of(api);
    let thread = thread.trim_start_matches("/threads/");
    let given = json!({"results": [{"tool_call_id": "c1", "result": 1}, {"tool_call_id": "c2", "error": "no"}]});
    wire.shows(
        "POST /threads/{}/tool-results",
        &[thread],
        given.clone(),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"accepted": 2, "open": 0, "turn": "<id 1>"}
    "#]],
    )
    .await;
    wire.api.settle(&format!("/threads/{thread}")).await;
    wire.shows(
        "POST /threads/{}/tool-results",
        &[thread],
        given,
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "not_waiting",
          "detail": "The thread is not waiting for tool results",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}
