//! Messages answered by the model that answers at once, measured from the POST to the complete reply on the reader's
//! stream.
//!
//! The bare server has no turns, so its rate of accepting stands for the machine's speed.

use std::{net::SocketAddr, time::Instant};

use anyhow::{Result, ensure};

use super::{Bench, accept};
use crate::{
    driver::{
        Client, Latencies, Measured, Reader, SEND, Window, concurrently, create_threads, events_path, messages_path,
        post_request,
    },
    report::{Line, Target, median, progress},
    server::{Ours, Server, Which},
};

const CLIENTS: usize = 64;
const RATE_TARGET: f64 = 0.35;
const WAIT_TARGET: f64 = 5.0;

pub async fn run(bench: &Bench) -> Result<Vec<Line>> {
    if matches!(bench.ours, Ours::Bare) {
        println!("  turn: the bare server answers nobody, there is nothing to calibrate");
        return Ok(Vec::new());
    }
    let ours = |turns| Which::Ours { ours: &bench.ours, turns };
    let (mut accepts, mut turns, mut accept_ms, mut turn_ms) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        let run = accept::one(Which::Bare, CLIENTS, 200, bench.seconds).await?;
        progress("accept, 64 clients", "bare", &run);
        accepts.push(run.per_s);
        let run = whole_turns(ours(None), CLIENTS, bench.seconds).await?;
        progress("turn, 64 clients", "ours", &run);
        turns.push(run.per_s);
        let run = accept::one(ours(Some(0)), 1, 1, bench.seconds).await?;
        progress("accept, 1 client", "ours", &run);
        accept_ms.push(run.p50_ms);
        let run = whole_turns(ours(None), 1, bench.seconds).await?;
        progress("turn, 1 client", "ours", &run);
        turn_ms.push(run.p50_ms);
    }
    Ok(vec![
        Line {
            what: "whole turns, 64 clients".into(),
            unit: "/s",
            ours: median(turns),
            against: median(accepts),
            against_what: "bare, accepts",
            target: Target::RatioAtLeast(RATE_TARGET),
        },
        Line {
            what: "from POST to the complete reply, 1 client, p50".into(),
            unit: "ms",
            ours: median(turn_ms),
            against: median(accept_ms),
            against_what: "ours, accept",
            target: Target::RatioAtMost(WAIT_TARGET),
        },
    ])
}

/// Each client has its own thread, and sends again when the turn has ended. The time ends with the whole reply.
async fn whole_turns(which: Which<'_>, clients: usize, seconds: f64) -> Result<Measured> {
    let server = Server::start(which).await?;
    let address = server.address;
    let threads = create_threads(address, clients).await?;
    let mut connected = Vec::with_capacity(clients);
    for thread in threads {
        connected.push(Talker::connect(address, &thread).await?);
    }
    let window = Window::from_now(seconds);
    let talkers = concurrently(connected.into_iter().map(|mut talker| async move {
        let mut latencies = Latencies::default();
        while window.is_open() {
            let start = Instant::now();
            talker.send().await?;
            talker.reader.until("message.completed").await?;
            latencies.push(window, start, Instant::now());
            talker.reader.until("turn.completed").await?;
        }
        Ok(latencies)
    }));
    window.measure(server.pid(), talkers).await
}

/// A client that sends on one connection and follows its thread on another.
struct Talker {
    connection: Client,
    reader: Reader,
    request: Vec<u8>,
}

impl Talker {
    async fn connect(address: SocketAddr, thread: &str) -> Result<Self> {
        Ok(Self {
            connection: Client::connect(address).await?,
            reader: Reader::open(address, &events_path(thread)).await?,
            request: post_request(&messages_path(thread), SEND),
        })
    }

    async fn send(&mut self) -> Result<()> {
        let answer = self.connection.request(&self.request).await?;
        ensure!(answer.status == 201, "answered {}: {}", answer.status, answer.text());
        Ok(())
    }
}
