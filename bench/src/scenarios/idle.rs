//! Memory of an unused server, and the time from its start to its first answer on `/readyz`.

use std::time::Duration;

use anyhow::Result;

use super::Bench;
use crate::{
    process::resident_kb,
    report::{Line, Target, median},
    server::{Server, Which},
};

const MEMORY_TARGET_MB: f64 = 30.0;
const START_TARGET_MS: f64 = 300.0;
/// Wait before the memory is read. Threads of the start end ten seconds after it.
const SETTLE: Duration = Duration::from_secs(12);

#[derive(Default)]
struct Runs {
    memory_mb: Vec<f64>,
    first_start_ms: Vec<f64>,
    next_start_ms: Vec<f64>,
}

pub async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let mut runs = [Runs::default(), Runs::default()];
    for _ in 0..bench.rounds {
        for (runs, (whose, which)) in runs.iter_mut().zip(bench.pair(None)) {
            let (memory, first, next) = one(which).await?;
            println!("  idle: {whose} {memory:.1} MB, ready after {first:.0} ms, on existing data after {next:.0} ms");
            runs.memory_mb.push(memory);
            runs.first_start_ms.push(first);
            runs.next_start_ms.push(next);
        }
    }
    let line = |what: &str, unit, figures: fn(&Runs) -> &[f64], target| {
        let [against, ours] = [0, 1].map(|side: usize| median(figures(&runs[side]).iter().copied()));
        Line { what: what.into(), unit, ours, against, against_what: "bare", target }
    };
    Ok(vec![
        line("idle memory", "MB", |runs| &runs.memory_mb, Target::AtMost(MEMORY_TARGET_MB)),
        line("start to ready, empty folder", "ms", |runs| &runs.first_start_ms, Target::AtMost(START_TARGET_MS)),
        line("start to ready, existing data", "ms", |runs| &runs.next_start_ms, Target::AtMost(START_TARGET_MS)),
    ])
}

/// Memory in MB, and the two starts in milliseconds.
async fn one(which: Which<'_>) -> Result<(f64, f64, f64)> {
    let server = Server::start(which).await?;
    tokio::time::sleep(SETTLE).await;
    let memory = resident_kb(server.pid())? / 1024.0;
    let first = server.start_to_ready.as_secs_f64() * 1000.0;
    let server = server.restart(which).await?;
    Ok((memory, first, server.start_to_ready.as_secs_f64() * 1000.0))
}
