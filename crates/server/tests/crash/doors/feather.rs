//! Feather. Its sends carry no key: what was not answered may be there or not.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Api, Message, array, id, json as answer};
use crate::{
    history::{Listed, Speaker},
    server::KEY,
};

pub fn send(api: &Api, message: &Message) -> RequestBuilder {
    api.post(&path(message.thread)).header("x-api-key", KEY).json(&json!({ "message": message.text }))
}

pub async fn list(api: &Api, thread: Uuid) -> Result<Vec<Listed>, String> {
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let query = format!("{}?limit=100{cursor}", path(thread));
        let page = answer(api.get(&query).header("x-api-key", KEY)).await?;
        listed.extend(array(&page["thread"]["messages"]).iter().filter_map(item));
        match page["thread"]["pagination"]["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    listed.reverse();
    Ok(listed)
}

fn item(message: &Value) -> Option<Listed> {
    let speaker = if message["direction"] == "INBOUND" { Speaker::Person } else { Speaker::Agent };
    Some(Listed { id: id(&message["id"])?, speaker, text: message["messageBody"].as_str()?.into() })
}

fn path(thread: Uuid) -> String {
    format!("/api/v1/threads/{thread}/messages")
}
