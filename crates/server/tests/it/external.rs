//! The programs of `examples/agents` as agents: each is killed in the middle of a turn, and so is the server.

mod gate;

use std::{
    path::{Path, PathBuf},
    process::Child,
};

use dialect_kit::testing::{node, python};
use serde_json::{Value, json};

use self::gate::Gate;
use crate::process::{self, KEY, Server, Start, client};

const TOOL: &str = "/tool-results";
const END: &str = "/complete";

#[tokio::test]
async fn the_python_agent_survives_kills_of_program_and_server() {
    survives(&python(), "agent.py").await;
}

#[tokio::test]
async fn the_typescript_agent_survives_kills_of_program_and_server() {
    survives(&node(), "agent.ts").await;
}

#[tokio::test]
async fn the_agent_of_langgraph_survives_kills_of_program_and_server() {
    survives(&python(), "langgraph_agent.py").await;
}

#[tokio::test]
async fn the_agent_of_pydantic_ai_survives_kills_of_program_and_server() {
    survives(&python(), "pydantic_ai_agent.py").await;
}

/// Every scene on one server, with a new program where the last one was killed.
async fn survives(interpreter: &Path, script: &str) {
    let mut world = World::start(interpreter, script).await;
    killed_within_its_tool(&mut world).await;
    let program = killed_before_the_end(&mut world).await;
    server_killed_while_the_program_speaks(&mut world).await;
    server_killed_and_the_program_too_late(&mut world).await;
    drop(program);
}

async fn killed_within_its_tool(world: &mut World) {
    world.gate.hold(TOOL);
    let first = world.program();
    let thread = world.ask("Hello you there").await;
    world.gate.held().await;
    drop(first);
    world.gate.release();
    let second = world.program();
    let log = world.answered(&thread, 0).await;
    let unknown = "Outcome unknown: the agent's program ended before it reported a result";
    assert_eq!(results(&log), [unknown], "nobody runs the tool again");
    assert_eq!(texts(&log), [format!("Words: {unknown}")]);
    assert_eq!((count(&log, "turn.attempt"), count(&log, "turn.completed")), (1, 1));
    drop(second);
}

/// Returns the program that has taken over.
async fn killed_before_the_end(world: &mut World) -> Program {
    world.gate.hold(END);
    let first = world.program();
    let thread = world.ask("Hello you there").await;
    world.gate.held().await;
    drop(first);
    world.gate.release();
    let second = world.program();
    let log = world.answered(&thread, 0).await;
    assert_eq!((results(&log), texts(&log)), (vec!["3".into()], vec!["Words: 3".into()]));
    assert_eq!((count(&log, "turn.attempt"), count(&log, "turn.completed")), (1, 1));
    let taken_over = log.iter().find(|entry| entry["type"] == "turn.attempt").expect("an entry");
    assert_eq!(taken_over["data"]["dropped_chars"], "Words: 3".len(), "readers had seen it");
    second
}

/// The program goes on in the same attempt, and the thread takes the next message.
async fn server_killed_while_the_program_speaks(world: &mut World) {
    world.gate.hold(END);
    let thread = world.ask("Hello").await;
    world.gate.held().await;
    world.kill_server();
    world.gate.forget();
    world.gate.release();
    assert_eq!(world.gate.answered(END).await, 502, "the program calls again until there is an answer");
    world.next_server();
    let log = world.answered(&thread, 0).await;
    assert_eq!((results(&log), texts(&log)), (vec!["1".into()], vec!["Words: 1".into()]));
    assert_eq!((count(&log, "turn.attempt"), count(&log, "turn.completed")), (0, 1));
    world.say(&thread, "And again").await;
    let log = world.answered(&thread, last(&log)).await;
    assert_eq!((count(&log, "turn.completed"), texts(&log)), (1, vec!["Words: 2".into()]));
}

/// Another program has the turn when the first one comes back. The first one's report is refused, and it claims on.
async fn server_killed_and_the_program_too_late(world: &mut World) {
    world.gate.hold(END);
    let thread = world.ask("Hello").await;
    world.gate.held().await;
    world.kill_server();
    world.next_server();
    let other = world.program_at(&world.server.url);
    let log = world.answered(&thread, 0).await;
    assert_eq!((count(&log, "turn.attempt"), count(&log, "turn.completed")), (1, 1));
    assert_eq!(texts(&log), ["Words: 1"]);
    drop(other);
    world.gate.forget();
    world.gate.release();
    assert_eq!(world.gate.answered(END).await, 409);
    world.say(&thread, "And again").await;
    let log = world.answered(&thread, last(&log)).await;
    assert_eq!((count(&log, "turn.completed"), texts(&log)), (1, vec!["Words: 2".into()]));
}

/// A server with an external agent, and the proxy between the server and the agent's program.
struct World {
    server: Server,
    gate: Gate,
    interpreter: PathBuf,
    script: PathBuf,
    key: String,
}

/// A running program. Dropping it kills it by SIGKILL.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        self.0.kill().expect("it runs until it is killed");
        self.0.wait().expect("a child of ours");
    }
}

impl World {
    async fn start(interpreter: &Path, script: &str) -> Self {
        let server = serve(Start::new("serve"));
        let gate = Gate::start(&server.url).await;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/agents").join(script);
        let mut world = Self { server, gate, interpreter: interpreter.into(), script, key: String::new() };
        world.post("/agents", json!({"name": "own", "kind": "external"})).await;
        let key = world.post("/keys", json!({"name": "program", "scopes": ["agent"], "agents": ["own"]})).await;
        world.key = key["secret"].as_str().expect("a secret").to_owned();
        world
    }

    fn program(&self) -> Program {
        self.program_at(&self.gate.url)
    }

    fn program_at(&self, url: &str) -> Program {
        let mut command = process::program(self.interpreter.to_str().expect("UTF-8"));
        command.arg(&self.script).env("THREADLINE_URL", url).env("THREADLINE_KEY", &self.key);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        Program(command.spawn().expect("the program starts"))
    }

    fn kill_server(&mut self) {
        self.server.signal("KILL");
        self.server.ended();
    }

    /// Starts the next server on the same data. The proxy calls it.
    fn next_server(&mut self) {
        self.server = serve(Start::on("serve", self.server.folder.clone()));
        self.gate.aim(&self.server.url);
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = client().post(format!("{}/threadline/v1{path}", self.server.url)).bearer_auth(KEY);
        let answer = request.json(&body).send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// A thread with this message.
    async fn ask(&self, text: &str) -> String {
        let thread = self.post("/threads", json!({"agent": "own"})).await;
        let thread = thread["id"].as_str().expect("an id").to_owned();
        self.say(&thread, text).await;
        thread
    }

    async fn say(&self, thread: &str, text: &str) {
        self.post(&format!("/threads/{thread}/messages"), json!({"text": text})).await;
    }

    /// The entries after a position, once one is the end of a turn.
    async fn answered(&self, thread: &str, after: i64) -> Vec<Value> {
        let events = format!("/threadline/v1/threads/{thread}/events");
        let ends = "turn.completed,turn.failed,turn.cancelled";
        let mut ended = Value::Null;
        for _ in 0..4 {
            let (_, page) = self.server.get(&format!("{events}?types={ends}&limit=1&wait=30&after={after}")).await;
            ended = page["data"][0].clone();
            if !ended.is_null() {
                break;
            }
        }
        assert_eq!(ended["type"], "turn.completed", "{thread}: {ended}");
        let (_, page) = self.server.get(&format!("{events}?limit=100&after={after}")).await;
        page["data"].as_array().expect("a list").clone()
    }
}

fn serve(start: Start) -> Server {
    start.env("THREADLINE_BOOTSTRAP_KEY", KEY).env("THREADLINE_LIMITS_EXTERNAL_LEASE_S", "2").start()
}

fn count(log: &[Value], kind: &str) -> usize {
    log.iter().filter(|entry| entry["type"] == kind).count()
}

fn last(log: &[Value]) -> i64 {
    log.last().expect("an entry")["seq"].as_i64().expect("a number")
}

/// The texts of the agent's messages.
fn texts(log: &[Value]) -> Vec<String> {
    let said = log.iter().filter(|entry| entry["type"] == "message.completed").flat_map(parts);
    said.filter_map(|part| part["text"].as_str().map(str::to_owned)).collect()
}

/// The results of the agent's calls, errors too.
fn results(log: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let given = log.iter().filter(|entry| entry["type"] == "tool.completed").flat_map(parts);
    given.map(|part| text(part.get("error").unwrap_or(&part["result"]))).collect()
}

fn parts(entry: &Value) -> Vec<Value> {
    entry["data"]["message"]["content"].as_array().expect("parts").clone()
}
