//! The Gemini API, as strict as the vendor is.

use serde_json::{Value, json};

use super::{
    memory::Memory,
    pictures::demand_pictures,
    plan::{Act, Outcome, Plan},
    rules::{Asked, Complaint, Told, Vendor, data, demand, demand_name, demand_unique, list, text},
};

pub(super) struct Gemini;

const NAME_MAX: usize = 64;
/// The documented stand-in for a signature.
const STAND_IN: &str = "skip_thought_signature_validator";

impl Vendor for Gemini {
    fn wire(&self) -> &'static str {
        "gemini"
    }

    fn read(&self, path: &str, body: &Value, memory: &Memory) -> Result<Asked, Complaint> {
        let model = path.rsplit('/').next().and_then(|last| last.split(':').next()).unwrap_or_default();
        for tool in list(body, "tools").iter().flat_map(|tools| list(tools, "functionDeclarations")) {
            demand_name(text(tool, "name"), NAME_MAX)?;
        }
        let contents = list(body, "contents");
        demand(!contents.is_empty(), || "GenerateContentRequest.contents: contents is not specified".into())?;
        for (place, content) in contents.iter().enumerate() {
            let role = if place % 2 == 0 { "user" } else { "model" };
            let turns = || "Please ensure that multiturn requests alternate between user and model, from a user on.";
            demand(text(content, "role") == role, || turns().into())?;
            let parts = list(content, "parts");
            demand(!parts.is_empty(), || format!("contents[{place}].parts: must not be empty"))?;
            parts.iter().try_for_each(demand_part)?;
            let before = place.checked_sub(1).map_or(&[][..], |before| list(&contents[before], "parts"));
            if role == "user" { demand_results(before, parts)? } else { demand_answer(model, parts, memory)? }
        }
        let parts = contents.iter().flat_map(|content| list(content, "parts"));
        let inline = parts.clone().filter_map(|part| part.get("inlineData"));
        demand_pictures(inline.map(|data| (text(data, "mimeType"), text(data, "data"))))?;
        let ids = parts.filter_map(|part| part.pointer("/functionCall/id")?.as_str());
        demand_unique(ids, "ids of function calls")?;
        demand(contents.len() % 2 == 1, || "Please ensure that the request ends with a user turn.".into())?;
        let newest = contents.iter().rposition(|content| newest_text(content).is_some()).unwrap_or_default();
        let said = newest_text(&contents[newest]).unwrap_or_default();
        Ok(Asked { model: model.into(), text: said.into(), round: (contents.len() - newest) / 2, encrypted: false })
    }

    fn tell(&self, _asked: &Asked, plan: &Plan, sign: &mut dyn FnMut(&str) -> String) -> Told {
        let mut told = Told::default();
        let mut is_signed = false;
        for act in &plan.acts {
            match act {
                Act::Think(thought) => {
                    is_signed = false;
                    tell_part(&mut told, json!({"text": thought, "thought": true}));
                }
                Act::Say(pieces) => {
                    told.events.extend(pieces.iter().map(|piece| chunk(&json!({"text": piece}), Value::Null)));
                    told.blocks.push(json!({"text": pieces.concat()}));
                }
                // The first of parallel calls has the signature, and of sequential ones each.
                Act::Call { id, name, arguments } => {
                    let args: Value = serde_json::from_str(arguments).unwrap_or_else(|_| json!({}));
                    let mut part = json!({"functionCall": {"id": id, "name": name, "args": args}});
                    if !is_signed {
                        part["thoughtSignature"] = sign("signature").into();
                    }
                    is_signed = true;
                    tell_part(&mut told, part);
                }
            }
        }
        let reason = if plan.outcome == Outcome::Refusal { "SAFETY" } else { "STOP" };
        let overloaded = json!({"code": 503, "status": "UNAVAILABLE", "message": "The model is overloaded."});
        match plan.outcome {
            Outcome::Cut => {}
            Outcome::Overloaded => told.events.push(data(&json!({"error": overloaded}))),
            Outcome::Refusal => told.events.push(chunk(&Value::Null, reason.into())),
            // The signature of a text comes last, on an empty part.
            Outcome::End | Outcome::Pause => {
                let part = if plan.has_calls() {
                    Value::Null
                } else {
                    json!({"text": "", "thoughtSignature": sign("signature")})
                };
                told.events.push(chunk(&part, reason.into()));
                told.blocks.extend((!part.is_null()).then_some(part));
            }
        }
        told
    }

    fn refusal(&self, complaint: &Complaint) -> Value {
        self.error(400, "INVALID_ARGUMENT", &complaint.words)
    }

    fn error(&self, status: u16, code: &str, words: &str) -> Value {
        json!({"error": {"code": status, "status": code, "message": words}})
    }
}

fn tell_part(told: &mut Told, part: Value) {
    told.events.push(chunk(&part, Value::Null));
    told.blocks.push(part);
}

fn chunk(part: &Value, reason: Value) -> String {
    let parts = if part.is_null() { json!([]) } else { json!([part]) };
    let mut candidate = json!({"index": 0, "content": {"role": "model", "parts": parts}});
    let mut usage = json!({"promptTokenCount": 10});
    if !reason.is_null() {
        candidate["finishReason"] = reason;
        usage["candidatesTokenCount"] = 20.into();
    }
    data(&json!({"candidates": [candidate], "usageMetadata": usage}))
}

fn demand_part(part: &Value) -> Result<(), Complaint> {
    let names = ["text", "inlineData", "functionCall", "functionResponse"];
    let kinds = names.iter().filter(|name| part.get(name).is_some()).count();
    demand(kinds == 1, || "part: exactly one field of data must be set".into())?;
    let is_empty =
        part.get("text").is_some() && text(part, "text").is_empty() && part.get("thoughtSignature").is_none();
    demand(!is_empty, || "part: the text must not be empty".into())?;
    let function = ["functionCall", "functionResponse"].iter().find_map(|name| part.get(name));
    let Some(function) = function else { return Ok(()) };
    demand_name(text(function, "name"), NAME_MAX)?;
    let content = ["args", "response"].iter().find_map(|name| function.get(name));
    demand(content.is_none_or(Value::is_object), || "the arguments and the response must be objects".into())
}

fn demand_answer(model: &str, parts: &[Value], memory: &Memory) -> Result<(), Complaint> {
    let by = format!("gemini {model}");
    let signature = |part: &Value| text(part, "thoughtSignature").to_owned();
    for own in parts.iter().map(signature).filter(|own| !own.is_empty() && own != STAND_IN) {
        demand(memory.is_signed(&by, &own), || "Thought signature is not valid.".into())?;
    }
    let first = parts.iter().find(|part| part.get("functionCall").is_some());
    let is_signed = first.is_none_or(|part| !signature(part).is_empty());
    demand(is_signed, || "Function call is missing a thought_signature in functionCall parts.".into())?;
    memory.compare(&by, parts).map_err(|words| format!("Thought signature is not valid: {words}").into())
}

/// Holds that the results of all calls of the content before stand first in this one, in the order of the calls.
fn demand_results(before: &[Value], parts: &[Value]) -> Result<(), Complaint> {
    let of = |parts: &[Value], name: &str| -> Vec<(String, String)> {
        let functions = parts.iter().filter_map(|part| part.get(name));
        functions.map(|function| (text(function, "name").to_owned(), text(function, "id").to_owned())).collect()
    };
    let (calls, results) = (of(before, "functionCall"), of(parts, "functionResponse"));
    demand(!results.is_empty() || calls.is_empty(), || {
        "Please ensure that function response turn comes immediately after a function call turn.".into()
    })?;
    demand(calls == results, || {
        let rule = "Please ensure that the function response parts equal the function call parts of the turn before";
        format!("{rule}: {calls:?}, {results:?}")
    })?;
    let first = parts.iter().take_while(|part| part.get("functionResponse").is_some()).count();
    demand(first == results.len(), || "function response parts must come first".into())
}

fn newest_text(content: &Value) -> Option<&str> {
    let is_user = text(content, "role") == "user";
    list(content, "parts").iter().rev().filter(|_| is_user).find_map(|part| part.get("text")?.as_str())
}
