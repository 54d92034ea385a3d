//! Calls of a real server on loopback that plays what the test wrote, over a wire of plain words.

use std::time::{Duration, Instant};

use domain::{ThreadId, TurnId, controls::Controls, step::Stop, usage::Usage};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use uuid::Uuid;

use super::*;
use crate::{
    model::{End, Purpose},
    provider::{Key, Kind, Protocol, ProviderSettings, Times},
    wire::Outgoing,
};

/// Each event is a piece of text, or `END`, or `BAD`.
struct Words;

struct Reading;

impl Wire for Words {
    fn name(&self) -> &'static str {
        "words"
    }

    fn request(&self, call: &Call<'_>) -> Result<Outgoing, Failure> {
        let key = format!("Bearer {}", call.key.unwrap_or_default()).parse().expect("a header");
        let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, key)]);
        Ok(Outgoing { url: format!("{}/say", call.base_url), headers, body: Bytes::from_static(b"{}") })
    }

    fn reader(&self, _: &Call<'_>) -> Box<dyn Reader> {
        Box::new(Reading)
    }

    fn failure(&self, _: &Call<'_>, status: StatusCode, _: &HeaderMap, body: &[u8]) -> Failure {
        let fault = if status == StatusCode::TOO_MANY_REQUESTS { Fault::RateLimited } else { Fault::Invalid };
        Failure::new(fault, String::from_utf8_lossy(body))
    }
}

impl Reader for Reading {
    fn read(&mut self, _: Option<&str>, data: &str, chunks: &mut Vec<Chunk>) -> Result<(), Failure> {
        match data {
            "END" => chunks.push(Chunk::End(End::plain(Usage::default(), Stop::End))),
            "BAD" => return Err(Failure::new(Fault::Unavailable, "overloaded")),
            text => chunks.push(Chunk::Text(text.into())),
        }
        Ok(())
    }

    fn cut(&self) -> Failure {
        let usage = Some(Usage { input: 7, ..Usage::default() });
        Failure { usage, ..Failure::new(Fault::Upstream, "the provider's answer ended early") }
    }
}

/// What the server does with its one connection, after it has read the request.
enum Act {
    Send(Vec<u8>),
    Pause(Duration),
    /// Waits until the client closes the connection.
    Hold,
}

fn send(text: &str) -> Act {
    Act::Send(text.into())
}

fn head(status: &str, more: &str) -> Act {
    send(&format!("HTTP/1.1 {status}\r\nConnection: close\r\n{more}\r\n"))
}

fn stream_head() -> Act {
    head("200 OK", "Content-Type: text/event-stream\r\nx-request-id: theirs\r\n")
}

/// Returns the server's address, and the request that it has read once the connection is closed.
async fn serve(acts: Vec<Act>) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let served = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.expect("a connection");
        let request = request_of(&mut connection).await;
        for act in acts {
            match act {
                // A client that has what it needs may be gone.
                Act::Send(bytes) => drop(connection.write_all(&bytes).await),
                Act::Pause(time) => sleep(time).await,
                Act::Hold => {
                    let _ = connection.read(&mut [0; 64]).await;
                }
            }
        }
        request
    });
    (address, served)
}

async fn request_of(connection: &mut TcpStream) -> String {
    let mut request = String::new();
    while !request.ends_with("{}") {
        let mut bytes = [0; 4096];
        let count = connection.read(&mut bytes).await.expect("a request");
        assert!(count > 0, "the request ended early: {request}");
        request += std::str::from_utf8(&bytes[..count]).expect("text");
    }
    request
}

fn calling(base_url: String, times: Times) -> Stream {
    calling_for(Purpose::Answer, base_url, times)
}

fn calling_for(purpose: Purpose, base_url: String, times: Times) -> Stream {
    let configured = ProviderSettings {
        name: "local".into(),
        kind: Kind::Openai,
        base_url: Some(base_url),
        wire: None,
        key: Key::parse("sk-secret"),
        ca_file: None,
        times,
    };
    let provider = Arc::new(Provider::new(configured).expect("there is no CA file"));
    let (name, model, wire, abilities) = ("one".into(), "one".into(), Protocol::Chat, None);
    let request = Request {
        purpose,
        model: "one".into(),
        instructions: String::new(),
        transcript: Vec::new(),
        tools: Vec::new(),
        controls: Controls::default(),
        most_output: None,
        files: Default::default(),
        thread: ThreadId(Uuid::nil()),
        turn: TurnId(Uuid::nil()),
        call: 3,
        script: Vec::new(),
    };
    let (route, is_own, most_output) = ("one".into(), false, None);
    let lead = Lead { name, provider, wire, model, abilities, most_output, route, is_own };
    call(Arc::new(lead), &Words, request, Timestamp(0))
}

fn patient() -> Times {
    Times::all(Duration::from_secs(20))
}

fn soon() -> Duration {
    Duration::from_millis(150)
}

/// The text of the answer, then its end or its failure.
async fn heard(mut stream: Stream) -> (String, Result<End, Failure>) {
    let mut text = String::new();
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(Chunk::Text(more)) => text += &more,
            Ok(Chunk::End(end)) => {
                assert!(stream.next().await.is_none(), "nothing follows the end");
                return (text, Ok(end));
            }
            Ok(other) => panic!("{other:?}"),
            Err(failure) => {
                assert!(stream.next().await.is_none(), "nothing follows a failure");
                return (text, Err(failure));
            }
        }
    }
    panic!("the stream ended without an end");
}

async fn failed(acts: Vec<Act>, times: Times) -> (String, Failure) {
    let (url, _served) = serve(acts).await;
    let (text, end) = heard(calling(url, times)).await;
    (text, end.expect_err("a failure"))
}

#[tokio::test]
async fn the_end_of_the_answer_closes_an_open_connection() {
    let (url, served) =
        serve(vec![stream_head(), send(": hello\n\ndata: One\n\nda"), send("ta:  two\n\ndata: END\n\n"), Act::Hold])
            .await;
    let (text, end) = heard(calling(url, patient())).await;
    assert_eq!((text.as_str(), end.expect("an end").request_id.as_deref()), ("One two", Some("theirs")));
    let request = served.await.expect("the connection was closed").to_ascii_lowercase();
    assert!(request.starts_with("post /say "), "{request}");
    assert!(request.contains("x-request-id: 00000000-0000-0000-0000-000000000000-3\r\n"), "{request}");
    assert!(request.contains("authorization: bearer sk-secret\r\n"), "{request}");
}

#[tokio::test]
async fn a_summary_has_an_id_of_its_own() {
    let (url, served) = serve(vec![stream_head(), send("data: END\n\n"), Act::Hold]).await;
    assert!(heard(calling_for(Purpose::Summary, url, patient())).await.1.is_ok());
    let request = served.await.expect("the connection was closed");
    assert!(request.contains("x-request-id: 00000000-0000-0000-0000-000000000000-3-summary\r\n"), "{request}");
}

#[tokio::test]
async fn dropping_the_stream_closes_the_connection() {
    let (url, served) = serve(vec![stream_head(), send("data: One\n\n"), Act::Hold]).await;
    let mut stream = calling(url, patient());
    assert_eq!(stream.next().await, Some(Ok(Chunk::Text("One".into()))));
    assert!(!served.is_finished());
    drop(stream);
    served.await.expect("the connection was closed");
}

#[tokio::test]
async fn a_refusal_has_the_providers_words_its_wait_and_its_id() {
    let refusal = head("429 Too Many Requests", "Retry-After: 7\r\nrequest-id: theirs\r\n");
    let (text, failure) = failed(vec![refusal, send("slow down")], patient()).await;
    assert_eq!((text.as_str(), failure.message.as_str(), failure.fault), ("", "slow down", Fault::RateLimited));
    assert_eq!(failure.retry_after, Some(Duration::from_secs(7)));
    assert_eq!(failure.spent(), Some(Default::default()), "no model has run");
    assert_eq!(failure.request_id.as_deref(), Some("theirs"));
}

#[tokio::test]
async fn an_answer_that_is_no_stream_is_a_mistake_of_the_configuration() {
    for answer in [
        head("200 OK", "Content-Type: text/html; charset=utf-8\r\n"),
        head("302 Found", "Location: http://127.0.0.1:1/\r\n"),
    ] {
        let (_, failure) = failed(vec![answer, send("<html>")], patient()).await;
        assert_eq!(failure.fault, Fault::Invalid);
        assert!(failure.message.contains("base URL"), "{}", failure.message);
    }
}

#[tokio::test]
async fn a_failure_within_the_stream_ends_it_at_once() {
    let (text, failure) = failed(vec![stream_head(), send("data: One\n\ndata: BAD\n\n"), Act::Hold], patient()).await;
    assert_eq!((text.as_str(), failure.message.as_str()), ("One", "overloaded"));
    assert_eq!(failure.spent(), None, "nobody knows");
}

#[tokio::test]
async fn a_stream_without_its_end_is_a_failure_with_the_usage_so_far() {
    for acts in [vec![stream_head(), send("data: One\n\ndata: END")], vec![stream_head(), send("data: One\n\n")]] {
        let (text, failure) = failed(acts, patient()).await;
        assert_eq!((text.as_str(), failure.fault), ("One", Fault::Upstream));
        assert_eq!(failure.usage.map(|usage| usage.input), Some(7));
        assert_eq!(failure.request_id.as_deref(), Some("theirs"));
    }
}

#[tokio::test]
async fn each_time_out_ends_the_call() {
    let comments = || (0..200).flat_map(|_| [send(": wait\n\n"), Act::Pause(Duration::from_millis(20))]);
    let talk = || (0..200).flat_map(|_| [send("data: a\n\n"), Act::Pause(Duration::from_millis(20))]);
    let begun = || vec![stream_head(), send("data: One\n\n")];
    for (times, acts, expected) in [
        (Times { first_byte: soon(), ..patient() }, vec![Act::Hold], "did not begin to answer in time"),
        (
            Times { first_token: soon(), ..patient() },
            std::iter::once(stream_head()).chain(comments()).collect(),
            "said nothing for 0 seconds",
        ),
        (
            Times { between: soon(), ..patient() },
            begun().into_iter().chain([Act::Hold]).collect(),
            "fell silent within its answer",
        ),
        (
            Times { whole: soon(), ..patient() },
            begun().into_iter().chain(talk()).collect(),
            "did not end its answer in time",
        ),
    ] {
        let began = Instant::now();
        let (_, failure) = failed(acts, times).await;
        assert!(failure.message.contains(expected), "{}", failure.message);
        assert!(failure.fault.is_transient(), "{expected}");
        assert!(began.elapsed() < Duration::from_secs(3), "{expected}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn comments_end_a_silence_within_an_answer() {
    let comments = (0..20).flat_map(|_| [send(": wait\n\n"), Act::Pause(Duration::from_millis(30))]);
    let acts = [stream_head(), send("data: One\n\n")].into_iter().chain(comments).chain([send("data: END\n\n")]);
    let (url, _served) = serve(acts.collect()).await;
    let (text, end) = heard(calling(url, Times { between: soon() * 2, ..patient() })).await;
    assert_eq!((text.as_str(), end.is_ok()), ("One", true));
}

#[tokio::test]
async fn an_event_of_more_than_eight_mebibytes_is_a_failure() {
    // The bound counts whole pieces of the connection, so the next event may begin within the last one.
    let most = (BETWEEN_EVENTS_MAX - (1 << 20)) as usize;
    let event = |bytes: usize| Act::Send(format!("data: {}\n\n", "x".repeat(bytes)).into_bytes());
    let (url, _served) = serve(vec![stream_head(), event(most), event(most), send("data: END\n\n")]).await;
    let (text, end) = heard(calling(url, patient())).await;
    assert_eq!((text.len(), end.is_ok()), (2 * most, true), "the bound is between events");
    let (text, failure) = failed(vec![stream_head(), event(most + (1 << 20)), send("data: END\n\n")], patient()).await;
    assert_eq!((text.len(), failure.message.as_str()), (0, "the provider sent an event of more than 8 MiB"));
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_unavailable() {
    let (_, end) = heard(calling("http://127.0.0.1:1".into(), patient())).await;
    let failure = end.expect_err("a failure");
    assert_eq!((failure.fault, failure.is_refused), (Fault::Unavailable, true));
    assert!(failure.message.contains("refused the connection"), "{}", failure.message);
}
