//! Everruns.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Api, Message, array, id, json as answer, text};
use crate::{
    history::{EverrunsEvent, Listed, Speaker},
    server::KEY,
    sse::Event,
};

pub fn send(api: &Api, message: &Message) -> RequestBuilder {
    let content = json!([{ "type": "text", "text": message.text }]);
    let body = json!({ "message": { "content": content }, "client_message_id": message.key });
    api.post(&path(message.thread, "messages")).header("authorization", KEY).json(&body)
}

pub async fn list(api: &Api, thread: Uuid) -> Result<Vec<Listed>, String> {
    let list = answer(api.get(&path(thread, "messages")).header("authorization", KEY)).await?;
    let item = |message: &Value| {
        let speaker = match message["role"].as_str()? {
            "user" => Speaker::Person,
            "agent" => Speaker::Agent,
            _ => Speaker::Tool,
        };
        Some(Listed { id: id(&message["id"])?, speaker, text: text(&message["content"]) })
    };
    Ok(array(&list["data"]).iter().filter_map(item).collect())
}

/// The stream of a session from its start, or behind the last event: by the id of any event, or by the last SSE id.
pub fn follow(api: &Api, thread: Uuid, since: Option<&str>, header: Option<&str>) -> RequestBuilder {
    let since = since.map(|id| format!("&since_id={id}")).unwrap_or_default();
    let request = api.get(&path(thread, &format!("sse?after_sequence=0{since}"))).header("authorization", KEY);
    match header {
        Some(id) => request.header("last-event-id", id),
        None => request,
    }
}

/// What an event of the stream shows; `None` for those that only manage the connection.
pub fn event(event: &Event) -> Option<EverrunsEvent> {
    let whole: Value = serde_json::from_str(&event.data).ok()?;
    let data = &whole["data"];
    let piece = id(&data["message_id"]).zip(data["accumulated"].as_str()).map(|(id, text)| (id, text.to_owned()));
    Some(EverrunsEvent {
        id: whole["id"].as_str()?.into(),
        kind: whole["type"].as_str()?.into(),
        sequence: whole["sequence"].as_i64(),
        turn: id(&data["turn_id"]),
        piece,
    })
}

fn path(thread: Uuid, rest: &str) -> String {
    format!("/v1/sessions/session_{}/{rest}", thread.simple())
}
