//! What is measured. Each scenario runs the bare server and ours by turns, and gives lines of medians.

mod accept;
mod fanout;
mod idle;
mod idle_readers;
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
    /// Messages stored a second, by 64 and 256 clients; no turns are run.
    Accept,
    /// Messages answered: turns a second by 64 clients, and how long one client waits.
    Turn,
    /// The last page of a long thread and of a short one.
    Page,
    /// Memory of a reader that waits.
    IdleReaders,
    /// How long one event takes to 1,000 readers.
    Fanout,
    /// What a project waits for beside one that takes all it can, against 50 that send the same.
    Neighbours,
    /// Memory without clients, and time from start to ready.
    Idle,
    All,
}

/// What the scenarios have in common.
pub struct Bench {
    pub ours: Ours,
    pub rounds: u32,
    pub seconds: f64,
    pub messages: usize,
    pub readers: usize,
    pub pools: Vec<Load>,
}

impl Bench {
    /// Both servers, in the order in which a round runs them, with the name that is printed. `turns`: of ours.
    fn pair(&self, turns: Option<u32>) -> [(&'static str, Which<'_>); 2] {
        [("bare", Which::Bare), ("ours", Which::Ours { ours: &self.ours, turns })]
    }
}

pub async fn run(bench: &Bench, scenario: Scenario) -> Result<()> {
    println!("{}", machine()?);
    let mut lines = Vec::new();
    for one in Scenario::value_variants().iter().filter(|one| scenario == Scenario::All || scenario == **one) {
        let name = one.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let measured = match one {
            Scenario::Accept => accept::run(bench).await,
            Scenario::Turn => turn::run(bench).await,
            Scenario::Page => page::run(bench).await,
            Scenario::IdleReaders => idle_readers::run(bench).await,
            Scenario::Fanout => fanout::run(bench).await,
            Scenario::Neighbours => neighbours::run(bench).await,
            Scenario::Idle => idle::run(bench).await,
            Scenario::All => continue,
        };
        lines.extend(measured.with_context(|| format!("scenario {name}"))?);
    }
    report::print(&lines);
    Ok(())
}

/// What the figures depend on most: cores, and how long a sync of the disk under the data folders takes.
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
