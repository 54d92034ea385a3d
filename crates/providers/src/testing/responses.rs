//! OpenAI's Responses without storage, as strict as the vendor is.

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

pub(super) struct Responses;

const NAME_MAX: usize = 64;

impl Vendor for Responses {
    fn wire(&self) -> &'static str {
        "responses"
    }

    fn read(&self, _path: &str, body: &Value, memory: &Memory) -> Result<Asked, Complaint> {
        let model = text(body, "model");
        for tool in list(body, "tools") {
            demand_name(text(tool, "name"), NAME_MAX)?;
        }
        let input = list(body, "input");
        demand(!input.is_empty(), || "Missing required parameter: 'input'.".into())?;
        demand(body.get("store") == Some(&Value::Bool(false)), || {
            "this peer stores nothing: 'store' must be false".into()
        })?;
        input.iter().try_for_each(demand_item)?;
        let parts = input.iter().flat_map(|item| list(item, "content"));
        let urls = parts.filter(|part| text(part, "type") == "input_image").map(|part| text(part, "image_url"));
        demand_pictures(urls.filter_map(of_data_url))?;
        demand_turns(input)?;
        demand_results(input)?;
        demand_reasoning(model, input, memory)?;
        let newest = input.iter().rposition(|item| newest_text(item).is_some()).unwrap_or_default();
        let said = newest_text(&input[newest]).unwrap_or_default();
        let is_said = |item: &Value| text(item, "type") != "function_call_output";
        // Results and the end part one answer from the next.
        let answers = input[newest + 1..].split(|item| !is_said(item)).filter(|answer| !answer.is_empty());
        let encrypted = list(body, "include").contains(&json!("reasoning.encrypted_content"));
        Ok(Asked { model: model.into(), text: said.into(), round: answers.count(), encrypted })
    }

    fn tell(&self, asked: &Asked, plan: &Plan, sign: &mut dyn FnMut(&str) -> String) -> Told {
        let mut events =
            vec![json!({"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}})];
        let mut items: Vec<Value> = Vec::new();
        for act in &plan.acts {
            let index = items.len();
            let (begun, deltas, item) = tell_act(act, index, asked.encrypted, sign);
            events.push(json!({"type": "response.output_item.added", "output_index": index, "item": begun}));
            events.extend(deltas);
            events.push(json!({"type": "response.output_item.done", "output_index": index, "item": item}));
            items.push(item);
        }
        let (read, thought) = (json!({"cached_tokens": 0}), json!({"reasoning_tokens": 5}));
        let mut usage = json!({"input_tokens": 10, "input_tokens_details": read});
        usage["output_tokens"] = 20.into();
        usage["output_tokens_details"] = thought;
        let ended = json!({"id": "resp_1", "status": "completed", "output": items, "usage": usage});
        match plan.outcome {
            Outcome::Cut => {}
            Outcome::Overloaded => {
                let error = json!({"code": "server_is_overloaded", "message": "Overloaded"});
                let failed = json!({"id": "resp_1", "status": "failed", "error": error});
                events.push(json!({"type": "response.failed", "response": failed}));
            }
            Outcome::Refusal => {
                let words = "The strict peer refuses.";
                events.push(json!({"type": "response.refusal.delta", "output_index": 0, "delta": words}));
                events.push(json!({"type": "response.completed", "response": ended}));
            }
            Outcome::End | Outcome::Pause => events.push(json!({"type": "response.completed", "response": ended})),
        }
        let events = events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", text(event, "type"))).collect();
        // Without encrypted content nothing of the reasoning can come back.
        let is_kept = |item: &Value| asked.encrypted || text(item, "type") != "reasoning";
        Told { events, blocks: items.into_iter().filter(is_kept).map(returned).collect() }
    }

    fn error(&self, status: u16, code: &str, words: &str) -> Value {
        openai_error(status, code, words)
    }

    fn error_event(&self, _status: u16, code: &str, words: &str) -> String {
        let response = json!({"id": "resp_1", "status": "failed", "error": {"code": code, "message": words}});
        data(&json!({"type": "response.failed", "response": response}))
    }
}

/// The item as it may come back.
fn returned(mut item: Value) -> Value {
    if text(&item, "type") == "function_call" {
        item["arguments"] = sendable(text(&item, "arguments")).into();
    }
    item
}

fn demand_item(item: &Value) -> Result<(), Complaint> {
    let kind = text(item, "type");
    match kind {
        "message" => {
            let parts = list(item, "content");
            demand(!parts.is_empty(), || "input: a message has no content".into())?;
            let is_empty = |part: &Value| part.get("text").is_some() && is_blank(text(part, "text"));
            demand(!parts.iter().any(is_empty), || "input: a text is empty".into())?;
            let kind = if text(item, "role") == "assistant" { "output_text" } else { "input_" };
            let fits = parts.iter().all(|part| text(part, "type").starts_with(kind));
            demand(fits, || format!("Invalid value: a part of this role must be '{kind}'"))
        }
        "function_call" => {
            demand(!text(item, "call_id").is_empty(), || "Missing required parameter: 'input.call_id'.".into())?;
            demand_name(text(item, "name"), NAME_MAX)?;
            demand_object(text(item, "arguments"))
        }
        "function_call_output" => {
            demand(item.get("output").is_some_and(Value::is_string), || "Missing required parameter: 'output'.".into())
        }
        "reasoning" => demand(item.get("summary").is_some_and(Value::is_array), || {
            "Missing required parameter: 'input.summary'.".into()
        }),
        other => Err(format!("Invalid value: '{other}'.").into()),
    }
}

/// Holds that the user never speaks twice in a row, and speaks first.
fn demand_turns(input: &[Value]) -> Result<(), Complaint> {
    let is_user = |item: &Value| text(item, "role") == "user";
    let twice = input.windows(2).any(|pair| is_user(&pair[0]) && is_user(&pair[1]));
    demand(!twice, || "input: two user messages stand in a row".into())
}

/// Holds that the results of an answer's calls stand directly behind the answer, and no others anywhere.
fn demand_results(input: &[Value]) -> Result<(), Complaint> {
    let ids = |kind: &'static str| {
        input.iter().filter(move |item| text(item, "type") == kind).map(|item| text(item, "call_id"))
    };
    demand_unique(ids("function_call"), "call ids")?;
    demand_unique(ids("function_call_output"), "call ids of outputs")?;
    if let Some(id) = ids("function_call_output").find(|id| !ids("function_call").any(|call| call == *id)) {
        return Err(format!("No tool call found for function call output with call_id {id}.").into());
    }
    let mut open: Vec<&str> = Vec::new();
    let mut has_results = false;
    for item in input {
        match text(item, "type") {
            "function_call" if !has_results => open.push(text(item, "call_id")),
            "function_call_output" => {
                has_results = true;
                open.retain(|id| *id != text(item, "call_id"));
                has_results &= !open.is_empty();
            }
            "message" if text(item, "role") != "user" && !has_results => {}
            "reasoning" if !has_results => {}
            _ => demand_none(&open)?,
        }
    }
    demand_none(&open)
}

fn demand_none(open: &[&str]) -> Result<(), Complaint> {
    demand(open.is_empty(), || format!("No tool output found for function call {}.", open.join(", ")))
}

/// Holds that each reasoning is this model's own, and has the item that it belongs to behind it.
fn demand_reasoning(model: &str, input: &[Value], memory: &Memory) -> Result<(), Complaint> {
    let by = format!("responses {model}");
    for (place, item) in input.iter().enumerate().filter(|(_, item)| text(item, "type") == "reasoning") {
        if !memory.is_signed(&by, text(item, "encrypted_content")) {
            let words = "The encrypted content could not be verified.".to_owned();
            return Err(Complaint { code: "invalid_encrypted_content", words });
        }
        let next = input.get(place + 1).map_or("", |next| text(next, "type"));
        let is_followed = ["message", "function_call", "reasoning"].contains(&next);
        demand(is_followed, || "Item of type 'reasoning' was provided without its required following item.".into())?;
    }
    // A user may quote an answer.
    let is_own = |item: &&Value| text(item, "role") != "user" && text(item, "type") != "function_call_output";
    let own: Vec<Value> = input.iter().filter(is_own).cloned().collect();
    memory
        .compare(&by, &own)
        .map_err(|words| format!("Item was provided without its required 'reasoning' item: {words}").into())
}

/// The last text of a user's message.
fn newest_text(item: &Value) -> Option<&str> {
    let mut texts = list(item, "content").iter().filter(|part| text(part, "type") == "input_text");
    texts.next_back().filter(|_| text(item, "role") == "user").map(|part| text(part, "text"))
}

/// The item as it begins, its deltas, and the whole item.
fn tell_act(
    act: &Act,
    index: usize,
    encrypted: bool,
    sign: &mut dyn FnMut(&str) -> String,
) -> (Value, Vec<Value>, Value) {
    let delta = |kind: &str, piece: &str| json!({"type": kind, "output_index": index, "delta": piece});
    let deltas =
        |kind: &str, pieces: &[&str]| -> Vec<Value> { pieces.iter().map(|piece| delta(kind, piece)).collect() };
    match act {
        Act::Think(thought) => {
            let content = if encrypted { sign("reasoning").into() } else { Value::Null };
            let summary = json!([{"type": "summary_text", "text": thought}]);
            let of = |summary: Value, content: Value| {
                item("reasoning", index, json!({"summary": summary, "encrypted_content": content}))
            };
            let deltas = deltas("response.reasoning_summary_text.delta", &halves(thought));
            (of(json!([]), Value::Null), deltas, of(summary, content))
        }
        Act::Say(pieces) => {
            let said = json!([{"type": "output_text", "text": pieces.concat(), "annotations": []}]);
            let of = |content: Value| {
                item("message", index, json!({"role": "assistant", "phase": "commentary", "content": content}))
            };
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            (of(json!([])), deltas("response.output_text.delta", &pieces), of(said))
        }
        Act::Call { id, name, arguments } => {
            let of = |arguments: &str| {
                item("function_call", index, json!({"call_id": id, "name": name, "arguments": arguments}))
            };
            let deltas = deltas("response.function_call_arguments.delta", &halves(arguments));
            (of(""), deltas, of(arguments))
        }
    }
}

fn item(kind: &str, index: usize, mut fields: Value) -> Value {
    fields["id"] = format!("{kind}_{index}").into();
    fields["type"] = kind.into();
    fields
}
