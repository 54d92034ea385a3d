//! Threads that begin with copies of another's messages.

use domain::{caller::Scopes, script::Reply};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    server::{Api, each, reply, text},
    threads::uuid_of_nobody,
};

fn said(messages: &[Value]) -> Vec<(Value, Value)> {
    messages.iter().map(|message| (message["role"].clone(), message["content"].clone())).collect()
}

#[tokio::test]
async fn a_fork_has_copies_of_the_messages_and_what_it_is_given() {
    let api = Api::start().await;
    let body = json!({"title": "Trunk", "tags": ["a"], "variables": {"name": "Ann"}, "metadata": {"x": 1}});
    let trunk = format!("/threads/{}", text(&api.post("/threads", body).await.is(201)["id"]));
    api.ask(&trunk, "Hello").await;
    let before = api.get(&trunk).await.is(200);
    let same = api.act(&format!("{trunk}/fork")).await.is(201);
    assert_eq!(
        (&same["title"], &same["tags"], &same["variables"]),
        (&before["title"], &before["tags"], &before["variables"])
    );
    api.post("/agents", json!({"name": "other"})).await.is(201);
    let new = json!({
        "title": "Branch", "agent": "other", "tags": ["b"], "model": "gpt-5.5", "locale": "de", "instructions": "Be brief."
    });
    let fork = api.post(&format!("{trunk}/fork"), new).await.is(201);
    let branch = format!("/threads/{}", text(&fork["id"]));
    assert_eq!(api.get(&branch).await.is(200), fork);
    assert_eq!((&fork["title"], each(fork["tags"].as_array().unwrap(), "name")), (&json!("Branch"), vec![json!("b")]));
    assert_eq!(fork["agent"], api.get("/agents/other").await.is(200)["id"]);
    let own = api.get(&format!("{branch}/overrides")).await.is(200);
    assert_eq!(
        (&own["instructions"], &own["controls"]),
        (&json!("Be brief."), &json!({"model": "gpt-5.5", "locale": "de"}))
    );
    assert_eq!(own["forked_from"], json!({"thread": before["id"], "seq": before["last_seq"]}));
    let (there, here) = (api.list(&format!("{trunk}/messages")).await, api.list(&format!("{branch}/messages")).await);
    assert_eq!(said(&here), said(&there));
    assert_eq!(api.list(&format!("{branch}/turns")).await.len(), 0);
    api.ask(&branch, "And now?").await;
    assert_eq!(api.get(&trunk).await.is(200), before, "the trunk stays as it is");
}

#[tokio::test]
async fn a_fork_under_one_key_is_made_once() {
    let api = Api::start().await;
    let trunk = api.thread().await;
    api.ask(&trunk, "Hello").await;
    let fork = |body: Value| {
        let request = api.request(Method::POST, &format!("{trunk}/fork")).header("Idempotency-Key", "key");
        reply(request.json(&body))
    };
    let made = fork(json!({"title": "a"})).await.is(201);
    let again = fork(json!({"title": "a"})).await;
    assert_eq!((again.is(201), again.header("idempotent-replayed")), (made, "true"));
    assert_eq!(fork(json!({"title": "b"})).await.refused(409), "origin_key_reused");
    assert_eq!(api.list("/threads").await.len(), 2);
}

#[tokio::test]
async fn a_fork_that_cannot_be_is_refused_without_effect() {
    let api = Api::start().await;
    let trunk = api.thread().await;
    api.ask(&trunk, "Hello").await;
    for (body, at) in [
        (json!({"title": ""}), "title"),
        (json!({"agent": "nobody"}), "agent"),
        (json!({"agent": uuid_of_nobody()}), "agent"),
        (json!({"model": "no-such-model"}), "model"),
        (json!({"locale": "?"}), "locale"),
        (json!({"instructions": "x".repeat(262_145)}), "instructions"),
        (json!({"tags": [""]}), "tags.0"),
        (json!({"thread": "x"}), "thread"),
    ] {
        assert_eq!(api.post(&format!("{trunk}/fork"), body.clone()).await.at_fault(), at, "{body}");
    }
    for unknown in [format!("/threads/{}", uuid_of_nobody()), "/threads/x".into()] {
        assert_eq!(api.act(&format!("{unknown}/fork")).await.refused(404), "thread_not_found");
    }
    let path = format!("/threadline/v1{trunk}/fork");
    let foreign = api.bare(Method::POST, &path).bearer_auth(api.test().other_project().await.1);
    assert_eq!(reply(foreign).await.refused(404), "thread_not_found");
    let reader = api.test().new_key(Scopes::parse("read").unwrap()).await;
    assert_eq!(reply(api.bare(Method::POST, &path).bearer_auth(reader)).await.refused(403), "forbidden");
    api.test().script(vec![Reply { hang: true, ..Reply::default() }]).await;
    api.say(&trunk, "and?").await;
    assert_eq!(api.act(&format!("{trunk}/fork")).await.refused(409), "thread_busy");
    assert_eq!(api.list("/threads").await.len(), 1);
}
