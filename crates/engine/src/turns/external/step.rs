//! The start of a message of the program: a step of the turn.

use std::sync::Arc;

use domain::{
    MessageId, Result,
    agent::Agent,
    message::{Message, Role, ToolCall},
    turn::{self, Turn},
};
use store::Tx;

use crate::{
    inner::Inner,
    journal::Journal,
    turns::{claim, progress::Progress, reserving::Asker},
};

/// The state of the turn in its log.
pub(super) struct Known {
    pub(super) progress: Progress,
    /// Calls without a result.
    pub(super) open: Vec<ToolCall>,
    /// True if a client or a built-in tool runs some of the calls of the last message.
    pub(super) asked_others: bool,
    /// The side that sent the turn's first message.
    pub(super) asker: Asker,
}

impl Known {
    pub(super) async fn of(tx: &mut Tx, turn: &Turn) -> Result<Self> {
        let entries = store::events::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
        let progress = Progress::of(&entries, turn.started_at.unwrap_or(turn.created_at));
        let progress = Progress { spent: turn.spent, ..progress };
        let own: Vec<Message> = entries.into_iter().filter_map(|entry| entry.message).collect();
        let open = turn::open_calls(&own);
        let last = own.iter().rev().find(|message| message.role == Role::Agent);
        let is_others = |call: &ToolCall| progress.is_clients(call) || progress.is_built_in(call);
        let asked_others = last.is_some_and(|said| said.body.tool_calls().any(is_others));
        let asker = Asker::of(&own);
        Ok(Self { progress, open, asked_others, asker })
    }
}

/// Announces the next message.
///
/// # Errors
/// The limit of steps, if the turn has reached it.
pub(super) fn begin(
    journal: &mut Journal,
    turn: &Turn,
    agent: &Agent,
    (steps, reads): (u32, i64),
    inner: &Arc<Inner>,
) -> std::result::Result<MessageId, u64> {
    let number = steps + 1;
    if let Some(most) = claim::beyond_steps(agent, number, inner) {
        return Err(most);
    }
    let controls = turn.controls.clone().over(&agent.settings.controls);
    let model = controls.model.clone().or_else(|| agent.settings.model.clone());
    Ok(claim::announce(journal, turn, &controls, (number, reads), model, inner))
}
