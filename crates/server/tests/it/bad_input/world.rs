//! What there is to ask for: the same things in two projects, and keys that are good, and bad in every way.

use std::collections::BTreeMap;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use store::testing::Observer;

use super::operation::{self, Operation};
use crate::process::{KEY, Server, Start, client};

pub const DIALECTS: [&str; 5] = ["native", "capy", "feather", "algoreg", "everruns"];
/// Bodies of more are refused, of every kind.
pub const BODY_BYTES_MAX: usize = 65_536;
/// Nobody's id.
const UNKNOWN: &str = "01933b5a-0000-7000-8000-000000000001";
/// Good bodies, by dialect and place of the operation.
const BODIES: &str = include_str!("../../../../../tests/probe/bodies.json");

pub struct World {
    pub server: Server,
    pub observer: Observer,
    /// One for all: to make one takes longer than to ask.
    pub http: reqwest::Client,
    pub documents: BTreeMap<&'static str, Value>,
    pub operations: BTreeMap<&'static str, Vec<Operation>>,
    pub keys: Keys,
    own: Things,
    foreign: Things,
    bodies: Value,
}

/// Keys of the project, but for one.
pub struct Keys {
    pub revoked: String,
    pub expired: String,
    /// May nothing that an operation asks for.
    pub powerless: String,
    /// Of the other project, with all scopes.
    pub foreign: String,
}

/// One of each, by the word that stands before its id in a path.
struct Things(BTreeMap<&'static str, String>);

impl World {
    pub async fn make() -> Self {
        let bytes = BODY_BYTES_MAX.to_string();
        let server = Start::new("serve")
            .env("THREADLINE_BOOTSTRAP_KEY", KEY)
            .env("THREADLINE_LIMITS_REQUESTS_PER_S", "0")
            .env("THREADLINE_LIMITS_GUEST_REQUESTS_PER_S", "0")
            .env("THREADLINE_LIMITS_BODY_BYTES", &bytes)
            .env("THREADLINE_LIMITS_FILES_BODY_BYTES", &bytes)
            .start();
        let own = Api { server: &server, key: KEY };
        let project = own.post("projects", json!({"name": "other"})).await["id"].clone();
        let scopes = json!(["read", "write", "admin", "impersonate"]);
        let foreign = own.key(json!({"name": "foreign", "scopes": scopes, "project": project})).await.1;
        let (id, revoked) = own.key(json!({"name": "revoked", "scopes": ["read", "write"]})).await;
        own.delete(&format!("keys/{id}")).await;
        let soon = json!({"name": "expired", "scopes": ["read", "write"], "expires_at": expiry()});
        let expired = own.key(soon).await.1;
        let powerless = own.key(json!({"name": "powerless", "scopes": ["impersonate"]})).await.1;
        let things = own.things().await;
        let others = Api { server: &server, key: &foreign }.things().await;
        let mut documents = BTreeMap::new();
        for dialect in DIALECTS {
            documents.insert(dialect, server.get(&format!("/openapi/{dialect}.json")).await.1);
        }
        let operations = documents.iter().map(|(dialect, document)| (*dialect, operation::all(dialect, document)));
        let operations = operations.collect();
        let observer = Observer::new(&server.data());
        let keys = Keys { revoked, expired, powerless, foreign };
        let bodies = serde_json::from_str(&BODIES.replace("{agent}", &things.0["agents"])).expect("JSON");
        let http = client();
        let world = Self { server, observer, http, documents, operations, keys, own: things, foreign: others, bodies };
        world.until_expired().await;
        world
    }

    /// Waits until the key that expires has: there is nothing to be told of it.
    async fn until_expired(&self) {
        let url = format!("{}/threadline/v1/limits", self.server.url);
        let good = async || self.http.get(&url).bearer_auth(&self.keys.expired).send().await.unwrap().status() == 200;
        while good().await {
            tokio::task::yield_now().await;
        }
    }

    /// The ids of a path, as its dialect writes them, all known; `None` where a thing is none of those that the world has.
    pub fn own(&self, operation: &Operation) -> Option<Vec<String>> {
        self.own.of(operation)
    }

    pub fn foreign(&self, operation: &Operation) -> Option<Vec<String>> {
        self.foreign.of(operation)
    }

    pub fn unknown(&self, operation: &Operation) -> Vec<String> {
        operation.parameters().iter().map(|(noun, _)| spelled(operation.dialect, noun, UNKNOWN)).collect()
    }

    /// A good body, if one is known.
    pub fn body(&self, operation: &Operation) -> Option<Value> {
        self.bodies[operation.dialect].get(operation.place()).map(|bodies| bodies[0].clone())
    }
}

impl Things {
    fn of(&self, operation: &Operation) -> Option<Vec<String>> {
        let id = |(noun, _): (&str, &str)| Some(spelled(operation.dialect, noun, self.0.get(noun)?));
        operation.parameters().into_iter().map(id).collect()
    }
}

/// How a dialect writes the id of what stands behind this word.
fn spelled(dialect: &str, noun: &str, id: &str) -> String {
    let prefix = match (dialect, noun) {
        ("capy", "threads") => "jam_",
        ("everruns", "sessions") => "session_",
        ("everruns", "messages") => "message_",
        ("everruns", "agents" | "channels") => "agent_",
        ("everruns", "images") => "img_",
        _ => return id.to_owned(),
    };
    format!("{prefix}{}", id.replace('-', ""))
}

/// So soon that nobody waits, so late that it is still to come when it is asked for.
fn expiry() -> String {
    engine::Clock::System.now().plus_s(1).to_string()
}

/// The native API, by one key.
struct Api<'s> {
    server: &'s Server,
    key: &'s str,
}

impl Api<'_> {
    fn url(&self, path: &str) -> String {
        format!("{}/threadline/v1/{path}", self.server.url)
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let answer = client().post(self.url(path)).bearer_auth(self.key).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        client().get(self.url(path)).bearer_auth(self.key).send().await.unwrap().json().await.unwrap()
    }

    async fn delete(&self, path: &str) {
        let answer = client().delete(self.url(path)).bearer_auth(self.key).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}");
    }

    /// A new key's id and secret.
    async fn key(&self, new: Value) -> (String, String) {
        let key = self.post("keys", new).await;
        (text(&key["id"]), text(&key["secret"]))
    }

    async fn upload(&self) -> String {
        let pixel = Part::bytes(PIXEL).file_name("pixel.gif");
        let form = Form::new().part("file", pixel);
        let answer = client().post(self.url("attachments")).bearer_auth(self.key).multipart(form).send().await.unwrap();
        text(&answer.json::<Value>().await.unwrap()["id"])
    }

    /// One of each in the key's project, all at rest.
    async fn things(&self) -> Things {
        let agent = match self.get("agents").await["data"].as_array().and_then(|agents| agents.first()) {
            Some(agent) => text(&agent["id"]),
            None => text(&self.post("agents", json!({"name": "default"})).await["id"]),
        };
        let thread = text(&self.post("threads", json!({"agent": agent})).await["id"]);
        let sent = self.post(&format!("threads/{thread}/messages"), json!({"text": "Hello"})).await;
        let path = format!("threads/{thread}/events?types=turn.completed&wait=30");
        let ended = self.get(&path).await["data"].as_array().is_some_and(|entries| entries.len() == 1);
        assert!(ended, "the turn of a new thread ends");
        let state = json!({"cookies": [], "origins": []});
        let snapshot = self.post("browser-snapshots", json!({"name": "a", "storage_state": state})).await;
        let member = self.post("members", json!({"email": "ann@example.com"})).await;
        let customer = self.post("customers", json!({"contacts": ["cleo@example.com"]})).await;
        let (key, _) = self.key(json!({"name": "one", "scopes": ["read"]})).await;
        let projects = self.get("projects").await;
        let project = projects["data"][0]["id"].as_str().unwrap_or(UNKNOWN).to_owned();
        let picture = self.upload().await;
        let message = text(&sent["message"]["id"]);
        Things(BTreeMap::from([
            ("threads", thread.clone()),
            ("thread", thread.clone()),
            ("sessions", thread),
            ("messages", message.clone()),
            ("message", message),
            ("turns", text(&sent["turn"]["id"])),
            ("channels", agent.clone()),
            ("agents", agent),
            ("attachments", picture.clone()),
            ("attachment", picture.clone()),
            ("images", picture),
            ("browser-snapshots", text(&snapshot["id"])),
            ("members", text(&member["id"])),
            ("customers", text(&customer["id"])),
            ("keys", key),
            ("projects", project),
        ]))
    }
}

/// A picture of one transparent pixel.
pub const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;";

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
