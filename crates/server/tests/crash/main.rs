//! The server is killed with SIGKILL at random moments under load, and started again on the same folder; a checker that
//! reads only what clients saw finds nothing lost, doubled, out of order or stuck.
//!
//! `THREADLINE_CRASH_KILLS` says how often it is killed (50), `THREADLINE_CRASH_SEED` repeats the choices of a run.

mod checker;
mod doors;
mod hangups;
mod history;
mod load;
#[cfg(feature = "planted-bugs")]
mod planted;
mod rng;
mod server;
mod sse;
mod takeover;

use std::{env, str::FromStr};

use tokio::sync::Mutex;

use crate::load::{Hits, Models, Plan};

/// Two servers under load at once would measure each other.
static ALONE: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_out_of_order_or_stuck_however_often_the_server_is_killed() {
    let kills = kills();
    clean(kills, Models::Scripted).await.require(kills);
}

/// A tenth of the kills: the rules are the same, and the wires have their own tests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_holds_with_a_provider_over_each_wire_which_never_refuses_a_request() {
    let hits = clean(kills().div_ceil(10), Models::OnWires).await;
    assert!(hits.streaming > 0, "no kill fell into an answer of a provider: {hits}");
}

/// Runs the load with so many kills, and finds nothing wrong.
async fn clean(kills: u32, models: Models) -> Hits {
    let _alone = ALONE.lock().await;
    let seed = setting("THREADLINE_CRASH_SEED").unwrap_or_else(rng::any_seed);
    load::report(&format!("THREADLINE_CRASH_SEED={seed}, {kills} kills"));
    let outcome = load::run(Plan { kills, seed, plant: None, models }).await;
    let violations = checker::check(&outcome.history);
    let shown: String = violations.iter().take(40).map(|violation| format!("  {violation}\n")).collect();
    let (count, last_words) = (violations.len(), &outcome.last_words);
    assert!(count == 0, "{count} violations with the seed {seed}:\n{shown}The server's last words:\n{last_words}");
    outcome.hits
}

fn kills() -> u32 {
    setting("THREADLINE_CRASH_KILLS").unwrap_or(50)
}

fn setting<T: FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")))
}
