//! `GET /v1/sessions/{session_id}/messages`: everything said in the session, through whatever door.

use domain::{
    agent::{Tool, ToolKind},
    author::Author,
    controls::{Controls, Policy, Reasoning, Speed},
    envelope::Envelope,
    event::{Event, Item},
    message::{Body, Part, ToolResult},
    script::Reply,
};
use engine::app::{messages::Send, tickets::file::Email};
use futures_util::stream;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Door, calls, slow, text, tool},
    create::PNG,
};

/// The fields of a message that do not differ from run to run.
fn shape(message: &Value) -> Value {
    let mut shape = message.clone();
    for field in ["id", "session_id", "created_at", "sequence"] {
        assert!(!shape[field].is_null(), "{field}: {message}");
        shape.as_object_mut().unwrap().remove(field);
    }
    shape
}

#[tokio::test]
async fn an_empty_session_has_an_empty_list() {
    let door = Door::open().await;
    let (session, _) = door.session().await;
    let reply = Answer::of(door.get(&format!("/v1/sessions/{session}/messages")).send().await.unwrap()).await;
    assert_eq!(reply.text, r#"{"data":[]}"#);
}

#[tokio::test]
async fn what_agents_and_tools_say_has_their_roles_and_parts() {
    let door = Door::open().await;
    let thinks =
        Reply { thinking: Some("Let me look.".into()), text: Some("Looking…".into()), ..calls(&["weather", "none"]) };
    let weather = Tool { result: Some(json!({"temp_c": 22}).into()), ..tool("weather", ToolKind::Scripted) };
    door.agent(vec![thinks, text("22 degrees")], vec![weather]).await;
    let (session, thread) = door.session().await;
    door.say(&session, "How warm is it?").await;
    door.server.test.settle(thread).await;
    let mut list: Vec<Value> = door.list(&session).await.iter().map(shape).collect();
    list[2..4].sort_by_key(|result| result["content"][0]["tool_call_id"].to_string());
    let call = |n: i32, name: &str| json!({"type": "tool_call", "id": format!("call_1_{n}"), "name": name, "arguments": {"q": 1}});
    let signature = list[1].as_object_mut().unwrap().remove("thinking_signature");
    assert!(signature.is_none_or(|signature| signature.is_string()));
    assert_eq!(
        list,
        [
            json!({"role": "user", "content": [{"type": "text", "text": "How warm is it?"}]}),
            json!({
                "role": "agent", "phase": "commentary", "thinking": "Let me look.", "metadata": {"model": "scripted"},
                "content": [{"type": "text", "text": "Looking…"}, call(1, "weather"), call(2, "none")],
            }),
            json!({"role": "tool_result", "content": [{"type": "tool_result", "tool_call_id": "call_1_1", "result": {"temp_c": 22}}]}),
            json!({"role": "tool_result", "content": [
                {"type": "tool_result", "tool_call_id": "call_1_2", "error": "There is no tool named none"},
            ]}),
            json!({
                "role": "agent", "phase": "final_answer", "metadata": {"model": "scripted"},
                "content": [{"type": "text", "text": "22 degrees"}],
            }),
        ]
    );
}

#[tokio::test]
async fn an_outbound_email_is_the_agents() {
    let door = Door::open().await;
    let test = &door.server.test;
    let envelope =
        Envelope { to: vec!["ann@example.com".into()], subject: Some("Hello".into()), ..Envelope::default() };
    let body = Body { envelope: Some(envelope), ..Body::text("We have news.") };
    let email = Email { thread: None, body, reminder: None, files: Vec::new(), origin: None };
    let filed = test.app.file_email(&test.caller, email).await.unwrap();
    let kept = test.messages(filed.thread).await.remove(0);
    assert!(matches!(kept.author, Author::Key { .. }), "its author is no agent");
    let list = door.list(&filed.thread.prefixed("session_")).await;
    let news = json!([{"type": "text", "text": "We have news."}]);
    assert_eq!(shape(&list[0]), json!({"role": "agent", "phase": "final_answer", "content": news}));
}

#[tokio::test]
async fn what_other_doors_send_is_shown_in_this_ones_words() {
    let door = Door::open().await;
    let test = &door.server.test;
    let (session, thread) = door.session().await;
    let upload = async |name: &str, bytes: &'static [u8]| {
        test.app.upload(&test.caller, name, stream::iter([Ok(bytes)]), None).await.unwrap()
    };
    let (picture, table) = (upload("a.png", PNG).await, upload("a.csv", b"1,2").await);
    let file = |attachment: &domain::attachment::Attachment| Part::File {
        attachment: attachment.id,
        name: attachment.name.clone(),
        media_type: attachment.media_type.clone(),
        size_bytes: attachment.size_bytes,
    };
    let content = vec![file(&picture), file(&table), Part::Link { url: "https://example.com/x".into() }];
    let controls = Controls {
        model: Some("gpt-5.5".into()),
        reasoning: Some(Reasoning::Off),
        speed: Some(Speed::Standard),
        build_model: Some("gpt-5.5".into()),
        ..Controls::default()
    };
    let body = Body { content, controls, ..Body::default() };
    test.app.send(&test.caller, Send::new(thread, body, Policy::Queue)).await.unwrap();
    test.settle(thread).await;
    let model = domain::model::by_name("gpt-5.5").unwrap().id().prefixed("model_");
    assert_eq!(
        shape(&door.list(&session).await[0]),
        json!({
            "role": "user",
            "controls": {"model_id": model, "reasoning": {"effort": "none"}, "speed": "default"},
            "content": [
                {"type": "image_file", "image_id": picture.id.prefixed("img_"), "filename": "a.png"},
                {"type": "text", "text": "[a.csv]"},
                {"type": "text", "text": "[https://example.com/x]"},
            ],
        })
    );
}

#[tokio::test]
async fn what_was_shown_before_a_cancel_stays_and_says_so() {
    let door = Door::open().await;
    door.agent(vec![Reply { hang: true, ..slow("never whole", 2) }], vec![]).await;
    let (session, thread) = door.session().await;
    door.say(&session, "go").await;
    let test = &door.server.test;
    test.until(thread, |item| matches!(item, Item::Delta(_))).await;
    test.app.keyed(None).stop_thread(&test.caller, thread).await.unwrap();
    let last = door.list(&session).await.pop().unwrap();
    assert_eq!((&last["role"], &last["metadata"]["interrupted"]), (&json!("agent"), &json!(true)), "{last}");
}

#[tokio::test]
async fn a_long_list_is_whole_and_in_order() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    for i in 0..40 {
        door.server.test.say(thread, &i.to_string(), Policy::Queue).await;
        door.server.test.settle(thread).await;
    }
    let list = door.list(&session).await;
    let sequences: Vec<i64> = list.iter().map(|message| message["sequence"].as_i64().unwrap()).collect();
    assert_eq!(list.len(), 80);
    assert!(sequences.windows(2).all(|pair| pair[0] < pair[1]), "{sequences:?}");
    let times: Vec<&str> = list.iter().map(|message| message["created_at"].as_str().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
}

#[tokio::test]
async fn a_clients_result_is_in_the_list() {
    let door = Door::open().await;
    door.agent(vec![calls(&["there"]), text("thanks")], vec![tool("there", ToolKind::Client)]).await;
    let (session, thread) = door.session().await;
    door.say(&session, "go").await;
    let test = &door.server.test;
    test.until(thread, |i| matches!(i, Item::Entry(e) if matches!(e.event, Event::ToolCalled { .. }))).await;
    let result = ToolResult { tool_call_id: "call_1_1".into(), result: Some(json!("a text").into()), error: None };
    test.app.keyed(None).tool_results(&test.caller, thread, vec![result]).await.unwrap();
    test.settle(thread).await;
    let part = json!([{"type": "tool_result", "tool_call_id": "call_1_1", "result": "a text"}]);
    assert_eq!(door.list(&session).await[2]["content"], part);
}
