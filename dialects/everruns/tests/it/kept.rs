//! JSON that is kept for its sender: the order of members and the digits of numbers.

use domain::script::{Reply, ScriptedCall};
use reqwest::Method;
use serde_json::Value;

use crate::client::{Answer, Door, text};

/// As it is sent, with spaces and escapes, and as it is given back.
const SENT: &str = r#"{ "z" : 123456789012345678901234567890, "a": [ -0, 1.50 ], "\u0061b":{"y":1e2,"b":"\/"} }"#;
const KEPT: &str = r#"{"z":123456789012345678901234567890,"a":[-0,1.50],"ab":{"y":1e2,"b":"/"}}"#;

async fn send(door: &Door, method: Method, path: &str, body: &str) -> Answer {
    let request = door.request(method, path).header("authorization", &door.server.test.key);
    let body = body.replace("KEPT", SENT);
    Answer::of(request.header("content-type", "application/json").body(body).send().await.unwrap()).await
}

async fn get(door: &Door, path: &str) -> Answer {
    door.call(Method::GET, path, None).await
}

fn has(answer: &Answer, kept: &str) {
    let kept = kept.replace("KEPT", KEPT);
    assert!(answer.status.is_success() && answer.text.contains(&kept), "{kept} in {}", answer.text);
}

#[tokio::test]
async fn what_an_agent_and_a_session_are_set_to_comes_back_as_it_was_sent() {
    let door = Door::open().await;
    let fields = [
        r#""capabilities":[{"ref":"files","config":KEPT}]"#,
        r#""mcpServers":{"z":{"env":{"z":"1","a":"2"}},"a":{"headers":{"z":"1","a":"2"}}}"#,
        r#"{"type":"client_side","name":"ask","description":"","parameters":KEPT,"full_parameters":KEPT,"hints":KEPT}"#,
        r#"{"type":"builtin","name":"clock","description":"","parameters":KEPT,"hints":KEPT,"policy":"auto"}"#,
    ];
    let [capabilities, servers, ask, clock] = fields;
    let shared = format!(r#"{capabilities},{servers},"tools":[{ask},{clock}]"#);
    let agent =
        send(&door, Method::POST, "/v1/agents", &format!(r#"{{"name":"k","system_prompt":"",{shared}}}"#)).await;
    let session = send(&door, Method::POST, "/v1/sessions", &format!(r#"{{"hints":KEPT,{shared}}}"#)).await;
    let session_path = format!("/v1/sessions/{}", session.json()["id"].as_str().unwrap());
    let again = get(&door, &session_path).await;
    for answer in [&agent, &get(&door, "/v1/agents/k").await, &session, &again] {
        fields.iter().for_each(|field| has(answer, field));
    }
    has(&session, r#""hints":KEPT"#);
    has(&again, r#""hints":KEPT"#);
}

#[tokio::test]
async fn a_messages_metadata_and_hints_come_back_as_they_were_sent() {
    let door = Door::open().await;
    let (session, _) = door.session().await;
    let path = format!("/v1/sessions/{session}/messages");
    let body = |number: &str| {
        format!(
            r#"{{"message":{{"content":[{{"type":"text","text":"x"}}]}},"metadata":KEPT,"controls":{{"hints":KEPT}},
                "external_actor":{{"actor_id":"U","source":"s","metadata":{{"z":"1","a":"2"}}}},"client_message_id":"m",
                "tags":[],"extra":{number}}}"#
        )
    };
    let sent = send(&door, Method::POST, &path, &body("123456789012345678901")).await;
    for answer in [&sent, &get(&door, &path).await, &get(&door, &format!("/v1/sessions/{session}/events")).await] {
        for field in [r#""metadata":KEPT"#, r#""hints":KEPT"#, r#""metadata":{"z":"1","a":"2"}"#] {
            has(answer, field);
        }
    }
    assert_eq!(send(&door, Method::POST, &path, &body("123456789012345678901")).await.json(), sent.json());
    let other = send(&door, Method::POST, &path, &body("123456789012345678902")).await;
    assert_eq!((other.status.as_u16(), other.json()["code"].as_str()), (409, Some("origin_key_reused")), "{other:?}");
}

#[tokio::test]
async fn calls_and_results_are_told_as_they_were_written() {
    let door = Door::open().await;
    let call = ScriptedCall { id: None, name: "look".into(), arguments: serde_json::from_str(KEPT).unwrap() };
    let looks = domain::agent::Tool {
        result: Some(serde_json::from_str(KEPT).unwrap()),
        ..domain::agent::Tool::new("look", domain::agent::ToolKind::Scripted)
    };
    door.agent(vec![Reply { tool_calls: vec![call], ..Reply::default() }, text("done")], vec![looks]).await;
    let (session, thread) = door.session().await;
    door.say(&session, "go").await;
    door.server.test.settle(thread).await;
    let list = get(&door, &format!("/v1/sessions/{session}/messages")).await;
    has(&list, r#""arguments":KEPT"#);
    has(&list, r#""result":KEPT"#);
    let events = get(&door, &format!("/v1/sessions/{session}/events")).await;
    has(&events, r#""arguments":KEPT"#);
    has(&events, &format!(r#""result":[{{"type":"text","text":{}}}]"#, Value::from(KEPT)));
    has(&get(&door, &format!("/v1/sessions/{session}/export")).await, r#""arguments":KEPT"#);
}
