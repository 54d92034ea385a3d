//! The server is killed with SIGKILL while a model's answer is under way, at each place of a turn, over each wire. The next
//! process takes the turn over: the turn ends once, says everything once, and the thread goes on with either provider.

use std::time::Duration;

use providers::testing::{Place, StrictPeer};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    configuration::{self, Lead},
    talk::{Talk, all, pieces},
};
use crate::{
    bad_input::world::Api,
    process::{KEY, Server},
};

/// The wires, the base paths and a model of the catalogue for each.
const WIRES: [(&str, &str, &str); 4] = [
    ("chat", "/v1", "gpt-5.4"),
    ("responses", "/v1", "gpt-5.5"),
    ("anthropic", "/v1", "claude-opus-4-8"),
    ("gemini", "/v1beta", "gemini-3-flash-preview"),
];
const ENDS: [&str; 3] = ["turn.completed", "turn.failed", "turn.cancelled"];
/// Longer than a whole test takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// A thread, and the place at which the provider falls silent in it.
struct Case {
    place: Place,
    thread: String,
}

/// Two providers, each with a wire and a model, and a server in front of them.
struct World {
    server: Server,
    peers: [StrictPeer; 2],
    /// The wire of each, which is its agent's name too, and its model.
    wires: [(&'static str, &'static str); 2],
}

impl World {
    /// The first wire is the one at this place of the list, the second the one behind it.
    async fn start(at: usize) -> Self {
        let of = |place: usize| WIRES[place % WIRES.len()];
        let [(one, one_path, one_model), (other, other_path, other_model)] = [of(at), of(at + 1)];
        let [(one_url, one_peer), (other_url, other_peer)] = [StrictPeer::start().await, StrictPeer::start().await];
        let lead = |wire: &'static str, base_url: String, model| Lead {
            wire,
            base_url,
            agents: vec![(wire.to_owned(), model, 4_096)],
        };
        let leads = [lead(one, one_url + one_path, one_model), lead(other, other_url + other_path, other_model)];
        let server = configuration::server(&leads, "one", "").await;
        let look = json!({"name": "look", "kind": "scripted", "result": "there", "parameters": {"type": "object"}});
        Api { server: &server, key: KEY }.patch(&format!("agents/{one}"), json!({"tools": [look]})).await;
        Self { server, peers: [one_peer, other_peer], wires: [(one, one_model), (other, other_model)] }
    }

    /// Says something to the model of one of the two providers. Returns the events of its turn.
    async fn says(&self, talk: &mut Talk<'_>, provider: usize, text: &str) -> Vec<Value> {
        talk.send_to(self.wires[provider].1, text).await;
        talk.until(is_end).await
    }

    /// A thread with an answer of each provider, in which the first one falls silent at the place.
    async fn holds(&self, place: Place) -> Case {
        let mut talk = Talk::begin(&self.server, self.wires[0].0).await;
        for provider in [1, 0] {
            completes(&self.says(&mut talk, provider, "calls look").await, place, "before");
        }
        talk.send_to(self.wires[0].1, &asking(place)).await;
        talk.until(|event| is_reached(event, place)).await;
        Case { place, thread: talk.thread }
    }

    /// Follows the thread from its start, after the turn that was under way has a new server.
    async fn goes_on(&self, case: &Case) {
        let place = case.place;
        let mut talk = Talk::on(&self.server, &case.thread).await;
        for _ in 0..2 {
            talk.until(is_end).await;
        }
        let events = talk.until(is_end).await;
        completes(&events, place, "taken over");
        assert_eq!(all(&events, "turn.attempt").len(), 1, "{place:?}: {events:#?}");
        for kind in ["tool.called", "tool.completed"] {
            assert_eq!(all(&events, kind).len(), 1, "{place:?}: {events:#?}");
        }
        let texts: Vec<String> = all(&events, "message.completed").into_iter().map(text).collect();
        let begins = texts.iter().map(|text| text.split(" (").next().unwrap_or_default());
        assert_eq!(begins.collect::<Vec<_>>(), ["I call.", "It is done."], "{place:?}: {events:#?}");
        let last = events.iter().rposition(|event| event["type"] == "turn.attempt").unwrap_or_default();
        // Both check that each piece begins behind the one before.
        for answer in events[last..].split(|event| event["type"] == "message.completed") {
            pieces(answer, "text");
            pieces(answer, "thinking");
        }
        for (provider, text) in [(0, "think"), (1, "calls look"), (0, "calls look")] {
            completes(&self.says(&mut talk, provider, text).await, place, "the next message");
        }
    }
}

/// The text that makes the peer fall silent once.
fn asking(place: Place) -> String {
    format!("fault look silence {} 1 times", place.as_str())
}

fn is_end(event: &Value) -> bool {
    ENDS.iter().any(|end| event["type"] == *end)
}

/// Tells whether the event is the last that a reader is shown before the place.
fn is_reached(event: &Value, place: Place) -> bool {
    let kind = event["type"].as_str().unwrap_or_default();
    let shows = |what: &str, words: &str| {
        let data = &event["data"];
        kind == "message.delta"
            && data["kind"] == what
            && data["text"].as_str().is_some_and(|text| text.contains(words))
    };
    match place {
        Place::Thinking => shows("thinking", ""),
        Place::Text => shows("text", "I call."),
        // The peer sends a call and the text before it in one piece.
        Place::Call | Place::Called => shows("text", "(answer"),
        Place::Result => kind == "tool.completed",
        Place::Answer => shows("text", "It is done."),
        Place::Start | Place::Summary | Place::SummaryText => kind == "turn.started",
    }
}

/// The text of a message that is complete.
fn text(completed: &Value) -> String {
    let parts = completed["message"]["content"].as_array().expect("parts").iter();
    parts.filter_map(|part| (part["type"] == "text").then(|| part["text"].as_str())?).collect()
}

fn completes(events: &[Value], place: Place, when: &str) {
    let end = events.last().expect("an end");
    assert_eq!(end["type"], "turn.completed", "{place:?}, {when}: {events:#?}");
}

/// Every place of a turn is the place of one thread, and one death hits them all.
async fn every_place_survives(at: usize) {
    let mut world = World::start(at).await;
    let mut cases = Vec::new();
    for place in Place::ALL {
        cases.push(world.holds(place).await);
    }
    world.peers[0].until_held(cases.len()).await;
    world.server.signal("KILL");
    world.server.ended();
    world.server = configuration::start(world.server.folder.clone());
    for case in &cases {
        world.goes_on(case).await;
    }
    for peer in &world.peers {
        assert_eq!(peer.complaints(), Vec::<String>::new());
    }
}

/// Two threads, so that the peers answer while the test waits for a process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_every_place_of_a_turn_is_survived_over_chat() {
    timeout(PATIENCE, every_place_survives(0)).await.expect("every wait has an end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_every_place_of_a_turn_is_survived_over_responses() {
    timeout(PATIENCE, every_place_survives(1)).await.expect("every wait has an end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_every_place_of_a_turn_is_survived_over_anthropic() {
    timeout(PATIENCE, every_place_survives(2)).await.expect("every wait has an end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_every_place_of_a_turn_is_survived_over_gemini() {
    timeout(PATIENCE, every_place_survives(3)).await.expect("every wait has an end");
}
