//! schemathesis against the documents and a running server: whatever it thinks of, nothing fails on our side, and every
//! answer is one that the document says.
//!
//! What it must find of itself it is not held to: our documented strictness refuses what a schema cannot say
//! (`positive_data_acceptance`), some doors ignore what they do not know (`negative_data_rejection`), and keys, methods and
//! headers are the table's of `bad_input`.

use std::{collections::BTreeMap, path::Path, process::Output};

use dialect_kit::testing::python;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::process::{KEY, Server, Start, client, program};

/// Not the stateful phase: what it would learn by itself of ids that exist, the hooks know.
const PHASES: &str = "examples,coverage,fuzzing";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,event_conformance";

/// Examples that are thought up for each operation, beside those of its limits. `./test --long` asks for more.
const EXAMPLES: &str = "3";
/// Of a dialect's operations, how many must have answered with success: a run of refusals proves little.
const ENTERED_PERCENT_MIN: usize = 90;
/// Threads to write into, close and delete.
const THREADS: usize = 20;

#[tokio::test]
async fn the_native_document_is_true() {
    probe("native", "Authorization: Bearer", "^$").await;
}

#[tokio::test]
async fn capys_document_is_true() {
    probe("capy", "Authorization: Bearer", "^/v1/").await;
}

#[tokio::test]
async fn feathers_document_is_true() {
    probe("feather", "X-API-Key:", "^$").await;
}

#[tokio::test]
async fn algoregs_document_is_true() {
    probe("algoreg", "Authorization: Bearer", "^$").await;
}

#[tokio::test]
async fn everruns_document_is_true() {
    probe("everruns", "Authorization: Bearer", "^/api/v1/").await;
}

/// Runs schemathesis. `twin`: the paths that stand under a second base as well, with the same handlers.
async fn probe(dialect: &str, credential: &str, twin: &str) {
    let start = Start::new("serve").env("THREADLINE_BOOTSTRAP_KEY", KEY);
    // Claimed turns stay with their program for the whole run.
    let start = start.env("THREADLINE_LIMITS_EXTERNAL_LEASE_S", "3600");
    let server =
        start.env("THREADLINE_LIMITS_REQUESTS_PER_S", "0").env("THREADLINE_LIMITS_GUEST_REQUESTS_PER_S", "0").start();
    let world = World::make(&server).await;
    let seeds = world.seeds(dialect);
    let folder = server.folder.path();
    std::fs::write(folder.join("seeds.json"), seeds.to_string()).unwrap();
    let ran = run(&server, &world, dialect, &format!("{credential} {KEY}"), twin);
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{dialect}: {said}\n{}", String::from_utf8_lossy(&ran.stderr));

    let successes = std::fs::read_to_string(folder.join("successes.json")).unwrap_or_default();
    let successes: BTreeMap<String, u64> = serde_json::from_str(&successes).expect("some operation has succeeded");
    let (_, document) = server.get(&format!("/openapi/{dialect}.json")).await;
    let operations = operations(&document, twin.trim_start_matches('^'));
    let missed: Vec<&String> = operations.iter().filter(|operation| !successes.contains_key(*operation)).collect();
    let entered = operations.len() - missed.len();
    assert!(
        entered * 100 >= operations.len() * ENTERED_PERCENT_MIN,
        "{dialect}: entered {entered} of {}, not {missed:#?}: give them a body in tests/probe/bodies.json or an id here",
        operations.len()
    );
}

fn run(server: &Server, world: &World, dialect: &str, credential: &str, twin: &str) -> Output {
    let folder = server.folder.path();
    let probe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/probe");
    let examples = std::env::var("THREADLINE_PROBE_EXAMPLES").unwrap_or_else(|_| EXAMPLES.into());
    let mut command = program(python().with_file_name("st").to_str().expect("UTF-8"));
    command.arg("--config-file").arg(probe.join("schemathesis.toml")).arg("run");
    command.arg(format!("{}/openapi/{dialect}.json", server.url)).args(["--url", &server.url]);
    command.args(["--phases", PHASES, "--checks", CHECKS, "--max-examples", &examples, "--exclude-path-regex", twin]);
    command.current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1");
    command.env("SCHEMATHESIS_HOOKS", probe.join("hooks.py"));
    command.env("PROBE_DIALECT", dialect).env("PROBE_CREDENTIAL", credential);
    command.env("PROBE_GUEST", format!("Bearer {}", world.guest.token));
    command.env("PROBE_PROGRAM", format!("Bearer {}", world.program.secret));
    command.env("PROBE_SEEDS", folder.join("seeds.json")).env("PROBE_SUCCESSES", folder.join("successes.json"));
    command.output().expect("schemathesis starts")
}

/// `GET /v1/sessions/{session_id}` and so on, but for those below `twin`.
fn operations(document: &Value, twin: &str) -> Vec<String> {
    let paths = document["paths"].as_object().expect("paths");
    let paths = paths.iter().filter(|(path, _)| !path.starts_with(twin));
    let methods = |path: &String, item: &Value| {
        let asked = ["get", "put", "post", "delete", "patch"].into_iter().filter(|method| item[method].is_object());
        asked.map(|method| format!("{} {path}", method.to_uppercase())).collect::<Vec<_>>()
    };
    paths.flat_map(|(path, item)| methods(path, item)).collect()
}

/// What there is to ask for.
struct World {
    project: String,
    agent: String,
    /// By what guests know the agent.
    guests: String,
    /// An identity that its secret has signed.
    identity: String,
    /// The threads, as the native API tells of them.
    threads: Vec<Value>,
    /// The id of the agent's message in each.
    messages: Vec<String>,
    guest: Guest,
    program: Program,
    /// One whose turn waits for the result of the call `c1`.
    waiting: Value,
    picture: String,
    /// A model, as Everruns tells of it.
    model: Value,
}

/// Someone in a thread of their own.
struct Guest {
    thread: String,
    /// The token for it.
    token: String,
    /// The id of the agent's message in it.
    message: String,
}

/// A program that is an agent.
struct Program {
    /// The secret of its key.
    secret: String,
    /// A claimed turn for each of its calls.
    turns: Vec<String>,
}

/// The calls of programs about a turn.
const OF_TURNS: [&str; 8] =
    ["heartbeat", "deltas", "messages", "tool-results", "complete", "fail", "release", "control"];

impl World {
    async fn make(server: &Server) -> Self {
        let api = Api(server);
        let script = json!([{"tool_calls": [{"id": "c1", "name": "ask", "arguments": {}}]}, {"text": "thanks"}]);
        let tools = json!([{"name": "ask", "kind": "client"}]);
        let asking = json!({"name": "asking", "model": "scripted", "script": script, "tools": tools});
        api.post("agents", asking).await;
        let waiting = api.post("threads", json!({"agent": "asking"})).await;
        api.say(&waiting).await;
        api.post("members", json!({"email": "ann0@example.com"})).await;
        let (mut threads, mut messages) = (Vec::new(), Vec::new());
        let agent = text(&api.get("agents/default").await["id"]);
        for name in ["probe", "unused"] {
            // A check of it leads nowhere.
            let provider = json!({"kind": "openai", "base_url": "https://provider.invalid/v1"});
            api.put(&format!("providers/{name}"), provider).await;
        }
        api.put("routes/probe", json!({"provider": "probe"})).await;
        for _ in 0..THREADS {
            let thread = api.session(&agent).await;
            api.say(&thread).await;
            messages.push(api.reply(&text(&thread["id"])).await);
            threads.push(thread);
        }
        let project = text(&api.get("projects").await["data"][0]["id"]);
        let model = server.get("/v1/models").await.1["data"][0].clone();
        let guests = api.let_guests_in(&agent).await;
        let guest = api.guest(&guests).await;
        let secret = api.post(&format!("agents/{agent}/guest-secret"), Value::Null).await["secret"].clone();
        let identity = crate::process::identity(&text(&secret), &guests);
        let program = api.program().await;
        Self {
            project,
            agent,
            guests,
            identity,
            threads,
            messages,
            guest,
            program,
            waiting,
            picture: api.upload().await,
            model,
        }
    }

    /// The ids by the place where they stand in a dialect's paths.
    fn seeds(&self, dialect: &str) -> Value {
        let spelled = |thread: &Value| text(&thread["spellings"][dialect]);
        let threads: Vec<String> = self.threads.iter().map(spelled).collect();
        let said = || threads.iter().zip(&self.messages).map(|(thread, message)| json!([thread, message]));
        let hex = |prefix: &str, id: &str| format!("{prefix}_{}", id.replace('-', ""));
        let channel = hex("agent", &self.agent);
        let mut seeds = match dialect {
            "native" => json!({
                "/threads/{}": threads,
                "/agents/{}": [self.agent],
                "/providers/{}": ["probe"],
                "DELETE /providers/{}": ["unused"],
                "/routes/{}": ["probe"],
                "POST /agents/{}/guests": [self.guests],
                "POST /threads/{}/read": [threads[0]],
                "POST /threads/{}/tool-results": [spelled(&self.waiting)],
            }),
            "capy" => json!({"/threads/{}": threads, "/projects/{}": [self.project]}),
            "feather" => json!({
                "/threads/{}": threads,
                "/threads/{}/messages/{}": said().collect::<Vec<_>>(),
                "/chat/threads/{}": [self.guest.thread],
                // Not the guest's own, because a logout ends the guest's token.
                "POST /chat/threads/{}/logout": [threads[0]],
                "/chat/agents/{}": [self.guests],
                "/chat/threads/{}/messages/{}": [[self.guest.thread, self.guest.message]],
            }),
            "algoreg" => json!({
                "/thread/{}": threads,
                "/message/{}": self.messages,
                "/attachment/{}": [self.picture],
            }),
            "everruns" => json!({
                "/sessions/{}": threads,
                "POST /sessions/{}/tool-results": [spelled(&self.waiting)],
                "/agents/{}": ["asking", hex("agent", &self.agent)],
                "PUT /agents/{}": ["asking"],
                "DELETE /agents/{}": ["asking"],
                "/channels/{}": [channel],
                "/channels/{}/sessions/{}": threads.iter().map(|thread| json!([channel, thread])).collect::<Vec<_>>(),
                "/images/{}": [hex("img", &self.picture)],
                "/models/{}": [text(&self.model["id"])],
                "/providers/{}": [text(&self.model["provider_id"])],
                "/harnesses/{}": ["generic"],
            }),
            other => panic!("nothing is known of {other}"),
        };
        if dialect == "native" {
            for (call, turn) in OF_TURNS.iter().zip(&self.program.turns) {
                let method = if *call == "control" { "GET" } else { "POST" };
                seeds[format!("{method} /turns/{{}}/{call}")] = json!([turn]);
            }
        }
        seeds["{agent}"] = self.agent.clone().into();
        seeds["{guests}"] = self.guests.clone().into();
        seeds["{answer}"] = self.messages[0].clone().into();
        seeds["{identity}"] = self.identity.clone().into();
        seeds["{heard}"] = self.guest.message.clone().into();
        seeds
    }
}

/// The native API, by the key of all scopes.
struct Api<'s>(&'s Server);

impl Api<'_> {
    async fn post(&self, path: &str, body: Value) -> Value {
        self.by(KEY, path, body).await
    }

    async fn by(&self, key: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/threadline/v1/{path}", self.0.url);
        let answer = client().post(url).bearer_auth(key).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        self.0.get(&format!("/threadline/v1/{path}")).await.1
    }

    async fn put(&self, path: &str, body: Value) {
        let url = format!("{}/threadline/v1/{path}", self.0.url);
        let answer = client().put(url).bearer_auth(KEY).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    async fn say(&self, thread: &Value) {
        self.post(&format!("threads/{}/messages", text(&thread["id"])), json!({"text": "Hello"})).await;
    }

    /// Waits for the agent's message, and gives its id.
    async fn reply(&self, thread: &str) -> String {
        let said = self.get(&format!("threads/{thread}/events?types=message.completed&wait=30")).await;
        text(&said["data"][0]["data"]["message"]["id"])
    }

    /// A thread that the key has begun in the agent's channel, as the native API tells of it.
    async fn session(&self, agent: &str) -> Value {
        let url = format!("{}/v1/channels/{agent}/sessions", self.0.url);
        let begun = client().post(url).bearer_auth(KEY).json(&json!({})).send().await.unwrap();
        let hex = text(&begun.json::<Value>().await.unwrap()["id"]).replace("session_", "");
        self.get(&format!("threads/{}", uuid::Uuid::parse_str(&hex).unwrap())).await
    }

    /// The id by which guests know the agent then.
    async fn let_guests_in(&self, agent: &str) -> String {
        let url = format!("{}/threadline/v1/agents/{agent}", self.0.url);
        let contact = json!({"name": true, "email": true});
        let files = json!({"types": ["text/*", "image/*"], "bytes": 1_000_000});
        let guests = json!({"origins": ["https://shop.example"], "ask": {}, "contact": contact, "files": files});
        let change = json!({"guests": guests});
        let answer = client().patch(url).bearer_auth(KEY).json(&change).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        text(&answer.json::<Value>().await.unwrap()["guest_id"])
    }

    /// A program with a claimed turn for each of its calls; the one for results has a call.
    async fn program(&self) -> Program {
        let agent = self.post("agents", json!({"name": "program", "kind": "external"})).await["id"].clone();
        let key = self.post("keys", json!({"name": "program", "scopes": ["agent"], "agents": [agent]})).await;
        let secret = text(&key["secret"]);
        let mut turns = Vec::new();
        for call in OF_TURNS {
            let thread = self.post("threads", json!({"agent": agent})).await;
            self.say(&thread).await;
            let claimed = self.by(&secret, "turns/claim", json!({"wait": 30})).await;
            let turn = text(&claimed["turns"][0]["turn"]);
            if call == "tool-results" {
                let called = json!({"type": "tool_call", "id": "c1", "name": "own", "arguments": {}});
                let reported = json!({"attempt": 1, "n": 1, "messages": [{"content": [called]}]});
                self.by(&secret, &format!("turns/{turn}/messages"), reported).await;
            }
            turns.push(turn);
        }
        Program { secret, turns }
    }

    async fn guest(&self, agent: &str) -> Guest {
        let url = format!("{}/api/v1/chat/threads", self.0.url);
        let answer = client().post(url).json(&json!({"agentId": agent})).send().await.unwrap();
        let begun: Value = answer.json().await.unwrap();
        let (thread, token) = (text(&begun["threadId"]), text(&begun["token"]));
        self.post(&format!("threads/{thread}/messages"), json!({"text": "Hello"})).await;
        Guest { message: self.reply(&thread).await, thread, token }
    }

    /// The id of a picture.
    async fn upload(&self) -> String {
        let pixel = Part::bytes(PIXEL).file_name("pixel.gif");
        let url = format!("{}/threadline/v1/attachments", self.0.url);
        let answer =
            client().post(url).bearer_auth(KEY).multipart(Form::new().part("file", pixel)).send().await.unwrap();
        text(&answer.json::<Value>().await.unwrap()["id"])
    }
}

/// A picture of one transparent pixel.
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;";

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
