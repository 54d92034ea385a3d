//! The native API.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Api, Message, array, id, json as answer, text};
use crate::{
    history::{Delta, Entry, Listed, Said, Seen, Speaker},
    server::KEY,
    sse::Event,
};

pub fn send(api: &Api, message: &Message) -> RequestBuilder {
    let mut body = json!({ "text": message.text });
    if let Some(policy) = message.when_busy {
        body["when_busy"] = policy.into();
    }
    let request = api.post(&path(message.thread, "/messages")).bearer_auth(KEY);
    if message.key_in_body {
        body["client_id"] = message.key.as_str().into();
        request.json(&body)
    } else {
        request.header("idempotency-key", &message.key).json(&body)
    }
}

pub async fn list(api: &Api, thread: Uuid) -> Result<Vec<Listed>, String> {
    let messages = all(api, &path(thread, "/messages")).await?;
    let listed = |message: &Value| {
        let speaker = match message["role"].as_str()? {
            "user" => Speaker::Person,
            "agent" => Speaker::Agent,
            _ => Speaker::Tool,
        };
        Some(Listed { id: id(&message["id"])?, speaker, text: text(&message["content"]) })
    };
    messages.iter().map(|message| listed(message).ok_or_else(|| message.to_string())).collect()
}

/// An agent of these settings and name.
pub async fn agent(api: &Api, settings: Value) -> Result<(), String> {
    answer(api.post("/threadline/v1/agents").bearer_auth(KEY).json(&settings)).await.map(drop)
}

pub async fn thread(api: &Api, agent: &str) -> Result<Uuid, String> {
    let made = answer(api.post("/threadline/v1/threads").bearer_auth(KEY).json(&json!({ "agent": agent }))).await?;
    id(&made["id"]).ok_or_else(|| made.to_string())
}

/// Whether no turn of the thread is open, and its newest entry.
pub async fn rests(api: &Api, thread: Uuid) -> Result<(bool, i64), String> {
    let thread = answer(api.get(&path(thread, "")).bearer_auth(KEY)).await?;
    let rests = thread["run"] == json!({ "running": false, "waiting": false, "queued": 0 });
    Ok((rests, thread["last_seq"].as_i64().ok_or_else(|| thread.to_string())?))
}

/// The tokens that the thread's model calls used, and the number of months in which they were made.
pub async fn spent(api: &Api, thread: Uuid) -> Result<(u64, u64), String> {
    let thread = answer(api.get(&path(thread, "")).bearer_auth(KEY)).await?;
    let tokens = &thread["usage"]["tokens"];
    let month = |time: &str| thread[time].as_str().and_then(|time| time.get(..7)).map(str::to_owned);
    let months = if month("created_at") == month("last_at") { 1 } else { 2 };
    let [input, output] = ["input", "output"].map(|bucket| tokens[bucket].as_u64());
    Ok((input.zip(output).map(|(input, output)| input + output).ok_or_else(|| thread.to_string())?, months))
}

/// Writes a last entry into the thread's log; its number.
pub async fn mark_end(api: &Api, thread: Uuid) -> Result<i64, String> {
    let request = api.http.patch(format!("{}{}", api.url, path(thread, ""))).bearer_auth(KEY);
    let marked = answer(request.json(&json!({ "title": "the end" }))).await?;
    marked["last_seq"].as_i64().ok_or_else(|| marked.to_string())
}

pub async fn log(api: &Api, thread: Uuid) -> Result<Vec<Entry>, String> {
    let entries = all(api, &path(thread, "/events")).await?;
    entries.into_iter().map(|whole| entry(&whole).ok_or_else(|| whole.to_string())).collect()
}

/// The thread's turns with their states.
pub async fn turns(api: &Api, thread: Uuid) -> Result<Vec<(Uuid, String)>, String> {
    let turns = all(api, &path(thread, "/turns")).await?;
    turns.iter().map(|turn| id(&turn["id"]).zip(state(turn)).ok_or_else(|| turn.to_string())).collect()
}

pub fn cancel(api: &Api, thread: Uuid, turn: Uuid) -> RequestBuilder {
    api.post(&path(thread, &format!("/turns/{turn}/cancel"))).bearer_auth(KEY)
}

pub fn cancel_all(api: &Api, thread: Uuid) -> RequestBuilder {
    api.post(&path(thread, "/cancel")).bearer_auth(KEY)
}

/// A turn's state, as an answer has it.
pub fn state(turn: &Value) -> Option<String> {
    turn["state"].as_str().map(str::to_owned)
}

pub fn tool_result(api: &Api, thread: Uuid, turn: Uuid, call: &str) -> RequestBuilder {
    let result = json!({ "results": [{ "tool_call_id": call, "result": "yes" }] });
    let key = format!("{turn}-{call}");
    api.post(&path(thread, "/tool-results")).bearer_auth(KEY).header("idempotency-key", key).json(&result)
}

/// The stream of a thread's events, behind the last position.
pub fn follow(api: &Api, thread: Uuid, last: Option<&str>, by_header: bool) -> RequestBuilder {
    let path = path(thread, "/events");
    let request = match last {
        Some(last) if by_header => api.get(&path).header("last-event-id", last),
        Some(last) => api.get(&format!("{path}?after={last}")),
        None => api.get(&path),
    };
    request.bearer_auth(KEY).header("accept", "text/event-stream")
}

/// What an event of the stream shows.
pub fn seen(event: &Event) -> Option<Seen> {
    let whole: Value = serde_json::from_str(&event.data).ok()?;
    if event.kind == "message.delta" {
        delta(&whole).map(Seen::Delta)
    } else {
        Some(Seen::Entry(Box::new(entry(&whole)?)))
    }
}

fn entry(whole: &Value) -> Option<Entry> {
    let data = &whole["data"];
    let said = |message: &Value| {
        let thinking = message["thinking"]["text"].as_str().unwrap_or_default().into();
        Some(Said { id: id(&message["id"])?, text: text(&message["content"]), thinking })
    };
    let call = data["call"]["id"].as_str().or(data["tool_call_id"].as_str());
    Some(Entry {
        seq: whole["seq"].as_i64()?,
        kind: whole["type"].as_str()?.into(),
        at: whole["at"].as_str()?.into(),
        turn: id(&whole["turn"]),
        attempt: data["attempt"].as_i64(),
        step: data["reads"].as_i64().zip(id(&data["message"])),
        said: said(&data["message"]),
        call: call.map(str::to_owned),
        whole: whole.clone(),
    })
}

fn delta(whole: &Value) -> Option<Delta> {
    let data = &whole["data"];
    Some(Delta {
        position: (whole["seq"].as_i64()?, whole["n"].as_i64()?),
        turn: id(&whole["turn"])?,
        message: id(&data["message"])?,
        attempt: data["attempt"].as_i64()?,
        thinking: data["kind"] == "thinking",
        offset: data["offset"].as_u64()? as usize,
        text: data["text"].as_str()?.into(),
    })
}

fn path(thread: Uuid, rest: &str) -> String {
    format!("/threadline/v1/threads/{thread}{rest}")
}

/// A whole list, page by page.
async fn all(api: &Api, path: &str) -> Result<Vec<Value>, String> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = answer(api.get(&format!("{path}?limit=1000{cursor}")).bearer_auth(KEY)).await?;
        items.extend_from_slice(array(&page["data"]));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(items),
        }
    }
}
