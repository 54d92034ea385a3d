//! Anthropic's Messages, as strict as the vendor is.

use domain::message::is_blank;
use serde_json::{Value, json};

use super::{
    memory::Memory,
    pictures::demand_pictures,
    plan::{Act, Outcome, Plan, halves},
    rules::{Asked, Complaint, Told, Vendor, demand, demand_name, demand_unique, list, text},
};

pub(super) struct Anthropic;

const NAME_MAX: usize = 128;
/// Most marks of the cache in a request.
const MARKS_MAX: usize = 4;

impl Vendor for Anthropic {
    fn wire(&self) -> &'static str {
        "anthropic"
    }

    fn pauses(&self) -> bool {
        true
    }

    fn read(&self, _path: &str, body: &Value, memory: &Memory) -> Result<Asked, Complaint> {
        let model = text(body, "model");
        demand_settings(body)?;
        let messages = list(body, "messages");
        demand(!messages.is_empty(), || "messages: at least one message is required".into())?;
        for (place, message) in messages.iter().enumerate() {
            let role = if place % 2 == 0 { "user" } else { "assistant" };
            demand(text(message, "role") == role, || format!("messages.{place}: this message must be of the {role}"))?;
            let content = list(message, "content");
            demand(!content.is_empty(), || format!("messages.{place}: content must be non-empty"))?;
            content.iter().try_for_each(demand_block)?;
            let before = place.checked_sub(1).map_or(&[][..], |before| list(&messages[before], "content"));
            if role == "user" { demand_results(before, content)? } else { demand_answer(model, content, memory)? }
        }
        let all = || messages.iter().flat_map(|message| list(message, "content"));
        demand_unique(ids(all(), "tool_use", "id"), "`tool_use` ids")?;
        let sources = all().filter(|block| text(block, "type") == "image").filter_map(|block| block.get("source"));
        let inline = sources.filter(|source| text(source, "type") == "base64");
        demand_pictures(inline.map(|source| (text(source, "media_type"), text(source, "data"))))?;
        let last = messages.last().map_or(&[][..], |message| list(message, "content"));
        demand(ids(last, "tool_use", "id").next().is_none(), || {
            "the conversation must end with a user message".into()
        })?;
        let is_text = |message: &Value| text(message, "role") == "user" && newest_text(message).is_some();
        let newest = messages.iter().rposition(is_text).unwrap_or_default();
        let said = newest_text(&messages[newest]).unwrap_or_default();
        let round = messages[newest..].iter().filter(|message| text(message, "role") == "assistant").count();
        Ok(Asked { model: model.into(), text: said.into(), round, encrypted: false })
    }

    fn tell(&self, asked: &Asked, plan: &Plan, sign: &mut dyn FnMut(&str) -> String) -> Told {
        let usage = json!({"input_tokens": 10, "output_tokens": 1});
        let start = json!({"id": "msg_1", "role": "assistant", "model": asked.model, "content": [], "usage": usage});
        let mut events = vec![json!({"type": "message_start", "message": start}), json!({"type": "ping"})];
        let mut blocks = Vec::new();
        for act in &plan.acts {
            tell_act(act, sign, &mut events, &mut blocks);
        }
        let details = json!({"type": "refusal", "category": "cyber", "explanation": "The strict peer refuses."});
        let (reason, details) = match plan.outcome {
            Outcome::Refusal => ("refusal", details),
            Outcome::Pause => ("pause_turn", Value::Null),
            Outcome::End | Outcome::Overloaded | Outcome::Cut if plan.has_calls() => ("tool_use", Value::Null),
            Outcome::End | Outcome::Overloaded | Outcome::Cut => ("end_turn", Value::Null),
        };
        match plan.outcome {
            Outcome::Cut => {}
            Outcome::Overloaded => {
                events.push(json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}));
            }
            Outcome::End | Outcome::Pause | Outcome::Refusal => {
                let delta = json!({"stop_reason": reason, "stop_sequence": null, "stop_details": details});
                events.push(json!({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 20}}));
                events.push(json!({"type": "message_stop"}));
            }
        }
        let events = events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", text(event, "type")));
        Told { events: events.collect(), blocks }
    }

    fn error(&self, _status: u16, code: &str, words: &str) -> Value {
        json!({"type": "error", "error": {"type": code, "message": words}})
    }

    fn error_event(&self, status: u16, code: &str, words: &str) -> String {
        format!("event: error\ndata: {}\n\n", self.error(status, code, words))
    }
}

fn demand_settings(body: &Value) -> Result<(), Complaint> {
    let most = body.get("max_tokens").and_then(Value::as_u64).unwrap_or_default();
    demand(most > 0, || "max_tokens: Field required".into())?;
    if let Some(budget) = body.pointer("/thinking/budget_tokens").and_then(Value::as_u64) {
        demand((1_024..most).contains(&budget), || "thinking.budget_tokens: at least 1024, below max_tokens".into())?;
    }
    let tools = list(body, "tools");
    for tool in tools {
        demand_name(text(tool, "name"), NAME_MAX)?;
        let kind = tool.pointer("/input_schema/type").and_then(Value::as_str);
        demand(kind == Some("object"), || "tools: input_schema.type: Input should be 'object'".into())?;
    }
    demand_unique(tools.iter().map(|tool| text(tool, "name")), "Tool names")?;
    list(body, "system").iter().try_for_each(demand_block)?;
    let marks = body.to_string().matches(r#""cache_control":"#).count();
    demand(marks <= MARKS_MAX, || format!("A maximum of 4 blocks with cache_control may be provided. Found {marks}."))
}

fn demand_block(block: &Value) -> Result<(), Complaint> {
    match text(block, "type") {
        "text" => {
            demand(!is_blank(text(block, "text")), || "text content blocks must contain non-whitespace text".into())
        }
        "tool_use" => {
            demand_name(text(block, "id"), NAME_MAX)?;
            demand_name(text(block, "name"), NAME_MAX)?;
            demand(block.get("input").is_some_and(Value::is_object), || {
                "tool_use.input: Input should be an object".into()
            })
        }
        "tool_result" => {
            let is_error = block.get("is_error") == Some(&Value::Bool(true));
            let has_words = !text(block, "content").is_empty() || !list(block, "content").is_empty();
            demand(!is_error || has_words, || "tool_result: content cannot be empty if `is_error` is true".into())
        }
        "" => Err("content: a block lacks its type".to_owned().into()),
        _ => Ok(()),
    }
}

fn demand_answer(model: &str, content: &[Value], memory: &Memory) -> Result<(), Complaint> {
    let by = format!("anthropic {model}");
    for block in content {
        let signature = match text(block, "type") {
            "thinking" => text(block, "signature"),
            "redacted_thinking" => text(block, "data"),
            _ => continue,
        };
        demand(memory.is_signed(&by, signature), || "Invalid `signature` in `thinking` block".into())?;
    }
    let kinds: Vec<&str> = content.iter().map(|block| text(block, "type")).collect();
    let ends_thinking = kinds.last().is_some_and(|kind| kind.ends_with("thinking"));
    demand(!ends_thinking, || "The final block in an assistant message cannot be `thinking`.".into())?;
    let calls_from = kinds.iter().position(|kind| *kind == "tool_use").unwrap_or(kinds.len());
    demand(!kinds[calls_from..].contains(&"text"), || "`tool_use` blocks cannot be followed by text".into())?;
    memory.compare(&by, content).map_err(|words| format!("`thinking` blocks cannot be modified: {words}").into())
}

/// Holds that the results of all calls of the message before stand first in this one, and no others.
fn demand_results(before: &[Value], content: &[Value]) -> Result<(), Complaint> {
    let is_result = |block: &&Value| text(block, "type") == "tool_result";
    let first = content.iter().take_while(is_result).count();
    demand(first == content.iter().filter(is_result).count(), || "`tool_result` blocks must come first".into())?;
    let calls: Vec<&str> = ids(before, "tool_use", "id").collect();
    let results: Vec<&str> = ids(content, "tool_result", "tool_use_id").collect();
    demand_unique(results.iter().copied(), "each `tool_use` must have a single result, and `tool_use_id`s")?;
    if let Some(id) = calls.iter().find(|id| !results.contains(id)) {
        return Err(format!("`tool_use` ids were found without `tool_result` blocks immediately after: {id}").into());
    }
    match results.iter().find(|id| !calls.contains(id)) {
        Some(id) => Err(format!("unexpected `tool_use_id` found in `tool_result` blocks: {id}").into()),
        None => Ok(()),
    }
}

fn ids<'b>(blocks: impl IntoIterator<Item = &'b Value>, kind: &str, name: &str) -> impl Iterator<Item = &'b str> {
    blocks.into_iter().filter(move |block| text(block, "type") == kind).map(move |block| text(block, name))
}

fn newest_text(message: &Value) -> Option<&str> {
    ids(list(message, "content"), "text", "text").last()
}

fn tell_act(act: &Act, sign: &mut dyn FnMut(&str) -> String, events: &mut Vec<Value>, blocks: &mut Vec<Value>) {
    let (begun, deltas, block) = match act {
        Act::Think(thought) => {
            let signature = sign("signature");
            let pieces = halves(thought).map(|piece| json!({"type": "thinking_delta", "thinking": piece}));
            let deltas = pieces.into_iter().chain([json!({"type": "signature_delta", "signature": signature})]);
            let begun = json!({"type": "thinking", "thinking": "", "signature": ""});
            let block = json!({"type": "thinking", "thinking": thought, "signature": signature});
            (begun, deltas.collect(), block)
        }
        Act::Say(pieces) => {
            let deltas: Vec<Value> = pieces.iter().map(|piece| json!({"type": "text_delta", "text": piece})).collect();
            (json!({"type": "text", "text": ""}), deltas, json!({"type": "text", "text": pieces.concat()}))
        }
        Act::Call { id, name, arguments } => {
            let deltas = halves(arguments).map(|piece| json!({"type": "input_json_delta", "partial_json": piece}));
            let input: Value = serde_json::from_str(arguments).unwrap_or_else(|_| json!({}));
            let block = |input| json!({"type": "tool_use", "id": id, "name": name, "input": input});
            (block(json!({})), deltas.into(), block(input))
        }
    };
    tell_block(begun, deltas, block, events, blocks);
    if matches!(act, Act::Think(_)) && blocks.len() == 1 {
        let redacted = json!({"type": "redacted_thinking", "data": sign("redacted")});
        tell_block(redacted.clone(), Vec::new(), redacted, events, blocks);
    }
}

fn tell_block(begun: Value, deltas: Vec<Value>, block: Value, events: &mut Vec<Value>, blocks: &mut Vec<Value>) {
    let index = blocks.len();
    events.push(json!({"type": "content_block_start", "index": index, "content_block": begun}));
    let deltas = deltas.into_iter().map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta}));
    events.extend(deltas);
    events.push(json!({"type": "content_block_stop", "index": index}));
    blocks.push(block);
}
