//! The last page of 50 messages, from a long thread and a short one, compared with a bare server that reads the same
//! number of rows.

use std::net::SocketAddr;

use anyhow::{Result, ensure};

use super::Bench;
use crate::{
    driver::{
        Client, Measured, SEND_UNANSWERED, closed_loop, concurrently, create_threads, get_request, messages_path,
        post_request,
    },
    report::{Line, Target, median, progress},
    server::Server,
};

const SHORT: usize = 100;
const FILLERS: usize = 64;
/// Clients of the runs that measure the rate. The runs that measure the time have one.
const CLIENTS: usize = 16;
const LENGTH_COSTS_AT_MOST: f64 = 1.3;
const RATE_TARGET: f64 = 0.4;

pub async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let mut filled = Vec::new();
    for (whose, which) in bench.pair(Some(0)) {
        println!("  page: filling the thread of {} messages of {whose}", bench.messages);
        filled.push((whose, Filled::start(which, bench.messages).await?));
    }
    let (mut long_ms, mut short_ms) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..bench.rounds {
        for (side, (whose, server)) in filled.iter().enumerate() {
            let long = server.pages(&server.long, 1, bench.seconds).await?;
            progress("page of the long thread, 1 client", whose, &long);
            let short = server.pages(&server.short, 1, bench.seconds).await?;
            progress("page of the short thread, 1 client", whose, &short);
            let rate = server.pages(&server.long, CLIENTS, bench.seconds).await?;
            progress("page of the long thread, 16 clients", whose, &rate);
            long_ms[side].push(long.p50_ms);
            short_ms[side].push(short.p50_ms);
            rates[side].push(rate.per_s);
        }
    }
    let ([bare_long, long], [_, short], [bare_rate, rate]) =
        (long_ms.map(median), short_ms.map(median), rates.map(median));
    let line = |what: String, unit, ours, against, against_what, target| Line {
        what,
        unit,
        ours,
        against,
        against_what,
        target,
    };
    let of = bench.messages;
    Ok(vec![
        line(
            format!("last page of {of} messages, 1 client, p50"),
            "ms",
            long,
            short,
            "ours, of 100",
            Target::RatioAtMost(LENGTH_COSTS_AT_MOST),
        ),
        line(format!("last page of {of} messages, 1 client, p50"), "ms", long, bare_long, "bare", Target::None),
        line(
            format!("last page of {of} messages, 16 clients"),
            "/s",
            rate,
            bare_rate,
            "bare",
            Target::RatioAtLeast(RATE_TARGET),
        ),
    ])
}

/// A server with a long thread and a short one.
struct Filled {
    server: Server,
    long: String,
    short: String,
}

impl Filled {
    async fn start(which: crate::server::Which<'_>, messages: usize) -> Result<Self> {
        let server = Server::start(which).await?;
        let mut threads = create_threads(server.address, 2).await?;
        let (long, short) = (threads.swap_remove(0), threads.swap_remove(0));
        fill(server.address, &long, messages).await?;
        fill(server.address, &short, SHORT).await?;
        Ok(Self { server, long, short })
    }

    async fn pages(&self, thread: &str, clients: usize, seconds: f64) -> Result<Measured> {
        let path = format!("{}?order=desc&limit=50", messages_path(thread));
        let mut connection = Client::connect(self.server.address).await?;
        let answer = connection.get(&path).await?;
        ensure!(answer.status == 200, "answered {}: {}", answer.status, answer.text());
        let page: serde_json::Value = serde_json::from_slice(answer.body)?;
        let rows = page["data"].as_array().map_or(0, Vec::len);
        ensure!(rows == 50, "a page of {rows} rows");
        let requests = vec![get_request(&path)];
        closed_loop((self.server.address, self.server.pid()), requests, 200, clients, seconds).await
    }
}

async fn fill(address: SocketAddr, thread: &str, messages: usize) -> Result<()> {
    let request = post_request(&messages_path(thread), SEND_UNANSWERED);
    concurrently((0..FILLERS).map(|filler| {
        let request = request.clone();
        async move {
            let mut connection = Client::connect(address).await?;
            for _ in (filler..messages).step_by(FILLERS) {
                let answer = connection.request(&request).await?;
                ensure!(answer.status == 201, "answered {}: {}", answer.status, answer.text());
            }
            Ok(())
        }
    }))
    .await?;
    Ok(())
}
