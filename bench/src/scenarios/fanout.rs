//! One event to 1,000 readers of its thread. Measures from the first byte of the POST until each reader has the event.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tokio::{sync::mpsc, task::JoinSet};

use super::{Bench, idle_readers::open};
use crate::{
    driver::{Client, Latencies, SEND_UNANSWERED, create_threads, messages_path, post_request},
    report::{Line, Target, median},
    server::{Server, Which},
};

const READERS: usize = 1_000;
/// Events of one run. Each is sent when the previous one has reached all readers.
const EVENTS: usize = 20;
const TARGET_MS: f64 = 100.0;

pub async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let mut p99_ms = [Vec::new(), Vec::new()];
    for _ in 0..bench.rounds {
        for (p99_ms, (whose, which)) in p99_ms.iter_mut().zip(bench.pair(Some(0))) {
            let arrivals = one(which).await?;
            let (p50, p99) = (arrivals.percentile_ms(50.0), arrivals.percentile_ms(99.0));
            println!("  fanout: {whose} p50 {p50:.1} ms  p99 {p99:.1} ms");
            p99_ms.push(p99);
        }
    }
    let [against, ours] = p99_ms.map(median);
    let what = format!("one event to {READERS} readers, p99");
    Ok(vec![Line { what, unit: "ms", ours, against, against_what: "bare", target: Target::AtMost(TARGET_MS) }])
}

async fn one(which: Which<'_>) -> Result<Latencies> {
    let server = Server::start(which).await?;
    let threads = create_threads(server.address, 1).await?;
    let (arrived, mut arrivals) = mpsc::unbounded_channel::<Result<Instant>>();
    let mut following = JoinSet::new();
    for mut reader in open(server.address, &threads, READERS).await? {
        let arrived = arrived.clone();
        // Ends with the run, or when the stream breaks, which the run then notices.
        following.spawn(async move {
            loop {
                let read = reader.until("message.created").await.map(|()| Instant::now());
                let is_broken = read.is_err();
                if arrived.send(read).is_err() || is_broken {
                    return;
                }
            }
        });
    }
    let mut sender = Client::connect(server.address).await?;
    let request = post_request(&messages_path(&threads[0]), SEND_UNANSWERED);
    let mut latencies = Latencies::default();
    for _ in 0..EVENTS {
        let start = Instant::now();
        let answer = sender.request(&request).await?;
        ensure!(answer.status == 201, "answered {}: {}", answer.status, answer.text());
        for _ in 0..READERS {
            let arrival = arrivals.recv().await.context("all readers have ended")??;
            latencies.push_duration(arrival - start);
        }
    }
    Ok(Latencies::merged(vec![latencies]))
}
