//! The server is killed at every place of a turn, over each wire, with a provider that checks what comes back.

use providers::testing::{Fault, Place, StrictPeer};
use serde_json::{Value, json};

use super::{
    configuration::{self, Lead},
    talk::{Talk, all, one},
};
use crate::{
    bad_input::world::Api,
    process::{KEY, Server},
};

const LEADS: [(&str, &str); 4] = [
    ("chat", "gpt-5.4"),
    ("responses", "gpt-5.5"),
    ("anthropic", "claude-opus-4-8"),
    ("gemini", "gemini-3-flash-preview"),
];

/// The point at which the server dies.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    /// The provider falls silent here.
    Provider(Place),
    /// The client has not given the result of a call.
    Client,
    /// A tool of the server runs.
    Tool,
}

impl At {
    fn all() -> impl Iterator<Item = Self> {
        Place::ALL.into_iter().map(Self::Provider).chain([Self::Client, Self::Tool])
    }

    fn text(self) -> String {
        match self {
            Self::Provider(place) => format!("fault look {} {} 1 time", Fault::Silence.as_str(), place.as_str()),
            Self::Client => "call ask {}".into(),
            Self::Tool => "call wait {}".into(),
        }
    }

    /// The last thing that the thread's readers see before the death.
    fn is_reached(self, event: &Value) -> bool {
        match self {
            Self::Provider(Place::Start | Place::Thinking) => event["type"] == "step.started",
            Self::Provider(Place::Text | Place::Call | Place::Called) => event["data"]["kind"] == "text",
            Self::Provider(Place::Result) => event["type"] == "step.started" && event["data"]["step"] == 2,
            Self::Provider(Place::Answer) => event["data"]["text"] == "It is done.",
            Self::Client | Self::Tool => event["type"] == "tool.called",
        }
    }

    /// Number of calls of the model before the death.
    fn calls(self) -> usize {
        if matches!(self, Self::Provider(Place::Result | Place::Answer)) { 2 } else { 1 }
    }
}

async fn server(url: &str) -> Server {
    let leads = LEADS.map(|(wire, name)| Lead { wire, base_url: url.into(), agents: vec![(wire.into(), name, 100)] });
    let server = configuration::server(&leads, "one", "").await;
    let tools = json!([
        {"name": "look", "kind": "scripted", "result": 1},
        {"name": "ask", "kind": "client"},
        {"name": "wait", "kind": "scripted", "delay_ms": 100_000},
    ]);
    for (wire, _) in LEADS {
        Api { server: &server, key: KEY }.patch(&format!("agents/{wire}"), json!({"tools": tools})).await;
    }
    server
}

#[tokio::test]
async fn a_turn_whose_server_dies_at_any_place_ends_once_over_each_wire() {
    let (url, peer) = StrictPeer::start().await;
    let mut first = server(&url).await;
    let mut threads = Vec::new();
    for (wire, at) in LEADS.iter().flat_map(|(wire, _)| At::all().map(move |at| (*wire, at))) {
        let mut talk = Talk::begin(&first, wire).await;
        talk.send(&at.text()).await;
        talk.until(|event| at.is_reached(event)).await;
        threads.push((wire, at, talk.thread));
    }
    let calls: usize = threads.iter().map(|(_, at, _)| at.calls()).sum();
    while peer.requests().len() < calls {
        tokio::task::yield_now().await;
    }
    first = configuration::again(first);

    for (wire, at, thread) in threads {
        let mut talk = Talk::on(&first, &thread).await;
        let mut events = Vec::new();
        if at == At::Client {
            events = talk.until(|event| event["type"] == "tool.called").await;
            let id = one(&events, "tool.called")["call"]["id"].as_str().expect("an id").to_owned();
            events.extend(talk.gives(&id, json!(1)).await);
        } else {
            events.extend(talk.until(|event| event["type"] == "turn.completed").await);
        }
        one(&events, "turn.completed");
        let texts = texts(&events);
        assert_eq!(texts.len(), 2, "{wire} {at:?}: {events:#?}");
        assert!(texts[0].starts_with("I call.") && texts[1].starts_with("It is done."), "{wire} {at:?}: {texts:?}");
        one(&events, "tool.called");
        assert_eq!(
            one(&events, "tool.completed")["success"],
            at != At::Tool,
            "{wire} {at:?}: nobody knows its outcome"
        );
        let next = talk.says("And now?").await;
        one(&next, "turn.completed");
        assert!(self::texts(&next)[0].starts_with("You said: And now?"), "{wire} {at:?}: {next:#?}");
    }
    assert_eq!(peer.complaints(), Vec::<String>::new());
}

/// The texts of the agent's messages.
fn texts(events: &[Value]) -> Vec<&str> {
    let messages = all(events, "message.completed").into_iter().map(|data| &data["message"]);
    let parts = messages.flat_map(|message| message["content"].as_array().expect("parts"));
    parts.filter(|part| part["type"] == "text").filter_map(|part| part["text"].as_str()).collect()
}
