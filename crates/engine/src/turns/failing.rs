//! Records a permanently failed turn in its thread.

use std::sync::Arc;

use domain::{
    MessageId, Result,
    agent::Agent,
    event::Event,
    message::{Body, Role},
    turn::Turn,
};
use store::{Operation, Tx};

use super::{
    claim::{self, Successor},
    end::{self, Ending},
    progress::Progress,
    reason, results,
    run::Run,
    shown,
};
use crate::{inner::Inner, journal::Journal};

/// Ends the turn as failed. The thread gets the agent's neutral message; the terminal entry has the code and the
/// reason.
pub(crate) async fn fail(run: &Run, code: String, reason: String, inner: &Arc<Inner>) {
    tracing::warn!(turn = %run.turn.id, thread = %run.turn.thread, code, reason, "the turn failed");
    let fail = |goes_on: bool| {
        let next = if goes_on { Successor::Same(run.permit.clone()) } else { Successor::Later };
        Fail { inner: inner.clone(), run: run.clone(), code: code.clone(), reason: reason.clone(), next }
    };
    if let Err(error) = end::persist_end(inner, run.turn.id, fail).await {
        tracing::error!(turn = %run.turn.id, ?error, "the turn's failure could not be written, so its lease will expire");
    }
}

#[derive(Clone)]
struct Fail {
    inner: Arc<Inner>,
    run: Run,
    code: String,
    reason: String,
    /// For the thread's next turn.
    next: Successor,
}

impl Operation for Fail {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { inner, run, code, reason, next } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, run.turn.project, run.turn.thread, now).await? else { return Ok(()) };
        let Some(turn) = journal.held(&run.turn) else { return Ok(()) };
        let failed = Failed { code, reason, progress: run.progress };
        write(tx, &mut journal, &turn, &run.agent, failed, &inner).await?;
        claim::advance(tx, &mut journal, next, &inner).await?;
        journal.write(tx, &inner).await.map(drop)
    }
}

/// The failure of a turn.
pub(super) struct Failed {
    pub(super) code: String,
    pub(super) reason: String,
    pub(super) progress: Progress,
}

/// Writes the neutral message and the end of the turn. The caller starts the thread's next turn.
pub(super) async fn write(
    tx: &mut Tx,
    journal: &mut Journal,
    turn: &Turn,
    agent: &Agent,
    failed: Failed,
    inner: &Arc<Inner>,
) -> Result<()> {
    let Failed { code, reason, mut progress } = failed;
    shown::keep(tx, journal, turn).await?;
    results::close(tx, journal, turn, "The turn failed before this call had a result", inner).await?;
    let controls = turn.controls.clone().over(&agent.settings.controls);
    let text = agent.settings.failure_text(controls.locale.as_deref());
    let body = Body { error_code: Some(code.clone()), ..Body::text(text.to_owned()) };
    let id = MessageId(inner.clock.id());
    journal.say(Some(turn.id), Event::MessageCompleted { record: None }, id, (Role::Agent, turn.author()), body);
    progress.last_message = Some(id);
    let reason = reason::told(&reason, controls.error_disclosure);
    let ending = Ending::Failed { code, reason, disclosure: controls.error_disclosure };
    end::end(tx, journal, turn.clone(), ending, &progress).await
}
