//! The scenarios. Each runs the bare server and ours alternately, and returns lines of medians.

mod accept;
mod console;
mod fanout;
mod idle;
mod idle_readers;
mod model;
mod neighbours;
mod page;
mod turn;

use std::{io::Write, time::Instant};

use anyhow::{Context, Result};
use clap::ValueEnum;

pub use self::neighbours::Load;
use crate::{
    report,
    server::{Ours, Which},
};

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum Scenario {
    /// Messages stored a second, with 64 and 256 clients; no turns run.
    Accept,
    /// Messages answered: turns a second with 64 clients, and the wait of one client.
    Turn,
    /// Turns that a provider's model answers: the first token, tokens a second, CPU, and memory of those that wait.
    Model,
    /// The last page of a long thread and of a short one.
    Page,
    /// Memory of an idle reader.
    IdleReaders,
    /// Time of one event to 1,000 readers.
    Fanout,
    /// Waits of a quiet project beside one that takes all it can, against 50 that send the same.
    Neighbours,
    /// The console in Chromium: paints, jumps, tokens on the screen, memory of a window. Not a part of `all`.
    Console,
    /// Memory without clients, and the time from start to ready.
    Idle,
    All,
}

impl Scenario {
    /// Chromium and its modules are no part of a machine that only measures, so `all` goes without the console.
    fn has(self, one: Self) -> bool {
        self == one || (self == Self::All && one != Self::Console)
    }
}

/// The settings that the scenarios share.
pub struct Bench {
    pub ours: Ours,
    pub rounds: u32,
    pub seconds: f64,
    pub messages: usize,
    pub readers: usize,
    pub waiting: usize,
    pub threads: usize,
    pub pools: Vec<Load>,
}

impl Bench {
    /// Both servers with their printed names, in the order of a round. `turns` is for ours.
    fn pair(&self, turns: Option<u32>) -> [(&'static str, Which<'_>); 2] {
        [("bare", Which::Bare), ("ours", Which::Ours { ours: &self.ours, turns })]
    }
}

pub async fn run(bench: &Bench, scenario: Scenario) -> Result<()> {
    println!("{}", machine()?);
    let mut lines = Vec::new();
    for one in Scenario::value_variants().iter().filter(|one| scenario.has(**one)) {
        let name = one.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let measured = match one {
            Scenario::Accept => accept::run(bench).await,
            Scenario::Turn => turn::run(bench).await,
            Scenario::Model => model::run(bench).await,
            Scenario::Page => page::run(bench).await,
            Scenario::IdleReaders => idle_readers::run(bench).await,
            Scenario::Fanout => fanout::run(bench).await,
            Scenario::Neighbours => neighbours::run(bench).await,
            Scenario::Console => console::run(bench).await,
            Scenario::Idle => idle::run(bench).await,
            Scenario::All => continue,
        };
        lines.extend(measured.with_context(|| format!("scenario {name}"))?);
    }
    report::print(&lines);
    Ok(())
}

/// The main factors of the figures: cores, and the time of a sync of the disk of the data folders.
fn machine() -> Result<String> {
    let binary = std::env::current_exe()?;
    let mut file = tempfile::tempfile_in(binary.parent().context("a binary lies in a folder")?)?;
    let sync = |file: &mut std::fs::File| {
        file.write_all(&[0; 4096])?;
        let start = Instant::now();
        file.sync_data()?;
        Ok(start.elapsed().as_secs_f64() * 1000.0)
    };
    let syncs: Vec<f64> = (0..50).map(|_| sync(&mut file)).collect::<std::io::Result<_>>()?;
    let cores = std::thread::available_parallelism()?;
    Ok(format!("{cores} cores; writing 4 KiB to disk takes {:.2} ms (median of fdatasync)", report::median(syncs)))
}
