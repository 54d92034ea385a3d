//! Fits the transcript of a step to its model's window, and stores the fit.

use std::sync::Arc;

use domain::{Result, fault::Fault, fit::Fit, model::Abilities, spent::Spent, turn::Turn};
use providers::{Said, Target};
use store::{Operation, Tx};

use super::{
    run::{Halt, Run},
    summary::summary,
    transcript::{
        Read,
        files::{self, Attachments, Takes},
        fit::{self, Window},
    },
};
use crate::{inner::Inner, journal::Journal, persist::persist};

/// The room that a model leaves for a transcript, and whether it has refused the present one.
#[derive(Default)]
pub(crate) struct Room<'r> {
    /// The call that reads the transcript. Absent for a program, whose window nobody knows.
    pub(crate) teller: Option<Teller<'r>>,
    /// Estimated tokens of instructions and tools, which stand before the transcript.
    pub(crate) before: u64,
    /// True if the model said that the transcript is too long.
    pub(crate) refused: bool,
    /// True if the provider has refused a picture of the transcript.
    pub(crate) pictures_refused: bool,
}

/// The call that reads a transcript.
#[derive(Clone, Copy)]
pub(crate) struct Teller<'r> {
    pub(crate) run: &'r Run,
    pub(crate) target: &'r Target,
    /// Number of earlier model calls in the turn.
    pub(crate) call: u32,
}

/// A transcript that fits.
pub(crate) struct Fitted {
    pub(crate) transcript: Vec<Said>,
    /// The attachments that it names.
    pub(crate) attachments: Attachments,
    /// The new sum of the turn's calls, if one of them made a summary.
    pub(crate) spent: Option<Spent>,
}

impl From<Vec<Said>> for Fitted {
    fn from(transcript: Vec<Said>) -> Self {
        Self { transcript, attachments: Attachments::new(), spent: None }
    }
}

impl Room<'_> {
    fn takes(&self, inner: &Inner) -> Option<Takes> {
        self.teller.and_then(|teller| Takes::of(teller.target, inner))
    }

    fn window(&self, takes: Option<&Takes>, inner: &Inner) -> Window {
        let target = self.teller.map(|teller| teller.target);
        let tokens = target.and_then(Target::abilities).and_then(Abilities::input_tokens);
        // The name by which the model's reports are kept.
        let name = match target {
            Some(Target::Provider(lead)) => lead.model.as_str(),
            _ => "",
        };
        let ours = |tokens| inner.reported.ours(name, tokens).saturating_sub(self.before);
        Window::new(&inner.limits, tokens.map(ours), takes)
    }
}

/// The transcript as the model gets it, and the attachments that it names. A transcript that outgrows the window is
/// fitted anew, and the fit is stored before the model is called. A summary by the model stands for messages that are
/// left out, and is charged.
///
/// # Errors
/// [`Halt::Fail`] with `context_too_long` if not even the newest messages fit.
pub(super) async fn fitted(turn: &Turn, read: Read, room: &Room<'_>, inner: &Arc<Inner>) -> Result<Fitted, Halt> {
    let Read { mut transcript, fit: mut former, attachments } = read;
    let takes = room.takes(inner);
    if let Some(takes) = &takes {
        files::resolve(&mut transcript, &attachments, takes);
    }
    if room.pictures_refused {
        former = without_pictures(turn, &transcript, former, inner).await?;
    }
    let window = room.window(takes.as_ref(), inner);
    let fitted = fitted_to(turn, transcript, former, &window, room, inner).await?;
    Ok(Fitted { attachments, ..fitted })
}

/// The fit with all pictures of the transcript named. It is stored, because the provider would refuse the picture in
/// every later turn too.
async fn without_pictures(turn: &Turn, transcript: &[Said], former: Fit, inner: &Arc<Inner>) -> Result<Fit, Halt> {
    let beyond = transcript.iter().map(|said| said.message.seq + 1).max().unwrap_or(0);
    if former.named_below >= beyond {
        return Ok(former);
    }
    let fit = Fit { named_below: beyond, ..former };
    keep(turn, &fit, inner).await?;
    Ok(fit)
}

async fn fitted_to(
    turn: &Turn,
    transcript: Vec<Said>,
    former: Fit,
    window: &Window,
    room: &Room<'_>,
    inner: &Arc<Inner>,
) -> Result<Fitted, Halt> {
    let as_before = fit::apply(transcript.clone(), &former, turn.id);
    let size = fit::size(&as_before);
    let window = match room.refused {
        true => window.below(size),
        false => *window,
    };
    if window.is_roomy_for(size) {
        return Ok(as_before.into());
    }
    match fit::fit(&transcript, &former, &window, turn.id) {
        Some(mut new) => {
            let left_out = fit::newly_left_out(&transcript, &former, &new);
            let mut spent = None;
            if let Some(teller) = room.teller.filter(|_| !left_out.is_empty()) {
                let (more, sum) = summary(teller, &left_out, former.summary.as_deref(), inner).await?;
                new.summary = more.or(former.summary);
                spent = sum;
            }
            keep(turn, &new, inner).await?;
            Ok(Fitted { spent, ..fit::apply(transcript, &new, turn.id).into() })
        }
        // Nothing more can be left out, and it still fits.
        None if window.holds(size) => Ok(as_before.into()),
        None => Err(Halt::Fail {
            code: Fault::ContextTooLong.as_str().into(),
            reason: "the newest messages of the conversation are longer than the model can read".into(),
        }),
    }
}

async fn keep(turn: &Turn, fit: &Fit, inner: &Arc<Inner>) -> Result<(), Halt> {
    let keep = Keep { inner: inner.clone(), turn: turn.clone(), fit: fit.clone() };
    persist(inner, keep).await?.ok_or(Halt::Fenced)
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
