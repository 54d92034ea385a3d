//! A held turn from its claim to its end, one step after the other.

use std::sync::Arc;

use domain::{agent::Agent, codes, turn::Turn};

use super::{claim::Do, failing, progress::Progress, step, tools};
use crate::{inner::Inner, workers::Permit};

/// A turn in the hands of this process.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) turn: Turn,
    pub(crate) agent: Arc<Agent>,
    pub(crate) progress: Progress,
    pub(crate) next: Do,
    pub(crate) permit: Permit,
}

/// What a transaction of the worker has left to do.
pub(crate) enum After {
    /// Go on with this.
    Next(Box<Run>),
    /// Over, waiting for a client, or somebody else's: nothing more to do here.
    Done,
}

/// Why a run cannot go on.
pub(crate) enum Halt {
    /// The turn is to fail for good.
    Fail { code: String, reason: String },
    /// The store does not take its writes: the lease is left to run out, and the turn to whoever can.
    Leave(domain::Error),
    /// The attempt no longer holds the turn.
    Fenced,
}

impl From<domain::Error> for Halt {
    fn from(error: domain::Error) -> Self {
        Self::Leave(error)
    }
}

impl Run {
    /// Runs the turn, whose claim is committed, beside everything else. Called from the writer's thread.
    pub(crate) fn start(self, inner: &Arc<Inner>) {
        let (turn, project, inner) = (self.turn.id, self.turn.project, inner.clone());
        inner.clone().workers.start(turn, project, async move { self.finish(&inner).await });
    }

    /// Runs the turn until it ends, waits or is taken away.
    pub(crate) async fn finish(self, inner: &Arc<Inner>) {
        let mut run = self;
        loop {
            let done = match run.next.clone() {
                Do::Ask(step) => step::ask(&mut run, step, inner).await,
                Do::Tools { calls, repeated } => tools::call(&run, calls, repeated, inner).await,
                Do::Stop { reason } => Err(Halt::Fail { code: codes::STEP_LIMIT.to_string(), reason }),
            };
            match done {
                Ok(After::Next(next)) => run = *next,
                Ok(After::Done) => return,
                Err(Halt::Fenced) => {
                    tracing::debug!(turn = %run.turn.id, attempt = run.turn.attempt, "the turn is no longer this worker's");
                    return;
                }
                Err(Halt::Fail { code, reason }) => return failing::fail(&run, code, reason, inner).await,
                Err(Halt::Leave(error)) => {
                    tracing::error!(turn = %run.turn.id, ?error, "the turn's result could not be written, its lease runs out");
                    return;
                }
            }
        }
    }
}
