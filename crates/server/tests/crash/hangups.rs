//! Clients that hang up as soon as their request is written.
//!
//! On an idle machine their turns have ended within a second, which is printed and not asserted: a busy machine needs longer, and
//! would prove nothing by it. What is asserted holds on any: every turn ends, and by the worker that had it first. One that a
//! hang-up has lost would be taken over when its lease has run out.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use serde_json::json;
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{
    ALONE, checker,
    doors::{Api, native},
    history::{Door, History, Send},
    load::{self, survey},
    server::{KEY, Server},
};

/// So many hang up at once, and as many a moment later: while their message is being accepted, or answered.
const POSTS: usize = 1_000;
const MOMENT: Duration = Duration::from_millis(5);
const THREADS: usize = 20;
const AT_ONCE: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_turn_ends_although_a_thousand_clients_hang_up_at_once() {
    let _alone = ALONE.lock().await;
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let server = Server::start(folder.path(), None, None).await;
    let api = Api { http: load::http(), url: server.url.clone() };
    let mut threads = Vec::new();
    for _ in 0..THREADS {
        threads.push(native::thread(&api, "default").await.unwrap());
    }
    let sends: Vec<Send> = (0..2 * POSTS)
        .map(|n| Send {
            thread: threads[n % THREADS],
            door: Some(Door::Native),
            text: format!("question {n}"),
            ..Send::default()
        })
        .collect();
    let (at_once, later) = sends.split_at(POSTS);
    stream::iter(at_once).for_each_concurrent(AT_ONCE, |send| hang_up(&server, send, Duration::ZERO)).await;
    stream::iter(later)
        .enumerate()
        .for_each_concurrent(AT_ONCE, |(n, send)| hang_up(&server, send, MOMENT * n as u32 / POSTS as u32))
        .await;
    let hung_up = Instant::now();
    let rested = survey::rest(&api, &threads).await.unwrap();
    let ended_within = hung_up.elapsed();
    let mut history = History { sends, ..History::default() };
    for thread in &threads {
        history.threads.push(survey::thread(&api, *thread, rested.contains(thread)).await.unwrap());
    }
    let violations = checker::check(&history);
    assert_eq!(violations, []);
    let taken_over = history.threads.iter().flat_map(|thread| &thread.log).find(|entry| entry.kind == "turn.attempt");
    assert_eq!(taken_over.map(|entry| &entry.whole), None, "a turn was lost by its worker");
    let turns: usize = history.threads.iter().map(|thread| thread.turns.len()).sum();
    let after = format!("their turns had ended {ended_within:.0?} after the last one hung up");
    load::report(&format!("{turns} messages were accepted of clients that hung up, and {after}"));
    assert!(turns > POSTS / 10, "only {turns} messages were accepted: that proves little");
}

/// Writes the request and closes the connection.
async fn hang_up(server: &Server, send: &Send, after: Duration) {
    let body = json!({ "text": send.text }).to_string();
    let request = format!(
        "POST /threadline/v1/threads/{}/messages HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {KEY}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        send.thread,
        body.len()
    );
    let address = server.url.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).await.expect("the server listens");
    connection.write_all(request.as_bytes()).await.expect("the server reads");
    if !after.is_zero() {
        tokio::time::sleep(after).await;
    }
}
