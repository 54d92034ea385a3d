//! Fits the transcript of a step to its model's window, and stores the fit.

use std::sync::Arc;

use domain::{Result, fault::Fault, fit::Fit};
use providers::Said;
use store::{Operation, Tx};

use super::{
    run::{Halt, Run},
    transcript::{
        Read,
        fit::{self, Window},
    },
};
use crate::{inner::Inner, journal::Journal, persist::persist};

/// The transcript as the model gets it. A transcript that outgrows the window is fitted anew, and the fit is stored
/// before the model is called.
///
/// # Errors
/// [`Halt::Fail`] with `context_too_long` if not even the newest messages fit.
pub(super) async fn fitted(run: &Run, read: Read, window: &Window, inner: &Arc<Inner>) -> Result<Vec<Said>, Halt> {
    let turn = run.turn.id;
    let Read { transcript, fit: former } = read;
    let as_before = fit::apply(transcript.clone(), &former, turn);
    if window.is_roomy_for(fit::size(&as_before)) {
        return Ok(as_before);
    }
    match fit::fit(&transcript, &former, window, turn) {
        Some(new) => {
            persist(inner, Keep { inner: inner.clone(), run: run.clone(), fit: new.clone() })
                .await?
                .ok_or(Halt::Fenced)?;
            Ok(fit::apply(transcript, &new, turn))
        }
        // Nothing more can be left out, and it still fits.
        None if window.holds(fit::size(&as_before)) => Ok(as_before),
        None => Err(Halt::Fail {
            code: Fault::ContextTooLong.as_str().into(),
            reason: "the newest messages of the conversation are longer than the model can read".into(),
        }),
    }
}

/// Stores the fit, if the attempt still holds the turn.
#[derive(Clone)]
struct Keep {
    inner: Arc<Inner>,
    run: Run,
    fit: Fit,
}

impl Operation for Keep {
    /// `None`: the attempt no longer holds the turn.
    type Out = Option<()>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, run, fit } = self;
        let (project, thread) = (run.turn.project, run.turn.thread);
        let Some(journal) = Journal::open(tx, project, thread, inner.clock.now()).await? else { return Ok(None) };
        if journal.held(&run.turn).is_none() {
            return Ok(None);
        }
        store::fits::save(tx, thread, &fit).await.map(Some)
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}
