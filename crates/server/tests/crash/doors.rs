//! How to send and to read through each door.

mod algoreg;
mod capy;
mod everruns;
mod feather;
pub mod native;

use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use uuid::Uuid;

use crate::history::{Answer, Door, Listed};

pub use everruns::{event, follow};

/// A running server, as a client knows it.
#[derive(Clone, Debug)]
pub struct Api {
    pub http: Client,
    pub url: String,
}

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Message {
    pub thread: Uuid,
    pub text: String,
    /// The sender's own name for it, where the door has one.
    pub key: String,
    /// Native only: the key as `client_id` and not as `Idempotency-Key`.
    pub key_in_body: bool,
    /// Native only: what it does while a turn is open.
    pub when_busy: Option<&'static str>,
}

impl Api {
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.url))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.url))
    }

    pub fn send(&self, door: Door, message: &Message) -> RequestBuilder {
        match door {
            Door::Native => native::send(self, message),
            Door::Capy => capy::send(self, message),
            Door::Feather => feather::send(self, message),
            Door::Algoreg => algoreg::send(self, message),
            Door::Everruns => everruns::send(self, message),
        }
    }

    /// All messages of a thread, oldest first.
    ///
    /// # Errors
    /// What was answered instead.
    pub async fn list(&self, door: Door, thread: Uuid) -> Result<Vec<Listed>, String> {
        match door {
            Door::Native => native::list(self, thread).await,
            Door::Capy => capy::list(self, thread).await,
            Door::Feather => feather::list(self, thread).await,
            Door::Algoreg => algoreg::list(self, thread).await,
            Door::Everruns => everruns::list(self, thread).await,
        }
    }

    /// The newest messages of a thread through Capy's list, oldest first.
    pub fn newest(&self, thread: Uuid) -> RequestBuilder {
        capy::page(self, thread, "")
    }
}

/// What an answer of 2xx to a send says.
///
/// # Errors
/// Where it does not say what it must.
pub fn answer(door: Door, status: u16, body: &Value) -> Result<Answer, String> {
    let (good, message, turn) = match door {
        Door::Native => (status == 201, id(&body["message"]["id"]), id(&body["turn"]["id"])),
        Door::Capy => (status == 200 && body["status"] == "sent", id(&body["id"]), None),
        Door::Feather => (status == 200 && body["status"] == "accepted", id(&body["messageId"]), None),
        Door::Algoreg => (status == 204 && body.is_null(), None, None),
        Door::Everruns => (status == 201, id(&body["id"]), None),
    };
    let whole = good && (message.is_some() || door == Door::Algoreg) && (turn.is_some() || door != Door::Native);
    if whole { Ok(Answer { message, turn }) } else { Err(format!("{status} {body}")) }
}

/// A list as Capy's answer to [`Api::newest`] has it, oldest first.
pub fn newest(body: &Value) -> Vec<Listed> {
    let mut items = capy::items(body);
    items.reverse();
    items
}

/// An id in any door's spelling.
pub fn id(value: &Value) -> Option<Uuid> {
    let text = value.as_str()?;
    Uuid::parse_str(text.rsplit('_').next()?).ok()
}

/// The JSON of a good answer.
async fn json(request: RequestBuilder) -> Result<Value, String> {
    let response = request.send().await.map_err(|error| error.to_string())?;
    let status = response.status();
    let text = response.text().await.map_err(|error| error.to_string())?;
    if !status.is_success() {
        return Err(format!("{status} {text}"));
    }
    serde_json::from_str(&text).map_err(|_| format!("{status} and no JSON: {text}"))
}

/// The parts of a message that are text.
fn text(content: &Value) -> String {
    let parts = content.as_array().map(Vec::as_slice).unwrap_or_default();
    let texts: Vec<&str> =
        parts.iter().filter(|part| part["type"] == "text").filter_map(|part| part["text"].as_str()).collect();
    texts.join("\n\n")
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
