//! Readers of an answer that a provider streams: the turn depends on none of them. And a provider that reads less than it is
//! sent.

use dialect_kit::testing::Events;
use providers::testing::StrictPeer;
use reqwest::Response;
use serde_json::Value;

use super::{
    configuration::{self, Lead},
    talk::{Talk, all, one},
};
use crate::process::{KEY, Server, client};

/// Longer than the buffers of a connection, together with its answers.
const LONG_TEXTS: usize = 20;
const LONG_CHARS: usize = 50_000;

/// A server in front of a peer, with an agent `chat`.
async fn behind_peer() -> (Server, StrictPeer) {
    let (url, peer) = StrictPeer::start().await;
    let lead = Lead { wire: "chat", base_url: format!("{url}/v1"), agents: vec![("chat".into(), "gpt-5.4", 4_096)] };
    (configuration::server(&[lead], "one", "").await, peer)
}

#[tokio::test]
async fn a_reader_that_goes_away_cancels_nothing() {
    let (server, peer) = behind_peer().await;
    let mut talk = Talk::begin(&server, "chat").await;
    let mut leaves = Talk::on(&server, &talk.thread).await;
    talk.send("slow").await;
    leaves.until(|event| event["type"] == "message.delta").await;
    drop(leaves);
    let events = talk.until(|event| event["type"].as_str().is_some_and(|kind| kind.starts_with("turn.c"))).await;
    one(&events, "turn.completed");
    let said = &one(&events, "message.completed")["message"];
    assert!(said["content"][0]["text"].as_str().is_some_and(|text| text.starts_with("1 2 3 ")), "{said}");
    assert_eq!(said.get("interrupted").filter(|is| **is == Value::Bool(true)), None, "{said}");
    assert_eq!(peer.requests().len(), 1, "the model is asked once");
}

#[tokio::test]
async fn a_reader_that_never_reads_holds_up_no_turn() {
    let (server, peer) = behind_peer().await;
    let mut talk = Talk::begin(&server, "chat").await;
    let url = format!("{}/threadline/v1/threads/{}/events", server.url, talk.thread);
    let stuck = client().get(url).bearer_auth(KEY).header("accept", "text/event-stream").send().await;
    let stuck = stuck.and_then(Response::error_for_status).expect("a stream");
    for number in 1..=LONG_TEXTS {
        let events = talk.says(&format!("{number} {}", "x".repeat(LONG_CHARS))).await;
        one(&events, "turn.completed");
    }
    assert_eq!(peer.complaints(), Vec::<String>::new());
    // The reader reads at last, and gets the beginning.
    let first = Events::of(stuck).next().await.expect("an event");
    assert!(first.contains("thread.created"), "{first}");
}

/// The peer reports ten tokens, whatever it gets.
#[tokio::test]
async fn a_provider_that_reads_far_less_than_it_was_sent_is_warned_of() {
    let (server, _peer) = behind_peer().await;
    let mut talk = Talk::begin(&server, "chat").await;
    let events = talk.says(&"many words ".repeat(2_000)).await;
    one(&events, "turn.completed");
    let warning = server.logged("the provider has read far less than it was sent");
    let turn = events.iter().find(|event| event["type"] == "turn.completed").map(|event| &event["turn"]);
    assert_eq!(Some(&warning["turn"]), turn, "{warning}");
    assert_eq!(warning["level"], "WARN", "{warning}");
    assert_eq!(warning["read"], 10, "{warning}");
    assert_eq!(all(&events, "message.completed").len(), 1);
}
