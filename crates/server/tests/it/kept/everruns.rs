//! What Everruns' door takes, and what its agents say.

use reqwest::Method;
use serde_json::{Value, json};

use super::{World, names, shows, text, uuid};

/// What nothing here acts on.
fn kept() -> Value {
    json!({
        "capabilities": [{"ref": "web", "config": {"depth": 2}}],
        "initial_files": [{"path": "/a", "content": "x", "encoding": "text", "is_readonly": true}],
        "parallel_tool_calls": false,
        "mcpServers": {"one": {"type": "http", "url": "https://example.com/mcp"}},
        "network_access": {"allowed": ["example.com"], "blocked": []},
    })
}

fn with(mut body: Value, more: &Value) -> Value {
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    body
}

fn tools() -> Value {
    json!([
        {
            "type": "client_side", "name": "look", "description": "Looks", "parameters": {"type": "object"},
            "display_name": "Look", "category": "eyes", "hints": {"fast": true},
        },
        {"type": "builtin", "name": "shell", "description": "Runs", "parameters": {}},
    ])
}

fn tool() -> Value {
    json!([{
        "name": "look", "kind": "client", "description": "Looks", "parameters": {"type": "object"}, "repeat_safe": false,
        "extras": {"display_name": "Look", "category": "eyes", "hints": {"fast": true}},
    }])
}

async fn model(world: &World, name: &str) -> String {
    let models = world.rows("/models").await;
    let found = models.iter().find(|model| model["name"] == name).expect("a model of the catalogue");
    format!("model_{}", text(&found["id"]).replace('-', ""))
}

#[tokio::test]
async fn every_field_of_everruns_agents_and_sessions_is_seen_natively() {
    let world = World::start();
    let opus = model(&world, "claude-opus-4-8").await;
    let agent = json!({
        "name": "helper", "system_prompt": "Be kind", "display_name": "Helper", "description": "Helps",
        "default_model_id": opus, "tags": ["a"], "tools": tools(), "max_iterations": 7,
    });
    world.post("/v1/agents", with(agent, &kept())).await;
    shows(
        &world.native("/agents/helper").await,
        json!({
            "name": "helper", "instructions": "Be kind", "display_name": "Helper", "description": "Helps",
            "model": "claude-opus-4-8", "tags": ["a"], "tools": tool(), "max_steps": 7,
        }),
    );
    let extras = world.native("/agents/helper/extras").await["extras"].clone();
    shows(&extras, kept());
    assert_eq!(extras["builtin_tools"][0]["name"], "shell");

    let session = json!({
        "agent_name": "helper", "title": "Parcel", "locale": "uk-UA", "model_id": opus, "tags": ["late"],
        "tools": tools(), "system_prompt": "Be brief", "max_iterations": 3, "hints": {"depth": 1},
        "workspace_id": "ws_1", "agent_identity_id": "identity_1",
    });
    let made = world.post("/v1/sessions", with(session, &kept())).await;
    let thread = uuid(&made["id"]);
    shows(
        &world.native(&format!("/threads/{thread}")).await,
        json!({"title": "Parcel", "tags": [{"name": "late", "color": "default"}]}),
    );
    let own = world.native(&format!("/threads/{thread}/overrides")).await;
    let controls = json!({"model": "claude-opus-4-8", "locale": "uk-UA", "hints": {"depth": 1}});
    shows(
        &own,
        json!({"instructions": "Be brief", "max_steps": 3, "controls": controls, "tools": tool(), "extras": kept()}),
    );
    shows(&own["extras"], json!({"workspace_id": "ws_1", "agent_identity_id": "identity_1"}));
    let patch = json!({"title": "Two", "tags": ["b"], "locale": "de", "agent_identity_id": "identity_2"});
    world.bearer(Method::PATCH, &format!("/v1/sessions/session_{}", thread.replace('-', "")), patch).await;
    let shown = world.native(&format!("/threads/{thread}")).await;
    shows(&shown, json!({"title": "Two", "tags": [{"name": "b", "color": "default"}]}));
    let own = world.native(&format!("/threads/{thread}/overrides")).await;
    shows(&own, json!({"controls": {"locale": "de"}, "extras": {"agent_identity_id": "identity_2"}}));
    let fork = json!({"title": "Branch", "system_prompt": "Be terse"});
    let fork = world.post(&format!("/v1/sessions/session_{}/fork", thread.replace('-', "")), fork).await;
    let own = world.native(&format!("/threads/{}/overrides", uuid(&fork["id"]))).await;
    shows(&own, json!({"instructions": "Be terse", "forked_from": {"thread": thread}}));
}

#[tokio::test]
async fn every_field_of_everruns_messages_is_seen_natively() {
    let world = World::start();
    let script = json!([
        {"thinking": "Hm", "tool_calls": [{"id": "c1", "name": "look", "arguments": {"at": 1}}]},
        {"text": "Done"},
    ]);
    let patch = json!({"model": "scripted", "script": script, "tools": [{"name": "look", "kind": "client"}]});
    world.tell(Method::PATCH, "/agents/default", patch).await;
    let thread = text(&world.tell(Method::POST, "/threads", json!({})).await["id"]).to_owned();
    let session = format!("/v1/sessions/session_{}", thread.replace('-', ""));
    let opus = model(&world, "claude-opus-4-8").await;
    let part = format!("part_{}", "a".repeat(32));
    let actor = json!({"actor_id": "u1", "source": "slack", "actor_name": "Ann", "metadata": {"team": "x"}});
    let pixel = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
    let sent = json!({
        "message": {"role": "user", "content": [
            {"type": "text", "text": "Look"},
            {"type": "image", "url": "https://example.com/a.png"},
            {"type": "image", "base64": pixel, "media_type": "image/gif"},
        ]},
        "controls": {
            "model_id": opus, "reasoning": {"effort": "high"}, "locale": "uk-UA", "hints": {"depth": 1},
            "error_disclosure": "detailed", "speed": "priority", "verbosity": "low",
        },
        "metadata": {"order": 7}, "tags": ["a", "b"], "external_actor": actor, "addressed_participant_id": part,
        "client_message_id": "m-1",
    });
    world.post(&format!("{session}/messages"), sent).await;
    let called = format!("/threads/{thread}/events?types=tool.called&wait=30");
    assert_eq!(world.rows(&called).await.len(), 1);
    let results = json!({"tool_results": [{"tool_call_id": "c1", "result": {"seen": true}}]});
    world.post(&format!("{session}/tool-results"), results).await;
    world.ended(&thread, 1).await;

    let messages = world.messages(&thread).await;
    let controls = json!({
        "model": "claude-opus-4-8", "reasoning": "high", "locale": "uk-UA", "hints": {"depth": 1},
        "error_disclosure": "detailed", "speed": "priority", "verbosity": "low",
    });
    shows(
        &messages[0],
        json!({
            "controls": controls, "metadata": {"order": 7}, "tags": ["a", "b"], "external_actor": actor,
            "addressed_to": part, "client_id": "m-1", "door": "everruns",
        }),
    );
    assert_eq!(names(messages[0]["content"].as_array().expect("parts"), "type"), json!(["text", "image", "image"]));
    assert_eq!(messages[0]["content"][1]["url"], "https://example.com/a.png");
    let picture = world.native(&format!("/attachments/{}", text(&messages[0]["content"][2]["attachment"]))).await;
    shows(&picture, json!({"media_type": "image/gif", "size_bytes": 42}));
    shows(&messages[1], json!({"thinking": {"text": "Hm", "signature": "scripted_1"}}));
    let call = json!({"type": "tool_call", "id": "c1", "name": "look", "arguments": {"at": 1}});
    assert_eq!(messages[1]["content"], json!([{"type": "thinking", "text": "Hm"}, call]));
    let result = json!([{"type": "tool_result", "tool_call_id": "c1", "result": {"seen": true}}]);
    assert_eq!((&messages[2]["role"], &messages[2]["content"]), (&json!("tool"), &result));
    assert_eq!(messages[3]["content"], json!([{"type": "text", "text": "Done"}]));
}
