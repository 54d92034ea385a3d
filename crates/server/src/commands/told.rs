//! Messages and events in lines for people.

use serde_json::Value;

use crate::{client::Event, columns::plain, output::field};

/// Longest printed arguments or result of a tool, in characters.
const TOOL_CHARS: usize = 300;

/// A message in several lines: its position, who spoke and when, then its parts.
pub fn message(message: &Value) -> String {
    let parts = message["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    let lines: String = parts.iter().flat_map(part).map(|line| format!("  {line}\n")).collect();
    let interrupted = if message["interrupted"] == true { "  (interrupted)" } else { "" };
    let (seq, at) = (field(message, "seq"), time(message, "created_at"));
    format!("{seq}  {}  {at}{interrupted}\n{lines}", speaker(message))
}

/// An event in one or more lines. Empty for what only programs need.
pub fn event(event: &Event) -> String {
    let data = &event.data["data"];
    let said = |message: &Value| {
        let parts = message["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        let lines: Vec<String> = parts.iter().flat_map(part).collect();
        format!("{}: {}", speaker(message), lines.join("\n                          "))
    };
    let text = match event.kind.as_str() {
        "message.delta" => return String::new(),
        "message.created" => said(&data["message"]),
        "message.completed" => said(&data["message"]) + &cost(&data["record"]),
        "tool.called" => called(data),
        "tool.completed" => returned(data),
        "model.missing" => format!("no model is connected: echo answered in the place of {}", field(data, "model")),
        "turn.started" => "turn started".into(),
        "step.started" => format!("asks {}", field(data, "model")),
        "turn.attempt" => format!("turn goes on, attempt {}", field(data, "attempt")),
        "turn.completed" => format!("turn completed: {}", ended(data)),
        "turn.failed" => format!("turn failed: {} ({})", field(data, "reason"), field(data, "code")),
        "turn.cancelled" => format!("turn cancelled: {}", field(data, "reason")),
        "thread.updated" | "message.updated" => {
            format!("{} {}", event.kind.replace('.', " "), shortened(&data["changed"].to_string()))
        }
        kind if data.as_object().is_none_or(serde_json::Map::is_empty) => kind.replace('.', " "),
        kind => format!("{} {}", kind.replace('.', " "), shortened(&data.to_string())),
    };
    format!("{:<6} {}  {text}\n", event.id.as_deref().unwrap_or("-"), time(&event.data, "at"))
}

/// The time of day, in UTC.
fn time(thing: &Value, name: &str) -> String {
    let at = field(thing, name);
    at.split_once('T').map_or(at.clone(), |(_, time)| time.chars().take(8).collect())
}

/// The speaker of a message, in words.
fn speaker(message: &Value) -> String {
    let author = &message["author"];
    match (message["role"].as_str(), author["kind"].as_str()) {
        (Some("tool"), _) => "tool".into(),
        (Some("agent"), _) if message.get("model").is_some() => format!("agent ({})", field(message, "model")),
        (_, Some("member")) => field(author, "email"),
        (_, Some("customer")) => match author.get("address") {
            Some(_) => format!("customer {}", field(author, "address")),
            None => format!("customer {}", field(author, "customer")),
        },
        (_, Some("key")) => "program".into(),
        (_, Some(kind)) => plain(kind),
        (role, None) => plain(role.unwrap_or("-")),
    }
}

/// A part of a message in lines.
fn part(part: &Value) -> Vec<String> {
    match part["type"].as_str() {
        Some("text") => part["text"].as_str().unwrap_or_default().lines().map(plain).collect(),
        Some("thinking") => vec![format!("({} characters of thinking)", count(&part["text"]))],
        Some("tool_call") => vec![format!("calls {}", call(part))],
        Some("tool_result") => vec![format!("{} → {}", field(part, "tool_call_id"), result(part))],
        Some("link") => vec![format!("[{}]", field(part, "url"))],
        Some("file") => vec![format!("[{}, {} bytes]", field(part, "name"), field(part, "size_bytes"))],
        _ => vec![format!("[{}]", field(part, "type"))],
    }
}

fn count(text: &Value) -> usize {
    text.as_str().map_or(0, |text| text.chars().count())
}

/// A call: the tool's name with its arguments.
fn call(call: &Value) -> String {
    format!("{}({})", field(call, "name"), shortened(&call["arguments"].to_string()))
}

fn called(data: &Value) -> String {
    let waits = if data["kind"] == "client" {
        format!(", waits for the result of {}", field(data, "call.id"))
    } else {
        String::new()
    };
    format!("calls {}{waits}", call(&data["call"]))
}

fn returned(data: &Value) -> String {
    let parts = data["message"]["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = parts.iter().find(|part| part["type"] == "tool_result").map_or_else(String::new, result);
    format!("{} → {found}", field(data, "name"))
}

fn result(part: &Value) -> String {
    match (part.get("result"), part.get("error")) {
        (_, Some(Value::String(error))) => format!("error: {}", shortened(error)),
        (Some(Value::String(text)), _) => shortened(text),
        (Some(other), _) => shortened(&other.to_string()),
        (None, _) => "-".into(),
    }
}

/// Tokens and money of a model call, as far as they are known.
fn cost(record: &Value) -> String {
    let tokens = |name: &str| record["usage"][name].as_u64().unwrap_or(0);
    let input = tokens("input") + tokens("cache_read") + tokens("cache_write");
    match (record["usage"].is_object(), record["cost_usd"].as_str()) {
        (false, _) => String::new(),
        (true, None) => format!("  ({input} tokens read, {} written)", tokens("output")),
        (true, Some(usd)) => format!("  ({input} tokens read, {} written, {} $)", tokens("output"), plain(usd)),
    }
}

fn ended(data: &Value) -> String {
    let seconds = data["duration_ms"].as_f64().unwrap_or(0.0) / 1_000.0;
    let counted = |count: &Value, noun: &str| match count.as_u64().unwrap_or(0) {
        1 => format!("1 {noun}"),
        n => format!("{n} {noun}s"),
    };
    let calls = counted(&data["tool_calls"], "tool call");
    format!("{}, {calls}, {seconds:.1} s", counted(&data["steps"], "model call"))
}

fn shortened(text: &str) -> String {
    let text = plain(text);
    match text.char_indices().nth(TOOL_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::client::Answer;

    use super::*;

    #[test]
    fn a_message_says_who_spoke_and_what() {
        let said = json!({
            "seq": 5, "role": "agent", "author": {"kind": "agent"}, "model": "gpt-5.5", "created_at": "2026-11-30T10:02:13.120000Z",
            "content": [
                {"type": "thinking", "text": "hmm"},
                {"type": "text", "text": "One\ntwo \u{1b}[31m"},
                {"type": "tool_call", "id": "c1", "name": "look", "arguments": {"a": 1}},
            ],
            "interrupted": true,
        });
        let shown = "5  agent (gpt-5.5)  10:02:13  (interrupted)\n  (3 characters of thinking)\n  One\n  two  [31m\n  calls look({\"a\":1})\n";
        assert_eq!(message(&said), shown);
    }

    #[test]
    fn an_event_is_a_line() {
        let line = |kind: &str, data: Value| {
            let data = json!({"at": "2026-11-30T10:02:13.120000Z", "data": data});
            let event = Event { id: Some("7".into()), kind: kind.into(), data: Answer::of(data.into()) };
            super::event(&event)
        };
        let called = json!({"kind": "client", "call": {"id": "c1", "name": "ask", "arguments": {}}});
        assert_eq!(line("tool.called", called), "7      10:02:13  calls ask({}), waits for the result of c1\n");
        let ended = json!({"steps": 2, "tool_calls": 1, "duration_ms": 1840});
        assert_eq!(
            line("turn.completed", ended),
            "7      10:02:13  turn completed: 2 model calls, 1 tool call, 1.8 s\n"
        );
        assert_eq!(line("thread.reopened", json!({})), "7      10:02:13  thread reopened\n");
        assert_eq!(line("message.delta", json!({"text": "x"})), "");
    }
}
