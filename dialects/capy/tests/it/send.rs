//! `POST …/threads/{threadId}/message`: what is answered, what is kept, what it starts.

use domain::{
    MessageId, SnapshotId,
    author::Author,
    controls::{Controls, Policy, Reasoning, Speed},
    event::Event,
    message::{Body, Message, Part},
    script::Reply as Said,
    turn::State,
};
use engine::app::{people::members::NewMember, snapshots::NewSnapshot};
use serde_json::{Value, json};

use crate::client::{Door, Reply, keys};

/// `SendThreadMessageBody.model.enum` of the contract.
pub const MODELS: [&str; 26] = [
    "claude-opus-4-8",
    "claude-opus-4-7",
    "claude-opus-4-6",
    "claude-opus-4-5",
    "claude-sonnet-4-6",
    "claude-haiku-4-5",
    "gpt-5.5",
    "gpt-5.5-pro",
    "gpt-5.4",
    "gpt-5.4-mini",
    "gpt-5.3-codex",
    "gpt-5.3-codex-spark",
    "gemini-3.1-pro-preview",
    "gemini-3-flash-preview",
    "grok-4-1-fast",
    "glm-5.2",
    "glm-5.1",
    "glm-5v-turbo",
    "glm-5",
    "deepseek-v4-pro",
    "glm-5-turbo",
    "glm-4.7",
    "kimi-k2.7-code",
    "kimi-k2.6",
    "qwen3-coder",
    "claude-fable-5",
];

/// `reasoning.mode.enum` of the contract.
pub const REASONING: [&str; 9] = ["off", "on", "none", "minimal", "low", "medium", "high", "xhigh", "max"];

async fn accepted(door: &Door, body: Value) -> Message {
    let reply = door.send(&body).await;
    assert_eq!(reply.status, 200, "{body}: {reply:?}");
    let id = MessageId::parse(reply.json()["id"].as_str().expect("an id")).expect("a plain UUID");
    door.server.test.app.message(&door.server.test.caller, door.thread, id).await.expect("the message")
}

#[tokio::test]
async fn a_send_is_answered_with_the_id_and_sent_and_nothing_else() {
    let door = Door::open().await;
    let reply = door.send(&json!({"message": "hello"})).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "application/json");
    let body = reply.json();
    assert_eq!(keys(&body), ["id", "status"]);
    assert_eq!(body["status"], "sent");

    door.server.test.settle(door.thread).await;
    let listed = door.list("").await.json();
    assert_eq!(listed["items"][1]["id"], body["id"]);
    assert_eq!(listed["items"][1]["source"], "user");
    assert_eq!(listed["items"][0]["source"], "assistant");
    assert_eq!(listed["items"][0]["content"], "hello");
}

#[tokio::test]
async fn both_bases_and_both_spellings_lead_to_the_thread() {
    let door = Door::open().await;
    let (jam, plain) = (door.thread.prefixed("jam_"), door.thread.to_string());
    for id in [&jam, &plain, &plain.to_uppercase()] {
        for base in ["/api/v1", "/v1"] {
            let reply =
                Reply::of(door.post(&format!("{base}/threads/{id}/message")).json(&json!({"message": "x"}))).await;
            assert_eq!(reply.status, 200, "{base} {id}: {reply:?}");
            assert_eq!(door.get(&format!("{base}/threads/{id}/messages")).await.status, 200, "{base} {id}");
        }
    }
}

#[tokio::test]
async fn a_text_is_kept_as_it_is() {
    let door = Door::open().await;
    let all_planes = "e\u{301}é \u{202e}abc\u{202c} 👩‍👩‍👧 𝒳 \u{1}\u{7f}\u{feff}\r\n\t \u{fffe}";
    for text in [" ", "\n", all_planes, &"Z\u{342}\u{35c}".repeat(2_000)] {
        let message = accepted(&door, json!({"message": text})).await;
        assert_eq!(message.body.content, [Part::Text { text: text.into() }]);
        assert_eq!(message.body.plain_text(), text);
    }
}

#[tokio::test]
async fn every_field_is_kept_and_has_its_effect() {
    let door = Door::open().await;
    let (app, caller) = (&door.server.test.app, &door.server.test.caller);
    let new = NewMember { email: "ann@example.com".into(), ..NewMember::default() };
    let member = app.create_member(caller, new, None).await.expect("a member");
    let snapshot = a_snapshot(&door).await;
    let message = accepted(
        &door,
        json!({
            "impersonateUserEmail": "Ann@Example.com",
            "message": "look",
            "model": "claude-opus-4-8", "speed": "fast", "reasoning": {"mode": "xhigh"},
            "buildModel": "gpt-5.5", "buildSpeed": "standard", "buildReasoning": {"mode": "none"},
            "browserSnapshotIds": [snapshot],
            "attachmentUrls": ["https://example.com/a%20b.png?x=1#y", "http://example.com:8080/"],
            "messageId": "client-1", "mode": "queue",
        }),
    )
    .await;
    let controls = Controls {
        model: Some("claude-opus-4-8".into()),
        speed: Some(Speed::Fast),
        reasoning: Some(Reasoning::Xhigh),
        build_model: Some("gpt-5.5".into()),
        build_speed: Some(Speed::Standard),
        build_reasoning: Some(Reasoning::None),
        browser_snapshots: Some(vec![snapshot]),
        ..Controls::default()
    };
    let expected = Body {
        content: vec![
            Part::Text { text: "look".into() },
            Part::Link { url: "https://example.com/a%20b.png?x=1#y".into() },
            Part::Link { url: "http://example.com:8080/".into() },
        ],
        controls: controls.clone(),
        door: Some("capy".into()),
        client_id: Some("client-1".into()),
        when_busy: Some(Policy::Queue),
        ..Body::default()
    };
    assert_eq!(message.body, expected);
    let impersonated_by = Some(caller.key);
    let (member, email, name) = (member.id, "ann@example.com".into(), member.name);
    assert_eq!(message.author, Author::Member { member, email, name, impersonated_by });
    let turn = app.turn(caller, door.thread, message.turn.expect("a turn")).await.expect("the turn");
    assert_eq!(turn.controls, controls);
}

async fn a_snapshot(door: &Door) -> SnapshotId {
    let state = json!({"cookies": [], "origins": []});
    let new = NewSnapshot { name: "s".into(), state: state.into(), is_default: false, is_private: false };
    door.server.test.app.create_snapshot(&door.server.test.caller, new, None).await.expect("a snapshot").id
}

#[tokio::test]
async fn without_a_member_the_key_is_the_author() {
    let door = Door::open().await;
    let message = accepted(&door, json!({"message": "x"})).await;
    assert_eq!(message.author, Author::Key { key: door.server.test.caller.key });
    assert_eq!(message.body, Body { door: Some("capy".into()), ..Body::text("x") });
}

#[tokio::test]
async fn every_model_speed_and_mode_of_the_contract_is_taken() {
    let door = Door::open().await;
    for (control, build) in MODELS.iter().zip(MODELS.iter().rev()) {
        let message = accepted(&door, json!({"message": "x", "model": control, "buildModel": build})).await;
        assert_eq!(message.body.controls.model.as_deref(), Some(*control));
        assert_eq!(message.body.controls.build_model.as_deref(), Some(*build));
    }
    for (control, build) in REASONING.iter().zip(REASONING.iter().rev()) {
        let body = json!({"message": "x", "reasoning": {"mode": control}, "buildReasoning": {"mode": build}});
        let controls = accepted(&door, body).await.body.controls;
        assert_eq!(controls.reasoning.map(Reasoning::as_str), Some(*control));
        assert_eq!(controls.build_reasoning.map(Reasoning::as_str), Some(*build));
    }
    for (control, build) in [("fast", "standard"), ("standard", "fast")] {
        let controls =
            accepted(&door, json!({"message": "x", "speed": control, "buildSpeed": build})).await.body.controls;
        assert_eq!(controls.speed.map(Speed::as_str), Some(control));
        assert_eq!(controls.build_speed.map(Speed::as_str), Some(build));
    }
}

#[tokio::test]
async fn a_message_waits_while_a_turn_runs_unless_it_interrupts() {
    let door = Door::open().await;
    let test = &door.server.test;
    test.script(vec![Said { hang: true, ..Said::default() }]).await;
    let state = async |message: &Message| {
        test.app.turn(&test.caller, door.thread, message.turn.expect("a turn")).await.expect("the turn").state
    };
    let first = accepted(&door, json!({"message": "1"})).await;
    let waits = accepted(&door, json!({"message": "2"})).await;
    let queued = accepted(&door, json!({"message": "3", "mode": "queue"})).await;
    assert_eq!(
        [state(&first).await, state(&waits).await, state(&queued).await],
        [State::Running, State::Queued, State::Queued]
    );
    let interrupts = accepted(&door, json!({"message": "4", "mode": "interrupt"})).await;
    assert_eq!(state(&first).await, State::Cancelled);
    let is_start_of = |turn| move |item: &domain::event::Item| matches!(item, domain::event::Item::Entry(e) if e.turn == turn && matches!(e.event, Event::TurnStarted { .. }));
    test.until(door.thread, is_start_of(interrupts.turn)).await;
    assert_eq!([state(&waits).await, state(&queued).await], [State::Queued, State::Queued]);
    test.app.keyed(None).stop_thread(&test.caller, door.thread).await.expect("a thread to stop");
}

#[tokio::test]
async fn a_message_reopens_a_closed_thread() {
    let door = Door::open().await;
    let test = &door.server.test;
    test.app.close_thread(&test.caller, door.thread, None).await.expect("a thread to close");
    accepted(&door, json!({"message": "again"})).await;
    let found = test.settle(door.thread).await;
    assert_eq!(found.closed, None);
    assert!(test.kinds(door.thread).await.contains(&"thread.reopened"));
}

#[tokio::test]
async fn a_failed_turn_is_told_as_a_message_of_the_assistant() {
    let door = Door::open().await;
    let test = &door.server.test;
    test.script(vec![Said { error: Some(domain::fault::Fault::Refused), ..Said::default() }]).await;
    accepted(&door, json!({"message": "x"})).await;
    assert!(!test.settle(door.thread).await.run.is_open());
    let newest = door.list("limit=1").await.json()["items"][0].clone();
    assert_eq!(newest["source"], "assistant");
    assert_ne!(newest["content"], "");
}
