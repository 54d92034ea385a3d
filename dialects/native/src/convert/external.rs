//! Claims and reports of the user's own programs.

use dialect_kit::Frame;
use domain::{
    Error, Result,
    event::DeltaKind,
    external::Left,
    message::{Part, ToolCall},
};
use engine::app::external::{self, Piece, Replied, Reported, Tokens};

use super::{formats, message::message};
use crate::wire::{self, Format, Id, ReportedFields, ReportedKind};

pub fn claimed(claimed: external::Claimed, format: Option<Format>) -> wire::Claimed {
    let formatted = format.map(|format| match format {
        Format::Openai => formats::openai(&claimed.transcript),
        Format::Anthropic => formats::anthropic(&claimed.transcript),
    });
    let snapshot = |snapshot: domain::snapshot::Snapshot| wire::ClaimedSnapshot {
        id: Id(snapshot.id.0),
        name: snapshot.name,
        domains: snapshot.domains,
    };
    let tools = claimed.tools().into_iter().map(Into::into).collect();
    wire::Claimed {
        turn: Id(claimed.turn.id.0),
        thread: Id(claimed.turn.thread.0),
        agent: Id(claimed.agent.id.0),
        agent_name: claimed.agent.name,
        attempt: claimed.turn.attempt,
        lease_until: claimed.lease_until,
        reads: claimed.reads,
        answered: claimed.is_answered,
        controls: claimed.controls.into(),
        instructions: claimed.instructions,
        variables: claimed.variables.into_iter().collect(),
        browser_snapshots: claimed.snapshots.into_iter().map(snapshot).collect(),
        tools,
        budget_left: budget_left(claimed.left),
        messages: claimed.transcript.into_iter().map(message).collect(),
        formatted,
    }
}

fn budget_left(left: Left) -> Option<wire::BudgetLeft> {
    let Left { tokens, usd } = left;
    (left != Left::default()).then(|| wire::BudgetLeft { tokens, usd: usd.map(wire::Dollars) })
}

pub fn held(replied: Replied) -> wire::Held {
    wire::Held {
        state: replied.state,
        held: replied.answer.held,
        calls: replied.answer.calls,
        waiting: replied.answer.waiting,
        again: replied.answer.again,
        steered: replied.steered.into_iter().map(message).collect(),
    }
}

/// The signal as an event of the control stream.
pub fn signal(signal: external::Signal) -> Frame {
    let (event, signal) = match signal {
        external::Signal::Steer(steering) => ("steer", wire::Signal::Steer { message: Box::new(message(*steering)) }),
        external::Signal::Cancel => ("cancel", wire::Signal::Cancel {}),
        external::Signal::Taken { attempt } => ("taken", wire::Signal::Taken { attempt }),
        external::Signal::Ended(state) => ("ended", wire::Signal::Ended { state }),
    };
    let data = serde_json::to_string(&signal).expect("its keys are texts, and it holds no map of others");
    Frame { event: Some(event.into()), data: Some(data), ..Frame::default() }
}

pub fn pieces(pieces: Vec<wire::Piece>) -> Vec<Piece> {
    let read = |wire: wire::Piece| Piece { kind: wire.kind.unwrap_or(DeltaKind::Text), text: wire.text };
    pieces.into_iter().map(read).collect()
}

/// # Errors
/// `invalid` for a message with both or neither of `text` and `content`, and for a part with a field too many or too few.
pub fn reported(messages: Vec<wire::ReportedMessage>) -> Result<Vec<Reported>> {
    messages.into_iter().enumerate().map(|(i, wire)| one(&format!("messages.{i}"), wire)).collect()
}

fn one(path: &str, wire: wire::ReportedMessage) -> Result<Reported> {
    let content = match (wire.text, wire.content) {
        (Some(text), None) => vec![Part::Text { text }],
        (None, Some(parts)) => {
            let read = |(i, fields)| part(&format!("{path}.content.{i}"), fields);
            parts.into_iter().enumerate().map(read).collect::<Result<_>>()?
        }
        (Some(_), Some(_)) => {
            return Err(Error::field(format!("{path}.content"), "must not be combined with `text`"));
        }
        (None, None) => return Err(Error::field(format!("{path}.content"), "required, or `text`")),
    };
    let usage = wire.usage.map(|tokens| Tokens {
        input: tokens.input,
        cache_read: tokens.cache_read,
        cache_write: tokens.cache_write,
        output: tokens.output,
        reasoning: tokens.reasoning,
        cost: tokens.cost_usd.map(|cost| cost.0),
    });
    Ok(Reported { content, model: wire.model, usage })
}

fn part(path: &str, fields: ReportedFields) -> Result<Part> {
    let ReportedFields { kind, text, id, name, arguments } = fields;
    let own: &[&str] = match kind {
        ReportedKind::Text | ReportedKind::Thinking => &["text"],
        ReportedKind::ToolCall => &["id", "name", "arguments"],
    };
    let given =
        [("text", text.is_some()), ("id", id.is_some()), ("name", name.is_some()), ("arguments", arguments.is_some())];
    if let Some((field, _)) = given.iter().find(|(field, given)| *given && !own.contains(field)) {
        return Err(Error::field(format!("{path}.{field}"), "is no field of a part of this type"));
    }
    if let Some((field, _)) = given.iter().find(|(field, given)| !*given && own.contains(field)) {
        return Err(Error::field(format!("{path}.{field}"), "required"));
    }
    let text = text.unwrap_or_default();
    Ok(match kind {
        ReportedKind::Text => Part::Text { text },
        ReportedKind::Thinking => Part::Thinking { text, signature: None },
        ReportedKind::ToolCall => Part::ToolCall(ToolCall {
            id: id.unwrap_or_default(),
            name: name.unwrap_or_default(),
            arguments: arguments.unwrap_or_default(),
        }),
    })
}
