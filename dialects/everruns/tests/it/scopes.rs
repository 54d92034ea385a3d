//! What a key of one scope may do: all that it may is answered, and what is refused has had no effect.

use domain::caller::{Scope, Scopes};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Door, said, text};

/// Calls with a key of this scope alone.
async fn call(door: &Door, scope: Scope, method: Method, path: &str, body: Value) -> Answer {
    let key = door.server.test.new_key(Scopes::of(&[scope])).await;
    Answer::of(door.request(method, path).header("authorization", key).json(&body).send().await.unwrap()).await
}

#[tokio::test]
async fn a_key_that_may_only_write_is_shown_only_the_written_fields_of_a_session() {
    let door = Door::open().await;
    door.agent(vec![text("a secret")], vec![]).await;
    let (session, thread) = door.session().await;
    door.say(&session, "another").await;
    door.server.test.settle(thread).await;
    let of = format!("/v1/sessions/{session}");
    for (method, path, status) in [
        (Method::POST, "/v1/sessions", 201),
        (Method::PATCH, of.as_str(), 200),
        (Method::POST, &format!("{of}/fork"), 201),
    ] {
        let answer = call(&door, Scope::Write, method.clone(), path, json!({"title": "Order", "locale": "uk"})).await;
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        let shown = answer.json();
        assert_eq!((&shown["title"], &shown["locale"]), (&json!("Order"), &json!("uk")), "{method} {path}");
        assert_eq!((shown.get("preview"), shown.get("output_preview")), (None, None), "{method} {path}");
        let made = format!("/v1/sessions/{}", shown["id"].as_str().unwrap());
        let read = door.did(Method::GET, &made, Value::Null, 200).await;
        assert_eq!((&shown["status"], &shown["started_at"]), (&read["status"], &read["started_at"]));
    }
    let read = door.did(Method::GET, &of, Value::Null, 200).await;
    assert_eq!((&read["preview"], &read["output_preview"]), (&json!("another"), &json!("a secret")));
}

#[tokio::test]
async fn a_key_that_may_only_administer_is_shown_the_agent_it_made() {
    let door = Door::open().await;
    let body = |name: &str| json!({"name": name, "system_prompt": "Be kind.", "parallel_tool_calls": false});
    let made = call(&door, Scope::Admin, Method::POST, "/v1/agents", body("kind")).await;
    assert_eq!(made.status, 201, "{made:?}");
    let of = format!("/v1/agents/{}", made.json()["id"].as_str().unwrap());
    let put = call(&door, Scope::Admin, Method::PUT, "/v1/agents/kind", body("kind")).await;
    assert_eq!(put.status, 200, "{put:?}");
    let patched = call(&door, Scope::Admin, Method::PATCH, &of, json!({"system_prompt": "Be kind."})).await;
    assert_eq!(patched.status, 200, "{patched:?}");
    for shown in [made.json(), put.json(), patched.json()] {
        assert_eq!(
            (&shown["system_prompt"], &shown["parallel_tool_calls"]),
            (&json!("Be kind."), &json!(false)),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_refusal_says_why_and_not_that_a_name_is_wrong() {
    let door = Door::open().await;
    door.did(Method::POST, "/v1/agents", json!({"name": "kind", "system_prompt": "Be kind."}), 201).await;
    let body = json!({"name": "stern", "system_prompt": "Be stern."});
    let refused = call(&door, Scope::Admin, Method::PUT, "/v1/agents/kind", body.clone()).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (403, &json!("forbidden")));
    assert_eq!(door.did(Method::GET, "/v1/agents/kind", Value::Null, 200).await["system_prompt"], "Be kind.");
    let unknown = door.did(Method::PUT, "/v1/agents/nobody", body, 400).await;
    assert!(unknown["detail"].as_str().is_some_and(|detail| detail.contains("name")), "{unknown}");
}

#[tokio::test]
async fn who_may_not_read_has_sent_nothing_that_waits() {
    let door = Door::open().await;
    let (session, _) = door.session().await;
    let path = format!("/v1/sessions/{session}/messages");
    let refused = call(&door, Scope::Write, Method::POST, &format!("{path}?wait=true"), said("x")).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (403, &json!("forbidden")));
    assert_eq!(door.list(&session).await, Vec::<Value>::new());
    assert_eq!(call(&door, Scope::Write, Method::POST, &format!("{path}?wait=false"), said("x")).await.status, 201);
}
