//! What there is to ask for: the same things in two projects, and keys that are good, and bad in every way.

use std::collections::BTreeMap;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use store::testing::Observer;

use super::operation::{self, Operation};
use crate::{
    dialects,
    process::{KEY, Server, Start, client},
};

/// Where guests may come from.
const SHOP: &str = "https://shop.example";
/// Bodies of more are refused, of every kind.
pub const BODY_BYTES_MAX: usize = 65_536;
/// The place of the name of the project's own provider among the things. Another dialect has providers of its own.
pub const OWN_PROVIDERS: &str = "own providers";
/// Nobody's id.
pub const UNKNOWN: &str = "01933b5a-0000-7000-8000-000000000001";
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
    pub own: Things,
    pub foreign: Things,
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
pub struct Things {
    pub ids: BTreeMap<&'static str, String>,
    pub guest: Guest,
    pub program: Program,
    /// Another thread, with a message.
    pub sibling: String,
    pub sibling_message: String,
}

/// Someone without a key, in a thread of their own in which an agent has answered.
pub struct Guest {
    pub thread: String,
    pub message: String,
    pub token: String,
    /// By what guests know the agent.
    pub agent: String,
    /// An identity that the agent's secret has signed.
    pub identity: String,
}

/// A program that is an agent.
pub struct Program {
    /// The secret of its key.
    pub secret: String,
    /// A turn that it has claimed and ended.
    pub turn: String,
}

impl World {
    pub async fn make() -> Self {
        let server = serve(Start::new("serve"));
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
        for dialect in dialects::names() {
            documents.insert(dialect, server.get(&format!("/openapi/{dialect}.json")).await.1);
        }
        let operations = documents.iter().map(|(dialect, document)| (*dialect, operation::all(dialect, document)));
        let operations = operations.collect();
        let observer = Observer::new(&server.data());
        let keys = Keys { revoked, expired, powerless, foreign };
        let mut bodies: Value = {
            let named = BODIES.replace("{agent}", &things.ids["agents"]).replace("{guests}", &things.guest.agent);
            let named = named.replace("{answer}", &things.ids["answers"]).replace("{heard}", &things.guest.message);
            let named = named.replace("{identity}", &things.guest.identity);
            serde_json::from_str(&named).expect("JSON")
        };
        bodies["algoreg"]["POST /token"] =
            json!([{"grant_type": "client_credentials", "client_id": "x", "client_secret": KEY}]);
        let http = client();
        let world = Self { server, observer, http, documents, operations, keys, own: things, foreign: others, bodies };
        world.until_expired().await;
        world
    }

    /// The operations of all dialects, in the order of these.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        dialects::names().into_iter().flat_map(|dialect| &self.operations[dialect])
    }

    /// Kills the server, and starts another on what it has left.
    pub fn die(&mut self) {
        self.server.signal("KILL");
        self.server.ended();
        self.server = serve(Start::on("serve", self.server.folder.clone()));
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

    /// Those of the other project. `None` where nobody shows a credential, so that no agent is another project's.
    pub fn foreign(&self, operation: &Operation) -> Option<Vec<String>> {
        if operation.template.starts_with("/api/v1/chat/agents/") {
            return None;
        }
        self.foreign.of(operation)
    }

    /// The same as [`World::own`] with another thread's id first.
    pub fn sibling(&self, operation: &Operation) -> Option<Vec<String>> {
        let mut ids = self.own(operation)?;
        let (noun, _) = *operation.parameters().first()?;
        if !["threads", "thread", "sessions"].contains(&noun) || operation.is_of_guests() {
            return None;
        }
        ids[0] = spelled(operation.dialect, noun, &self.own.sibling);
        Some(ids)
    }

    /// The own project's id.
    pub fn project(&self) -> &str {
        &self.own.ids["projects"]
    }

    /// The token of the guest of the own project, and of the other one's.
    pub fn guests(&self) -> (&str, &str) {
        (&self.own.guest.token, &self.foreign.guest.token)
    }

    /// A message of the operation's thread, of another thread of its project, and of another project.
    pub fn messages(&self, operation: &Operation) -> [&str; 3] {
        let (own, foreign) = (&self.own, &self.foreign);
        match operation.is_of_guests() {
            true => [&own.guest.message, &own.sibling_message, &foreign.guest.message],
            false => [&own.ids["messages"], &own.sibling_message, &foreign.ids["messages"]],
        }
    }

    /// The own thread, another of its project, and another project's, as Everruns writes them.
    pub fn sessions(&self) -> [String; 3] {
        [&self.own.ids["sessions"], &self.own.sibling, &self.foreign.ids["sessions"]]
            .map(|id| spelled("everruns", "sessions", id))
    }

    /// What a GET with the key answers.
    pub async fn get(&self, path: &str, credential: (&'static str, String)) -> Value {
        let url = format!("{}{path}", self.server.url);
        let answer = self.http.get(url).header(credential.0, credential.1).send().await.expect("an answer");
        answer.json().await.unwrap_or_default()
    }

    /// What a request is answered that must succeed.
    pub async fn json(request: reqwest::RequestBuilder) -> Value {
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.json().await.expect("JSON")
    }

    /// A ticket for the own guest's stream.
    pub async fn ticket(&self) -> String {
        let url = format!("{}/api/v1/chat/threads/{}/stream-ticket", self.server.url, self.own.guest.thread);
        let answer = self.http.post(url).bearer_auth(&self.own.guest.token).send().await.expect("an answer");
        text(&answer.json::<Value>().await.expect("JSON")["ticket"])
    }

    /// A thread and a turn of it that was cancelled before its end, of an agent whose turns take their time.
    pub async fn cancelled_turn(&self) -> [String; 2] {
        let api = Api { server: &self.server, key: KEY };
        let script = json!([{"text": "one two three four", "chunks": 4, "delay_ms": 500}]);
        let agent = api.post("agents", json!({"name": "slow", "model": "scripted", "script": script})).await;
        let thread = text(&api.post("threads", json!({"agent": agent["id"]})).await["id"]);
        let sent = api.post(&format!("threads/{thread}/messages"), json!({"text": "Hello"})).await;
        api.post(&format!("threads/{thread}/cancel"), json!({})).await;
        [thread, text(&sent["turn"]["id"])]
    }

    /// A thread of its own, which the first member holds or nobody.
    pub async fn fresh_thread(&self, is_held: bool) -> String {
        let api = Api { server: &self.server, key: KEY };
        let thread = text(&api.post("threads", json!({})).await["id"]);
        if is_held {
            api.post(&format!("threads/{thread}/take"), json!({"member": "ann0@example.com"})).await;
        }
        thread
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
        let id = |noun: &str| match (operation.is_of_guests(), noun) {
            (true, "threads") => Some(&self.guest.thread),
            (true, "messages") => Some(&self.guest.message),
            (_, "agents") if operation.template.starts_with("/api/v1/chat/") => Some(&self.guest.agent),
            (_, "turns") if operation.is_of_programs() => Some(&self.program.turn),
            (_, "providers") if operation.dialect == "native" => self.ids.get(OWN_PROVIDERS),
            _ => self.ids.get(noun),
        };
        let spelled = |(noun, _): (&str, &str)| Some(spelled(operation.dialect, noun, id(noun)?));
        operation.parameters().into_iter().map(spelled).collect()
    }
}

/// How a dialect writes the id of what stands behind this word.
pub fn spelled(dialect: &str, noun: &str, id: &str) -> String {
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

fn serve(start: Start) -> Server {
    let bytes = BODY_BYTES_MAX.to_string();
    start
        .env("THREADLINE_BOOTSTRAP_KEY", KEY)
        .env("THREADLINE_LIMITS_REQUESTS_PER_S", "0")
        .env("THREADLINE_LIMITS_GUEST_REQUESTS_PER_S", "0")
        .env("THREADLINE_LIMITS_FAILED_KEYS_PER_S", "0")
        // Longer than the client keeps one, so that it never writes into one that is being closed.
        .env("THREADLINE_LIMITS_IDLE_CONNECTION_S", "600")
        .env("THREADLINE_LIMITS_BODY_BYTES", &bytes)
        .env("THREADLINE_LIMITS_FILES_BODY_BYTES", &bytes)
        .env("THREADLINE_LIMITS_UPLOAD_BYTES", &bytes)
        .start()
}

/// So soon that nobody waits, so late that it is still to come when it is asked for.
fn expiry() -> String {
    engine::Clock::System.now().plus_s(1).to_string()
}

/// The native API, by one key.
pub struct Api<'s> {
    pub server: &'s Server,
    pub key: &'s str,
}

impl Api<'_> {
    fn url(&self, path: &str) -> String {
        format!("{}/threadline/v1/{path}", self.server.url)
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        let answer = client().post(self.url(path)).bearer_auth(self.key).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    pub async fn put(&self, path: &str, body: Value) {
        let answer = client().put(self.url(path)).bearer_auth(self.key).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }

    pub async fn get(&self, path: &str) -> Value {
        client().get(self.url(path)).bearer_auth(self.key).send().await.unwrap().json().await.unwrap()
    }

    pub async fn delete(&self, path: &str) {
        let answer = client().delete(self.url(path)).bearer_auth(self.key).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}");
    }

    /// A new key's id and secret.
    pub async fn key(&self, new: Value) -> (String, String) {
        let key = self.post("keys", new).await;
        (text(&key["id"]), text(&key["secret"]))
    }

    /// A thread that the key has begun in the agent's channel, so that it finds it there as well as anywhere.
    pub async fn session(&self, agent: &str) -> String {
        let url = format!("{}/v1/channels/{agent}/sessions", self.server.url);
        let begun = World::json(client().post(url).bearer_auth(self.key).json(&json!({}))).await;
        let hex = text(&begun["id"]).replace("session_", "");
        uuid::Uuid::parse_str(&hex).expect("an id").to_string()
    }

    pub async fn upload(&self) -> String {
        let pixel = Part::bytes(PIXEL).file_name("pixel.gif");
        let form = Form::new().part("file", pixel);
        let answer = client().post(self.url("attachments")).bearer_auth(self.key).multipart(form).send().await.unwrap();
        text(&answer.json::<Value>().await.unwrap()["id"])
    }

    pub async fn patch(&self, path: &str, body: Value) -> Value {
        let answer = client().patch(self.url(path)).bearer_auth(self.key).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    /// Says something in a thread and waits for the end of the turn: the message, the agent's answer, and the turn.
    pub async fn say(&self, thread: &str) -> [String; 3] {
        let sent = self.post(&format!("threads/{thread}/messages"), json!({"text": "Hello"})).await;
        let (message, turn) = (text(&sent["message"]["id"]), text(&sent["turn"]["id"]));
        let path = format!("threads/{thread}/events?after={}&wait=30", sent["message"]["seq"]);
        loop {
            let entries = self.get(&path).await["data"].clone();
            let of_turn = |kind| {
                let mut entries = entries.as_array().expect("entries").iter();
                entries.rfind(|entry| entry["type"] == kind && entry["turn"] == turn.as_str()).cloned()
            };
            if let (Some(said), Some(_)) = (of_turn("message.completed"), of_turn("turn.completed")) {
                return [message, text(&said["data"]["message"]["id"]), turn];
            }
        }
    }

    async fn guest(&self, agent: &str) -> Guest {
        let contact = json!({"name": true, "email": true});
        let files = json!({"types": ["text/*", "image/*"], "bytes": 60_000});
        let guests = json!({"origins": [SHOP], "ask": {}, "contact": contact, "files": files});
        let changed = self.patch(&format!("agents/{agent}"), json!({"guests": guests})).await;
        let known = text(&changed["guest_id"]);
        let url = format!("{}/api/v1/chat/threads", self.server.url);
        let begun = client().post(url).json(&json!({"agentId": known})).send().await.unwrap();
        let begun: Value = begun.json().await.unwrap();
        let (thread, token) = (text(&begun["threadId"]), text(&begun["token"]));
        let [_, message, _] = self.say(&thread).await;
        let secret = self.post(&format!("agents/{agent}/guest-secret"), Value::Null).await["secret"].clone();
        let identity = crate::process::identity(&text(&secret), &known);
        Guest { thread, message, token, agent: known, identity }
    }

    /// A program, with an agent of its own that has answered once.
    async fn program(&self) -> Program {
        let agent = text(&self.post("agents", json!({"name": "program", "kind": "external"})).await["id"]);
        let secret = self.key(json!({"name": "program", "scopes": ["agent"], "agents": [agent]})).await.1;
        let thread = text(&self.post("threads", json!({"agent": agent})).await["id"]);
        self.post(&format!("threads/{thread}/messages"), json!({"text": "Hello"})).await;
        let own = Api { server: self.server, key: &secret };
        let claimed = own.post("turns/claim", json!({"wait": 30})).await;
        let turn = text(&claimed["turns"][0]["turn"]);
        own.post(&format!("turns/{turn}/complete"), json!({"attempt": 1, "n": 1, "messages": [{"text": "Hello"}]}))
            .await;
        Program { secret, turn }
    }

    /// One of each in the key's project, and another of what is listed, all at rest.
    async fn things(&self) -> Things {
        let agent = match self.get("agents").await["data"].as_array().and_then(|agents| agents.first()) {
            Some(agent) => text(&agent["id"]),
            None => text(&self.post("agents", json!({"name": "default"})).await["id"]),
        };
        self.post("agents", json!({"name": "another"})).await;
        let thread = self.session(&agent).await;
        let sibling = text(&self.post("threads", json!({"agent": agent})).await["id"]);
        self.say(&thread).await;
        let [message, answer, turn] = self.say(&thread).await;
        let [_, sibling_message, _] = self.say(&sibling).await;
        let mut made = BTreeMap::new();
        for n in 0..2 {
            let state = json!({"cookies": [], "origins": []});
            let hook = json!({"url": "https://example.com/hook", "enabled": false});
            for (noun, body) in [
                ("browser-snapshots", json!({"name": format!("s{n}"), "storage_state": state})),
                ("members", json!({"email": format!("ann{n}@example.com")})),
                ("saved-replies", json!({"name": format!("probe{n}"), "text": "Hello"})),
                ("keys", json!({"name": format!("k{n}"), "scopes": ["read"]})),
                ("customers", json!({"contacts": [format!("cus{n}@example.com")]})),
                ("webhooks", hook),
            ] {
                made.insert(noun, text(&self.post(noun, body).await["id"]));
            }
        }
        // The provider to which the routes of the probe lead, and one to which none leads.
        let own = format!("own-{}", &agent[..13]);
        let provider = json!({"kind": "openai", "base_url": "https://provider.invalid/v1"});
        for name in ["probe", &own] {
            self.put(&format!("providers/{name}"), provider.clone()).await;
        }
        self.put(&format!("routes/{own}"), json!({"provider": "probe"})).await;
        let projects = self.get("projects").await;
        let project = projects["data"][0]["id"].as_str().unwrap_or(UNKNOWN).to_owned();
        let picture = self.upload().await;
        let guest = self.guest(&agent).await;
        let program = self.program().await;
        made.extend([
            ("threads", thread.clone()),
            ("thread", thread.clone()),
            ("sessions", thread),
            ("messages", message.clone()),
            ("message", message),
            ("answers", answer),
            ("turns", turn),
            ("guests", guest.agent.clone()),
            ("channels", agent.clone()),
            ("agents", agent),
            ("attachments", picture.clone()),
            ("attachment", picture.clone()),
            ("images", picture),
            ("projects", project),
            (OWN_PROVIDERS, own.clone()),
            ("routes", own),
        ]);
        Things { ids: made, guest, program, sibling, sibling_message }
    }
}

/// A picture of one transparent pixel.
pub const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;";

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
