//! A checker that has never found anything proves nothing: bugs are planted one at a time, and each must be found.

use crate::{
    ALONE,
    checker::{Wrong, check},
    load::{self, Models, Plan},
    rng::any_seed,
};

/// Kills of one round, and rounds until a bug counts as not found.
const KILLS: u32 = 6;
const ROUNDS: u32 = 10;

/// `bug` is its name in `THREADLINE_PLANT`; it must be found as one of `wrongs`, whatever else follows from it.
async fn is_caught(bug: &'static str, wrongs: &[Wrong]) {
    let _alone = ALONE.lock().await;
    for round in 1..=ROUNDS {
        let seed = any_seed();
        let outcome = load::run(Plan { kills: KILLS, seed, plant: Some(bug), models: Models::Scripted }).await;
        let violations = check(&outcome.history);
        if let Some(caught) = violations.iter().find(|violation| wrongs.contains(&violation.wrong)) {
            return load::report(&format!("{bug} was caught in round {round} with the seed {seed}: {caught}"));
        }
        load::report(&format!("{bug} was not caught in round {round}, only {violations:#?}"));
    }
    panic!("{bug} was not caught as one of {wrongs:?} by {ROUNDS} rounds of {KILLS} kills");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_bug_is_caught_that_answers_before_the_commit() {
    is_caught("answer-before-commit", &[Wrong::Lost]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_bug_is_caught_that_makes_the_turn_after_the_commit() {
    is_caught("turn-after-commit", &[Wrong::Unanswered]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_bug_is_caught_that_writes_without_a_fence() {
    is_caught("no-fence", &[Wrong::Ended, Wrong::Overlapping]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_bug_is_caught_that_resumes_one_too_late() {
    is_caught("cursor-off-by-one", &[Wrong::Reading]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_bug_is_caught_that_forgets_what_was_spent_at_a_death() {
    is_caught("forgotten-spend", &[Wrong::Overspent]).await;
}
