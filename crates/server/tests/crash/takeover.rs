//! Takeover: customers of all dialects, an agent and two members act at once, while the server is killed.
//!
//! No word of the agent falls between a take and the end of the silence, nothing that was accepted is lost, and what was
//! repeated after a death is there once. `THREADLINE_TAKEOVERS` says how many threads they act in (1,000),
//! `THREADLINE_TAKEOVER_SEED` is the seed of the first one. A thread with a fault prints its own seed.

mod check;
mod deaths;
#[cfg(feature = "planted-bugs")]
mod notes;
mod play;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    ALONE,
    doors::Api,
    load::{
        self,
        world::{World, http},
    },
    rng::{Rng, any_seed},
    server::{KEY, Server},
    setting,
};

const MEMBERS: [&str; 2] = ["ann@example.com", "ben@example.com"];

/// Threads in which they act at once.
const AT_ONCE: usize = 16;
/// One kill for so many threads.
const THREADS_OF_A_KILL: u64 = 40;

struct Plan {
    seed: u64,
    threads: u64,
    kills: u64,
    plant: Option<&'static str>,
}

/// The agents: one talks in pieces, and one asks for a person by its tool, in silence.
fn agents() -> [Value; 2] {
    let talks = json!({"text": "one two three four", "chunks": 4, "delay_ms": 2});
    let call = json!({"name": "ask_person", "arguments": {"reason": "a refund", "silent": true}});
    let asks = json!({"text": "One moment.", "tool_calls": [call]});
    let tools = json!([{"name": "ask_person", "kind": "built_in"}]);
    let talker = json!({"name": "talker", "model": "scripted", "script": [talks]});
    let mut asker = json!({"name": "asker", "model": "scripted", "script": [asks, talks]});
    (asker["tools"], asker["ask_silent"]) = (tools, true.into());
    [talker, asker]
}

/// A server with the agents and the members.
async fn prepare(url: &str) -> Arc<World> {
    let api = Api { http: http(), url: url.into() };
    let made = async |path: &str, body: Value| {
        let answer = api.post(path).bearer_auth(KEY).json(&body).send().await.expect("the server answers");
        assert_eq!(answer.status(), 201, "{path} {body}");
    };
    for settings in agents() {
        made("/threadline/v1/agents", settings).await;
    }
    for email in MEMBERS {
        made("/threadline/v1/members", json!({"email": email, "name": &email[..3]})).await;
    }
    World::new(url, Vec::new()).await
}

/// Acts in as many threads as planned, and returns the faults.
async fn run(plan: Plan) -> Vec<String> {
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("the build's folder takes files");
    let serve = || Server::start(folder.path(), plan.plant, None);
    let mut server = serve().await;
    let world = prepare(&server.url).await;
    let done = Arc::new(AtomicU64::new(0));
    let kills = async {
        let mut rng = Rng::new(plan.seed);
        for kill in 1..=plan.kills {
            // Spread over the threads, so that each death falls among acts.
            while done.load(Ordering::Relaxed) < kill * plan.threads / (plan.kills + 1) {
                sleep(Duration::from_millis(5)).await;
            }
            sleep(rng.millis(0..40)).await;
            server.kill();
            world.is_down();
            server = serve().await;
            world.is_up(&server.url);
        }
    };
    let plays = async {
        let (mut tasks, mut faults) = (JoinSet::new(), Vec::new());
        for n in 0..plan.threads {
            if tasks.len() >= AT_ONCE {
                faults.extend(ended(&mut tasks).await);
            }
            let (world, done, seed) = (world.clone(), done.clone(), plan.seed.wrapping_add(n));
            tasks.spawn(async move {
                let faults = play::run(&world, seed).await;
                done.fetch_add(1, Ordering::Relaxed);
                faults
            });
        }
        while !tasks.is_empty() {
            faults.extend(ended(&mut tasks).await);
        }
        faults
    };
    let ((), mut faults) = tokio::join!(kills, plays);
    faults.extend(world.take_history().faults.into_iter().map(|fault| fault.to_string()));
    faults
}

async fn ended(tasks: &mut JoinSet<Vec<String>>) -> Vec<String> {
    match tasks.join_next().await {
        Some(Ok(faults)) => faults,
        Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
        None => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_word_of_the_agent_falls_into_a_silence_whoever_acts_and_however_often_the_server_dies() {
    let _alone = ALONE.lock().await;
    let threads = setting("THREADLINE_TAKEOVERS").unwrap_or(1_000);
    let seed = setting("THREADLINE_TAKEOVER_SEED").unwrap_or_else(any_seed);
    let begun = std::time::Instant::now();
    let kills = (threads / THREADS_OF_A_KILL).max(1);
    let faults = run(Plan { seed, threads, kills, plant: None }).await;
    load::report(&format!("{threads} takeovers from the seed {seed}, {kills} kills; {:.0?}", begun.elapsed()));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults[..faults.len().min(20)].join("\n"));
}

#[cfg(feature = "planted-bugs")]
mod planted {
    use super::*;

    /// Threads of one round, and rounds until a bug counts as not found.
    const THREADS: u64 = 100;
    const ROUNDS: u32 = 5;

    async fn is_caught(bug: &'static str, word: &str) {
        let _alone = ALONE.lock().await;
        for round in 1..=ROUNDS {
            let seed = any_seed();
            let faults = run(Plan { seed, threads: THREADS, kills: 0, plant: Some(bug) }).await;
            if let Some(caught) = faults.iter().find(|fault| fault.contains(word)) {
                return load::report(&format!("{bug} was caught in round {round}: {caught}"));
            }
            load::report(&format!("{bug} was not caught in round {round}, only {faults:#?}"));
        }
        panic!("{bug} was not caught by {ROUNDS} rounds");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_planted_bug_is_caught_that_leaves_the_turns_open_at_a_take() {
        is_caught("take-leaves-turns", check::SPOKE).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_planted_bug_is_caught_that_shows_text_of_a_turn_that_a_take_has_ended() {
        is_caught("take-keeps-epoch", check::SPOKE).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_planted_bug_is_caught_that_stores_an_answer_after_a_take() {
        is_caught("answer-after-take", check::SPOKE).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_planted_bug_is_caught_that_shows_notes_below_the_project() {
        let _alone = ALONE.lock().await;
        assert!(!notes::are_shown(None).await && notes::are_shown(Some("notes-below")).await);
    }
}
