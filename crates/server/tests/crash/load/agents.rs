//! The agents that the load talks to. Each repeats what it is told, in small pieces.

use serde_json::{Value, json};

use super::peer::WIRES;

/// An agent of the load.
pub struct Agent {
    pub settings: Value,
    /// Number of its threads.
    pub threads: usize,
    /// The beginning of each message to it.
    pub asks: &'static str,
}

/// Agents with a script.
pub fn scripted() -> Vec<Agent> {
    let agents = [(talk(), 3), (work(), 3), (ask(), 2)];
    agents.into_iter().map(|(settings, threads)| Agent { settings, threads, asks: "" }).collect()
}

/// Two agents for each wire, whose models call the tools that the message names.
pub fn on_wires() -> Vec<Agent> {
    let of = |kind: &str, wire: &str, model: &str, mut settings: Value, asks| {
        settings["name"] = format!("{kind}-{wire}").into();
        settings["model"] = model.into();
        settings.as_object_mut().expect("an object").remove("script");
        Agent { settings, threads: 1, asks }
    };
    let agents = WIRES.iter().flat_map(|(wire, _, model)| {
        let work = of("work", wire, model, work(), "use look,order: ");
        [work, of("ask", wire, model, ask(), "use confirm,look: ")]
    });
    agents.collect()
}

/// Thinks, then answers.
fn talk() -> Value {
    let answer = json!({ "echo": true, "chunks": 20, "delay_ms": 8, "thinking": "What was that again? Let me think." });
    json!({ "name": "talk", "model": "scripted", "script": [answer] })
}

/// Runs two tools of the server, one of which must not run twice.
fn work() -> Value {
    let calls = json!([{ "name": "look", "arguments": { "at": "it" } }, { "name": "order", "arguments": {} }]);
    json!({
        "name": "work",
        "model": "scripted",
        "script": [
            { "echo": true, "chunks": 4, "delay_ms": 10, "tool_calls": calls },
            { "echo": true, "chunks": 20, "delay_ms": 12 },
        ],
        "tools": [
            { "name": "look", "kind": "scripted", "delay_ms": 80, "repeat_safe": true },
            { "name": "order", "kind": "scripted", "delay_ms": 140, "result": "done" },
        ],
    })
}

/// Calls a tool of the client's beside one of the server's.
fn ask() -> Value {
    let calls = json!([{ "name": "confirm", "arguments": {} }, { "name": "look", "arguments": {} }]);
    json!({
        "name": "ask",
        "model": "scripted",
        "script": [{ "echo": true, "tool_calls": calls }, { "echo": true, "chunks": 20, "delay_ms": 12 }],
        "tools": [
            { "name": "confirm", "kind": "client" },
            { "name": "look", "kind": "scripted", "delay_ms": 60, "repeat_safe": true },
        ],
    })
}
