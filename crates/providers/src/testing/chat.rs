//! OpenAI's Chat Completions, as strict as the vendor and the strictest compatible server are.

use domain::message::is_blank;
use serde_json::{Value, json};

use super::{
    memory::Memory,
    pictures::{demand_pictures, of_data_url},
    plan::{Act, Outcome, Plan, halves},
    rules::{
        Asked, Complaint, Told, Vendor, data, demand, demand_name, demand_object, demand_unique, list, openai_error,
        sendable, text,
    },
};

pub(super) struct Chat;

const NAME_MAX: usize = 64;

impl Vendor for Chat {
    fn wire(&self) -> &'static str {
        "chat"
    }

    fn read(&self, _path: &str, body: &Value, memory: &Memory) -> Result<Asked, Complaint> {
        let model = text(body, "model");
        let messages = list(body, "messages");
        demand(!messages.is_empty(), || "messages: expected at least one message".into())?;
        for tool in list(body, "tools") {
            demand_name(tool.pointer("/function/name").and_then(Value::as_str).unwrap_or_default(), NAME_MAX)?;
        }
        for (place, message) in messages.iter().enumerate() {
            demand_message(message, place.checked_sub(1).map(|before| &messages[before]))?;
        }
        let parts = || messages.iter().flat_map(|message| list(message, "content"));
        let urls = parts().filter_map(|part| part.pointer("/image_url/url")?.as_str());
        demand_pictures(urls.filter_map(of_data_url))?;
        let said = messages.iter().filter(|message| text(message, "role") == "assistant");
        let calls = said.clone().flat_map(|message| list(message, "tool_calls")).map(|call| text(call, "id"));
        demand_unique(calls, "tool call ids")?;
        demand_results(messages)?;
        let answers: Vec<Value> = said.map(answer).collect();
        memory.compare(&format!("chat {model}"), &answers)?;
        let newest = messages.iter().rposition(|message| text(message, "role") == "user").unwrap_or_default();
        let round = messages[newest..].iter().filter(|message| text(message, "role") == "assistant").count();
        Ok(Asked { model: model.into(), text: user_text(&messages[newest]).into(), round, encrypted: false })
    }

    fn tell(&self, asked: &Asked, plan: &Plan, _sign: &mut dyn FnMut(&str) -> String) -> Told {
        let chunk = |delta: Value, finish: Value| {
            let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
            json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": asked.model, "choices": [choice]})
        };
        let mut deltas = vec![json!({"role": "assistant", "content": ""})];
        let (mut said, mut calls) = (String::new(), Vec::new());
        for act in &plan.acts {
            match act {
                Act::Think(thought) => deltas.extend(halves(thought).map(|piece| json!({"reasoning_content": piece}))),
                Act::Say(pieces) => {
                    said.push_str(&pieces.concat());
                    deltas.extend(pieces.iter().map(|piece| json!({"content": piece})));
                }
                Act::Call { id, name, arguments } => {
                    let index = calls.len();
                    let [first, rest] = halves(arguments);
                    let function = json!({"name": name, "arguments": first});
                    let begun = json!({"index": index, "id": id, "type": "function", "function": function});
                    let more = json!({"index": index, "function": {"arguments": rest}});
                    deltas.extend([begun, more].map(|call| json!({"tool_calls": [call]})));
                    calls.push(json!({"name": name, "arguments": sendable(arguments)}));
                }
            }
        }
        let mut events: Vec<String> = deltas.into_iter().map(|delta| data(&chunk(delta, Value::Null))).collect();
        let (delta, reason) = match plan.outcome {
            Outcome::Refusal => (json!({"refusal": "The strict peer refuses."}), "stop"),
            _ if plan.has_calls() => (json!({}), "tool_calls"),
            _ => (json!({}), "stop"),
        };
        let usage = json!({"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30});
        match plan.outcome {
            Outcome::Cut => {}
            Outcome::Overloaded => {
                events.push(data(&json!({"error": {"message": "Overloaded", "type": "server_error", "code": 503}})));
            }
            Outcome::End | Outcome::Pause | Outcome::Refusal => {
                events.push(data(&chunk(delta, reason.into())));
                events.push(data(&json!({"object": "chat.completion.chunk", "choices": [], "usage": usage})));
                events.push("data: [DONE]\n\n".into());
            }
        }
        Told { events, blocks: vec![json!({"content": said, "calls": calls})] }
    }

    fn error(&self, status: u16, code: &str, words: &str) -> Value {
        openai_error(status, code, words)
    }
}

/// The parts of an agent's message that have to stay as they were.
fn answer(message: &Value) -> Value {
    let calls = list(message, "tool_calls").iter().map(|call| {
        let of = |name: &str| call.pointer(&format!("/function/{name}")).cloned().unwrap_or_default();
        json!({"name": of("name"), "arguments": of("arguments")})
    });
    json!({"content": text(message, "content"), "calls": calls.collect::<Vec<_>>()})
}

/// The message's text, or the last text of its parts.
fn user_text(message: &Value) -> &str {
    let mut texts = list(message, "content").iter().filter(|part| text(part, "type") == "text");
    texts.next_back().map_or(text(message, "content"), |part| text(part, "text"))
}

fn demand_message(message: &Value, before: Option<&Value>) -> Result<(), Complaint> {
    let role = text(message, "role");
    let before = before.map_or("", |before| text(before, "role"));
    match role {
        "system" | "developer" => demand(before.is_empty(), || "System message must be at the beginning.".into()),
        "user" => {
            demand(before != "user", || "Conversation roles must alternate user/assistant/user/assistant/...".into())?;
            let shows = list(message, "content").iter().any(|part| text(part, "type") == "image_url");
            demand(shows || !is_blank(user_text(message)), || "a user message has empty content".into())
        }
        "assistant" => {
            let (content, calls) = (text(message, "content"), list(message, "tool_calls"));
            let says = if calls.is_empty() { !is_blank(content) } else { message.get("content") != Some(&json!("")) };
            demand(says, || "an assistant message has empty content".into())?;
            for call in calls {
                let of = |name: &str| call.pointer(&format!("/function/{name}")).and_then(Value::as_str);
                demand(!text(call, "id").is_empty(), || "a tool call has no id".into())?;
                demand_name(of("name").unwrap_or_default(), NAME_MAX)?;
                demand_object(of("arguments").unwrap_or_default())?;
            }
            Ok(())
        }
        "tool" => {
            demand(message.get("content").is_some_and(Value::is_string), || "a tool message has no content".into())
        }
        other => Err(format!("Invalid value: '{other}'. Supported values are: 'system', 'assistant', 'user'…").into()),
    }
}

/// Holds that the results of all calls stand directly behind them, and no others anywhere.
fn demand_results(messages: &[Value]) -> Result<(), Complaint> {
    let mut open: Vec<&str> = Vec::new();
    for message in messages {
        if text(message, "role") == "tool" {
            let id = text(message, "tool_call_id");
            let place = open.iter().position(|call| *call == id);
            let place = place.ok_or_else(|| {
                format!("messages with role 'tool' must be a response to a preceding message with 'tool_calls': {id}")
            })?;
            open.remove(place);
            continue;
        }
        demand_none(&open)?;
        open = list(message, "tool_calls").iter().map(|call| text(call, "id")).collect();
    }
    demand_none(&open)
}

fn demand_none(open: &[&str]) -> Result<(), Complaint> {
    demand(open.is_empty(), || {
        let ids = open.join(", ");
        let rule = "An assistant message with 'tool_calls' must be followed by tool messages for each of them";
        format!("{rule}. The following tool_call_ids did not have response messages: {ids}")
    })
}
