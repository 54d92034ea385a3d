//! Turns in the hands of the user's own program.

use expect_test::expect;
use serde_json::{Value, json};

use super::{BASE, UNKNOWN, Wire, testing};
use crate::{external::program, server::text};

impl Wire {
    /// A server whose agent `default` is external, and a client with the key of its program.
    async fn of_program() -> Self {
        let (api, secret) = program(json!({"kind": "external"})).await;
        let client = testing::Wire::new(&api.server, BASE, ("authorization", format!("Bearer {secret}")));
        Self { api, client }
    }

    /// The id of a turn that the program has just claimed.
    async fn claimed(&self) -> String {
        let thread = self.api.thread().await;
        let turn = text(&self.api.say(&thread, "Where is it?").await["turn"]["id"]);
        let claim = self.request("POST /turns/claim", &[]).json(&json!({"wait": 20}));
        let claims: Value = claim.send().await.expect("an answer").json().await.expect("JSON");
        assert_eq!(claims["turns"][0]["turn"], turn);
        turn
    }
}

#[tokio::test]
async fn turns_are_claimed() {
    let mut wire = Wire::of_program().await;
    let thread = wire.api.thread().await;
    wire.api.say(&thread, "Where is it?").await;
    let claim = json!({"agents": ["default"], "most": 2, "wait": 20, "format": "openai"});
    wire.shows(
        "POST /turns/claim",
        &[],
        claim,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "turns": [
            {
              "agent": "<id 1>",
              "agent_name": "default",
              "answered": false,
              "attempt": 1,
              "browser_snapshots": [],
              "controls": {},
              "formatted": [{"content": "Where is it?", "role": "user"}],
              "instructions": "",
              "lease_until": "<time>",
              "messages": [
                {
                  "author": {"key": "<id 2>", "kind": "key"},
                  "content": [{"text": "Where is it?", "type": "text"}],
                  "created_at": "<time>",
                  "door": "native",
                  "id": "<id 3>",
                  "interrupted": false,
                  "role": "user",
                  "seq": 2,
                  "thread": "<id 4>",
                  "turn": "<id 5>"
                }
              ],
              "reads": 3,
              "thread": "<id 4>",
              "tools": [],
              "turn": "<id 5>",
              "variables": {}
            }
          ]
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /turns/claim",
        &[],
        json!({"agents": ["other"]}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "agent_not_found",
          "detail": "agents.0: names no external agent of this key",
          "errors": [{"message": "names no external agent of this key", "path": "agents.0"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_program_gives_a_sign_of_life() {
    let mut wire = Wire::of_program().await;
    let turn = wire.claimed().await;
    wire.shows(
        "POST /turns/{}/heartbeat",
        &[&turn],
        json!({"attempt": 1}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"again": false, "calls": [], "held": true, "state": "running", "steered": [], "waiting": []}
    "#]],
    )
    .await;
    wire.shows(
        "POST /turns/{}/heartbeat",
        &[UNKNOWN],
        json!({"attempt": 1}),
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
async fn pieces_are_reported() {
    let mut wire = Wire::of_program().await;
    let turn = wire.claimed().await;
    let deltas = json!({"attempt": 1, "n": 1, "deltas": [{"text": "I look"}]});
    wire.shows(
        "POST /turns/{}/deltas",
        &[&turn],
        deltas,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"again": false, "calls": [], "held": true, "state": "running", "steered": [], "waiting": []}
    "#]],
    )
    .await;
    let deltas = json!({"attempt": 2, "n": 2, "deltas": [{"text": " it up."}]});
    wire.shows(
        "POST /turns/{}/deltas",
        &[&turn],
        deltas,
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "attempt_over",
          "detail": "The turn is no longer held by this attempt; claim it again",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn messages_and_results_are_reported() {
    let mut wire = Wire::of_program().await;
    let turn = wire.claimed().await;
    let call = json!({"type": "tool_call", "id": "call_1", "name": "find_order", "arguments": {"order": 4711}});
    let said =
        json!({"content": [{"type": "text", "text": "I look it up."}, call], "usage": {"input": 12, "output": 3}});
    let messages = json!({"attempt": 1, "n": 1, "messages": [said]});
    wire.shows(
        "POST /turns/{}/messages",
        &[&turn],
        messages,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"again": false, "calls": ["call_1"], "held": true, "state": "running", "steered": [], "waiting": []}
    "#]],
    )
    .await;
    let messages = json!({"attempt": 1, "n": 2, "messages": [{"text": "It is on its way."}]});
    wire.shows(
        "POST /turns/{}/messages",
        &[&turn],
        messages,
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "open_calls",
          "detail": "These tool calls have no result yet: call_1",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    let results = json!({"attempt": 1, "n": 2, "results": [{"tool_call_id": "call_1", "result": "shipped"}]});
    wire.shows(
        "POST /turns/{}/tool-results",
        &[&turn],
        results,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"again": false, "calls": [], "held": true, "state": "running", "steered": [], "waiting": []}
    "#]],
    )
    .await;
    let results = json!({"attempt": 1, "n": 3, "results": [{"tool_call_id": "call_1", "result": "lost"}]});
    wire.shows(
        "POST /turns/{}/tool-results",
        &[&turn],
        results,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "results.0.tool_call_id: must name a call of the program without a result",
          "errors": [{"message": "must name a call of the program without a result", "path": "results.0.tool_call_id"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_turn_ends_well_or_badly() {
    let mut wire = Wire::of_program().await;
    let turn = wire.claimed().await;
    let last = json!({"attempt": 1, "n": 1, "messages": [{"text": "It is on its way."}]});
    wire.shows(
        "POST /turns/{}/complete",
        &[&turn],
        last,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"again": false, "calls": [], "held": false, "state": "completed", "steered": [], "waiting": []}
    "#]],
    )
    .await;
    wire.shows(
        "POST /turns/{}/complete",
        &[&turn],
        json!({"attempt": 1, "n": 2}),
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "turn_ended",
          "detail": "The turn has ended as completed",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    let turn = wire.claimed().await;
    let failed = json!({"attempt": 1, "n": 1, "reason": "out of memory"});
    wire.shows(
        "POST /turns/{}/fail",
        &[&turn],
        failed,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"again": false, "calls": [], "held": false, "state": "failed", "steered": [], "waiting": []}
    "#]],
    )
    .await;
    wire.shows(
        "POST /turns/{}/fail",
        &[&turn],
        json!({"attempt": 1, "n": 1, "reason": ""}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "reason: must not be empty",
          "errors": [{"message": "must not be empty", "path": "reason"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_turn_is_given_back() {
    let mut wire = Wire::of_program().await;
    let turn = wire.claimed().await;
    wire.shows(
        "POST /turns/{}/release",
        &[&turn],
        json!({"attempt": 1, "n": 2}),
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "call_out_of_order",
          "detail": "The next call of this attempt has the number 1",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /turns/{}/release",
        &[&turn],
        json!({"attempt": 1, "n": 1}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"again": false, "calls": [], "held": false, "state": "running", "steered": [], "waiting": []}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_program_follows_its_turn() {
    let mut wire = Wire::of_program().await;
    let turn = wire.claimed().await;
    let thread = text(&wire.api.list("/threads").await[0]["id"]);
    wire.api.act(&format!("/threads/{thread}/cancel")).await.is(200);
    let control = wire.request("GET /turns/{}/control?attempt=1", &[&turn]);
    wire.begins(
        control,
        1,
        expect![[r#"
        200
        cache-control: no-store
        content-type: text/event-stream
        x-accel-buffering: no

        event: cancel
        data: {"type":"cancel"}
    "#]],
    )
    .await;
    let control = wire.request("GET /turns/{}/control?attempt=2", &[&turn]);
    wire.answers(
        control,
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "attempt_over",
          "detail": "The turn has no such attempt",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}
