//! Records a permanently failed turn in its thread.

use std::sync::Arc;

use domain::{
    MessageId, Result,
    event::Event,
    message::{Body, Role},
};
use store::{Operation, Tx};

use super::{
    claim::{self, Successor},
    end::{self, Ending},
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
        shown::keep(tx, &mut journal, &turn).await?;
        results::close(tx, &mut journal, &turn, "The turn failed before this call had a result", &inner).await?;
        let controls = turn.controls.clone().over(&run.agent.settings.controls);
        let text = run.agent.settings.failure_text(controls.locale.as_deref());
        let body = Body { error_code: Some(code.clone()), ..Body::text(text.to_owned()) };
        let id = MessageId(inner.clock.id());
        journal.say(Some(turn.id), Event::MessageCompleted { record: None }, id, (Role::Agent, turn.author()), body);
        let mut progress = run.progress;
        progress.last_message = Some(id);
        let reason = reason::told(&reason, controls.error_disclosure);
        let ending = Ending::Failed { code, reason, disclosure: controls.error_disclosure };
        end::end(tx, &mut journal, turn, ending, &progress).await?;
        claim::advance(tx, &mut journal, next, &inner).await?;
        journal.write(tx, &inner).await.map(drop)
    }
}
