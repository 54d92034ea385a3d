//! Sessions: begun, found, changed, cancelled, removed.

use domain::{ThreadId, agent::ToolKind, model, script::Reply};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Door, Events, calls, kinds, said, text, tool};

#[tokio::test]
async fn every_field_is_kept_and_comes_back() {
    let door = Door::open().await;
    let sent = json!({
        "title": "Order 17", "locale": "uk-UA", "model_id": model::by_name("gpt-5.5").unwrap().id().prefixed("model_"),
        "tags": ["a", "b"], "capabilities": [{"ref": "files"}], "system_prompt": "Be brief.", "max_iterations": 3,
        "tools": [{"type": "client_side", "name": "ask", "description": "Asks", "parameters": {}}],
        "initial_files": [{"path": "/a", "content": "x"}], "parallel_tool_calls": true, "hints": {"rich_media": true},
        "mcpServers": {"docs": {"url": "https://example.com"}}, "network_access": {"allowed": [], "blocked": ["a.b"]},
        "workspace_id": "wsp_01933b5a000070008000000000000001", "harness_name": "generic", "agent_name": "default",
        "agent_identity_id": "identity_01933b5a000070008000000000000001",
    });
    let made = door.did(Method::POST, "/v1/sessions", sent.clone(), 201).await;
    for (name, value) in sent.as_object().unwrap() {
        if !["harness_name", "agent_name"].contains(&name.as_str()) {
            assert_eq!(made[name], *value, "{name}");
        }
    }
    assert_eq!((&made["status"], made["id"].as_str().unwrap().len()), (&json!("started"), 40));
    let path = format!("/v1/sessions/{}", made["id"].as_str().unwrap());
    assert_eq!(door.did(Method::GET, &path, Value::Null, 200).await, made);
    let patch = json!({"title": "Order 18", "tags": ["c"], "locale": "de", "agent_identity_id": "identity_x"});
    let patched = door.did(Method::PATCH, &path, patch.clone(), 200).await;
    for (name, value) in made.as_object().unwrap() {
        assert_eq!(
            patched[name],
            *patch.get(name).unwrap_or(if name == "updated_at" { &patched[name] } else { value }),
            "{name}"
        );
    }
    let nothing = door.did(Method::PATCH, &path, json!({"title": null, "tags": null}), 200).await;
    assert_eq!(nothing, patched, "null is as absent");
}

#[tokio::test]
async fn a_session_shows_its_own_model_or_else_its_agents() {
    let door = Door::open().await;
    let id = |name: &str| model::by_name(name).unwrap().id().prefixed("model_");
    let agent = json!({"name": "kind", "system_prompt": "", "default_model_id": id("gpt-5.5")});
    door.did(Method::POST, "/v1/agents", agent, 201).await;
    let begin = async |body: Value| door.did(Method::POST, "/v1/sessions", body, 201).await;
    let agents = begin(json!({"agent_name": "kind"})).await;
    let own = begin(json!({"agent_name": "kind", "model_id": id("glm-5")})).await;
    assert_eq!((&agents["model_id"], &own["model_id"]), (&json!(id("gpt-5.5")), &json!(id("glm-5"))));
    assert!(begin(json!({})).await.get("model_id").is_none(), "an agent without a model has none to show");
    let path = format!("/v1/sessions/{}", agents["id"].as_str().unwrap());
    assert_eq!(door.did(Method::GET, &path, Value::Null, 200).await, agents);
    door.did(Method::PATCH, "/v1/agents/kind", json!({"default_model_id": id("glm-4.7")}), 200).await;
    let listed = door.did(Method::GET, "/v1/sessions", Value::Null, 200).await;
    let models: Vec<&Value> = listed["data"].as_array().unwrap().iter().map(|session| &session["model_id"]).collect();
    assert_eq!(models, [&Value::Null, &json!(id("glm-5")), &json!(id("glm-4.7"))]);
}

#[tokio::test]
async fn a_session_says_whether_it_is_pinned() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let path = format!("/v1/sessions/{session}");
    let pinned = async || door.did(Method::GET, &path, Value::Null, 200).await["is_pinned"].clone();
    assert_eq!(pinned().await, false);
    for (method, expected) in
        [(Method::PUT, true), (Method::PUT, true), (Method::DELETE, false), (Method::DELETE, false)]
    {
        door.did(method, &format!("{path}/pin"), Value::Null, 204).await;
        assert_eq!(pinned().await, expected);
    }
    let test = &door.server.test;
    let extras = test.app.thread_overrides(&test.caller, thread).await.unwrap().extras;
    assert_eq!(extras.get("is_pinned"), Some(&false.into()), "read natively, too");
}

#[tokio::test]
async fn a_session_of_its_own_settings_runs_by_them() {
    let door = Door::open().await;
    door.agent(vec![calls(&["ask"]), calls(&["look"]), text("done")], vec![tool("look", ToolKind::Scripted)]).await;
    let new = json!({
        "tools": [{"type": "client_side", "name": "ask", "description": "Asks", "parameters": {}}], "max_iterations": 2,
        "hints": {"a": 1}, "locale": "uk",
    });
    let session = door.did(Method::POST, "/v1/sessions", new, 201).await["id"].as_str().unwrap().to_owned();
    let mut events = Events::open(&door, &session, "?after_sequence=0").await;
    door.say(&session, "go").await;
    let requested = events.until("tool.call_requested").await;
    let call = &requested.last().unwrap()["data"]["tool_calls"][0];
    let results = json!({"tool_results": [{"tool_call_id": call["id"], "result": {"ok": true}}]});
    let path = format!("/v1/sessions/{session}/tool-results");
    let done = door.did(Method::POST, &path, results.clone(), 200).await;
    assert_eq!(done, json!({"accepted": 1, "status": "active"}));
    let rest = events.until("turn.failed").await;
    assert!(kinds(&rest).contains(&"tool.started"), "the agent's own tool is there, too");
    let error = rest.last().unwrap()["data"]["error"].as_str().unwrap();
    assert!(error.contains("2 model calls"), "{error}");
    let refused = door.did(Method::POST, &path, results, 409).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("not waiting for tool results"), "{refused}");
}

#[tokio::test]
async fn the_status_is_that_of_the_turns() {
    let door = Door::open().await;
    door.agent(vec![calls(&["ask"]), Reply { hang: true, ..Reply::default() }], vec![tool("ask", ToolKind::Client)])
        .await;
    let (session, thread) = door.session().await;
    let path = format!("/v1/sessions/{session}");
    let status = async || door.did(Method::GET, &path, Value::Null, 200).await["status"].clone();
    assert_eq!(status().await, "started");
    let mut events = Events::open(&door, &session, "?after_sequence=0").await;
    door.say(&session, "go").await;
    let call = events.until("tool.call_requested").await.pop().unwrap()["data"]["tool_calls"][0]["id"].clone();
    door.server.test.until(thread, |item| item.role() == Some(domain::message::Role::Agent)).await;
    assert_eq!(status().await, "waitingfortoolresults");
    let results = json!({"tool_results": [{"tool_call_id": call, "error": "no"}]});
    door.did(Method::POST, &format!("{path}/tool-results"), results, 200).await;
    assert_eq!(status().await, "active");
    for (body, expected) in [("{}", "cancelled"), ("null", "no_op"), ("", "no_op")] {
        let request = door.post(&format!("{path}/cancel")).header("content-type", "application/json").body(body);
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (200, &json!(expected)), "{body:?}");
        assert!(answer.json()["message"].is_string());
    }
    let idle = door.did(Method::GET, &path, Value::Null, 200).await;
    assert_eq!((&idle["status"], &idle["preview"]), (&json!("idle"), &json!("go")));
    assert!(idle["started_at"].is_string());
}

#[tokio::test]
async fn sessions_are_listed_newest_first_by_agent_and_title() {
    let door = Door::open().await;
    let agent =
        door.did(Method::POST, "/v1/agents", json!({"name": "kind", "system_prompt": ""}), 201).await["id"].clone();
    for i in 0..5 {
        let agent = if i % 2 == 0 { agent.clone() } else { Value::Null };
        door.did(Method::POST, "/v1/sessions", json!({"title": format!("Order {i}"), "agent_id": agent}), 201).await;
    }
    let list = async |query: String| {
        let page = door.did(Method::GET, &format!("/api/v1/sessions?{query}"), Value::Null, 200).await;
        let titles: Vec<String> =
            page["data"].as_array().unwrap().iter().map(|s| s["title"].as_str().unwrap().to_owned()).collect();
        (titles.join(","), page["total"].as_u64().unwrap(), page)
    };
    let (titles, total, page) = list("limit=2&offset=1".into()).await;
    assert_eq!((titles.as_str(), total), ("Order 3,Order 2", 5));
    assert_eq!(page["next_url"], "/api/v1/sessions?limit=2&offset=3");
    let (titles, total, _) = list(format!("agent_id={}", agent.as_str().unwrap())).await;
    assert_eq!((titles.as_str(), total), ("Order 4,Order 2,Order 0", 3));
    let (titles, total, _) = list("search=oRDER%203".into()).await;
    assert_eq!((titles.as_str(), total), ("Order 3", 1));
    assert_eq!(list("agent_id=agent_01933b5a0000700080000000000000ff".into()).await.1, 0);
    door.did(Method::POST, "/v1/sessions", json!({}), 201).await;
    let all = door.did(Method::GET, "/v1/sessions?search=", Value::Null, 200).await;
    assert_eq!(all["total"], 6, "an empty search leaves out nothing, a session without a title neither");
    for bad in ["limit=0", "limit=101", "limit=x", "offset=-1", "agent_id=x"] {
        assert_eq!(
            door.did(Method::GET, &format!("/v1/sessions?{bad}"), Value::Null, 400).await["code"],
            "invalid_parameter"
        );
    }
    let counted = door.did(Method::GET, "/v1/agents/kind", Value::Null, 200).await;
    assert_eq!(counted["session_count"], 3);
}

#[tokio::test]
async fn a_session_is_begun_once_for_its_key() {
    let door = Door::open().await;
    let begin = async |body: Value| {
        let request = door.post("/v1/sessions").header("idempotency-key", "k-1").json(&body);
        Answer::of(request.send().await.unwrap()).await
    };
    let (first, again) = tokio::join!(begin(json!({"title": "a"})), begin(json!({"title": "a"})));
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201));
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!(begin(json!({"title": "b"})).await.status, 409);
    assert_eq!(door.did(Method::GET, "/v1/sessions", Value::Null, 200).await["total"], 1);
}

#[tokio::test]
async fn a_removed_session_is_as_one_that_never_was() {
    let door = Door::open().await;
    let (session, _) = door.session().await;
    door.say(&session, "x").await;
    let path = format!("/v1/sessions/{session}");
    let mut events = Events::open(&door, &session, "?after_sequence=0").await;
    door.did(Method::DELETE, &path, Value::Null, 204).await;
    while events.frame().await.is_some() {}
    let unknown = "/v1/sessions/session_01933b5a0000700080000000000000ff";
    let (_, stranger) = door.server.test.other_project().await;
    let (kept, _) = door.session().await;
    for (method, rest, body) in [
        (Method::GET, "", Value::Null),
        (Method::PATCH, "", json!({"title": "x"})),
        (Method::DELETE, "", Value::Null),
        (Method::PUT, "/pin", Value::Null),
        (Method::DELETE, "/pin", Value::Null),
        (Method::POST, "/cancel", json!({})),
        (Method::POST, "/fork", json!({})),
        (Method::GET, "/export", Value::Null),
        (Method::GET, "/events", Value::Null),
        (Method::POST, "/tool-results", json!({"tool_results": [{"tool_call_id": "x"}]})),
    ] {
        let ask = async |id: &str, key: &str| {
            let request = door.request(method.clone(), &format!("{id}{rest}")).header("authorization", key);
            let request = if body.is_null() { request } else { request.json(&body) };
            Answer::of(request.send().await.unwrap()).await
        };
        let missing = ask(unknown, &door.server.test.key).await;
        assert_eq!(
            (missing.status.as_u16(), &missing.json()["code"]),
            (404, &json!("session_not_found")),
            "{method} {rest}"
        );
        assert_eq!(ask(&path, &door.server.test.key).await.text, missing.text, "{method} {rest}");
        assert_eq!(ask(&format!("/v1/sessions/{kept}"), &stranger).await.text, missing.text, "{method} {rest}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_named_and_changes_nothing() {
    let door = Door::open().await;
    let id = "01933b5a000070008000000000000001";
    for (body, status, fault) in [
        (json!({"agent_id": "x"}), 400, "agent_id: "),
        (json!({"agent_id": format!("agent_{id}"), "agent_name": "a"}), 400, "agent_name: "),
        (json!({"agent_id": format!("agent_{id}")}), 404, "Agent not found"),
        (json!({"agent_name": "nobody"}), 404, "Agent not found"),
        (json!({"model_id": format!("model_{id}")}), 404, "Model not found"),
        (json!({"model_id": "x"}), 400, "model_id: "),
        (json!({"harness_id": format!("harness_{id}")}), 404, "Harness not found"),
        (json!({"title": " "}), 400, "title: "),
        (json!({"title": "x".repeat(501)}), 400, "title: "),
        (json!({"locale": "u k"}), 400, "locale: "),
        (json!({"tags": ["a\nb"]}), 400, "tags.0: "),
        (json!({"max_iterations": 0}), 400, "max_iterations: "),
        (json!({"system_prompt": "x".repeat(262_145)}), 400, "system_prompt: "),
        (json!({"hints": []}), 400, "hints: "),
        (json!([]), 400, "expected an object"),
    ] {
        let refused = door.did(Method::POST, "/v1/sessions", body.clone(), status).await;
        assert!(refused["detail"].as_str().unwrap().starts_with(fault), "{body}: {refused}");
    }
    assert_eq!(door.did(Method::GET, "/v1/sessions", Value::Null, 200).await["total"], 0);
    let (session, thread) = door.session().await;
    let path = format!("/v1/sessions/{session}");
    for body in [json!({"title": ""}), json!({"locale": "u k"}), json!({"tags": [""]})] {
        door.did(Method::PATCH, &path, body, 400).await;
    }
    assert_eq!(door.last_seq(thread).await, 1);
}

#[tokio::test]
async fn an_export_has_a_line_for_each_message_of_users_and_agents() {
    let door = Door::open().await;
    door.agent(vec![calls(&["look"]), text("done")], vec![tool("look", ToolKind::Scripted)]).await;
    let (session, thread): (String, ThreadId) = door.session().await;
    for i in 0..20 {
        let sent = door.send(&session, &said(&format!("message {i}"))).await;
        assert_eq!(sent.status, 201);
        door.server.test.settle(thread).await;
    }
    let path = format!("/v1/sessions/{session}/export");
    let file = door.call(Method::GET, &path, None).await;
    assert_eq!((file.status.as_u16(), file.content_type.as_str()), (200, "application/x-ndjson"));
    assert_eq!(file.headers["content-disposition"], format!("attachment; filename=\"{session}.jsonl\""));
    let lines: Vec<Value> = file.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected: Vec<Value> =
        door.list(&session).await.into_iter().filter(|message| message["role"] != "tool_result").collect();
    assert_eq!((lines.len(), &lines), (60, &expected));
    for bad in ["segmented=true", "cursor=x", "format=nothing"] {
        door.did(Method::GET, &format!("{path}?{bad}"), Value::Null, 400).await;
    }
}

#[tokio::test]
async fn what_some_readers_take_for_a_lines_end_stands_in_no_line_of_a_stream_or_an_export() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let text = "a\u{2028}b\u{2029}c\u{85}d";
    assert_eq!(door.send(&session, &said(text)).await.status, 201);
    door.server.test.settle(thread).await;
    let file = door.call(Method::GET, &format!("/v1/sessions/{session}/export"), None).await;
    assert!(!file.text.contains(['\u{2028}', '\u{2029}', '\u{85}']), "{}", file.text);
    let first: Value = serde_json::from_str(file.text.lines().next().unwrap()).unwrap();
    assert_eq!(first["content"][0]["text"], text);
    let sse = format!("/v1/sessions/{session}/sse?after_sequence=0");
    let mut stream = door.get(&sse).send().await.unwrap();
    let mut seen = String::new();
    while !seen.contains("turn.completed") {
        seen += &String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap());
    }
    assert!(seen.contains("a\\u2028b\\u2029c\\u0085d") && !seen.contains(['\u{2028}', '\u{2029}', '\u{85}']), "{seen}");
}
