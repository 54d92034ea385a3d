//! Checks of what programs report.

use std::collections::HashSet;

use domain::{
    Error, Limits, Result,
    event::Ended,
    message::{Part, ToolCall},
};

use super::{Act, Piece, Reported};
use crate::validate;

/// # Errors
/// `invalid`, naming the field.
pub(super) fn act(act: &Act, limits: &Limits) -> Result<()> {
    match act {
        Act::Heartbeat | Act::Release | Act::Broken { .. } => Ok(()),
        Act::Deltas(pieces) => deltas(pieces, limits),
        Act::Messages(reported) if reported.is_empty() => {
            Err(Error::field("messages", "must hold at least one message"))
        }
        Act::Messages(reported) => messages(reported, true, limits),
        Act::Complete(reported) => messages(reported, false, limits),
        Act::Results(results) if results.is_empty() => Err(Error::field("results", "must hold at least one result")),
        Act::Results(results) => validate::at_most("results", "results", results.len(), limits.tool_calls),
        Act::Fail(reason) => validate::text("reason", reason, Ended::REASON_CHARS as u64),
    }
}

fn deltas(pieces: &[Piece], limits: &Limits) -> Result<()> {
    validate::at_most("deltas", "pieces", pieces.len(), limits.script_chunks)?;
    let bytes = pieces.iter().map(|piece| piece.text.len()).sum();
    match bytes {
        0 => Err(Error::field("deltas", "must hold some text")),
        bytes => validate::at_most("deltas", "bytes of text", bytes, limits.delta_bytes),
    }
}

/// Only the last message may have calls, because results follow the calls at once.
fn messages(reported: &[Reported], may_call: bool, limits: &Limits) -> Result<()> {
    validate::at_most("messages", "messages", reported.len(), limits.reported_messages)?;
    for (i, message) in reported.iter().enumerate() {
        let may_call = may_call && i + 1 == reported.len();
        one(&format!("messages.{i}"), message, may_call, limits)?;
    }
    Ok(())
}

fn one(path: &str, message: &Reported, may_call: bool, limits: &Limits) -> Result<()> {
    let content = format!("{path}.content");
    if message.content.is_empty() {
        return Err(Error::field(content, "must have at least one part"));
    }
    validate::at_most(&content, "parts", message.content.len(), limits.parts.saturating_add(limits.tool_calls))?;
    if let Some(model) = &message.model {
        validate::identifier(&format!("{path}.model"), model, limits.part_name_chars)?;
    }
    let (mut bytes, mut ids) = (0, HashSet::new());
    for (i, part) in message.content.iter().enumerate() {
        let path = format!("{content}.{i}");
        bytes += match part {
            Part::Text { text } | Part::Thinking { text, .. } => text.len(),
            Part::ToolCall(_) if !may_call => {
                return Err(Error::field(
                    path,
                    "must not be a tool call, which only the last message of `messages` has",
                ));
            }
            Part::ToolCall(call) => {
                if !ids.insert(call.id.as_str()) {
                    return Err(Error::field(format!("{path}.id"), "must differ from the other calls"));
                }
                tool_call(&path, call, limits)?
            }
            _ => return Err(Error::field(path, "must be text, thinking or a tool call")),
        };
    }
    validate::at_most(&content, "tool calls", ids.len(), limits.tool_calls)?;
    validate::at_most(&content, "bytes", bytes, limits.reply_bytes)
}

/// Returns the bytes of the arguments.
fn tool_call(path: &str, call: &ToolCall, limits: &Limits) -> Result<usize> {
    validate::identifier(&format!("{path}.id"), &call.id, limits.part_name_chars)?;
    validate::identifier(&format!("{path}.name"), &call.name, limits.part_name_chars)?;
    let arguments = call.arguments.text();
    if !arguments.trim_start().starts_with('{') {
        return Err(Error::field(format!("{path}.arguments"), "must be an object"));
    }
    validate::at_most(&format!("{path}.arguments"), "bytes", arguments.len(), limits.tool_arguments_bytes)?;
    Ok(arguments.len())
}
