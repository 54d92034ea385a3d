//! What a turn has done so far, by its entries.

use std::collections::HashSet;

use domain::{
    MessageId, Timestamp,
    agent::ToolKind,
    event::{Entry, Event},
    message::ToolCall,
};

/// What a turn has done so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    /// Steps that have finished.
    pub(crate) steps: u32,
    pub(crate) tool_calls: u32,
    /// Ids of calls that were announced as the client's. Whatever has become of the agent's tools since, it is the client that
    /// was told to run them, and nobody was told of the others.
    pub(crate) client_calls: HashSet<String>,
    /// How far the last finished step has read.
    pub(crate) reads: Option<i64>,
    /// Whether a step has begun and not finished.
    pub(crate) is_asking: bool,
    /// Calls of the model that have failed in that step.
    pub(crate) tries: u32,
    pub(crate) started_at: Timestamp,
    pub(crate) first_text_at: Option<Timestamp>,
    pub(crate) last_message: Option<MessageId>,
}

impl Progress {
    /// What the turn's entries say.
    pub(crate) fn of(entries: &[Entry], started_at: Timestamp) -> Self {
        let mut progress = Self { started_at, ..Self::default() };
        let mut reading = None;
        for entry in entries {
            match &entry.event {
                Event::StepStarted { reads, .. } => {
                    reading = Some(*reads);
                    progress.is_asking = true;
                }
                Event::TurnAttempt { paused: true, .. } => progress.tries += 1,
                Event::ToolCalled { call, kind } => progress.announce(call, *kind),
                Event::MessageCompleted {} => {
                    progress.steps += 1;
                    (progress.is_asking, progress.tries) = (false, 0);
                    progress.reads = reading;
                    progress.last_message = entry.message.as_ref().map(|m| m.id);
                }
                _ => {}
            }
        }
        progress
    }

    /// Takes note of a call as its entry tells it. Of calls with one id, the newest is meant.
    pub(super) fn announce(&mut self, call: &ToolCall, kind: ToolKind) {
        self.tool_calls += 1;
        match kind {
            ToolKind::Client => self.client_calls.insert(call.id.clone()),
            ToolKind::Scripted => self.client_calls.remove(&call.id),
        };
    }

    /// Whether the client runs the call.
    pub(crate) fn is_clients(&self, call: &ToolCall) -> bool {
        self.client_calls.contains(&call.id)
    }
}
