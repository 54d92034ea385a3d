//! A retry sends the same bytes as the first attempt, after later changes and after deaths of the sender.

use std::collections::BTreeMap;

use dialect_kit::testing::Receiver;
use domain::{envelope::Envelope, message::Body};
use engine::{Targets, app::tickets::file::Email, testing::Choices};
use serde_json::{Value, json};

use crate::{
    server::{Api, id_of, text},
    webhooks::{start, told},
};

/// What was told of each event up to this one, by `webhook-id`; an event that was told before is as it was.
async fn told_up_to(receiver: &Receiver, told: &mut BTreeMap<String, Vec<u8>>, seq: i64) -> usize {
    let mut again = 0;
    loop {
        let request = receiver.next().await;
        let id = request.header("webhook-id").to_owned();
        if let Some(before) = told.insert(id.clone(), request.body.to_vec()) {
            assert_eq!(String::from_utf8_lossy(&request.body), String::from_utf8_lossy(&before), "{id}");
            again += 1;
        }
        if request.json()["data"]["seq"] == seq {
            return again;
        }
    }
}

async fn default_agent(api: &Api) -> String {
    format!("/agents/{}", text(&api.list("/agents").await[0]["id"]))
}

/// A thread in which everything happens that is told, and the path of its e-mail.
async fn eventful(api: &Api) -> (String, String) {
    let thread = api.thread().await;
    let agent = default_agent(api).await;
    let tools = json!([{"name": "look", "kind": "scripted", "result": {"b": 1, "a": [2.50]}}]);
    let calls = json!([{"tool_calls": [{"name": "look", "arguments": {"z": 1, "a": 7}}]}, {"text": "Done"}]);
    api.patch(&agent, json!({"model": "scripted", "script": calls, "tools": tools})).await.is(200);
    api.ask(&thread, "Look").await;
    api.patch(&agent, json!({"script": [{"error": "refused"}]})).await.is(200);
    api.ask(&thread, "Fail").await;
    let envelope = Envelope { to: vec!["ann@example.com".into()], subject: Some("Hi".into()), ..Envelope::default() };
    let email = Email {
        thread: Some(id_of(&thread)),
        body: Body { envelope: Some(envelope), ..Body::text("Dear Ann") },
        reminder: None,
        files: Vec::new(),
        origin: None,
    };
    let filed = api.test().app.file_email(&api.test().caller, email).await.expect("an e-mail");
    api.patch(&thread, json!({"title": "One", "metadata": {"n": 1}})).await.is(200);
    let email = format!("{thread}/messages/{}", filed.message);
    (thread, email)
}

#[tokio::test]
async fn what_is_sent_again_is_what_was_sent_whatever_has_changed_since() {
    let (api, receiver) = (start().await, Receiver::start().await);
    let webhook = told(&api, &receiver, Value::Null).await;
    let (thread, email) = eventful(&api).await;
    let mut sent = BTreeMap::new();
    let last = api.last_seq(&thread).await;
    assert_eq!(told_up_to(&receiver, &mut sent, last).await, 0);

    let turns = api.list(&format!("{thread}/turns")).await;
    let failed = turns.iter().find(|turn| turn["state"] == "failed").expect("a turn that has failed");
    api.act(&format!("{thread}/turns/{}/retry", text(&failed["id"]))).await;
    api.settle(&thread).await;
    api.patch(&email, json!({"text": "Dear Bob", "subject": "Ho", "priority": 3})).await.is(200);
    api.patch(&thread, json!({"title": "Two", "metadata": {"n": 2}})).await.is(200);
    let agent = default_agent(&api).await;
    api.patch(&agent, json!({"display_name": "Another", "model": "echo", "script": [], "tools": []})).await.is(200);
    let changed = api.last_seq(&thread).await;
    assert_eq!(told_up_to(&receiver, &mut sent, changed).await, 0);

    let replay = |api: &Api| {
        let (path, thread) = (format!("/webhooks/{}/replay", text(&webhook["id"])), id_of(&thread).to_string());
        let request = api.request(reqwest::Method::POST, &path).json(&json!({"thread": thread, "after": 0}));
        async move { request.send().await.expect("an answer").error_for_status().expect("a replay") }
    };
    replay(&api).await;
    assert_eq!(told_up_to(&receiver, &mut sent, changed).await as i64, changed, "all of them once more");
    let folder = api.server.stop().await.stop().await;
    let choices = Choices { webhook_targets: Targets::Any, folder: Some(folder), ..Choices::default() };
    let api = Api::with(choices).await;
    replay(&api).await;
    assert_eq!(told_up_to(&receiver, &mut sent, changed).await as i64, changed, "and after a restart");
}
