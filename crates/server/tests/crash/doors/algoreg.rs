//! Algoreg, as a customer who writes in.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Api, Message, array, id, json as answer};
use crate::{
    history::{Listed, Speaker},
    server::KEY,
};

const PAGE: usize = 100;

pub fn send(api: &Api, message: &Message) -> RequestBuilder {
    api.post("/api/v1/message").bearer_auth(KEY).json(&json!({
        "thread_id": message.thread,
        "ext_msg_id": message.key,
        "from_customer_id": "customer-1",
        "from": "customer@example.com",
        "content": message.text,
    }))
}

pub async fn list(api: &Api, thread: Uuid) -> Result<Vec<Listed>, String> {
    let (path, mut listed) = (format!("/api/v1/thread/{thread}/messages"), Vec::new());
    loop {
        let query = format!("{path}?offset={}&limit={PAGE}", listed.len());
        let page = answer(api.get(&query).bearer_auth(KEY)).await?;
        let items = array(&page["messages"]);
        listed.extend(items.iter().filter_map(item));
        if items.len() < PAGE {
            return Ok(listed);
        }
    }
}

fn item(message: &Value) -> Option<Listed> {
    // The door that it came in by: what the agent says came in by none.
    let speaker = if message["origin"].is_null() { Speaker::Agent } else { Speaker::Person };
    Some(Listed { id: id(&message["id"])?, speaker, text: message["content"].as_str()?.into() })
}
