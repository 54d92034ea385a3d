//! Agents: made, changed, found, archived.

use domain::{
    agent::{Settings, Tool, ToolKind},
    caller::{Scope, Scopes},
    model,
};
use engine::app::agents::NewAgent;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Door, text};

const ID: &str = "agent_01933b5a000070008000000000000001";

/// A request with every field of the contract.
fn whole(name: &str) -> Value {
    json!({
        "name": name, "system_prompt": "Be kind.", "display_name": "Kind one", "description": "Answers kindly",
        "default_model_id": model::by_name("gpt-5.5").unwrap().id().prefixed("model_"),
        "harness_id": "harness_00000000000000000000000000000001", "tags": ["a", "b"],
        "capabilities": [{"ref": "files", "config": {"deep": [1]}}, {"ref": "web"}],
        "tools": [
            {"type": "client_side", "name": "ask", "description": "Asks", "parameters": {"type": "object"},
             "display_name": "Ask", "category": "people", "deferrable": "automatic", "hints": {"readonly": true}},
            {"type": "builtin", "name": "clock", "description": "", "parameters": {}, "policy": "auto"},
        ],
        "initial_files": [{"path": "/a.txt", "content": "eA==", "encoding": "base64", "is_readonly": true}],
        "max_iterations": 7, "parallel_tool_calls": false,
        "mcpServers": {"docs": {"type": "http", "url": "https://example.com/mcp", "auth_mode": "none"}},
        "network_access": {"allowed": ["example.com"], "blocked": []},
    })
}

#[tokio::test]
async fn every_field_is_kept_and_comes_back() {
    let door = Door::open().await;
    let sent = whole("kind");
    let made = door.did(Method::POST, "/v1/agents", sent.clone(), 201).await;
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(made[name], *value, "{name}");
    }
    assert_eq!(
        (&made["status"], &made["self_url"]),
        (&json!("active"), &json!(format!("/v1/agents/{}", made["id"].as_str().unwrap())))
    );
    let id = made["id"].as_str().unwrap();
    for path in [format!("/v1/agents/{id}"), "/api/v1/agents/kind".into()] {
        let mut got = door.did(Method::GET, &path, Value::Null, 200).await;
        let counts = got.as_object_mut().unwrap();
        assert_eq!((counts.remove("session_count"), counts.remove("app_count")), (Some(json!(0)), Some(json!(0))));
        assert_eq!(got, made, "{path}");
    }
    let listed = door.did(Method::GET, "/v1/agents?search=KIND", Value::Null, 200).await;
    assert_eq!((&listed["data"][0]["id"], &listed["total"]), (&json!(id), &json!(1)));
}

#[tokio::test]
async fn an_agent_is_put_by_its_id_or_else_by_its_name() {
    let door = Door::open().await;
    let put = |method: Method, path: &'static str, body: Value, status: u16| door.did(method, path, body, status);
    let body = |name: &str, prompt: &str| json!({"name": name, "system_prompt": prompt});
    let first = put(Method::POST, "/v1/agents", body("one", "1"), 201).await;
    let again = put(Method::POST, "/v1/agents", body("one", "2"), 201).await;
    assert_eq!((&again["id"], &again["system_prompt"]), (&first["id"], &json!("2")));
    let with_id = json!({"id": ID, "name": "two", "system_prompt": "1"});
    assert_eq!(put(Method::POST, "/v1/agents", with_id.clone(), 201).await["id"], ID);
    let renamed = json!({"id": ID, "name": "deux", "system_prompt": "2"});
    assert_eq!(put(Method::POST, "/v1/agents", renamed, 201).await["name"], "deux");
    assert_eq!(put(Method::PUT, "/v1/agents/three", body("three", "1"), 201).await["name"], "three");
    assert_eq!(put(Method::PUT, "/v1/agents/three", body("drei", "2"), 200).await["name"], "drei");
    assert_eq!(
        put(Method::PUT, "/v1/agents/agent_01933b5a000070008000000000000001", body("zwei", "3"), 200).await["id"],
        ID
    );
    // What stands against it.
    assert_eq!(put(Method::PUT, "/v1/agents/none", body("other", "1"), 400).await["code"], "invalid_parameter");
    assert_eq!(put(Method::PUT, "/v1/agents/drei", with_id, 400).await["code"], "invalid_parameter");
    assert_eq!(put(Method::PUT, "/v1/agents/drei", body("one", "1"), 409).await["code"], "agent_name_taken");
    assert_eq!(door.did(Method::GET, "/v1/agents/other", Value::Null, 404).await["code"], "agent_not_found");
}

#[tokio::test]
async fn a_patch_leaves_what_it_does_not_name() {
    let door = Door::open().await;
    let made = door.did(Method::POST, "/v1/agents", whole("kind"), 201).await;
    let patch = json!({"system_prompt": "Be brief.", "description": null, "tools": [], "capabilities": []});
    let patched = door.did(Method::PATCH, "/v1/agents/kind", patch, 200).await;
    for (name, value) in made.as_object().unwrap() {
        let expected = match name.as_str() {
            "system_prompt" => json!("Be brief."),
            "tools" | "capabilities" => json!([]),
            "updated_at" => continue,
            _ => value.clone(),
        };
        assert_eq!(patched[name], expected, "{name}");
    }
    assert!(made["network_access"].is_object(), "{made}");
    let open = door.did(Method::PATCH, "/v1/agents/kind", json!({"network_access": {}}), 200).await;
    assert!(open.get("network_access").is_none(), "an empty list of hosts restricts nothing: {open}");
    let put = door.did(Method::PUT, "/v1/agents/kind", json!({"name": "kind", "system_prompt": "x"}), 200).await;
    for gone in ["description", "default_model_id", "max_iterations", "parallel_tool_calls", "mcpServers"] {
        assert!(put.get(gone).is_none(), "a put replaces all: {put}");
    }
}

#[tokio::test]
async fn an_archived_agent_is_hidden_until_it_is_used_again() {
    let door = Door::open().await;
    let made = door.did(Method::POST, "/v1/agents", json!({"name": "kind", "system_prompt": "x"}), 201).await;
    let id = made["id"].as_str().unwrap();
    assert_eq!(door.did(Method::DELETE, &format!("/v1/agents/{id}"), Value::Null, 204).await, Value::Null);
    let got = door.did(Method::GET, &format!("/v1/agents/{id}"), Value::Null, 200).await;
    assert_eq!(got["status"], "archived");
    assert!(got["archived_at"].is_string());
    let count = async |query: &str| {
        door.did(Method::GET, &format!("/v1/agents?{query}"), Value::Null, 200).await["total"].clone()
    };
    assert_eq!((count("search=kind").await, count("search=kind&include_archived=true").await), (json!(0), json!(1)));
    let (trunk, _) = door.session().await;
    for (path, named) in [
        ("/v1/sessions".to_owned(), json!({"agent_id": id})),
        ("/v1/sessions".into(), json!({"agent_name": "kind"})),
        (format!("/v1/sessions/{trunk}/fork"), json!({"agent_id": id})),
    ] {
        assert_eq!(door.did(Method::POST, &path, named.clone(), 400).await["code"], "agent_archived", "{named}");
    }
    door.did(Method::PATCH, "/v1/agents/kind", json!({"status": "active"}), 200).await;
    assert_eq!(count("search=kind").await, json!(1));
    assert_eq!(
        door.did(Method::PATCH, "/v1/agents/kind", json!({"status": "deleted"}), 400).await["code"],
        "invalid_parameter"
    );
    assert_eq!(door.did(Method::DELETE, "/v1/agents/default", Value::Null, 409).await["code"], "default_agent");
}

#[tokio::test]
async fn agents_are_listed_newest_first_in_pages() {
    let door = Door::open().await;
    for i in 0..5 {
        door.did(Method::POST, "/v1/agents", json!({"name": format!("x-{i}"), "system_prompt": ""}), 201).await;
    }
    let page = door.did(Method::GET, "/v1/agents?search=x-&offset=1&limit=2", Value::Null, 200).await;
    let names: Vec<&str> = page["data"].as_array().unwrap().iter().map(|a| a["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["x-3", "x-2"]);
    assert_eq!((&page["total"], &page["offset"], &page["limit"]), (&json!(5), &json!(1), &json!(2)));
    assert_eq!(page["next_url"], "/v1/agents?search=x-&limit=2&offset=3");
    assert_eq!(page["prev_url"], "/v1/agents?search=x-&limit=2&offset=0");
    let (other, key) = door.server.test.other_project().await;
    let foreign = door.request(Method::GET, "/v1/agents?search=x-").header("authorization", key).send().await.unwrap();
    assert_eq!(Answer::of(foreign).await.json()["total"], 0, "{other:?}");
}

#[tokio::test]
async fn what_is_natively_set_outlives_a_put() {
    let door = Door::open().await;
    let test = &door.server.test;
    let tools = vec![Tool { result: Some(json!(22).into()), ..Tool::new("weather", ToolKind::Scripted) }];
    let settings = Settings { model: Some("scripted".into()), script: vec![text("hi")], tools, ..Settings::default() };
    let new = NewAgent { id: None, name: "robot".into(), settings: settings.clone() };
    test.app.create_agent(&test.caller, new, None).await.unwrap();
    let shown = door.did(Method::GET, "/v1/agents/robot", Value::Null, 200).await;
    assert_eq!(shown["tools"][0]["type"], "builtin");
    let body = json!({"name": "robot", "system_prompt": "x", "tools": shown["tools"]});
    door.did(Method::PUT, "/v1/agents/robot", body, 200).await;
    let agent = test.app.agent_by_name(&test.caller, "robot").await.unwrap();
    assert_eq!(agent.settings, Settings { instructions: "x".into(), ..settings });
}

#[tokio::test]
async fn what_is_wrong_is_named_and_changes_nothing() {
    let door = Door::open().await;
    let with = |field: &str, value: Value| {
        let mut body = json!({"name": "a", "system_prompt": "x"});
        body[field] = value;
        body
    };
    for (body, path) in [
        (json!({"system_prompt": "x"}), "name"),
        (json!({"name": "a"}), "system_prompt"),
        (with("name", json!("A b")), "name"),
        (with("name", json!("a".repeat(65))), "name"),
        (with("id", json!("agent_x")), "id"),
        (with("system_prompt", json!("x".repeat(262_145))), "system_prompt"),
        (with("description", json!("x".repeat(2_001))), "description"),
        (with("max_iterations", json!(0)), "max_iterations"),
        (with("max_iterations", json!(1.5)), "max_iterations"),
        (with("default_model_id", json!("gpt")), "default_model_id"),
        (with("harness_id", json!("harness_01933b5a000070008000000000000001")), "harness_id"),
        (with("harness_name", json!("deep-research")), "harness_name"),
        (with("tags", json!([""])), "tags.0"),
        (with("tags", json!(null)), "tags"),
        (
            with("tools", json!([{"type": "client_side", "name": "a b", "description": "", "parameters": {}}])),
            "tools.0.name",
        ),
        (with("tools", json!([{"name": "a", "description": "", "parameters": {}}])), "tools.0.type"),
        (with("tools", json!([{"type": "client", "name": "a", "description": "", "parameters": {}}])), "tools.0.type"),
        (with("initial_files", json!([{"path": "/a", "content": "", "encoding": "hex"}])), "initial_files.0.encoding"),
        (with("mcpServers", json!({"a": {"type": "ftp"}})), "mcpServers.a.type"),
    ] {
        let refused = door.did(Method::POST, "/v1/agents", body.clone(), 400).await;
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("{path}: ")), "{body}: {detail}");
    }
    let unknown = with("default_model_id", json!("model_01933b5a000070008000000000000001"));
    for (method, path) in
        [(Method::POST, "/v1/agents"), (Method::PUT, "/v1/agents/a"), (Method::PATCH, "/v1/agents/default")]
    {
        assert_eq!(door.did(method, path, unknown.clone(), 404).await["code"], "model_not_found", "{path}");
    }
    assert_eq!(
        door.did(Method::GET, "/v1/agents?search=a&limit=100", Value::Null, 200).await["total"],
        1,
        "`default` alone"
    );
    for (path, code) in
        [("/v1/agents/A", "invalid_id"), ("/v1/agents/a_b", "invalid_id"), ("/v1/agents?limit=0", "invalid_parameter")]
    {
        assert_eq!(door.did(Method::GET, path, Value::Null, 400).await["code"], code, "{path}");
    }
}

#[tokio::test]
async fn agents_need_the_scope_for_them_and_are_their_projects_own() {
    let door = Door::open().await;
    let test = &door.server.test;
    door.did(Method::POST, "/v1/agents", json!({"id": ID, "name": "kind", "system_prompt": ""}), 201).await;
    let writer = test.new_key(Scopes::of(&[Scope::Read, Scope::Write])).await;
    let (_, stranger) = test.other_project().await;
    let ask = async |method: Method, path: &str, key: &str, body: Value| {
        let request = door.request(method, path).header("authorization", key);
        let request = if body.is_null() { request } else { request.json(&body) };
        Answer::of(request.send().await.unwrap()).await
    };
    let body = json!({"name": "kind", "system_prompt": "y"});
    for (method, path) in
        [(Method::POST, "/v1/agents"), (Method::PUT, "/v1/agents/kind"), (Method::PATCH, "/v1/agents/kind")]
    {
        assert_eq!(ask(method, path, &writer, body.clone()).await.status, 403, "{path}");
    }
    assert_eq!(ask(Method::DELETE, "/v1/agents/kind", &writer, Value::Null).await.status, 403);
    assert_eq!(ask(Method::GET, "/v1/agents/kind", &writer, Value::Null).await.status, 200);
    let unknown = "/v1/agents/agent_01933b5a0000700080000000000000ff";
    let own = format!("/v1/agents/{ID}");
    for (method, body) in [(Method::GET, Value::Null), (Method::DELETE, Value::Null), (Method::PATCH, json!({}))] {
        let foreign = ask(method.clone(), &own, &stranger, body.clone()).await;
        let missing = ask(method, unknown, &stranger, body).await;
        assert_eq!((foreign.status, &foreign.text), (missing.status, &missing.text));
        assert_eq!(foreign.status, 404);
    }
}

#[tokio::test]
async fn twenty_at_once_make_one_agent() {
    let door = Door::open().await;
    let body = json!({"name": "kind", "system_prompt": "x"});
    let all = (0..20).map(|_| door.did(Method::POST, "/v1/agents", body.clone(), 201));
    let made = futures_util::future::join_all(all).await;
    assert!(made.iter().all(|agent| agent["id"] == made[0]["id"]));
    assert_eq!(door.did(Method::GET, "/v1/agents?search=kind", Value::Null, 200).await["total"], 1);
}
