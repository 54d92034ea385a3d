//! The agents that the load talks to. Each repeats what it is told, streamed in 20 pieces.

use serde_json::{Value, json};

/// How many threads each agent has.
pub const THREADS: [(&str, usize); 3] = [("talk", 3), ("work", 3), ("ask", 2)];

pub fn all() -> [Value; 3] {
    [talk(), work(), ask()]
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
