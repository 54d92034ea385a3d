//! Agents: made, found by id and by name, changed, archived.

use serde_json::{Value, json};

use crate::{
    server::{Api, each, keys, text},
    threads::uuid_of_nobody,
};

fn whole() -> Value {
    json!({
        "name": "helper",
        "display_name": "Helper",
        "description": "Helps",
        "instructions": "Be kind.",
        "model": "scripted",
        "script": [
            {"thinking": "hm", "text": "hello", "chunks": 2, "delay_ms": 1, "cut_after": 9},
            {"echo": true, "tool_calls": [{"id": "c", "name": "look", "arguments": {"a": 1}}]},
            {"error": "rate_limited"},
            {"hang": true},
        ],
        "tools": [
            {"name": "look", "kind": "scripted", "result": {"x": 1}, "delay_ms": 3, "repeat_safe": true},
            {"name": "fail", "kind": "scripted", "error": "broken", "repeat_safe": false},
            {"name": "ask", "kind": "client", "repeat_safe": false},
        ],
        "controls": {"reasoning": "low", "hints": {"k": 1}},
        "window_s": 60,
        "max_steps": 3,
        "paused": true,
        "metadata": {"team": "a"},
    })
}

#[tokio::test]
async fn every_setting_of_an_agent_comes_back() {
    let api = Api::start().await;
    let made = api.post("/agents", whole()).await.is(201);
    for (name, value) in whole().as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}");
    }
    assert_eq!((&made["number"], &made["created_at"]), (&json!(2), &made["updated_at"]));
    for named in [text(&made["id"]), "helper".into()] {
        assert_eq!(api.get(&format!("/agents/{named}")).await.is(200), made);
    }
    let least = api.post("/agents", json!({"name": "least"})).await.is(201);
    assert_eq!(keys(&least), ["created_at", "id", "instructions", "name", "number", "paused", "updated_at"]);
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_null_sets_back() {
    let api = Api::start().await;
    let made = api.post("/agents", whole()).await.is(201);
    assert_eq!(api.patch("/agents/helper", json!({})).await.is(200), made);
    let renamed = api.patch("/agents/helper", json!({"name": "aide", "instructions": "Be brief."})).await.is(200);
    assert_eq!((&renamed["name"], &renamed["instructions"]), (&json!("aide"), &json!("Be brief.")));
    assert_eq!((&renamed["script"], &renamed["id"]), (&made["script"], &made["id"]));
    let nulls = json!({
        "display_name": null, "description": null, "instructions": null, "model": null, "script": null, "tools": null,
        "controls": null, "window_s": null, "max_steps": null, "paused": null, "metadata": null,
    });
    let bare = api.patch("/agents/aide", nulls).await.is(200);
    assert_eq!(keys(&bare), ["created_at", "id", "instructions", "name", "number", "paused", "updated_at"]);
    assert_eq!((&bare["instructions"], &bare["paused"]), (&json!(""), &json!(false)));
    assert_eq!(api.get("/agents/helper").await.refused(404), "agent_not_found");
}

#[tokio::test]
async fn agents_are_listed_oldest_first_and_archived_ones_when_asked_for() {
    let api = Api::start().await;
    for name in ["a", "b", "c"] {
        api.post("/agents", json!({"name": name})).await.is(201);
    }
    let gone = api.delete("/agents/b").await.is(200);
    assert!(gone["archived_at"].is_string());
    assert_eq!(api.delete("/agents/b").await.is(200), gone);
    let (all, pages) = api.pages("/agents?limit=2").await;
    assert_eq!((each(&all, "name"), pages), (vec!["default".into(), "a".into(), "c".into()], 2));
    assert_eq!(each(&api.list("/agents?archived=true").await, "name"), ["default", "a", "b", "c"]);
    let refused = api.post("/threads", json!({"agent": "b"})).await;
    assert_eq!((refused.at_fault(), refused.refused(400)), ("agent".into(), "agent_archived".into()));
    assert_eq!(api.get("/agents/b").await.is(200), gone);
}

#[tokio::test]
async fn names_are_unique_and_default_stays() {
    let api = Api::start().await;
    api.post("/agents", json!({"name": "a"})).await.is(201);
    assert_eq!(api.post("/agents", json!({"name": "a"})).await.refused(409), "agent_name_taken");
    assert_eq!(api.patch("/agents/a", json!({"name": "default"})).await.refused(409), "agent_name_taken");
    assert_eq!(api.patch("/agents/default", json!({"name": "b"})).await.refused(409), "default_agent");
    assert_eq!(api.delete("/agents/default").await.refused(409), "default_agent");
    assert_eq!(each(&api.list("/agents").await, "name"), ["default", "a"]);
    for path in ["/agents/nobody", "/agents/A", "/agents/x%2Fy", &format!("/agents/{}", uuid_of_nobody())] {
        assert_eq!(api.get(path).await.refused(404), "agent_not_found", "{path}");
        assert_eq!(api.patch(path, json!({})).await.refused(404), "agent_not_found", "{path}");
        assert_eq!(api.delete(path).await.refused(404), "agent_not_found", "{path}");
    }
}

#[tokio::test]
async fn what_an_agent_cannot_be_is_refused_and_nothing_changes() {
    let api = Api::start().await;
    let with = |field: &str, value: Value| {
        let mut body = json!({"name": "a"});
        body[field] = value;
        body
    };
    let scripted = |reply: Value| json!({"name": "a", "model": "scripted", "script": [reply]});
    for (body, path) in [
        (json!({}), "name"),
        (with("name", json!("A")), "name"),
        (with("name", json!("a".repeat(65))), "name"),
        (with("name", json!(null)), "name"),
        (with("model", json!("gpt-9")), "model"),
        (with("model", json!("scripted")), "script"),
        (with("script", json!([{"text": "x"}])), "script"),
        (scripted(json!({"texts": "x"})), "script.0.texts"),
        (scripted(json!({"chunks": 0})), "script.0.chunks"),
        (scripted(json!({"chunks": "1"})), "script.0.chunks"),
        (scripted(json!({"error": "oops"})), "script.0.error"),
        (scripted(json!({"tool_calls": [{"arguments": {}}]})), "script.0.tool_calls.0.name"),
        (with("tools", json!([{"name": "a", "kind": "server"}])), "tools.0.kind"),
        (with("tools", json!([{"name": "a"}])), "tools.0.kind"),
        (with("tools", json!([{"name": "a", "kind": "client", "result": 1}])), "tools.0"),
        (with("controls", json!({"model": "scripted"})), "controls.model"),
        (with("controls", json!({"speed": "slow"})), "controls.speed"),
        (with("controls", json!({"spead": "fast"})), "controls.spead"),
        (with("window_s", json!(0)), "window_s"),
        (with("window_s", json!(1.5)), "window_s"),
        (with("max_steps", json!(-1)), "max_steps"),
        (with("paused", json!("yes")), "paused"),
        (with("id", json!("x")), "id"),
    ] {
        assert_eq!(api.post("/agents", body.clone()).await.at_fault(), path, "{body}");
    }
    assert_eq!(api.list("/agents").await.len(), 1);
    let before = api.get("/agents/default").await.is(200);
    for (body, path) in [
        (json!({"name": null}), "name"),
        (json!({"name": "B"}), "name"),
        (json!({"instructions": 1}), "instructions"),
        (json!({"script": [{"echo": true}]}), "script"),
        (json!({"number": 5}), "number"),
    ] {
        assert_eq!(api.patch("/agents/default", body.clone()).await.at_fault(), path, "{body}");
    }
    assert_eq!(api.get("/agents/default").await.is(200), before);
}
