//! Memory of a reader that follows a thread without events. The kernel's socket buffers are not counted.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;

use super::Bench;
use crate::{
    driver::{Reader, concurrently, create_threads, events_path},
    process::resident_kb,
    report::{Line, Target, median},
    server::{Server, Which},
};

const TARGET_KB: f64 = 30.0;
const OPENERS: usize = 64;
/// Wait after the last reader has its answer, until the server has finished its work for them.
const SETTLE: Duration = Duration::from_secs(1);

pub async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (threads, spread) in [(bench.readers, "a thread each"), (1, "all of one thread")] {
        let what = format!("memory of one of {} idle readers, {spread}", bench.readers);
        let mut kb = [Vec::new(), Vec::new()];
        for _ in 0..bench.rounds {
            for (kb, (whose, which)) in kb.iter_mut().zip(bench.pair(None)) {
                let one = one(which, bench.readers, threads).await?;
                println!("  {what}: {whose} {one:.1} KB");
                kb.push(one);
            }
        }
        let [against, ours] = kb.map(median);
        lines.push(Line { what, unit: "KB", ours, against, against_what: "bare", target: Target::AtMost(TARGET_KB) });
    }
    Ok(lines)
}

async fn one(which: Which<'_>, readers: usize, threads: usize) -> Result<f64> {
    let server = Server::start(which).await?;
    let threads = create_threads(server.address, threads).await?;
    let before = resident_kb(server.pid())?;
    let open = open(server.address, &threads, readers).await?;
    tokio::time::sleep(SETTLE).await;
    let after = resident_kb(server.pid())?;
    Ok((after - before) / open.len() as f64)
}

/// Opens this many readers, spread evenly over the threads.
pub(super) async fn open(address: SocketAddr, threads: &[String], readers: usize) -> Result<Vec<Reader>> {
    let paths: Vec<String> = threads.iter().map(|thread| events_path(thread)).collect();
    let opened = concurrently((0..OPENERS).map(|opener| {
        let paths: Vec<String> =
            (opener..readers).step_by(OPENERS).map(|reader| paths[reader % paths.len()].clone()).collect();
        async move {
            let mut open = Vec::with_capacity(paths.len());
            for path in paths {
                open.push(Reader::open(address, &path).await?);
            }
            Ok(open)
        }
    }));
    Ok(opened.await?.into_iter().flatten().collect())
}
