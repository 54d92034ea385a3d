//! Each time-out of a model call ends a turn whose provider goes on for ever, and says which wait was too long. The thread
//! takes the next message.

use std::{fmt::Write, time::Duration};

use futures_util::future::join_all;
use providers::testing::StrictPeer;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

use super::{
    configuration,
    talk::{Talk, all, one},
};
use crate::process::Server;

/// What the provider does, for ever.
#[derive(Clone, Copy, Debug)]
enum Plays {
    /// It accepts the connection.
    Accepts,
    /// It sends the head of an answer.
    Begins,
    /// It sends comments of the stream.
    Comments,
    /// It says a word, and falls silent.
    FallsSilent,
    /// It says a word, and another one.
    Trickles,
}

/// A provider, its model, its only short time-out, and the reason that the turn tells.
struct Case {
    plays: Plays,
    scheme: &'static str,
    model: &'static str,
    time: &'static str,
    reason: &'static str,
}

const CASES: [Case; 6] = [
    Case {
        plays: Plays::Accepts,
        scheme: "https",
        model: "gpt-5.5",
        time: "connect_s",
        reason: "could not be connected to in time",
    },
    Case {
        plays: Plays::Accepts,
        scheme: "http",
        model: "gpt-5.4",
        time: "first_byte_s",
        reason: "did not begin to answer in time",
    },
    Case {
        plays: Plays::Begins,
        scheme: "http",
        model: "gpt-5.4-mini",
        time: "first_token_s",
        reason: "the model said nothing for 1 seconds",
    },
    Case {
        plays: Plays::Comments,
        scheme: "http",
        model: "claude-opus-4-8",
        time: "first_token_s",
        reason: "the model said nothing for 1 seconds",
    },
    Case {
        plays: Plays::FallsSilent,
        scheme: "http",
        model: "claude-opus-4-7",
        time: "silence_s",
        reason: "fell silent within its answer",
    },
    Case {
        plays: Plays::Trickles,
        scheme: "http",
        model: "gemini-3-flash-preview",
        time: "call_s",
        reason: "did not end its answer in time",
    },
];
/// The model of a provider that answers.
const ANSWERS: &str = "gpt-5.3-codex";
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const COMMENT: &str = ": still here\n\n";
const WORD: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n";
/// Shorter than any silence that counts.
const PAUSE: Duration = Duration::from_millis(50);

/// The address of a provider that plays so with everybody.
async fn provider(plays: Plays) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(play(connection, plays));
        }
    });
    address.to_string()
}

/// Plays until the client goes.
async fn play(mut connection: TcpStream, plays: Plays) -> std::io::Result<()> {
    let chunk = |event: &str| format!("{:x}\r\n{event}\r\n", event.len());
    let (first, next) = match plays {
        Plays::Accepts => (None, None),
        Plays::Begins => (Some(HEAD.to_owned()), None),
        Plays::Comments => (Some(HEAD.to_owned()), Some(COMMENT)),
        Plays::FallsSilent => (Some(HEAD.to_owned() + &chunk(WORD)), None),
        Plays::Trickles => (Some(HEAD.to_owned()), Some(WORD)),
    };
    connection.read_buf(&mut Vec::with_capacity(65_536)).await?;
    connection.write_all(first.unwrap_or_default().as_bytes()).await?;
    while let Some(event) = next {
        connection.write_all(chunk(event).as_bytes()).await?;
        sleep(PAUSE).await;
    }
    // The client sends no more, so this ends when it goes.
    while connection.read_buf(&mut Vec::with_capacity(65_536)).await? > 0 {}
    Ok(())
}

/// A configuration with a provider and a model for each case. A call is tried once.
async fn file(answers: &str) -> String {
    let mut text = "[limits]\nmodel_tries = 1\n".to_owned();
    for (number, case) in CASES.iter().enumerate() {
        let (address, Case { scheme, time, .. }) = (provider(case.plays).await, case);
        add(&mut text, number, &format!("{scheme}://{address}/v1"), case.model, &format!("{time} = 1"));
    }
    add(&mut text, CASES.len(), &format!("{answers}/v1"), ANSWERS, "");
    text
}

fn add(text: &mut String, number: usize, base_url: &str, model: &str, time: &str) {
    let provider = format!("[providers.p{number}]\nkind = \"openai\"\nbase_url = \"{base_url}\"\n{time}");
    let route = format!("[models.\"{model}\"]\nprovider = \"p{number}\"\nmodel = \"one\"");
    writeln!(text, "{provider}\n{route}").expect("a text takes all");
}

async fn ends(server: &Server, case: &Case) {
    let context = format!("{:?} {}", case.plays, case.time);
    let mut talk = Talk::begin(server, "default").await;
    talk.send_to(case.model, "Hello").await;
    let is_end = |event: &Value| ["turn.completed", "turn.failed"].iter().any(|end| event["type"] == *end);
    let events = talk.until(is_end).await;
    let failed = one(&events, "turn.failed");
    assert_eq!(failed["code"], "upstream", "{context}: {events:#?}");
    let reason = failed["reason"].as_str().unwrap_or_default();
    assert!(reason.ends_with(case.reason), "{context}: {reason}");
    let is_shown = matches!(case.plays, Plays::FallsSilent | Plays::Trickles);
    let said = all(&events, "message.completed");
    let kept = said.iter().filter(|said| said["message"]["content"].to_string().contains("word ")).count();
    assert_eq!((said.len(), kept), (1 + usize::from(is_shown), usize::from(is_shown)), "{context}: {events:#?}");
    talk.send_to(ANSWERS, "And now?").await;
    one(&talk.until(is_end).await, "turn.completed");
}

#[tokio::test]
async fn each_wait_for_a_provider_has_its_bound_and_the_turn_says_which() {
    let (url, peer) = StrictPeer::start().await;
    let server = configuration::of_file(&file(&url).await);
    join_all(CASES.iter().map(|case| ends(&server, case))).await;
    assert_eq!(peer.complaints(), Vec::<String>::new());
}
