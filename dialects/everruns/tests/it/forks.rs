//! Sessions that begin with what was said in another.

use domain::{Limits, agent::ToolKind, script::Reply};
use engine::testing::Choices;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Door, calls, text, tool};

#[tokio::test]
async fn a_fork_begins_with_copies_and_goes_its_own_way() {
    let door = Door::open().await;
    door.agent(vec![calls(&["look"]), text("done")], vec![tool("look", ToolKind::Scripted)]).await;
    let body = json!({"title": "Order", "tags": ["a"], "locale": "uk", "workspace_id": "wsp_x"});
    let trunk = door.did(Method::POST, "/v1/sessions", body, 201).await;
    let session = trunk["id"].as_str().unwrap();
    door.say(session, "go").await;
    let thread = domain::ThreadId::parse_prefixed("session_", session).unwrap();
    let last_seq = door.server.test.settle(thread).await.last_seq;
    let said = door.list(session).await;
    let path = format!("/v1/sessions/{session}/fork");
    let fork = door.did(Method::POST, &path, json!({"title": "Branch", "locale": "de"}), 201).await;
    assert_eq!((&fork["title"], &fork["locale"], &fork["tags"]), (&json!("Branch"), &json!("de"), &json!(["a"])));
    assert_eq!((&fork["forked_from_session_id"], &fork["forked_from_sequence"]), (&trunk["id"], &json!(last_seq)));
    assert_eq!((&fork["status"], &fork["workspace_id"]), (&json!("idle"), &json!("wsp_x")));
    let branch = fork["id"].as_str().unwrap();
    let copies = door.list(branch).await;
    let told =
        |messages: &[Value]| messages.iter().map(|m| (m["role"].clone(), m["content"].clone())).collect::<Vec<_>>();
    assert_eq!(told(&copies), told(&said));
    assert!(copies.iter().zip(&said).all(|(copy, own)| copy["id"] != own["id"]));
    door.say(branch, "and now").await;
    door.server.test.settle(domain::ThreadId::parse_prefixed("session_", branch).unwrap()).await;
    assert_eq!((door.list(session).await.len(), door.list(branch).await.len()), (said.len(), 2 * said.len()));
    assert_eq!(door.call(Method::POST, &path, None).await.status, 201, "a body is not needed");
}

#[tokio::test]
async fn a_fork_of_a_pinned_session_is_not_pinned() {
    let door = Door::open().await;
    let trunk = door.did(Method::POST, "/v1/sessions", json!({"workspace_id": "wsp_x"}), 201).await;
    let session = format!("/v1/sessions/{}", trunk["id"].as_str().unwrap());
    door.did(Method::PUT, &format!("{session}/pin"), Value::Null, 204).await;
    let fork = door.did(Method::POST, &format!("{session}/fork"), json!({}), 201).await;
    assert_eq!(
        (&fork["is_pinned"], &fork["workspace_id"]),
        (&json!(false), &json!("wsp_x")),
        "all else is carried over"
    );
    assert_eq!(door.did(Method::GET, &session, Value::Null, 200).await["is_pinned"], true);
}

#[tokio::test]
async fn a_session_is_forked_between_its_turns_only() {
    let door = Door::open().await;
    door.agent(vec![Reply { hang: true, ..Reply::default() }], vec![]).await;
    let (session, _) = door.session().await;
    door.say(&session, "go").await;
    let path = format!("/v1/sessions/{session}/fork");
    assert_eq!(door.did(Method::POST, &path, json!({}), 409).await["code"], "thread_busy");
    door.did(Method::POST, &format!("/v1/sessions/{session}/cancel"), json!({}), 200).await;
    door.did(Method::POST, &path, json!({}), 201).await;
    for (body, status) in [(json!({"agent_id": "x"}), 400), (json!({"title": ""}), 400), (json!({"tags": "a"}), 400)] {
        door.did(Method::POST, &path, body, status).await;
    }
}

#[tokio::test]
async fn a_session_with_too_many_messages_is_not_forked() {
    let limits = Limits { fork_messages: 4, requests_per_s: 0, ..Limits::default() };
    let door = Door::with(Choices { limits, ..Choices::default() }, dialect_everruns::Everruns::default()).await;
    let (session, thread) = door.session().await;
    for (text, status) in [("one", 201), ("two", 201), ("three", 413)] {
        door.say(&session, text).await;
        door.server.test.settle(thread).await;
        door.did(Method::POST, &format!("/v1/sessions/{session}/fork"), json!({}), status).await;
    }
    assert_eq!(door.did(Method::GET, "/v1/sessions", Value::Null, 200).await["total"], 3);
}
