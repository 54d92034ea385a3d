//! Capy.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Api, Message, array, id, json as answer};
use crate::{
    history::{Listed, Speaker},
    server::KEY,
};

pub fn send(api: &Api, message: &Message) -> RequestBuilder {
    let path = format!("/api/v1/threads/jam_{}/message", message.thread.simple());
    api.post(&path).bearer_auth(KEY).json(&json!({ "message": message.text, "messageId": message.key }))
}

/// `cursor` is a part of the query, or nothing.
pub fn page(api: &Api, thread: Uuid, cursor: &str) -> RequestBuilder {
    api.get(&format!("/api/v1/threads/jam_{}/messages?limit=20{cursor}", thread.simple())).bearer_auth(KEY)
}

pub async fn list(api: &Api, thread: Uuid) -> Result<Vec<Listed>, String> {
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = answer(page(api, thread, &cursor)).await?;
        listed.extend(items(&page));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    listed.reverse();
    Ok(listed)
}

/// A page's messages, newest first.
pub fn items(page: &Value) -> Vec<Listed> {
    let listed = |item: &Value| {
        let speaker = if item["source"] == "user" { Speaker::Person } else { Speaker::Agent };
        Some(Listed { id: id(&item["id"])?, speaker, text: item["content"].as_str()?.into() })
    };
    array(&page["items"]).iter().filter_map(listed).collect()
}
