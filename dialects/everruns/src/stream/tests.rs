//! The mapping, entry by entry.

use domain::{
    AgentId, KeyId, MessageId, ThreadId, Timestamp, TurnId,
    agent::ToolKind,
    author::Author,
    event::{Delta, DeltaKind, Ended, Entry, Event},
    message::{Body, Message, Part, Role, ToolCall, ToolResult},
    thread::{Closed, ClosedBy, Ticket},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Act, Around, Told, of_delta, of_entry};

const SESSION: &str = "session_00000000000000000000000000000001";
const TURN: &str = "turn_00000000000000000000000000000002";
const INPUT: &str = "message_00000000000000000000000000000003";
const MESSAGE: &str = "message_00000000000000000000000000000004";
const HARNESS: &str = "harness_00000000000000000000000000000001";
const AT: &str = "1970-01-01T00:00:00.000007Z";

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn turn() -> TurnId {
    TurnId(uuid(2))
}

fn entry(event: Event) -> Entry {
    Entry { thread: ThreadId(uuid(1)), seq: 7, at: Timestamp(7), turn: Some(turn()), event, message: None }
}

fn saying(event: Event, role: Role, body: Body) -> Entry {
    let author = match role {
        Role::User => Author::Key { key: KeyId(uuid(9)) },
        Role::Agent | Role::Tool => Author::Agent { agent: AgentId(uuid(9)) },
    };
    let entry = entry(event);
    let (thread, seq, turn, at) = (entry.thread, entry.seq, entry.turn, entry.at);
    let message = Message { id: MessageId(uuid(4)), thread, seq, turn, role, author, at, body };
    Entry { message: Some(message), ..entry }
}

fn around() -> Around {
    Around { input: Some(MessageId(uuid(3))), act: None }
}

/// Checks type and data of each event of the entry, at k = 0, 1, 2 …
fn check_around(entry: &Entry, around: Around, expected: &[(&str, Value)]) {
    let told = of_entry(entry, &around);
    for (k, told) in told.iter().enumerate() {
        assert_eq!((told.at.seq, told.at.n, usize::from(told.at.k)), (7, 0, k));
        assert_eq!((told.ts, told.turn), (entry.at, entry.turn));
    }
    let shown = |told: &Told| (told.kind, serde_json::to_value(&told.data).unwrap());
    assert_eq!(told.iter().map(shown).collect::<Vec<_>>(), expected);
}

fn check(entry: &Entry, expected: &[(&str, Value)]) {
    check_around(entry, around(), expected);
}

fn message(role: &str, content: Value) -> Value {
    json!({
        "id": MESSAGE, "session_id": SESSION, "sequence": 7, "role": role, "created_at": AT, "content": content,
    })
}

fn with(mut value: Value, more: Value) -> Value {
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    value
}

fn text(text: &str) -> Value {
    json!([{"type": "text", "text": text}])
}

#[test]
fn a_session_starts_outside_of_any_turn() {
    let created = Entry { turn: None, ..entry(Event::ThreadCreated {}) };
    check(&created, &[("session.started", json!({"harness_id": HARNESS}))]);
}

#[test]
fn a_users_message_is_an_input_and_its_own_context() {
    let said = saying(Event::MessageCreated {}, Role::User, Body::text("hi"));
    check(&said, &[("input.message", json!({"message": message("user", text("hi"))}))]);
    assert_eq!(of_entry(&said, &around())[0].input, Some(MessageId(uuid(4))));
}

#[test]
fn a_message_that_gets_no_turn_ends_at_once() {
    let mut said = Entry { turn: None, ..saying(Event::MessageCreated {}, Role::User, Body::text("hi")) };
    let turn_id = MESSAGE.replace("message_", "turn_");
    let ended = json!({
        "turn_id": turn_id, "iterations": 0, "duration_ms": 0, "tool_call_count": 0, "llm_call_count": 0
    });
    let own = ("input.message", json!({"message": message("user", text("hi"))}));
    let idled = ("session.idled", json!({"turn_id": turn_id, "iterations": 0}));
    check(&said, &[own.clone(), ("turn.completed", ended), idled]);
    said.message.as_mut().unwrap().body.unasked = true;
    check(&said, &[own]);
    let of_a_person =
        Entry { turn: None, ..saying(Event::MessageCompleted { record: None }, Role::Agent, Body::text("hi")) };
    assert_eq!(of_entry(&of_a_person, &around()).len(), 1, "nothing follows a person's words");
}

#[test]
fn a_turn_that_starts_activates_the_session() {
    let begun = json!({"turn_id": TURN, "input_message_id": INPUT});
    let expected = [("turn.started", begun.clone()), ("session.activated", begun)];
    check(&entry(Event::TurnStarted { attempt: 1, input: Some(MessageId(uuid(3))) }), &expected);
    check(&entry(Event::TurnStarted { attempt: 1, input: None }), &expected);
}

#[test]
fn a_step_starts_a_reason_and_an_output() {
    let step = |thinks: bool, model: Option<&str>| {
        let (message, model) = (MessageId(uuid(4)), model.map(String::from));
        entry(Event::StepStarted { attempt: 1, step: 2, reads: 6, message, thinks, model })
    };
    let (reason, output) = ("reason.started", "output.message.started");
    let started = json!({"turn_id": TURN, "message_id": MESSAGE, "iteration": 2});
    check(&step(false, None), &[(reason, json!({"harness_id": HARNESS})), (output, started.clone())]);
    check(
        &step(true, Some("echo")),
        &[
            (reason, json!({"harness_id": HARNESS, "metadata": {"model": "echo"}})),
            (output, with(started, json!({"model": "echo"}))),
            ("reason.thinking.started", json!({"turn_id": TURN, "model": "echo"})),
        ],
    );
}

#[test]
fn a_completed_message_ends_its_reason() {
    let body = Body { model: Some("echo".into()), ..Body::text("hi") };
    let shown = with(message("agent", text("hi")), json!({"phase": "final_answer", "metadata": {"model": "echo"}}));
    let reasoned = json!({"success": true, "has_tool_calls": false, "tool_call_count": 0, "text_preview": "hi"});
    check(
        &saying(Event::MessageCompleted { record: None }, Role::Agent, body),
        &[
            ("output.message.completed", json!({"message": shown, "metadata": {"model": "echo"}})),
            ("reason.completed", reasoned),
        ],
    );
}

#[test]
fn a_message_that_thinks_and_calls_says_both() {
    let call = |id: &str| ToolCall { id: id.into(), name: "look".into(), arguments: json!({"a": 1}).into() };
    let body = Body {
        content: vec![
            Part::Thinking { text: "hm".into(), signature: Some("s".into()) },
            Part::ToolCall(call("c1")),
            Part::ToolCall(call("c2")),
        ],
        ..Body::default()
    };
    let part = |id: &str| json!({"type": "tool_call", "id": id, "name": "look", "arguments": {"a": 1}});
    let more = json!({"phase": "commentary", "thinking": "hm", "thinking_signature": "s"});
    let shown = with(message("agent", json!([part("c1"), part("c2")])), more);
    let calls = json!([{"id": "c1", "name": "look"}, {"id": "c2", "name": "look"}]);
    check(
        &saying(Event::MessageCompleted { record: None }, Role::Agent, body),
        &[
            ("output.message.completed", json!({"message": shown})),
            ("reason.thinking.completed", json!({"turn_id": TURN, "thinking": "hm"})),
            ("reason.completed", json!({"success": true, "has_tool_calls": true, "tool_call_count": 2})),
            ("act.started", json!({"tool_calls": calls})),
        ],
    );
}

#[test]
fn a_message_that_was_cut_off_or_explains_a_failure_is_no_success() {
    let cut = Body { interrupted: true, model: Some("echo".into()), ..Body::text("ha") };
    let shown = with(
        message("agent", text("ha")),
        json!({"phase": "final_answer", "metadata": {"model": "echo", "interrupted": true}}),
    );
    let failed = |error: &str, preview: &str| {
        let reasoned = json!({"success": false, "has_tool_calls": false, "tool_call_count": 0});
        ("reason.completed", with(reasoned, json!({"text_preview": preview, "error": error})))
    };
    let completed = json!({"message": shown, "metadata": {"model": "echo", "interrupted": true}});
    check(
        &saying(Event::MessageCompleted { record: None }, Role::Agent, cut),
        &[("output.message.completed", completed), failed("interrupted", "ha")],
    );
    let explains = Body { error_code: Some("refused".into()), ..Body::text("I could not") };
    let shown = with(message("agent", text("I could not")), json!({"phase": "final_answer"}));
    check(
        &saying(Event::MessageCompleted { record: None }, Role::Agent, explains),
        &[
            ("output.message.completed", json!({"message": shown, "error_code": "refused"})),
            failed("refused", "I could not"),
        ],
    );
    let untold = Body::text("I could not");
    let reasoned = json!({
        "success": false, "has_tool_calls": false, "tool_call_count": 0, "text_preview": "I could not",
    });
    check(
        &saying(Event::MessageCompleted { record: None }, Role::Agent, untold),
        &[("output.message.completed", json!({"message": shown})), ("reason.completed", reasoned)],
    );
}

#[test]
fn an_email_that_goes_out_belongs_to_no_turn() {
    let email =
        Entry { turn: None, ..saying(Event::MessageCompleted { record: None }, Role::Agent, Body::text("news")) };
    let shown = with(message("agent", text("news")), json!({"phase": "final_answer"}));
    check_around(&email, Around::default(), &[("output.message.completed", json!({"message": shown}))]);
}

#[test]
fn a_call_starts_here_or_is_requested_of_the_client() {
    let called = |kind: ToolKind| {
        let call = ToolCall { id: "c1".into(), name: "look".into(), arguments: json!({"a": 1}).into() };
        entry(Event::ToolCalled { call, kind })
    };
    let call = json!({"id": "c1", "name": "look", "arguments": {"a": 1}});
    check(&called(ToolKind::Scripted), &[("tool.started", json!({"tool_call": call}))]);
    check(&called(ToolKind::Client), &[("tool.call_requested", json!({"tool_calls": [call]}))]);
}

#[test]
fn a_result_completes_its_call_and_the_last_one_the_act() {
    let done = |result: Option<Value>, error: Option<&str>, last_open: Option<bool>| {
        let result = result.map(Into::into);
        let result = ToolResult { tool_call_id: "c1".into(), result, error: error.map(String::from) };
        let (tool_call_id, name, success) = ("c1".into(), "look".into(), error.is_none());
        let event = Event::ToolCompleted { tool_call_id, name, success, duration_ms: Some(5), last_open };
        saying(event, Role::Tool, Body { content: vec![Part::ToolResult(result)], ..Body::default() })
    };
    let good = |shown: &str| {
        json!({
            "tool_call_id": "c1", "tool_name": "look", "success": true, "status": "success", "duration_ms": 5,
            "result": [{"type": "text", "text": shown}],
        })
    };
    check(&done(Some(json!("sunny")), None, None), &[("tool.completed", good("sunny"))]);
    check(&done(Some(json!({"t": 22})), None, None), &[("tool.completed", good(r#"{"t":22}"#))]);
    let act = Around { act: Some(Act { succeeded: 2, failed: 1 }), ..around() };
    let bad = json!({
        "tool_call_id": "c1", "tool_name": "look", "success": false, "status": "error", "duration_ms": 5, "error": "no",
    });
    check_around(
        &done(None, Some("no"), Some(true)),
        act,
        &[("tool.completed", bad), ("act.completed", json!({"completed": true, "success_count": 2, "error_count": 1}))],
    );
}

#[test]
fn a_new_attempt_recovers_by_a_restart() {
    let attempt = entry(Event::TurnAttempt { attempt: 2, dropped_chars: 11, paused: false });
    check(&attempt, &[("reason.recovered", json!({"turn_id": TURN, "mode": "restart", "accumulated_len": 11}))]);
}

#[test]
fn a_turns_end_idles_the_session_when_no_other_is_open() {
    let ended = |idle: bool| Ended {
        steps: 2,
        tool_calls: 1,
        duration_ms: 30,
        first_text_ms: Some(4),
        message: Some(MessageId(uuid(4))),
        idle,
        ..Ended::default()
    };
    let completed = json!({
        "turn_id": TURN, "iterations": 2, "duration_ms": 30, "time_to_first_token_ms": 4, "final_message_id": MESSAGE,
        "tool_call_count": 1, "llm_call_count": 2,
    });
    let idled = ("session.idled", json!({"turn_id": TURN, "iterations": 2}));
    check(&entry(Event::TurnCompleted(ended(true))), &[("turn.completed", completed.clone()), idled.clone()]);
    check(&entry(Event::TurnCompleted(ended(false))), &[("turn.completed", completed)]);
    let failed = Ended { reason: Some("too long".into()), code: Some("context_too_long".into()), ..ended(true) };
    let data = json!({"turn_id": TURN, "error": "too long", "error_code": "context_too_long"});
    check(&entry(Event::TurnFailed(failed)), &[("turn.failed", data), idled.clone()]);
    let cancelled = Ended { reason: Some("asked to".into()), ..ended(true) };
    let data = json!({"turn_id": TURN, "reason": "asked to"});
    check(&entry(Event::TurnCancelled(cancelled)), &[("turn.cancelled", data), idled]);
}

#[test]
fn what_the_vendor_has_no_type_for_keeps_our_own() {
    let outside = |event: Event| Entry { turn: None, ..entry(event) };
    let changed = serde_json::from_value(json!({"title": "New"})).unwrap();
    let updated = outside(Event::ThreadUpdated { changed });
    check(&updated, &[("thread.updated", json!({"changed": {"title": "New"}}))]);
    let closed = Closed { by: ClosedBy::Person, reason: None, at: Timestamp(7) };
    let data = json!({"closed": {"by": "person", "at": AT}});
    check(&outside(Event::ThreadClosed { closed }), &[("thread.closed", data)]);
    check(&outside(Event::ThreadReopened {}), &[("thread.reopened", json!({}))]);
    let reminder = outside(Event::ThreadReminder { number_left: 2, ticket: Ticket::Reminder });
    check(&reminder, &[("thread.reminder", json!({"number_left": 2, "ticket": "reminder"}))]);
}

#[test]
fn a_piece_of_text_stands_between_the_entries() {
    let piece = |kind: DeltaKind| Delta {
        thread: ThreadId(uuid(1)),
        seq: 7,
        n: 3,
        turn: turn(),
        attempt: 1,
        message: MessageId(uuid(4)),
        kind,
        offset: 2,
        text: "llo".into(),
        at: Timestamp(8),
    };
    for (kind, name) in [(DeltaKind::Text, "output.message.delta"), (DeltaKind::Thinking, "reason.thinking.delta")] {
        let told = of_delta(&piece(kind), "hello", Some(MessageId(uuid(3))));
        assert_eq!((told.kind, told.at.seq, told.at.n, told.at.k), (name, 7, 3, 0));
        let expected = json!({"turn_id": TURN, "message_id": MESSAGE, "delta": "llo", "accumulated": "hello"});
        assert_eq!(serde_json::to_value(&told.data).unwrap(), expected);
    }
}
