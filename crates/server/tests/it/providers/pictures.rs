//! Pictures that come through each door which takes them, on their way to a model over each wire.

use providers::testing::StrictPeer;
use serde_json::{Value, json};

use super::{
    configuration::{self, Lead},
    talk::Talk,
};
use crate::{
    doors,
    process::{Server, client},
};

const WIRES: [(&str, &str); 4] = [
    ("chat", "glm-5.2"),
    ("responses", "gpt-5.5"),
    ("anthropic", "claude-opus-4-8"),
    ("gemini", "gemini-3.1-pro-preview"),
];

/// The doors that take files.
const DOORS: [&str; 3] = ["native", "everruns", "algoreg"];

/// A PNG of one pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

#[tokio::test]
async fn a_picture_through_each_door_reaches_the_model_over_each_wire() {
    let (url, peer) = StrictPeer::start().await;
    let lead = |(wire, model): &(&'static str, &'static str)| {
        let agents = vec![((*wire).to_owned(), *model, 1_000)];
        Lead { wire, base_url: url.clone(), agents }
    };
    let server = configuration::server(&WIRES.iter().map(lead).collect::<Vec<_>>(), "one", "").await;
    for (wire, _) in WIRES {
        let mut talk = Talk::begin(&server, wire).await;
        let mut before: Vec<Value> = Vec::new();
        for (number, door) in DOORS.iter().enumerate() {
            send(&server, door, &talk.thread).await;
            let ends = ["turn.completed", "turn.failed"];
            let events = talk.until(|event| ends.iter().any(|end| event["type"] == *end)).await;
            assert_eq!(events.last().expect("an event")["type"], "turn.completed", "{wire}, {door}: {events:#?}");
            let mut body = peer.requests().pop().expect("a request").body;
            unmark(&mut body);
            assert_eq!(count(&body, &picture(wire)), number + 1, "{wire}, {door}: {body:#}");
            let said = said(wire, body);
            assert!(said.starts_with(&before), "{wire}, {door}: the prefix is the same");
            before = said;
        }
    }
    assert_eq!(peer.complaints(), [""; 0]);
}

/// A message with a picture.
async fn send(server: &Server, door: &str, thread: &str) {
    let hex = thread.replace('-', "");
    let content = json!([{"type": "text", "text": "look"}, {"type": "image", "base64": PNG}]);
    let (path, body) = match door {
        "native" => (format!("threadline/v1/threads/{thread}/messages"), json!({"content": content})),
        "everruns" => (format!("v1/sessions/session_{hex}/messages"), json!({"message": {"content": content}})),
        "algoreg" => {
            let file = json!({"file": PNG, "name": "dot.png"});
            let sender = json!({"thread_id": thread, "from_customer_id": "7", "from": "ann@example.com"});
            let mut body = sender;
            (body["content"], body["attachments"]) = ("look".into(), json!([file]));
            ("api/v1/message".into(), body)
        }
        other => panic!("{other} takes no files"),
    };
    let request = client().post(format!("{}/{path}", server.url)).json(&body);
    let answer = doors::with_key(door, request).send().await.expect("an answer");
    let (status, text) = (answer.status(), answer.text().await.expect("a text"));
    assert!(status.is_success(), "{door}: {status}: {text}");
}

/// The picture in the words of the wire.
fn picture(wire: &str) -> Value {
    let url = format!("data:image/png;base64,{PNG}");
    match wire {
        "chat" => json!({"type": "image_url", "image_url": {"url": url}}),
        "responses" => json!({"type": "input_image", "image_url": url}),
        "anthropic" => json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}),
        _ => json!({"inlineData": {"mimeType": "image/png", "data": PNG}}),
    }
}

/// How often the part stands in the value.
fn count(value: &Value, part: &Value) -> usize {
    let within = match value {
        Value::Object(members) => members.values().map(|member| count(member, part)).sum(),
        Value::Array(all) => all.iter().map(|one| count(one, part)).sum(),
        _ => 0,
    };
    within + usize::from(value == part)
}

/// The conversation within the body.
fn said(wire: &str, body: Value) -> Vec<Value> {
    let name = match wire {
        "responses" => "input",
        "gemini" => "contents",
        _ => "messages",
    };
    body[name].as_array().expect("a list").clone()
}

/// Removes the marks of the cache, which move with the end of the prompt.
fn unmark(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("cache_control");
            members.values_mut().for_each(unmark);
        }
        Value::Array(all) => all.iter_mut().for_each(unmark),
        _ => {}
    }
}
