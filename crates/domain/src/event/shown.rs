//! The views of entries by subject: what callers below the project are told.

use super::{Ended, Entry, Event};
use crate::{Map, agent::ToolKind, caller::Subject, message::Body, thread::Closed};

/// Changed fields of a thread, or of a message, that callers below the project may see.
const THREAD_SHOWN: &[&str] = &["title", "metadata"];
const MESSAGE_SHOWN: &[&str] = &["text", "subject"];

impl Entry {
    /// The entry in the view of this subject. The position never changes.
    pub fn shown_to(self, subject: Subject) -> Self {
        match subject {
            Subject::Project => self,
            _ => {
                let message = self.message.map(|message| message.shown_to(subject));
                let event = self.event.below(subject);
                let turn = self.turn.filter(|_| event != Event::ThreadInternal {});
                Self { event, message, turn, ..self }
            }
        }
    }

    /// Tells whether callers below the project get another entry.
    pub(super) fn is_other_below(&self) -> bool {
        let is_other = |body: &Body| body.error_code.is_some() || !body.built_in.is_empty();
        self.event.is_other_below() || self.message.as_ref().is_some_and(|message| is_other(&message.body))
    }
}

impl Event {
    /// Tells whether callers below the project get another event. This is the only table of such rules. Callers below
    /// the project see the fields of threads and messages that they can read anyway. Internal to the project are
    /// comments, notes, tickets, tags, customers, reminders, variables, the agent, priorities, the delivery of e-mail, the
    /// record of a model call, that no model is connected, what a turn has used, alerts of budgets, the reason for closing
    /// a thread, who holds, wants or is assigned a thread, and the arguments of calls of built-in tools.
    pub(super) fn is_other_below(&self) -> bool {
        match self {
            Self::ThreadUpdated { changed } => !changed.keys().all(|name| THREAD_SHOWN.contains(&name)),
            Self::MessageUpdated { changed, .. } => !changed.keys().all(|name| MESSAGE_SHOWN.contains(&name)),
            Self::ThreadClosed { closed } => closed.reason.is_some(),
            Self::MessageCompleted { record } => record.is_some(),
            Self::TurnCompleted(ended) | Self::TurnCancelled(ended) => ended.spent.is_some(),
            Self::ThreadReminder { .. }
            | Self::ModelMissing { .. }
            | Self::BudgetAlert { .. }
            | Self::TurnFailed(_) => true,
            Self::ToolCalled { kind, .. } => *kind == ToolKind::BuiltIn,
            Self::ThreadTaken { .. }
            | Self::ThreadHandedBack { .. }
            | Self::ThreadWanted { .. }
            | Self::ThreadWantedExpired {}
            | Self::ThreadWantedWithdrawn { .. }
            | Self::ThreadAssigned { .. }
            | Self::ThreadNoted { .. } => true,
            Self::ThreadCreated {}
            | Self::ThreadReopened {}
            | Self::ThreadInternal {}
            | Self::MessageCreated {}
            | Self::TurnRetried { .. }
            | Self::TurnStarted { .. }
            | Self::StepStarted { .. }
            | Self::ToolCompleted { .. }
            | Self::TurnAttempt { .. } => false,
        }
    }

    /// The event for a subject below the project. Only keys get the reason of a failure, and only keys of the project
    /// get it in full.
    pub(super) fn below(self, subject: Subject) -> Self {
        let only = |changed: Map, shown: &[&str]| -> Map {
            changed.into_iter().filter(|(name, _)| shown.contains(&name.as_str())).collect()
        };
        match self {
            Self::ThreadUpdated { changed } => match only(changed, THREAD_SHOWN) {
                none if none.is_empty() => Self::ThreadInternal {},
                changed => Self::ThreadUpdated { changed },
            },
            Self::MessageUpdated { message, changed } => match only(changed, MESSAGE_SHOWN) {
                none if none.is_empty() => Self::ThreadInternal {},
                changed => Self::MessageUpdated { message, changed },
            },
            Self::ThreadClosed { closed } => Self::ThreadClosed { closed: Closed { reason: None, ..closed } },
            Self::ThreadReminder { .. }
            | Self::ModelMissing { .. }
            | Self::BudgetAlert { .. }
            | Self::ThreadTaken { .. }
            | Self::ThreadHandedBack { .. }
            | Self::ThreadWanted { .. }
            | Self::ThreadWantedExpired {}
            | Self::ThreadWantedWithdrawn { .. }
            | Self::ThreadAssigned { .. }
            | Self::ThreadNoted { .. } => Self::ThreadInternal {},
            Self::MessageCompleted { .. } => Self::MessageCompleted { record: None },
            Self::ToolCalled { mut call, kind: ToolKind::BuiltIn } if !subject.is_key() => {
                call.hide();
                Self::ToolCalled { call, kind: ToolKind::BuiltIn }
            }
            Self::TurnFailed(ended) if subject.is_key() => {
                let reason = ended.reason.map(|reason| Ended::cut(reason, Ended::REASON_CHARS));
                Self::TurnFailed(Ended { reason, spent: None, ..ended })
            }
            Self::TurnFailed(ended) => Self::TurnFailed(Ended { reason: None, code: None, spent: None, ..ended }),
            Self::TurnCompleted(ended) => Self::TurnCompleted(Ended { spent: None, ..ended }),
            Self::TurnCancelled(ended) => Self::TurnCancelled(Ended { spent: None, ..ended }),
            other => other,
        }
    }
}
