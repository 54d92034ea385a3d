//! Threads with the peer, over each wire and over several.

use std::collections::HashSet;

use domain::{fault::Fault, message::Part, step::Stop};
use providers::{
    Chunk, Failure, Said,
    testing::StrictPeer,
    wire::{Wire, anthropic::Anthropic, chat::Chat, gemini::Gemini, responses::Responses},
};

use super::{post, send};
use tokio::io::AsyncReadExt;

use crate::harness::{Case, events, request, result, tool, user};

const WIRES: [&dyn Wire; 4] = [&Chat, &Responses, &Anthropic, &Gemini];

/// A thread, and the ids that its calls have had.
struct Thread {
    url: &'static str,
    transcript: Vec<Said>,
    ids: HashSet<String>,
}

impl Thread {
    fn new(url: String) -> Self {
        Self { url: url.leak(), transcript: Vec::new(), ids: HashSet::new() }
    }

    /// Says this, and lets the model answer until it stops. Returns the stops.
    async fn says(&mut self, wire: &'static dyn Wire, model: &'static str, words: &str) -> Vec<Stop> {
        self.transcript.push(user(words));
        let mut stops = Vec::new();
        loop {
            let (said, stop) = self.step(wire, model).await.unwrap_or_else(|failure| panic!("{words}: {failure:?}"));
            let calls: Vec<String> = said.message.body.tool_calls().map(|call| call.id.clone()).collect();
            self.transcript.push(said);
            self.transcript.extend(calls.iter().map(|id| result(id, r#"{"done":true}"#)));
            stops.push(stop);
            if !matches!(stop, Stop::ToolCalls | Stop::Pause) {
                return stops;
            }
        }
    }

    /// One call of the model, as an engine makes it: ids that the thread has had are replaced.
    async fn step(&mut self, wire: &'static dyn Wire, model: &'static str) -> Result<(Said, Stop), Failure> {
        let case = Case {
            wire,
            request: request(model, self.transcript.clone()),
            provider: "peer",
            model,
            abilities: None,
            base_url: self.url,
            key: None,
        }
        .with(|case| case.request.tools = vec![tool("files.read", "Reads", r#"{"type":"object"}"#)]);
        let outgoing = case.outgoing();
        let (status, body) = post(&outgoing.url, &outgoing.body).await;
        assert_eq!(status, 200, "{body}\n{}", String::from_utf8_lossy(&outgoing.body));
        let played = case.play_events(&events(&body));
        if let Some(failure) = played.failure {
            return Err(failure);
        }
        let mut said = played.said();
        for part in &mut said.message.body.content {
            if let Part::ToolCall(call) = part {
                while !self.ids.insert(call.id.clone()) {
                    call.id.push_str("_again");
                }
            }
        }
        let Some(Chunk::End(end)) = played.chunks.last() else { panic!("an answer ends") };
        Ok((said, end.stop))
    }
}

/// A thread with all that the peer plays to its end.
async fn talk(thread: &mut Thread, wire: &'static dyn Wire, model: &'static str) {
    use Stop::{End, ToolCalls};
    let pauses: &[Stop] = if wire.name() == "anthropic" { &[Stop::Pause, End] } else { &[End] };
    for (words, stops) in [
        ("hello", &[End][..]),
        ("think", &[End]),
        (r#"call files_read_748a5886 {"path": "a", "n": 1.50}"#, &[ToolCalls, End]),
        ("call files_read_748a5886", &[ToolCalls, End]),
        ("calls files_read_748a5886", &[ToolCalls, End]),
        ("steps 3 files_read_748a5886", &[ToolCalls, ToolCalls, ToolCalls, End]),
        ("broken files_read_748a5886", &[ToolCalls, End]),
        ("reuse files_read_748a5886", &[ToolCalls, End]),
        ("reuse made_up", &[ToolCalls, End]),
        ("pause", pauses),
        ("hello again", &[End]),
    ] {
        assert_eq!(thread.says(wire, model, words).await, stops, "{} {words}", wire.name());
    }
}

#[tokio::test]
async fn a_thread_over_any_wire_is_never_refused() {
    for wire in WIRES {
        let (url, peer) = StrictPeer::start().await;
        talk(&mut Thread::new(url), wire, "one").await;
        assert_eq!(peer.complaints(), Vec::<String>::new());
        assert!(peer.requests().iter().all(|got| got.wire == wire.name()));
        assert!(peer.requests().len() > 15);
    }
}

#[tokio::test]
async fn a_thread_may_change_its_model_and_its_wire_and_go_back() {
    let (url, peer) = StrictPeer::start().await;
    let mut thread = Thread::new(url);
    for model in ["one", "two", "one"] {
        for wire in WIRES {
            talk(&mut thread, wire, model).await;
        }
    }
    assert_eq!(peer.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn what_the_peer_breaks_off_is_a_failure() {
    let (url, peer) = StrictPeer::start().await;
    for wire in WIRES {
        for (words, fault) in [("overloaded", Fault::Unavailable), ("cut", Fault::Upstream), ("refuse", Fault::Refused)]
        {
            let mut thread = Thread::new(url.clone());
            thread.transcript.push(user(words));
            match thread.step(wire, "one").await {
                Err(failure) => assert_eq!(failure.fault, fault, "{} {words}", wire.name()),
                // OpenAI's wires tell a refusal as text.
                Ok((_, stop)) => assert_eq!((stop, words), (Stop::Refusal, "refuse"), "{}", wire.name()),
            }
        }
    }
    assert_eq!(peer.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn a_slow_answer_arrives_in_pieces_and_a_reader_may_go_away() {
    let (url, peer) = StrictPeer::start().await;
    let body =
        br#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"slow"}]}]}"#;
    let address = format!("{url}/v1/messages");
    let mut connection = send(&address, body).await;
    let mut head = String::new();
    while !head.contains("text_delta") {
        let mut piece = [0; 64];
        let count = connection.read(&mut piece).await.expect("the peer answers");
        assert!(count > 0, "{head}");
        head.push_str(&String::from_utf8_lossy(&piece[..count]));
    }
    assert!(!head.contains("message_stop"), "the rest follows later");
    drop(connection);
    Thread::new(url).says(&Anthropic, "one", "hello").await;
    assert_eq!(peer.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn an_answer_that_lost_its_thinking_is_refused() {
    for wire in [&Anthropic as &dyn Wire, &Gemini, &Responses] {
        let (url, peer) = StrictPeer::start().await;
        let mut thread = Thread::new(url);
        thread.says(wire, "one", "calls files_read_748a5886").await;
        thread.transcript.iter_mut().for_each(|said| said.blocks = None);
        thread.transcript.push(user("hello"));
        let case = Case {
            wire,
            request: request("one", thread.transcript.clone()),
            provider: "peer",
            model: "one",
            abilities: None,
            base_url: thread.url,
            key: None,
        };
        let outgoing = case.outgoing();
        let (status, body) = post(&outgoing.url, &outgoing.body).await;
        assert_eq!(case.refused(status, &body).split(' ').nth(1), Some("blocks_refused"), "{body}");
        assert_eq!(peer.complaints().len(), 1);
    }
}
