//! The progress of a turn, read from its entries.

use std::collections::HashMap;

use domain::{
    MessageId, Timestamp,
    agent::ToolKind,
    event::{Entry, Event},
    message::ToolCall,
    spent::Spent,
    step::Stop,
};

use super::claim::Step;

/// The progress of a turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    /// Number of finished steps.
    pub(crate) steps: u32,
    pub(crate) tool_calls: u32,
    /// The runners of the turn's calls, by id, as they were announced. A later change of the agent's tools does not matter,
    /// because only the announced runner may have run the call.
    pub(crate) runners: HashMap<String, ToolKind>,
    /// The position up to which the last finished step read.
    pub(crate) reads: Option<i64>,
    /// True if the model paused its last answer, and goes on when it is called again.
    pub(crate) is_paused: bool,
    /// True if a step has started and not finished.
    pub(crate) is_asking: bool,
    /// That step, with its entry's position, if this attempt has announced it.
    pub(crate) announced: Option<(i64, Step)>,
    /// Number of failed model calls in that step.
    pub(crate) tries: u32,
    /// The beginning of that step, unless a worker has died since.
    pub(crate) asking_since: Option<Timestamp>,
    pub(crate) started_at: Timestamp,
    pub(crate) first_text_at: Option<Timestamp>,
    pub(crate) last_message: Option<MessageId>,
    /// The sum of the turn's model calls. The calls have rows of their own, so the entries do not tell it.
    pub(crate) spent: Spent,
}

impl Progress {
    /// The progress that the turn's entries record.
    pub(crate) fn of(entries: &[Entry], started_at: Timestamp) -> Self {
        let mut progress = Self { started_at, ..Self::default() };
        let mut reading = None;
        for entry in entries {
            match &entry.event {
                Event::StepStarted { reads, step, message, .. } => {
                    reading = Some(*reads);
                    let step = Step { number: *step, reads: *reads, message: *message, input: None };
                    progress.announced = Some((entry.seq, step));
                    progress.is_asking = true;
                    progress.asking_since.get_or_insert(entry.at);
                }
                Event::TurnAttempt { paused: true, .. } => progress.tries += 1,
                Event::TurnAttempt { paused: false, .. } => progress.asking_since = None,
                Event::ToolCalled { call, kind } => progress.announce(call, *kind),
                Event::MessageCompleted { record } => {
                    progress.is_paused = record.as_ref().is_some_and(|record| record.stop == Stop::Pause);
                    progress.steps += 1;
                    (progress.is_asking, progress.tries, progress.asking_since) = (false, 0, None);
                    progress.reads = reading;
                    progress.last_message = entry.message.as_ref().map(|m| m.id);
                }
                _ => {}
            }
        }
        progress
    }

    /// Records a call from its entry. Of calls with the same id, the newest counts.
    pub(super) fn announce(&mut self, call: &ToolCall, kind: ToolKind) {
        self.tool_calls += 1;
        self.runners.insert(call.id.clone(), kind);
    }

    /// Tells whether the client runs the call.
    pub(crate) fn is_clients(&self, call: &ToolCall) -> bool {
        self.runners.get(&call.id) == Some(&ToolKind::Client)
    }

    /// Tells whether the server runs the call by a tool of its own. The call's effect is stored with its result, so a call
    /// without a result has had no effect.
    pub(crate) fn is_built_in(&self, call: &ToolCall) -> bool {
        self.runners.get(&call.id) == Some(&ToolKind::BuiltIn)
    }
}
