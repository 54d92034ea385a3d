//! Webhooks from the binary: whatever dies, and however many nodes there are, nothing is lost.

use std::collections::BTreeSet;

use dialect_kit::testing::{Received, Receiver};
use reqwest::Method;
use serde_json::{Value, json};
use store::testing::Cluster;

use crate::process::{KEY, Server, Start, client};

fn telling(start: Start) -> Start {
    start.env("THREADLINE_WEBHOOK_TARGETS", "any").env("THREADLINE_BOOTSTRAP_KEY", KEY)
}

async fn post(server: &Server, path: &str, body: Value) -> Value {
    let url = format!("{}/threadline/v1{path}", server.url);
    let response = client().request(Method::POST, url).bearer_auth(KEY).json(&body).send().await.expect("an answer");
    assert!(response.status().is_success(), "{}", response.status());
    response.json().await.expect("JSON")
}

/// Thread and number of the event that was sent.
fn place(received: &Received) -> (String, i64) {
    let told = received.json();
    (told["data"]["thread"].as_str().expect("a thread").to_owned(), told["data"]["seq"].as_i64().expect("a number"))
}

#[tokio::test]
async fn what_a_killed_server_had_not_delivered_the_next_one_delivers_in_order() {
    let receiver = Receiver::start().await;
    let mut server = telling(Start::new("serve")).start();
    let webhook = post(&server, "/webhooks", json!({"url": receiver.url})).await;
    receiver.hold();
    let thread = server.thread();
    // On its way, and never answered; the rest waits behind it.
    let unanswered = receiver.next().await;
    assert_eq!(server.ask(&["thread", "send", &thread, "Hello", "--follow"]).out, "Hello\n");
    server.signal("KILL");
    server.ended();
    receiver.release();

    let again = telling(Start::on("serve", server.folder.clone())).start();
    let log = again.get(&format!("/threadline/v1/threads/{thread}/events")).await.1;
    let length = log["data"].as_array().expect("the log").len() as i64;
    let mut seen = Vec::new();
    while seen.last() != Some(&(thread.clone(), length)) {
        let received = receiver.next().await;
        if seen.is_empty() {
            assert_eq!(
                (received.header("webhook-id"), &received.body),
                (unanswered.header("webhook-id"), &unanswered.body)
            );
        }
        seen.push(place(&received));
    }
    let whole: Vec<(String, i64)> = (1..=length).map(|seq| (thread.clone(), seq)).collect();
    assert_eq!(seen, whole);
    let path = format!("/threadline/v1/webhooks/{}", webhook["id"].as_str().expect("an id"));
    while again.get(&path).await.1["threads_behind"] != 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn two_nodes_deliver_each_event_once_and_in_order() {
    let database = Cluster::of_this_process().fresh_database().await;
    let receiver = Receiver::start().await;
    let node = || telling(Start::new("serve")).env("THREADLINE_DATABASE", &database).start();
    let (one, two) = (node(), node());
    post(&one, "/webhooks", json!({"url": receiver.url})).await;
    let threads: Vec<String> = [&one, &two, &one, &two].map(Server::thread).into();
    for thread in &threads {
        for node in [&one, &two] {
            let sent = post(node, &format!("/threads/{thread}/messages"), json!({"text": "Hello"})).await;
            assert!(sent["turn"].is_object());
        }
    }
    // A thread's two turns make eleven events.
    let mut all = Vec::new();
    while all.len() < threads.len() * 11 {
        all.push(place(&receiver.next().await));
    }
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "none twice");
    for thread in &threads {
        let own: Vec<i64> = all.iter().filter(|(of, _)| of == thread).map(|(_, seq)| *seq).collect();
        assert_eq!(own, (1..=11).collect::<Vec<_>>());
    }
}
