//! Measures the server against a bare server, which does the least that is comparable, in the same run.
//!
//! Absolute figures say more about the machine than about the server. Every scenario therefore prints our figure, the
//! bare server's and the ratio. Both servers are processes with empty data folders. The driver is this process, on one
//! thread.

#![expect(clippy::disallowed_methods, reason = "the bench and its bare server have no clock to take from")]

mod bare;
mod driver;
mod model;
mod process;
mod report;
mod scenarios;
mod server;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    scenarios::{Bench, Load, Scenario},
    server::Ours,
};

/// Measure the server against a bare one.
///
/// Exits with 0 when every scenario ran, whether or not its targets were met. The table shows which were met.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    internal: Option<Internal>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Internal {
    /// Run the bare server.
    #[command(hide = true)]
    Bare {
        #[arg(long)]
        listen: std::net::SocketAddr,
        #[arg(long)]
        data: PathBuf,
        /// The model server that the proxy leads to.
        #[arg(long, env = server::MODEL)]
        model: Option<std::net::SocketAddr>,
    },
}

#[derive(Args)]
struct Options {
    /// Scenario to measure.
    #[arg(value_enum, default_value = "all")]
    scenario: Scenario,
    /// Runs of each server, alternating; the table shows medians.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds of each run.
    #[arg(long, default_value_t = 4.0, value_parser = seconds)]
    seconds: f64,
    /// Messages of the long thread that `page` reads from.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(50..))]
    messages: u32,
    /// Readers that `idle-readers` opens. Both processes need as many open files (`ulimit -n`).
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..))]
    readers: u32,
    /// Turns that wait for a model in `model`. The bench needs twice as many open files.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    waiting: u32,
    /// Threads of the inbox in `console`.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    threads: u32,
    /// Pool that `neighbours` fills; default: all pools, one after the other.
    #[arg(long, value_enum)]
    pool: Option<Load>,
    /// Binary of the server; default: cargo builds this workspace's.
    #[arg(long, env = "BENCH_SERVER", conflicts_with = "calibrate")]
    server: Option<PathBuf>,
    /// Measure the bare server against itself; the ratios' distance from 1 is this machine's noise.
    #[arg(long)]
    calibrate: bool,
}

/// Parses the length of a run: above 0, at most an hour.
fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if seconds > 0.0 && seconds <= 3600.0 { Ok(seconds) } else { Err("must be above 0 and at most 3600".into()) }
}

fn main() -> Result<()> {
    match Cli::parse() {
        Cli { internal: Some(Internal::Bare { listen, data, model }), .. } => bare::serve(listen, &data, model),
        Cli { options, .. } => measure(options),
    }
}

fn measure(options: Options) -> Result<()> {
    let ours = match (options.calibrate, options.server) {
        (true, _) => Ours::Bare,
        (false, Some(path)) => Ours::Binary(path),
        (false, None) => Ours::Binary(server::build()?),
    };
    let bench = Bench {
        ours,
        rounds: options.rounds,
        seconds: options.seconds,
        messages: options.messages as usize,
        readers: options.readers as usize,
        waiting: options.waiting as usize,
        threads: options.threads as usize,
        pools: options.pool.map_or_else(|| Load::value_variants().to_vec(), |pool| vec![pool]),
    };
    // One thread: the driver takes at most one core from the servers, and reports its share.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(scenarios::run(&bench, options.scenario))
}
