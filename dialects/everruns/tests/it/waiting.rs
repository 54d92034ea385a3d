//! Messages whose answer waits for the turn's end.

use domain::{event::Item, fault::Fault, script::Reply};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Door, said, text};

async fn wait(door: &Door, session: &str, query: &str) -> Answer {
    let path = format!("/v1/sessions/{session}/messages?wait=true{query}");
    door.call(Method::POST, &path, Some(&said("go"))).await
}

#[tokio::test]
async fn the_answer_has_what_the_agent_said() {
    let door = Door::open().await;
    door.agent(vec![text("done")], vec![]).await;
    let (session, _) = door.session().await;
    let answer = wait(&door, &session, "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    assert_eq!((&body["status"], &body["message"]["role"]), (&json!("completed"), &json!("user")));
    let said: Vec<&Value> = body["messages"].as_array().unwrap().iter().map(|m| &m["content"][0]["text"]).collect();
    assert_eq!(said, [&json!("done")]);
    assert!(body.get("error").is_none());
}

#[tokio::test]
async fn a_failure_and_a_cancel_are_told() {
    let door = Door::open().await;
    door.agent(vec![Reply { error: Some(Fault::Refused), ..Reply::default() }], vec![]).await;
    let (session, _) = door.session().await;
    let body = wait(&door, &session, "&timeout_ms=600000").await.json();
    assert_eq!((&body["status"], &body["error"]["code"]), (&json!("failed"), &json!("refused")));
    door.agent(vec![Reply { hang: true, ..Reply::default() }], vec![]).await;
    let (session, thread) = door.session().await;
    let cancel = async {
        door.server.test.until(thread, |item| item.role() == Some(domain::message::Role::User)).await;
        door.did(Method::POST, &format!("/v1/sessions/{session}/cancel"), json!({}), 200).await;
    };
    let (answer, ()) = tokio::join!(wait(&door, &session, ""), cancel);
    let body = answer.json();
    assert_eq!(
        (answer.status.as_u16(), &body["status"], &body["error"]["code"]),
        (200, &json!("failed"), &json!("cancelled"))
    );
}

#[tokio::test]
async fn a_turn_that_goes_on_is_accepted() {
    let door = Door::open().await;
    door.agent(vec![Reply { hang: true, ..Reply::default() }], vec![]).await;
    let (session, _) = door.session().await;
    let answer = wait(&door, &session, "&timeout_ms=0").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (202, &json!("timeout")));
    assert_eq!(answer.json()["messages"], json!([]));
    assert_eq!(wait(&door, &session, "&timeout_ms=x").await.status, 400);
    let now = door.call(Method::POST, &format!("/v1/sessions/{session}/messages?wait=false"), Some(&said("x"))).await;
    assert_eq!(now.status, 201);
    assert_eq!(door.list(&session).await.len(), 2, "what was refused is not there");
}

#[tokio::test]
async fn a_server_that_stops_answers_waiting_requests() {
    let door = Door::open().await;
    door.agent(vec![Reply { hang: true, ..Reply::default() }], vec![]).await;
    let (session, thread) = door.session().await;
    let request = door.post(&format!("/v1/sessions/{session}/messages?wait=true")).json(&said("go"));
    let waiting = tokio::spawn(request.send());
    door.server.test.until(thread, |item| matches!(item, Item::Entry(entry) if entry.turn.is_some())).await;
    let (answer, _) = tokio::join!(waiting, door.server.stop());
    let answer = Answer::of(answer.unwrap().expect("an answer")).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (202, &json!("timeout")));
    assert_eq!(answer.json()["message"]["content"], said("go")["message"]["content"]);
}

#[tokio::test]
async fn a_message_that_a_person_is_to_answer_is_not_waited_for() {
    let door = Door::open().await;
    door.agent(vec![text("done")], vec![]).await;
    let (session, thread) = door.session().await;
    let member = door.server.test.take(thread).await;
    let answer = wait(&door, &session, "").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (202, &json!("timeout")));
    door.server.test.reply(thread, &member, "I am here.").await;
    let list = serde_json::to_string(&door.list(&session).await).unwrap();
    assert!(list.contains("I am here.") && !list.contains(&member), "{list}");
}
