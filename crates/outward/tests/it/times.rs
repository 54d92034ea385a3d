//! Each time-out ends its own phase, and frees the connection.

use std::time::Duration;

use futures_util::StreamExt;
use outward::{Failure, Method, Request, Times};

use crate::endpoint::{Endpoint, LONG, any_client, get, in_time, read, send};

const SHORT: Duration = Duration::from_millis(100);
const LONG_TIMES: Times = Times { connect: LONG, first_byte: LONG, between: LONG, whole: None };
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const PIECE: &str = "5\r\nhello\r\n";

fn request(endpoint: &Endpoint, times: Times) -> Request {
    Request::new(Method::GET, endpoint.url(), times)
}

/// A handshake that never ends. The connection itself is accepted by the system.
#[tokio::test]
async fn connecting_ends_in_time() {
    let endpoint = Endpoint::new().await;
    let request = Request { url: format!("https://{}/", endpoint.at()), ..request(&endpoint, LONG_TIMES) };
    let request = Request { times: Times { connect: SHORT, ..LONG_TIMES }, ..request };
    let silent = async { endpoint.accept().await.closed().await };
    let (answered, ()) = tokio::join!(send(request), silent);
    assert_eq!(answered.err(), Some(Failure::ConnectTimedOut));
}

#[tokio::test]
async fn the_first_byte_comes_in_time() {
    let endpoint = Endpoint::new().await;
    let request = request(&endpoint, Times { first_byte: SHORT, ..LONG_TIMES });
    let silent = async {
        let mut peer = endpoint.accept().await;
        peer.request().await;
        peer.closed().await;
    };
    let (answered, ()) = tokio::join!(send(request), silent);
    assert_eq!(answered.err(), Some(Failure::FirstByteTimedOut));
}

#[tokio::test]
async fn silence_within_the_body_ends_it() {
    let endpoint = Endpoint::new().await;
    let request = request(&endpoint, Times { between: SHORT, ..LONG_TIMES });
    let falls_silent = async {
        let mut peer = endpoint.accept().await;
        peer.request().await;
        peer.say(&format!("{CHUNKED}{PIECE}")).await;
        peer.closed().await;
    };
    let reads = async { read(send(request).await.expect("an answer")).await };
    let (read, ()) = tokio::join!(reads, falls_silent);
    assert_eq!(read, (b"hello".to_vec(), Some(Failure::IdleTimedOut)));
}

/// The whole body takes longer than `between`.
#[tokio::test]
async fn each_piece_begins_the_silence_anew() {
    let endpoint = Endpoint::new().await;
    let between = Duration::from_millis(1_000);
    let request = request(&endpoint, Times { between, ..LONG_TIMES });
    let speaks = async {
        let mut peer = endpoint.accept().await;
        peer.request().await;
        peer.say(CHUNKED).await;
        for _ in 0..8 {
            tokio::time::sleep(between / 6).await;
            peer.say(PIECE).await;
        }
        peer.say("0\r\n\r\n").await;
    };
    let reads = async { read(send(request).await.expect("an answer")).await };
    let (read, ()) = tokio::join!(reads, speaks);
    assert_eq!(read, (b"hello".repeat(8), None));
}

#[tokio::test]
async fn the_readers_own_pause_is_no_silence() {
    let endpoint = Endpoint::new().await;
    let between = Duration::from_millis(500);
    let request = request(&endpoint, Times { between, ..LONG_TIMES });
    let (resume, resumed) = tokio::sync::oneshot::channel();
    let speaks = async {
        let mut peer = endpoint.accept().await;
        peer.request().await;
        peer.say(&format!("{CHUNKED}{PIECE}")).await;
        resumed.await.expect("the reader goes on");
        peer.say(&format!("{PIECE}0\r\n\r\n")).await;
    };
    let reads = async {
        let mut answer = send(request).await.expect("an answer");
        let first = in_time(answer.body.next()).await.expect("a piece").expect("bytes");
        tokio::time::sleep(between * 2).await;
        let rest = read(answer);
        let (rest, ()) = tokio::join!(rest, async { resume.send(()).expect("the endpoint waits") });
        (first, rest)
    };
    let ((first, rest), ()) = tokio::join!(reads, speaks);
    assert_eq!((first.as_ref(), rest), (&b"hello"[..], (b"hello".to_vec(), None)));
}

#[tokio::test]
async fn the_whole_ends_in_time_though_pieces_come() {
    let endpoint = Endpoint::new().await;
    let request = request(&endpoint, Times { whole: Some(SHORT * 5), ..LONG_TIMES });
    let speaks = async {
        let mut peer = endpoint.accept().await;
        peer.request().await;
        peer.say(CHUNKED).await;
        use tokio::io::AsyncWriteExt;
        while peer.stream.write_all(PIECE.as_bytes()).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    let reads = async { read(send(request).await.expect("an answer")).await };
    let ((read, failure), ()) = tokio::join!(reads, speaks);
    assert_eq!(failure, Some(Failure::WholeTimedOut));
    assert!(!read.is_empty());
}

#[tokio::test]
async fn the_whole_ends_in_time_without_a_head() {
    let endpoint = Endpoint::new().await;
    let request = request(&endpoint, Times { whole: Some(SHORT), ..LONG_TIMES });
    let silent = async { endpoint.accept().await.closed().await };
    let (answered, ()) = tokio::join!(send(request), silent);
    assert_eq!(answered.err(), Some(Failure::WholeTimedOut));
}

#[tokio::test]
async fn a_dropped_request_frees_its_connection() {
    let endpoint = Endpoint::new().await;
    let sending = {
        let (client, request) = (any_client(), get(endpoint.url()));
        tokio::spawn(async move { client.send(request).await.map(drop) })
    };
    let mut peer = endpoint.accept().await;
    peer.request().await;
    sending.abort();
    peer.closed().await;
}
