//! Calls of wires, answers of providers, and how both are shown in a test.
//!
//! An answer is a file in `tests/fixtures/WIRE`: the bytes of a stream of server-sent events. The files `llama_cpp_*`
//! were recorded from a server. The others are written after the vendors' references.

use std::{collections::HashMap, fs, path::Path, sync::Arc};

use domain::{
    AgentId, AttachmentId, Kept, KeyId, Map, MessageId, ThreadId, Timestamp, TurnId,
    agent::{Tool, ToolKind},
    author::Author,
    controls::Controls,
    fault::Fault,
    message::{Body, Message, Part, Role, ToolCall, ToolResult},
    model::Abilities,
    usage::Usage,
};
use http::{HeaderMap, StatusCode};
use providers::{
    Chunk, End, Failure, Purpose, Request, Said,
    wire::{Call, Outgoing, Reader, Wire},
};
use uuid::Uuid;

/// A call of a wire.
pub struct Case {
    pub wire: &'static dyn Wire,
    pub request: Request,
    pub provider: &'static str,
    pub model: &'static str,
    pub abilities: Option<Abilities>,
    pub base_url: &'static str,
    pub key: Option<&'static str>,
}

/// An answer as the wire read it.
pub struct Played {
    pub chunks: Vec<Chunk>,
    pub failure: Option<Failure>,
    /// Number of events that the answer needs: with fewer of them it is cut.
    pub needs: usize,
    pub events: usize,
}

/// A server-sent event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub name: Option<String>,
    pub data: String,
}

/// A request without instructions, tools and controls. All its ids are zero.
pub fn request(model: &str, transcript: Vec<Said>) -> Request {
    Request {
        purpose: Purpose::Answer,
        model: model.into(),
        instructions: String::new(),
        transcript,
        tools: Vec::new(),
        controls: Controls::default(),
        most_output: None,
        files: HashMap::new(),
        thread: ThreadId(Uuid::nil()),
        turn: TurnId(Uuid::nil()),
        call: 0,
        script: Vec::new(),
    }
}

pub fn message(role: Role, content: Vec<Part>) -> Message {
    let author = match role {
        Role::User => Author::Key { key: KeyId(Uuid::nil()) },
        Role::Agent | Role::Tool => Author::Agent { agent: AgentId(Uuid::nil()) },
    };
    Message {
        id: MessageId(Uuid::nil()),
        thread: ThreadId(Uuid::nil()),
        seq: 1,
        turn: None,
        role,
        author,
        at: Timestamp(0),
        body: Body { content, ..Body::default() },
    }
}

pub fn text(text: &str) -> Part {
    Part::Text { text: text.into() }
}

pub fn user(words: &str) -> Said {
    message(Role::User, vec![text(words)]).into()
}

pub fn agent(content: Vec<Part>) -> Said {
    message(Role::Agent, content).into()
}

/// A call with these arguments, in JSON.
pub fn call(id: &str, name: &str, arguments: &str) -> Part {
    let arguments = serde_json::from_str(arguments).expect("JSON");
    Part::ToolCall(ToolCall { id: id.into(), name: name.into(), arguments })
}

/// A tool's message with this result, in JSON.
pub fn result(id: &str, json: &str) -> Said {
    let result = Some(serde_json::from_str(json).expect("JSON"));
    let result = ToolResult { tool_call_id: id.into(), result, error: None };
    message(Role::Tool, vec![Part::ToolResult(result)]).into()
}

/// A tool's message with this error.
pub fn error(id: &str, words: &str) -> Said {
    let result = ToolResult { tool_call_id: id.into(), result: None, error: Some(words.into()) };
    message(Role::Tool, vec![Part::ToolResult(result)]).into()
}

/// A tool with this schema of its arguments, in JSON.
pub fn tool(name: &str, description: &str, parameters: &str) -> Tool {
    let parameters = Some(serde_json::from_str(parameters).expect("JSON"));
    Tool { description: Some(description.into()), parameters, ..Tool::new(name, ToolKind::Client) }
}

pub fn attachment(number: u128) -> AttachmentId {
    AttachmentId(Uuid::from_u128(number))
}

impl Case {
    pub fn call(&self) -> Call<'_> {
        Call {
            request: &self.request,
            provider: self.provider,
            model: self.model,
            abilities: self.abilities.as_ref(),
            base_url: self.base_url,
            key: self.key,
        }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub fn saying(self, transcript: Vec<Said>) -> Self {
        self.with(|case| case.request.transcript = transcript)
    }

    /// The request, which is the same each time.
    pub fn outgoing(&self) -> Outgoing {
        let first = self.wire.request(&self.call()).expect("a request");
        let again = self.wire.request(&self.call()).expect("a request");
        assert_eq!(first.body, again.body, "the same call gives the same bytes");
        first
    }

    /// The request: its address, its headers, and its body with a line for each member and each element of a list.
    pub fn sent(&self) -> String {
        let outgoing = self.outgoing();
        let mut headers: Vec<String> = outgoing.headers.iter().map(header).collect();
        headers.sort();
        format!("POST {}\n{}\n{}", outgoing.url, headers.join("\n"), lines(&outgoing.body))
    }

    /// The body's member in JSON, with a line for each element of a list. `null` if it is missing.
    pub fn member(&self, name: &str) -> String {
        let body: Map = serde_json::from_slice(&self.outgoing().body).expect("a JSON object");
        let value = body.get(name).cloned().unwrap_or_default();
        let lines: Option<Vec<String>> = elements(&value).map(|list| list.iter().map(Kept::to_string).collect());
        lines.map_or(value.to_string(), |lines| lines.join("\n"))
    }

    /// Reads an answer: whole, and cut behind each of its events. A cut answer is a failure.
    pub fn play(&self, fixture: &str) -> Played {
        self.play_events(&events(&fixture_text(self.wire.name(), fixture)))
    }

    pub fn play_events(&self, events: &[Event]) -> Played {
        let mut needs = 0;
        while needs < events.len() && self.is_cut(&events[..needs]) {
            needs += 1;
        }
        let (chunks, failure) = self.read(events);
        Played { chunks, failure: failure.err(), needs, events: events.len() }
    }

    /// Tells whether these events are a part of an answer: neither its end nor its failure is among them.
    fn is_cut(&self, events: &[Event]) -> bool {
        let (chunks, outcome) = self.read(events);
        match outcome {
            Ok(()) => false,
            Err(failure) if failure.message != CUT => false,
            Err(failure) => {
                assert_eq!(failure.fault, Fault::Upstream);
                assert!(chunks.iter().all(|chunk| !matches!(chunk, Chunk::End(_))), "a cut answer has no end");
                true
            }
        }
    }

    /// The chunks of these events, and the failure if they are not a whole answer.
    fn read(&self, events: &[Event]) -> (Vec<Chunk>, Result<(), Failure>) {
        let mut reader = self.wire.reader(&self.call());
        let mut chunks = Vec::new();
        for event in events {
            if let Err(failure) = reader.read(event.name.as_deref(), &event.data, &mut chunks) {
                return (chunks, Err(failure));
            }
            if ends(&chunks) {
                return (chunks, Ok(()));
            }
        }
        let outcome = eof(reader.as_mut(), &mut chunks);
        (chunks, outcome)
    }

    /// The message that the answer became, as it stands in the next transcript.
    pub fn answered(&self, fixture: &str) -> Said {
        self.play(fixture).said()
    }

    /// The failure that this status and body tell, in one line.
    pub fn refused(&self, status: u16, body: &str) -> String {
        let status = StatusCode::from_u16(status).expect("a status");
        told(&self.wire.failure(&self.call(), status, &HeaderMap::new(), body.as_bytes()))
    }
}

/// Every wire says so of an answer without its end.
const CUT: &str = "the provider's answer ended early";

fn eof(reader: &mut dyn Reader, chunks: &mut Vec<Chunk>) -> Result<(), Failure> {
    let outcome = reader.eof(chunks);
    assert_eq!(outcome.is_ok(), ends(chunks), "the end of the connection is a failure or the answer's end");
    outcome
}

fn ends(chunks: &[Chunk]) -> bool {
    matches!(chunks.last(), Some(Chunk::End(_)))
}

/// The text of an answer.
pub fn fixture_text(wire: &str, fixture: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(wire).join(fixture);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The events of a stream. Comments are skipped.
pub fn events(text: &str) -> Vec<Event> {
    let blocks = text.split("\n\n").map(|block| {
        let field = |name: &str| {
            let values = block.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            values.map(|value| value.strip_prefix(' ').unwrap_or(value)).collect::<Vec<_>>()
        };
        let (names, data) = (field("event"), field("data"));
        (!data.is_empty()).then(|| Event { name: names.last().map(|name| (*name).to_owned()), data: data.join("\n") })
    });
    blocks.flatten().collect()
}

/// The parts of the message: pieces of a kind joined, as a turn joins them.
fn parts(chunks: &[Chunk]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for chunk in chunks {
        match (chunk, parts.last_mut()) {
            (Chunk::Text(more), Some(Part::Text { text }))
            | (Chunk::Thinking(more), Some(Part::Thinking { text, signature: None })) => text.push_str(more),
            (Chunk::Signature(own), Some(Part::Thinking { signature, .. })) => *signature = Some(own.clone()),
            (Chunk::Signature(own), _) => {
                parts.push(Part::Thinking { text: String::new(), signature: Some(own.clone()) });
            }
            (Chunk::Text(text), _) => parts.push(Part::Text { text: text.clone() }),
            (Chunk::Thinking(text), _) => parts.push(Part::Thinking { text: text.clone(), signature: None }),
            (Chunk::Call(call), _) => parts.push(Part::ToolCall(call.clone())),
            (Chunk::End(_), _) => {}
        }
    }
    parts
}

impl Played {
    /// The message that the answer became, as it stands in the next transcript.
    pub fn said(&self) -> Said {
        let Some(Chunk::End(End { blocks, .. })) = self.chunks.last() else { panic!("the answer has no end") };
        Said { message: message(Role::Agent, parts(&self.chunks)), blocks: blocks.clone().map(Arc::new) }
    }

    /// A line for each part, then the end with its blocks, or the failure.
    pub fn shown(&self) -> String {
        for chunk in &self.chunks {
            assert!(!matches!(chunk, Chunk::Text(text) | Chunk::Thinking(text) if text.is_empty()), "an empty piece");
        }
        let mut lines: Vec<String> = parts(&self.chunks).iter().map(part).collect();
        if let Some(Chunk::End(end)) = self.chunks.last() {
            let id = end.request_id.as_deref().unwrap_or("none");
            lines.push(format!("end {} {} request {id}", end.stop.as_str(), tokens(&end.usage)));
            let blocks = end.blocks.iter().flat_map(|blocks| &blocks.blocks);
            lines.extend(blocks.map(|block| format!("block {block}")));
        }
        lines.extend(self.failure.iter().map(told));
        lines.push(format!("needs {} of {} events", self.needs, self.events));
        lines.join("\n")
    }
}

fn part(part: &Part) -> String {
    match part {
        Part::Text { text } => format!("text {text:?}"),
        Part::Thinking { text, signature: None } => format!("thinking {text:?}"),
        Part::Thinking { text, signature: Some(signature) } => format!("thinking {text:?} signed {signature}"),
        Part::ToolCall(call) => format!("call {} {} {}", call.id, call.name, call.arguments),
        other => panic!("no model says {other:?}"),
    }
}

/// The failure in one line.
pub fn told(failure: &Failure) -> String {
    let wait = failure.retry_after.map_or(String::new(), |wait| format!(" retry after {wait:?}"));
    let usage = failure.usage.as_ref().map_or(String::new(), |usage| format!(" after {}", tokens(usage)));
    let id = failure.request_id.as_ref().map_or(String::new(), |id| format!(" request {id}"));
    format!("failure {} {:?}{wait}{usage}{id}", failure.fault.as_str(), failure.message)
}

fn tokens(usage: &Usage) -> String {
    let Usage { input, cache_read, cache_write, cache_write_1h, output, reasoning } = usage;
    let buckets = [
        ("input", input),
        ("cache_read", cache_read),
        ("cache_write", cache_write),
        ("cache_write_1h", cache_write_1h),
        ("output", output),
        ("reasoning", reasoning),
    ];
    let told: Vec<String> =
        buckets.into_iter().filter(|(_, count)| **count > 0).map(|(name, count)| format!("{name} {count}")).collect();
    if told.is_empty() { "no tokens".into() } else { told.join(", ") }
}

fn header((name, value): (&http::HeaderName, &http::HeaderValue)) -> String {
    let secret = if value.is_sensitive() { " (secret)" } else { "" };
    format!("{name}: {}{secret}", value.to_str().expect("ASCII"))
}

/// A JSON object with a line for each member, and for each element of a list that is a member.
fn lines(body: &[u8]) -> String {
    let body: Map = serde_json::from_slice(body).expect("a JSON object");
    let mut lines = Vec::new();
    for (name, value) in body.iter() {
        match elements(value) {
            None => lines.push(format!("{name} = {value}")),
            Some(list) => {
                lines.push(format!("{name}:"));
                lines.extend(list.iter().map(|element| format!("  {element}")));
            }
        }
    }
    lines.join("\n")
}

/// The elements of a list.
fn elements(value: &Kept) -> Option<Vec<Kept>> {
    value.read()
}

/// Holds that a request only grows behind its end while the transcript grows: for each number of messages, `list` of the
/// body begins with the same elements, and the other members stay the same. `turns`: numbers of messages at which the
/// model is called.
pub fn grows(case: impl Fn(Vec<Said>) -> Case, transcript: &[Said], list: &str, turns: &[usize]) {
    let bodies: Vec<Map> = turns
        .iter()
        .map(|count| serde_json::from_slice(&case(transcript[..*count].to_vec()).outgoing().body).expect("an object"))
        .collect();
    assert!(bodies.len() > 1, "a transcript grows");
    for pair in bodies.windows(2) {
        let listed = |body: &Map| body.get(list).and_then(elements).expect("a list");
        let (before, after) = (listed(&pair[0]), listed(&pair[1]));
        assert_eq!(before, after[..before.len()], "the list only grows");
        assert!(before.len() < after.len(), "the list grows");
        let others = |body: &Map| {
            body.iter().filter(|(name, _)| *name != list).map(|(n, v)| (n.to_owned(), v.clone())).collect::<Map>()
        };
        assert_eq!(others(&pair[0]), others(&pair[1]), "the rest stays the same");
    }
}
