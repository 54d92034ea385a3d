//! Results of tool calls, each an entry with its message.

use std::sync::Arc;

use domain::{
    MessageId, Result,
    event::Event,
    message::{Body, Message, Part, Role, ToolResult},
    turn::{self, Turn},
};
use store::Tx;

use crate::{inner::Inner, journal::Journal};

/// Gives every call of the turn without a result the same error.
pub(crate) async fn close(
    tx: &mut Tx,
    journal: &mut Journal,
    turn: &Turn,
    error: &str,
    inner: &Arc<Inner>,
) -> Result<()> {
    let mut own = store::messages::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
    own.extend(journal.said_in(turn.id).cloned());
    let open = turn::open_calls(&own);
    for (i, call) in open.iter().enumerate() {
        let result = ToolResult { tool_call_id: call.id.clone(), result: None, error: Some(error.into()) };
        add(journal, turn, &call.name, result, None, i + 1 == open.len(), inner);
    }
    Ok(())
}

/// Appends a tool's result: the entry and its message.
pub(crate) fn add(
    journal: &mut Journal,
    turn: &Turn,
    name: &str,
    result: ToolResult,
    duration_ms: Option<i64>,
    last_open: bool,
    inner: &Arc<Inner>,
) -> Message {
    let event = Event::ToolCompleted {
        tool_call_id: result.tool_call_id.clone(),
        name: name.into(),
        success: result.error.is_none(),
        duration_ms,
        last_open: last_open.then_some(true),
    };
    let body = Body { content: vec![Part::ToolResult(result)], ..Body::default() };
    let id = MessageId(inner.clock.id());
    journal.say(Some(turn.id), event, id, (Role::Tool, turn.author()), body)
}
