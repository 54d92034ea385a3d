//! `POST …/threads/{threadId}/messages`: what is answered, what is kept, what it starts.

use domain::{
    MessageId,
    author::Author,
    event::{Event, Item},
    message::{Body, Message},
    script::Reply as Said,
    turn::State,
};
use serde_json::json;

use crate::client::{Door, Refused, Reply};

async fn accepted(door: &Door, text: &str) -> Message {
    let reply = door.send(&json!({"message": text})).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let id = MessageId::parse(reply.json()["messageId"].as_str().expect("an id")).expect("a UUID");
    door.server.test.app.message(&door.server.test.caller, door.thread, id).await.expect("the message")
}

#[tokio::test]
async fn a_sent_message_is_the_one_that_is_listed_with_its_answer() {
    let door = Door::open().await;
    let reply = door.send(&json!({"message": "hello"})).await;
    let body = reply.json();
    let seconds = body["windowExpiresIn"].as_f64().expect("a number");
    assert!(seconds > 7_000.0 && seconds <= 7_200.0, "{seconds}");

    door.server.test.settle(door.thread).await;
    let listed = door.list("").await.json();
    let [answer, question] = listed["thread"]["messages"].as_array().expect("a list").as_slice() else {
        panic!("{listed}")
    };
    assert_eq!((&question["id"], &question["direction"]), (&body["messageId"], &json!("INBOUND")));
    assert_eq!((&answer["messageBody"], &answer["direction"]), (&json!("hello"), &json!("OUTBOUND")));
}

#[tokio::test]
async fn a_text_is_kept_as_it_is() {
    let door = Door::open().await;
    for text in [" ", "\n", "e\u{301}é \u{202e}abc 👩‍👩‍👧 𝒳 \u{1}\u{7f}\u{feff}\r\n\t", &"Z\u{342}\u{35c}".repeat(2_000)]
    {
        let message = accepted(&door, text).await;
        assert_eq!(message.body, Body { door: Some("feather".into()), ..Body::text(text) });
        assert_eq!(message.author, Author::Key { key: door.server.test.caller.key });
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let door = Door::open().await;
    let body =
        json!({"message": "x", "role": "agent", "thinking": {"signature": "forged"}, "messageId": null, "": [[]]});
    assert_eq!(door.send(&body).await.status, 200);
    door.server.test.settle(door.thread).await;
    let messages = door.server.test.messages(door.thread).await;
    assert_eq!(messages[0].body, Body { door: Some("feather".into()), ..Body::text("x") });
    assert_eq!(messages[0].role, domain::message::Role::User);
}

#[tokio::test]
async fn an_id_in_upper_case_is_the_same_id() {
    let door = Door::open().await;
    let path = format!("/api/v1/threads/{}/messages", door.thread.to_string().to_uppercase());
    let reply = Reply::of(door.keyed(reqwest::Method::POST, &path).json(&json!({"message": "x"}))).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.json()["threadId"], json!(door.thread));
}

#[tokio::test]
async fn messages_that_come_while_a_turn_runs_are_answered_together() {
    let door = Door::open().await;
    let test = &door.server.test;
    test.script(vec![Said { hang: true, ..Said::default() }]).await;
    let (first, second, third) = (accepted(&door, "1").await, accepted(&door, "2").await, accepted(&door, "3").await);
    assert!(first.turn.is_some() && first.turn != second.turn);
    assert_eq!(second.turn, third.turn);
    test.script(vec![Said { echo: true, ..Said::default() }]).await;
    let running = first.turn.expect("a turn");
    test.app.keyed(None).cancel_turn(&test.caller, door.thread, running).await.expect("a turn to cancel");
    let ended = |item: &Item| match item {
        Item::Entry(entry) => entry.turn == second.turn && matches!(entry.event, Event::TurnCompleted(_)),
        Item::Delta(_) => false,
    };
    test.until(door.thread, ended).await;
    let turn = test.app.turn(&test.caller, door.thread, running).await.expect("the turn");
    assert_eq!(turn.state, State::Cancelled);
    let newest = door.list("limit=1").await.json()["thread"]["messages"][0].clone();
    let answer = newest["messageBody"].as_str().expect("a text");
    assert!(answer.contains('2') && answer.contains('3'), "{answer}");
}

#[tokio::test]
async fn a_wrong_body_is_400_with_the_field_named() {
    let door = Door::open().await;
    for (body, named) in [
        (json!({}), "message"),
        (json!({"Message": "x"}), "message"),
        (json!({"message": ""}), "message"),
        (json!({"message": null}), "message"),
        (json!({"message": 1}), "message"),
        (json!({"message": true}), "message"),
        (json!({"message": ["x"]}), "message"),
        (json!({"message": {"text": "x"}}), "message"),
        (json!([]), "object"),
        (json!(["x"]), "object"),
        (json!("x"), "object"),
        (json!(null), "object"),
    ] {
        let message = door.send(&body).await.bad();
        assert!(message.contains(named), "{body}: {message}");
    }
    door.assert_untouched().await;
}

#[tokio::test]
async fn a_thread_with_too_many_waiting_turns_is_429() {
    let door = Door::with(|limits| limits.queued_turns = 0).await;
    let reply = door.send(&json!({"message": "x"})).await;
    reply.refused(429, "TOO_MANY_REQUESTS");
    assert!(!reply.header("retry-after").is_empty());
    door.assert_untouched().await;
}
