//! Fits the transcript of a step to its model's window, and stores the fit.

use std::sync::Arc;

use domain::{Result, fault::Fault, fit::Fit, model::Abilities, turn::Turn};
use providers::{Said, Target};
use store::{Operation, Tx};

use super::{
    run::{Halt, Run},
    summary::summary,
    transcript::{
        Read,
        fit::{self, Window},
    },
};
use crate::{inner::Inner, journal::Journal, persist::persist};

/// The room that a model leaves for a transcript, and whether it has refused the present one.
#[derive(Default)]
pub(crate) struct Room<'r> {
    /// The model that reads the transcript, and its run. Absent for a program, whose window nobody knows.
    pub(crate) teller: Option<(&'r Run, &'r Target)>,
    /// Estimated tokens of instructions and tools, which stand before the transcript.
    pub(crate) before: u64,
    /// True if the model said that the transcript is too long.
    pub(crate) refused: bool,
}

impl Room<'_> {
    fn window(&self, inner: &Inner) -> Window {
        let target = self.teller.map(|(_, target)| target);
        let tokens = target.and_then(Target::abilities).and_then(Abilities::input_tokens);
        // The name by which the model's reports are kept.
        let name = match target {
            Some(Target::Provider(lead)) => lead.model.as_str(),
            _ => "",
        };
        let ours = |tokens| inner.reported.ours(name, tokens).saturating_sub(self.before);
        Window::new(&inner.limits, tokens.map(ours))
    }
}

/// The transcript as the model gets it. A transcript that outgrows the window is fitted anew, and the fit is stored
/// before the model is called. A summary by the model stands for messages that are left out.
///
/// # Errors
/// [`Halt::Fail`] with `context_too_long` if not even the newest messages fit.
pub(super) async fn fitted(turn: &Turn, read: Read, room: &Room<'_>, inner: &Arc<Inner>) -> Result<Vec<Said>, Halt> {
    let Read { transcript, fit: former } = read;
    let as_before = fit::apply(transcript.clone(), &former, turn.id);
    let size = fit::size(&as_before);
    let window = match room.refused {
        true => room.window(inner).below(size),
        false => room.window(inner),
    };
    if window.is_roomy_for(size) {
        return Ok(as_before);
    }
    match fit::fit(&transcript, &former, &window, turn.id) {
        Some(mut new) => {
            let left_out = fit::newly_left_out(&transcript, &former, &new);
            if let Some((run, target)) = room.teller.filter(|_| !left_out.is_empty()) {
                let more = summary(run, target, &left_out, former.summary.as_deref(), inner).await;
                new.summary = more.or(former.summary);
            }
            let keep = Keep { inner: inner.clone(), turn: turn.clone(), fit: new.clone() };
            persist(inner, keep).await?.ok_or(Halt::Fenced)?;
            Ok(fit::apply(transcript, &new, turn.id))
        }
        // Nothing more can be left out, and it still fits.
        None if window.holds(size) => Ok(as_before),
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
    turn: Turn,
    fit: Fit,
}

impl Operation for Keep {
    /// `None`: the attempt no longer holds the turn.
    type Out = Option<()>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, turn, fit } = self;
        let (project, thread) = (turn.project, turn.thread);
        let Some(journal) = Journal::open(tx, project, thread, inner.clock.now()).await? else { return Ok(None) };
        if journal.held(&turn).is_none() {
            return Ok(None);
        }
        store::fits::save(tx, thread, &fit).await.map(Some)
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}
