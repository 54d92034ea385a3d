//! The load: senders through every door, cancellers, readers that resume and a poller, on a server that dies under them.

mod agents;
mod cancels;
mod kills;
mod peer;
mod readers;
mod senders;
mod spender;
pub mod survey;
mod tools;
mod view;
pub mod world;

use std::{io::Write, sync::Arc, time::Instant};

use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

pub use kills::Hits;
pub use world::http;

use crate::{
    checker::{Violation, Wrong},
    history::{Door, History, ReaderKind},
    load::{
        kills::Aim,
        peer::Peer,
        world::{Phase, World},
    },
    rng::Rng,
    server::Server,
};

/// What a run is to do.
pub struct Plan {
    pub kills: u32,
    pub seed: u64,
    /// The planted bug to switch on.
    pub plant: Option<&'static str>,
    pub models: Models,
}

/// The models that answer the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Models {
    /// Scripts within the server.
    Scripted,
    /// A provider over each wire, which refuses what the vendors refuse.
    OnWires,
}

/// What came of it.
pub struct Outcome {
    pub history: History,
    pub hits: Hits,
    /// The end of the server's log.
    pub last_words: String,
}

/// Senders of each door.
const SENDERS: usize = 2;

/// Tells what a run has done, also when its test passes: the standard streams of tests are kept back, this handle is not.
pub fn report(text: &str) {
    // Without a terminal there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "crash test: {text}");
}

/// Runs the load, kills the server as often as planned, lets everything come to rest, and collects what clients saw.
///
/// # Panics
/// When the server does not start, or does not answer at all after the load.
pub async fn run(plan: Plan) -> Outcome {
    let begun = Instant::now();
    // Beside the build and not in /tmp, which may be memory and then has no disk to sync.
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("the build's folder takes files");
    let mut rng = Rng::new(plan.seed);
    let (agents, peer) = match plan.models {
        Models::Scripted => (agents::scripted(), None),
        Models::OnWires => (agents::on_wires(), Some(Peer::start().await)),
    };
    let file = peer.as_ref().map(Peer::file);
    let serve = || Server::start(folder.path(), plan.plant, file.as_deref());
    let mut server = serve().await;
    let world = World::new(&server.url, agents).await;
    let (mut writers, mut others) = (JoinSet::new(), JoinSet::new());
    start(&world, &mut rng, &mut writers, &mut others);
    let spends = spender::thread(&world).await;
    writers.spawn(spender::run(world.clone(), spends));
    let mut hits = Hits::default();
    for kill in 0..plan.kills {
        Aim::any(&mut rng).wait(&world.moments, &mut rng).await;
        if peer.is_some() && kill == 0 {
            // However few the kills are, one falls into an answer of a provider.
            world.until_streaming().await;
        }
        hits.count(&world);
        server.kill();
        world.is_down();
        server = serve().await;
        world.is_up(&server.url);
    }
    hits.posts = world.kills_on_posts();
    world.enter(Phase::Rest);
    join(&mut writers).await;
    let (_, api) = world.server().await;
    let rested = survey::rest(&api, &world.threads).await.expect("the server lives");
    world.mark_ends(survey::mark_ends(&api, &world.threads).await.expect("the server lives"));
    world.enter(Phase::Over);
    join(&mut others).await;
    spender::check(&world, &api, spends).await;
    let mut history = world.take_history();
    for thread in &world.threads {
        history.threads.push(survey::thread(&api, *thread, rested.contains(thread)).await.expect("the server lives"));
    }
    for complaint in peer.iter().flat_map(Peer::complaints) {
        history.faults.push(Violation { wrong: Wrong::Prompt, thread: Uuid::nil(), what: complaint });
    }
    let (kills, models) = (plan.kills, plan.models);
    report(&format!("{kills} kills, {models:?}: {hits}; {}; {:.0?}", survey::sum_up(&history), begun.elapsed()));
    Outcome { history, hits, last_words: server.log_text() }
}

/// `writers` end with the load, `others` when there is nothing left to see.
fn start(world: &Arc<World>, rng: &mut Rng, writers: &mut JoinSet<()>, others: &mut JoinSet<()>) {
    for door in Door::ALL {
        for _ in 0..SENDERS {
            writers.spawn(senders::run(world.clone(), door, rng.fork()));
        }
    }
    writers.spawn(cancels::run(world.clone(), rng.fork()));
    others.spawn(tools::run(world.clone(), rng.fork()));
    others.spawn(senders::poll(world.clone(), rng.fork()));
    for (at, thread) in world.threads.iter().enumerate() {
        let everruns = if at % 2 == 0 { ReaderKind::EverrunsSince } else { ReaderKind::EverrunsHeader };
        for by in [ReaderKind::Native, everruns] {
            others.spawn(readers::run(world.clone(), *thread, by, rng.fork()));
        }
    }
}

/// Waits for all of them; a panic of one is this task's.
async fn join(tasks: &mut JoinSet<()>) {
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}
