//! A turn that fails for good says so in the thread.

use std::sync::Arc;

use domain::{
    MessageId, Result,
    controls::Disclosure,
    event::Event,
    message::{Body, Role},
};
use store::{Operation, Tx};

use super::{
    claim::{self, Successor},
    end::{self, Ending},
    run::Run,
};
use crate::{app::Inner, journal::Journal};

/// Ends the turn as failed, with an agent message that explains it.
pub(crate) async fn fail(run: &Run, code: String, reason: String, inner: &Arc<Inner>) {
    tracing::warn!(turn = %run.turn.id, thread = %run.turn.thread, code, reason, "the turn failed");
    let fail = |goes_on: bool| {
        let next = if goes_on { Successor::Same(run.permit.clone()) } else { Successor::Later };
        Fail { inner: inner.clone(), run: run.clone(), code: code.clone(), reason: reason.clone(), next }
    };
    if let Err(error) = end::persist_end(inner, run.turn.id, fail).await {
        tracing::error!(turn = %run.turn.id, ?error, "the turn's failure could not be written, its lease runs out");
    }
}

#[derive(Clone)]
struct Fail {
    inner: Arc<Inner>,
    run: Run,
    code: String,
    reason: String,
    /// Of the thread's next turn.
    next: Successor,
}

impl Operation for Fail {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { inner, run, code, reason, next } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, run.turn.project, run.turn.thread, now).await? else { return Ok(()) };
        let Some(turn) = journal.held(&run.turn) else { return Ok(()) };
        end::keep_shown(tx, &mut journal, &turn).await?;
        end::close_calls(tx, &mut journal, &turn, "The turn failed before this call had a result", &inner).await?;
        let disclosure = turn.controls.clone().over(&run.agent.settings.controls).error_disclosure;
        let reason = told(reason, disclosure);
        let text = format!("I could not answer: {reason}. Please try again.");
        let body = Body { error_code: Some(code.clone()), ..Body::text(text) };
        let id = MessageId(inner.clock.id());
        journal.say(Some(turn.id), Event::MessageCompleted {}, id, (Role::Agent, end::agent_author(&turn)), body);
        let mut progress = run.progress;
        progress.last_message = Some(id);
        end::end(tx, &mut journal, turn, Ending::Failed { code, reason }, &progress).await?;
        claim::advance(tx, &mut journal, next, &inner).await?;
        journal.write(tx, &inner).await.map(drop)
    }
}

/// The reason as the people of the thread may know it. The log of the server has the whole one.
fn told(reason: String, disclosure: Option<Disclosure>) -> String {
    match disclosure {
        Some(Disclosure::Generic) => "something went wrong on my side".into(),
        _ => reason,
    }
}
