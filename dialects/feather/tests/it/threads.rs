//! Web chat threads: made, seen, changed, closed.

use domain::{
    agent::Settings,
    caller::{Scope, Scopes},
    script::Reply as Said,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Door, Refused, Reply};

async fn call(door: &Door, method: Method, path: &str, body: &Value) -> Reply {
    Reply::of(door.keyed(method, path).json(body)).await
}

async fn create(door: &Door, body: &Value) -> Reply {
    call(door, Method::POST, "/api/v1/threads/web", body).await
}

/// A thread made through the door.
async fn made(door: &Door, more: Value) -> Value {
    let agent = door.found().await.agent;
    let mut body = json!({"agentId": agent});
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let reply = create(door, &body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["thread"].clone()
}

fn path(thread: &Value) -> String {
    format!("/api/v1/threads/{}", thread["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn a_thread_is_shown_with_its_agent_when_it_is_made_and_after() {
    let door = Door::open().await;
    let settings = Settings { description: Some("Sells shoes".into()), ..Settings::default() };
    let agent = door.server.test.default_agent(settings).await;
    let thread = made(&door, json!({"metadata": {"a": "1"}, "variables": {"name": "Ann"}, "extra": 1})).await;
    assert_eq!(thread["agentDetails"], json!({"id": agent.id, "name": "default", "description": "Sells shoes"}));
    let found = Reply::of(door.keyed(Method::GET, &path(&thread))).await;
    assert_eq!(found.json()["thread"], thread);
}

#[tokio::test]
async fn what_a_thread_is_made_with_is_400_or_404_when_it_is_wrong() {
    let door = Door::open().await;
    let (agent, test) = (door.found().await.agent, &door.server.test);
    let (other, _) = test.other_project().await;
    let foreign = test.app.agent_by_name(&other, "default").await.expect("an agent").id;
    let before =
        test.app.list_threads(&test.caller, Default::default(), None, 100).await.expect("threads").threads.len();
    for (body, field) in [
        (json!({}), "agentId"),
        (json!({"agentId": null}), "agentId"),
        (json!({"agentId": 1}), "agentId"),
        (json!({"agentId": "default"}), "agentId"),
        (json!({"agentId": agent, "metadata": []}), "metadata"),
        (json!({"agentId": agent, "metadata": null}), "metadata"),
        (json!({"agentId": agent, "metadata": {"a": 1}}), "metadata.a"),
        (json!({"agentId": agent, "metadata": {"a": "x".repeat(65_536)}}), "metadata"),
        (json!({"agentId": agent, "variables": {"a": null}}), "variables.a"),
        (json!({"agentId": agent, "variables": {"": "x"}}), "variables"),
        (json!({"agentId": agent, "variables": {"a{": "x"}}), "variables"),
    ] {
        let message = create(&door, &body).await.bad();
        assert!(message.starts_with(&format!("{field}:")), "{body}: {message}");
    }
    for id in [foreign.to_string(), "0199a0b0-0000-7000-8000-000000000000".into()] {
        assert_eq!(create(&door, &json!({"agentId": id})).await.refused(404, "NOT_FOUND"), "Agent not found");
    }
    let after =
        test.app.list_threads(&test.caller, Default::default(), None, 100).await.expect("threads").threads.len();
    assert_eq!(after, before);
}

#[tokio::test]
async fn an_update_merges_and_the_agent_is_told_the_variables() {
    let door = Door::open().await;
    let settings = Settings {
        instructions: "You speak to {{name}} about {{ item }}.".into(),
        model: Some("scripted".into()),
        script: vec![Said { recite: true, ..Said::default() }],
        ..Settings::default()
    };
    door.server.test.default_agent(settings).await;
    let thread = made(&door, json!({"metadata": {"a": "1", "b": "2"}, "variables": {"name": "Ann"}})).await;
    let change = json!({"metadata": {"b": "3"}, "variables": {"item": "shoes"}, "reason": "FRAUD"});
    let changed = call(&door, Method::PATCH, &path(&thread), &change).await.json()["thread"].clone();
    assert_eq!(changed["metadata"], json!({"a": "1", "b": "3"}));
    assert_eq!(changed["variables"], json!({"name": "Ann", "item": "shoes"}));
    assert_eq!(changed["isActive"], true);
    let same = call(&door, Method::PATCH, &path(&thread), &json!({})).await.json()["thread"].clone();
    assert_eq!(same, changed, "nothing to set, nothing changed");
    for (body, field) in [
        (json!({"metadata": {"a": null}}), "metadata.a"),
        (json!({"variables": "x"}), "variables"),
        (json!({"variables": {"a": "x".repeat(65_536)}}), "variables"),
    ] {
        let message = call(&door, Method::PATCH, &path(&thread), &body).await.bad();
        assert!(message.starts_with(&format!("{field}:")), "{body}: {message}");
    }
    assert_eq!(Reply::of(door.keyed(Method::GET, &path(&thread))).await.json()["thread"], changed);
    call(&door, Method::POST, &format!("{}/messages", path(&thread)), &json!({"message": "hi"})).await;
    let id = domain::ThreadId::parse(thread["id"].as_str().expect("an id")).expect("a UUID");
    door.server.test.settle(id).await;
    let said = door.server.test.messages(id).await.pop().expect("an answer").body.plain_text();
    assert_eq!(said, "You speak to Ann about shoes.");
}

#[tokio::test]
async fn a_thread_is_closed_for_each_reason_and_keeps_the_first() {
    let door = Door::open().await;
    for reason in [
        "OPTED_OUT",
        "DNC",
        "FRAUD",
        "CONTACT_AGAIN",
        "WRONG_NUMBER",
        "NOT_INTERESTED",
        "APPOINTMENT_BOOKED",
        "ENDED",
        "WORKFLOW_ONE_OFF_TEXT",
        "FILTERED_SPAM",
        "FILTERED_OOO",
        "FILTERED_AUTO_REPLY",
    ] {
        let thread = made(&door, json!({})).await;
        let close = format!("{}/close", path(&thread));
        let closed = call(&door, Method::PATCH, &close, &json!({"reason": reason})).await.json()["thread"].clone();
        assert_eq!((&closed["isActive"], &closed["closedReason"]), (&json!(false), &json!(reason)));
        assert!(closed["closedAt"].is_string(), "{closed}");
        let again = call(&door, Method::PATCH, &close, &json!({"reason": "FRAUD"})).await.json()["thread"].clone();
        assert_eq!(again, closed);
        let sent = call(&door, Method::POST, &format!("{}/messages", path(&thread)), &json!({"message": "x"})).await;
        assert_eq!(sent.bad(), "Thread is closed");
    }
    let close = format!("/api/v1/threads/{}/close", door.thread);
    for body in
        [json!({}), json!({"reason": null}), json!({"reason": "ended"}), json!({"reason": ""}), json!({"reason": 1})]
    {
        assert!(call(&door, Method::PATCH, &close, &body).await.bad().starts_with("reason:"), "{body}");
    }
    door.assert_untouched().await;
}

#[tokio::test]
async fn a_telephone_thread_is_refused_and_says_why() {
    let door = Door::open().await;
    let body = json!({"agentVersionId": "x", "toPhoneNumber": "+380441234567"});
    let message = call(&door, Method::POST, "/api/v1/threads", &body).await.bad();
    assert!(message.contains("/api/v1/threads/web"), "{message}");
}

#[tokio::test]
async fn other_projects_threads_and_keys_without_the_scope_are_refused_everywhere() {
    let door = Door::open().await;
    let test = &door.server.test;
    let (other, _) = test.other_project().await;
    let foreign = test.app.create_thread(&other, Default::default()).await.expect("a thread").id;
    let message = "0199a0b0-0000-7000-8000-000000000001";
    let mut told = Vec::new();
    for id in [foreign.to_string(), "0199a0b0-0000-7000-8000-000000000000".into()] {
        let of = format!("/api/v1/threads/{id}");
        told.push(Reply::of(door.keyed(Method::GET, &of)).await.body);
        told.push(call(&door, Method::PATCH, &of, &json!({"metadata": {"a": "1"}})).await.body);
        told.push(call(&door, Method::PATCH, &format!("{of}/close"), &json!({"reason": "ENDED"})).await.body);
        told.push(Reply::of(door.keyed(Method::POST, &format!("{of}/messages/{message}/read"))).await.body);
    }
    told.dedup();
    assert_eq!(told, [r#"{"status":404,"message":"Thread not found","code":"NOT_FOUND","success":false}"#]);
    assert_eq!(test.app.thread(&other, foreign).await.expect("the thread").last_seq, 1);
    let reads = test.new_key(Scopes::of(&[Scope::Read])).await;
    let writes = test.new_key(Scopes::of(&[Scope::Write])).await;
    let of = format!("/api/v1/threads/{}", door.thread);
    for (method, path, key) in [
        (Method::POST, "/api/v1/threads/web".to_owned(), &reads),
        (Method::POST, "/api/v1/threads".to_owned(), &reads),
        (Method::PATCH, of.clone(), &reads),
        (Method::PATCH, format!("{of}/close"), &reads),
        (Method::POST, format!("{of}/messages/{message}/read"), &reads),
        (Method::GET, of.clone(), &writes),
        (Method::GET, "/api/v1/threads".to_owned(), &writes),
    ] {
        let agent = door.found().await.agent;
        let body = json!({"agentId": agent, "reason": "ENDED"});
        let request = door.request(method.clone(), &path).header("X-API-Key", key).json(&body);
        Reply::of(request).await.refused(403, "FORBIDDEN");
    }
    door.assert_untouched().await;
    let patched = door.request(Method::PATCH, &of).header("X-API-Key", &writes).json(&json!({"metadata": {"a": "1"}}));
    assert_eq!(Reply::of(patched).await.status, 200, "a key that may only write is shown the written fields");
}
