//! Bodies: bounded, closed when they are dropped, and told apart from broken ones.

use futures_util::StreamExt;
use outward::{
    Failure, Method, Request,
    header::{self, HeaderValue},
};
use tokio::io::AsyncWriteExt;

use crate::endpoint::{Endpoint, OK, any_client, get, in_time, read, send};

const ENDLESS: &str = "HTTP/1.1 200 OK\r\n\r\n";

/// Answers without end, until the client closes the connection.
async fn endless(endpoint: &Endpoint) {
    let mut peer = endpoint.accept().await;
    peer.request().await;
    peer.say(ENDLESS).await;
    while in_time(peer.stream.write_all(&[b'x'; 10_000])).await.is_ok() {}
}

#[tokio::test]
async fn an_endless_body_ends_at_its_bound() {
    let endpoint = Endpoint::new().await;
    let request = Request { bytes_max: Some(1_000_000), ..get(endpoint.url()) };
    let reads = async { read(send(request).await.expect("an answer")).await };
    let ((read, failure), ()) = tokio::join!(reads, endless(&endpoint));
    assert_eq!(failure, Some(Failure::TooManyBytes));
    assert!((900_000..=1_000_000).contains(&read.len()), "{} bytes", read.len());
}

#[tokio::test]
async fn a_body_of_the_most_bytes_is_whole() {
    for (most, failure) in [(2, None), (1, Some(Failure::TooManyBytes))] {
        let endpoint = Endpoint::new().await;
        let request = Request { bytes_max: Some(most), ..get(endpoint.url()) };
        let reads = async { read(send(request).await.expect("an answer")).await };
        let ((_, found), _) = tokio::join!(reads, endpoint.answer(OK));
        assert_eq!(found, failure, "{most}");
    }
}

#[tokio::test]
async fn dropping_the_body_frees_the_connection() {
    for pieces in [0, 1, 3] {
        let endpoint = Endpoint::new().await;
        let client = any_client();
        let reads = async {
            let mut answer = client.send(get(endpoint.url())).await.expect("an answer");
            for _ in 0..pieces {
                in_time(answer.body.next()).await.expect("a piece").expect("bytes");
            }
        };
        tokio::join!(reads, endless(&endpoint));
    }
}

#[tokio::test]
async fn a_silent_body_frees_the_connection_when_it_is_dropped() {
    let endpoint = Endpoint::new().await;
    let client = any_client();
    let falls_silent = async {
        let mut peer = endpoint.accept().await;
        peer.request().await;
        peer.say(ENDLESS).await;
        peer.closed().await;
    };
    let drops = async { drop(client.send(get(endpoint.url())).await.expect("an answer")) };
    tokio::join!(drops, falls_silent);
}

#[tokio::test]
async fn a_body_read_to_its_end_leaves_the_connection_for_the_next_request() {
    let endpoint = Endpoint::new().await;
    let client = any_client();
    let reads = async {
        for _ in 0..3 {
            let answer = client.clone().send(get(endpoint.url())).await.expect("an answer");
            assert_eq!(read(answer).await, (b"ok".to_vec(), None));
        }
    };
    let answers = async {
        let mut peer = endpoint.accept().await;
        for _ in 0..3 {
            peer.request().await;
            peer.say(OK).await;
        }
    };
    tokio::join!(reads, answers);
    assert!(endpoint.is_untouched());
}

#[tokio::test]
async fn a_body_cut_short_is_a_failure() {
    let endpoint = Endpoint::new().await;
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello";
    let reads = async { read(send(get(endpoint.url())).await.expect("an answer")).await };
    let (read, _) = tokio::join!(reads, endpoint.answer(cut));
    assert_eq!(read, (b"hello".to_vec(), Some(Failure::Closed)));
}

#[tokio::test]
async fn a_broken_endpoint_is_told_apart_from_an_absent_one() {
    let endpoint = Endpoint::new().await;
    for noise in ["", "secret-host.internal speaks no HTTP\r\n\r\n"] {
        let (answered, _) = tokio::join!(send(get(endpoint.url())), endpoint.answer(noise));
        assert_eq!(answered.err(), Some(Failure::Closed), "{noise:?}");
    }
    let url = endpoint.url();
    drop(endpoint);
    assert_eq!(send(get(url)).await.err(), Some(Failure::Refused));
}

#[tokio::test]
async fn the_client_alone_says_where_a_request_ends_and_whose_it_is() {
    let endpoint = Endpoint::new().await;
    let names = [header::CONNECTION, header::CONTENT_LENGTH, header::HOST, header::TRANSFER_ENCODING];
    let headers = names.into_iter().map(|name| (name, HeaderValue::from_static("1"))).collect();
    let request = Request { method: Method::POST, headers, body: "words".into(), ..get(endpoint.url()) };
    let (answered, request) = tokio::join!(send(request), endpoint.answer(OK));
    assert_eq!(answered.expect("an answer").status, 200);
    let host = format!("\nhost: {}", endpoint.at());
    assert!(request.contains(&host) && request.contains("\ncontent-length: 5") && request.ends_with("\nwords"));
    assert!(!request.contains("transfer-encoding") && !request.contains("connection: 1"), "{request}");
}
