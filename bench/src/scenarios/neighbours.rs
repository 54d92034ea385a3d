//! The waits of a quiet project beside a greedy one that fills a pool. They are compared with its waits beside 50 well-behaved
//! projects that send the same requests.

mod load;
mod quiet;
mod world;

use anyhow::Result;

pub use self::load::Load;
use self::{
    quiet::{Quiet, WHAT},
    world::World,
};
use super::Bench;
use crate::{
    driver::Window,
    report::{Line, Target, median},
    server::Ours,
};

const TARGET: f64 = 2.0;

pub async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let Ours::Binary(_) = &bench.ours else {
        println!("  neighbours: the bare server has no projects, there is nothing to calibrate");
        return Ok(Vec::new());
    };
    let mut lines = Vec::new();
    for load in bench.pools.iter().copied() {
        let mut rounds = [const { [const { Vec::new() }; 2] }; WHAT.len()];
        for _ in 0..bench.rounds {
            for (what, [shared, greedy]) in rounds.iter_mut().zip(one(bench, load).await?) {
                what[0].push(shared);
                what[1].push(greedy);
            }
        }
        for (what, [shared, greedy]) in WHAT.iter().zip(rounds) {
            lines.push(Line {
                what: format!("{}: a neighbour's {what}, p99", load.name()),
                unit: "ms",
                ours: median(greedy),
                against: median(shared),
                against_what: "beside 50 projects",
                target: Target::RatioAtMost(TARGET),
            });
        }
    }
    Ok(lines)
}

/// One run beside the 50 and one beside the greedy project, each on its own server. Returns both p99 of each measured
/// thing.
async fn one(bench: &Bench, load: Load) -> Result<[[f64; 2]; WHAT.len()]> {
    let world = World::begin(bench, load).await?;
    let mut p99 = [[0.0; 2]; WHAT.len()];
    for (side, is_greedy) in [false, true].into_iter().enumerate() {
        let payers = if is_greedy { std::slice::from_ref(&world.greedy) } else { &world.many[..] };
        let window = Window::from_now(bench.seconds);
        let quiet = Quiet { address: world.server.address, project: &world.quiet, window };
        let (measured, sent) = tokio::try_join!(quiet.measure(), load.run(&world, payers, window))?;
        let whose = if is_greedy { "greedy" } else { "50" };
        for (i, (what, run)) in WHAT.iter().zip(&measured).enumerate() {
            println!(
                "  neighbours, {}: beside {whose:<6} {what:<11} {:>6} done  p50 {:>8.2} ms  p99 {:>8.2} ms",
                load.name(),
                run.count(),
                run.percentile_ms(50.0),
                run.percentile_ms(99.0)
            );
            p99[i][side] = run.percentile_ms(99.0);
        }
        println!(
            "  neighbours, {}: {whose:<6} sent {} requests, {} were refused",
            load.name(),
            sent.requests,
            sent.refused
        );
    }
    Ok(p99)
}
