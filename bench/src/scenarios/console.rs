//! The console in Chromium: paints beside many threads, a long thread, the way of a token to the screen, and the memory of
//! an open window. There is nothing to compare with, so each figure has a bound of its own.

use std::{
    collections::BTreeMap,
    fs,
    net::{SocketAddr, TcpListener},
    process::{Command, Stdio},
    sync::Arc,
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use super::Bench;
use crate::{
    driver::{Client, KEY, SEND_UNANSWERED, concurrently, create_threads, messages_path},
    report::{Line, Target, median},
    server::{Ours, Server, Which},
};

/// Messages of the long thread.
const LONG: usize = 10_000;
const FILLERS: usize = 64;

pub async fn run(bench: &Bench) -> Result<Vec<Line>> {
    if matches!(bench.ours, Ours::Bare) {
        bail!("the bare server has no console");
    }
    let folder = TempDir::new()?;
    let (file, model) = (folder.path().join("threadline.toml"), TcpListener::bind("127.0.0.1:0")?.local_addr()?);
    let provider = format!("[providers.bench]\nkind = \"openai\"\nbase_url = \"http://{model}/v1\"\n");
    fs::write(&file, provider + "[models.default]\nprovider = \"bench\"\nmodel = \"one\"\n")?;
    let which = Which::Ours { ours: &bench.ours, turns: None };
    let server = Server::start_with(which, &[("THREADLINE_CONFIG", &file.to_string_lossy())]).await?;
    println!("  console: making {} threads, and one of {LONG} messages", bench.threads);
    let mut threads = create_threads(server.address, bench.threads + 1).await?;
    let long = threads.pop().context("there is a thread")?;
    say(server.address, threads.into(), 1).await?;
    say(server.address, [long.clone()].into(), LONG).await?;
    let figures = browse(bench, &server, &long, model)?;
    let line = |what: String, name: &str, unit, most| {
        let ours = median(figures.get(name).cloned().unwrap_or_default());
        Line { what, unit, ours, against: most, against_what: "bound", target: Target::AtMost(most) }
    };
    let of = bench.threads;
    Ok(vec![
        line(format!("first paint of the inbox, {of} threads"), "inbox_ms", "ms", 300.0),
        line(format!("first paint of those who need a person, {of} threads"), "needs_ms", "ms", 300.0),
        line(format!("first paint of a thread of {LONG} messages"), "thread_ms", "ms", 300.0),
        line("jump of that thread, read upwards".into(), "up_px", "px", 2.0),
        line("jump of that thread, read downwards".into(), "down_px", "px", 2.0),
        line("from the model's token to the screen, 50 a second, p95".into(), "token_ms", "ms", 120.0),
        line("memory of an open window".into(), "window_kb", "KB", 60.0),
    ])
}

/// Writes so many messages into each of the threads.
async fn say(address: SocketAddr, threads: Arc<[String]>, messages: usize) -> Result<()> {
    let all = threads.len() * messages;
    let clients = (0..FILLERS).map(|filler| (filler, Arc::clone(&threads)));
    concurrently(clients.map(|(filler, threads)| async move {
        let mut connection = Client::connect(address).await?;
        for n in (filler..all).step_by(FILLERS) {
            let answer = connection.post(&messages_path(&threads[n % threads.len()]), SEND_UNANSWERED).await?;
            ensure!(answer.status == 201, "answered {}: {}", answer.status, answer.text());
        }
        Ok(())
    }))
    .await
    .map(drop)
}

/// Lists of figures by name, as the program that drives the browser prints them. The bench has nothing else to do meanwhile.
fn browse(bench: &Bench, server: &Server, long: &str, model: SocketAddr) -> Result<BTreeMap<String, Vec<f64>>> {
    let node = std::env::var_os("THREADLINE_TEST_NODE").unwrap_or_else(|| "node".into());
    let (url, pid) = (format!("http://{}", server.address), server.pid().to_string());
    let (port, rounds) = (model.port().to_string(), bench.rounds.to_string());
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/browser/console.mjs");
    let mut command = Command::new(&node);
    command.arg(program).args([&url, KEY, &pid, long, &port, &rounds]);
    let run = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = run.with_context(|| format!("cannot start {}", node.display()))?;
    ensure!(output.status.success(), "the browser's program failed");
    serde_json::from_slice(&output.stdout).context("the browser's program printed no figures")
}
