//! Runs a claimed turn to its end, step by step.

use std::sync::Arc;

use domain::{agent::Agent, codes, turn::Turn};

use super::{claim::Do, failing, progress::Progress, reserving::Asker, step, tools};
use crate::{inner::Inner, pools::Reserved, workers::Permit};

/// A turn that this process holds.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) turn: Turn,
    pub(crate) agent: Arc<Agent>,
    pub(crate) progress: Progress,
    pub(crate) next: Do,
    pub(crate) permit: Permit,
    /// The number of changes of catalogues and of paused agents that were known before the claim.
    pub(crate) changes: u64,
    /// The side that sent the turn's first message.
    pub(crate) asker: Asker,
    /// The place at a provider that the turn has waited for.
    pub(crate) reserved: Reserved,
}

/// The work after a transaction of the worker.
pub(crate) enum After {
    /// Continue with this run.
    Next(Box<Run>),
    /// The turn is over, waits for a client, or belongs to another worker.
    Done,
}

/// The reason why a run stops.
pub(crate) enum Halt {
    /// The turn fails permanently.
    Fail { code: String, reason: String },
    /// The store accepts no writes. The lease expires, and another worker takes over.
    Leave(domain::Error),
    /// The attempt no longer holds the turn (fencing).
    Fenced,
}

impl From<domain::Error> for Halt {
    fn from(error: domain::Error) -> Self {
        Self::Leave(error)
    }
}

impl Run {
    /// Starts the turn, whose claim is committed, as a task. Called from the writer's thread.
    pub(crate) fn start(self, inner: &Arc<Inner>) {
        let (turn, project, inner) = (self.turn.id, self.turn.project, inner.clone());
        inner.clone().workers.start(turn, project, async move { self.finish(&inner).await });
    }

    /// Runs the turn until it ends, waits or is taken over.
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
                    tracing::debug!(turn = %run.turn.id, attempt = run.turn.attempt, "another worker has taken over the turn");
                    return;
                }
                Err(Halt::Fail { code, reason }) => return failing::fail(&run, code, reason, inner).await,
                Err(Halt::Leave(error)) => {
                    tracing::error!(turn = %run.turn.id, ?error, "the turn's result could not be written, so its lease will expire");
                    return;
                }
            }
        }
    }
}
