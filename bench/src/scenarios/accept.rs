//! Messages stored a second. Our server runs with `--turns 0`: it stores a message and its turn, and does not run the
//! turn.

use anyhow::Result;
use tempfile::TempDir;
use uuid::Uuid;

use super::Bench;
use crate::{
    bare::{Accept, Writer},
    driver::{
        Latencies, Measured, SEND, Window, closed_loop, concurrently, create_threads, messages_path, post_request,
    },
    report::{Line, Target, median, progress},
    server::{Server, Which},
};

/// Numbers of clients and of threads to which they write.
const LOADS: [(usize, usize); 3] = [(64, 200), (256, 200), (64, 1)];

const TARGET: f64 = 0.6;
/// Lowest ratio of a bare server to its own writer. A lower one would flatter our server and is an error of the bench.
const HTTP_COSTS_AT_MOST: f64 = 0.5;

pub async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (clients, threads) in LOADS {
        let name = format!("accept, {clients} clients, {}", if threads == 1 { "one thread" } else { "200 threads" });
        let (mut rates, mut alone) = ([Vec::new(), Vec::new()], Vec::new());
        for _ in 0..bench.rounds {
            for (rates, (whose, which)) in rates.iter_mut().zip(bench.pair(Some(0))) {
                let run = one(which, clients, threads, bench.seconds).await?;
                progress(&name, whose, &run);
                rates.push(run.per_s);
            }
            let run = writer_alone(clients, threads, bench.seconds).await?;
            progress(&name, "loop", &run);
            alone.push(run.per_s);
        }
        let [bare, ours] = rates.map(median);
        let target = if threads == 1 { Target::None } else { Target::RatioAtLeast(TARGET) };
        lines.push(Line { what: name.clone(), unit: "/s", ours, against: bare, against_what: "bare", target });
        lines.push(Line {
            what: format!("  its bare server, against its writer without HTTP, {clients} at once"),
            unit: "/s",
            ours: bare,
            against: median(alone),
            against_what: "writer loop",
            target: Target::RatioAtLeast(HTTP_COSTS_AT_MOST),
        });
    }
    Ok(lines)
}

/// One run on an empty server.
pub(super) async fn one(which: Which<'_>, clients: usize, threads: usize, seconds: f64) -> Result<Measured> {
    let server = Server::start(which).await?;
    let threads = create_threads(server.address, threads).await?;
    let requests = threads.iter().map(|thread| post_request(&messages_path(thread), SEND)).collect();
    closed_loop((server.address, server.pid()), requests, 201, clients, seconds).await
}

/// The bare server's writer, called within this process, without HTTP.
async fn writer_alone(clients: usize, threads: usize, seconds: f64) -> Result<Measured> {
    let folder = TempDir::new_in(std::env::current_exe()?.parent().unwrap_or(".".as_ref()))?;
    let writer = Writer::open(folder.path())?;
    let threads: Vec<Uuid> = (0..threads).map(|_| Uuid::now_v7()).collect();
    let window = Window::from_now(seconds);
    let clients = concurrently((0..clients).map(|client| {
        let (writer, threads) = (writer.clone(), threads.clone());
        async move {
            let mut latencies = Latencies::default();
            let first = client * threads.len() / clients;
            for thread in threads.iter().cycle().skip(first).take_while(|_| window.is_open()) {
                let accept =
                    Accept { thread: *thread, message: Uuid::now_v7(), turn: Uuid::now_v7(), text: SEND.to_owned() };
                let start = std::time::Instant::now();
                writer.accept(accept).await?;
                latencies.push(window, start, std::time::Instant::now());
            }
            Ok(latencies)
        }
    }));
    window.measure(std::process::id(), clients).await
}
