//! The own event of an entry.

use domain::{
    Kept, Map, TurnId,
    agent::ToolKind,
    controls::Disclosure,
    event::{Ended, Entry, Event},
    message::{Message, ToolCall, ToolResult},
    step::Record,
};

use super::Around;
use crate::{
    convert::{self, Place},
    ids, wire,
    wire::Data,
};

/// Type and data. An entry without a type of the vendor keeps ours, so that sequences have no gaps.
pub fn told(entry: &Entry, around: &Around) -> (&'static str, Data) {
    let known = match (&entry.event, entry.turn, &entry.message) {
        (Event::ThreadCreated {}, _, _) => {
            let data = wire::SessionStartedData { harness_id: ids::HARNESS.into() };
            Some(("session.started", Data::SessionStarted(data)))
        }
        (Event::MessageCreated {}, _, Some(message)) => Some(("input.message", input(message))),
        (Event::MessageCompleted { record }, _, Some(message)) => {
            Some(("output.message.completed", output(message, record.as_deref())))
        }
        (Event::ToolCalled { call, kind }, Some(_), _) => Some(called(call, *kind)),
        (Event::ToolCompleted { name, success, duration_ms, .. }, _, Some(message)) => {
            let result = message.body.tool_results().next();
            result.map(|result| ("tool.completed", completed(result, name, *success, *duration_ms)))
        }
        (event, Some(turn), _) => of_turn(event, turn, around),
        _ => None,
    };
    known.unwrap_or_else(|| (entry.event.kind(), native(&entry.event)))
}

fn of_turn(event: &Event, turn: TurnId, around: &Around) -> Option<(&'static str, Data)> {
    let turn_id = ids::turn(turn);
    Some(match event {
        Event::TurnStarted { input, .. } => {
            let input_message_id = ids::message(input.or(around.input)?);
            ("turn.started", Data::TurnStarted(wire::TurnStartedData { turn_id, input_message_id }))
        }
        Event::StepStarted { model, .. } => {
            let metadata = model.clone().map(|model| wire::ModelMetadata { model, interrupted: None });
            let data = wire::ReasonStartedData { harness_id: ids::HARNESS.into(), metadata };
            ("reason.started", Data::ReasonStarted(data))
        }
        Event::TurnAttempt { dropped_chars, .. } => {
            let mode = wire::RecoveryMode::Restart;
            let data = wire::ReasonRecoveredData { turn_id, mode, accumulated_len: *dropped_chars };
            ("reason.recovered", Data::ReasonRecovered(data))
        }
        Event::TurnCompleted(ended) => ("turn.completed", turn_completed(turn_id, ended)),
        Event::TurnFailed(ended) => ("turn.failed", Data::TurnFailed(turn_failed(turn_id, ended))),
        Event::TurnCancelled(ended) => {
            let data = wire::TurnCancelledData { turn_id, reason: ended.reason.clone(), usage: used(ended) };
            ("turn.cancelled", Data::TurnCancelled(data))
        }
        _ => return None,
    })
}

fn turn_failed(turn_id: String, ended: &Ended) -> wire::TurnFailedData {
    let shown = ended.disclosure != Some(Disclosure::Generic);
    let error = ended.reason.clone().filter(|_| shown).unwrap_or_else(|| "The turn failed".into());
    wire::TurnFailedData { turn_id, error, error_code: ended.code.clone().filter(|_| shown) }
}

fn input(message: &Message) -> Data {
    Data::InputMessage(Box::new(wire::InputMessageData { message: convert::message(message, Place::Stream) }))
}

fn output(message: &Message, record: Option<&Record>) -> Data {
    let body = &message.body;
    let metadata =
        body.model.clone().map(|model| wire::ModelMetadata { model, interrupted: body.interrupted.then_some(true) });
    Data::OutputMessageCompleted(Box::new(wire::OutputMessageCompletedData {
        message: convert::message(message, Place::Stream),
        metadata,
        usage: record.map(Into::into),
        error_code: body.error_code.clone(),
    }))
}

fn called(call: &ToolCall, kind: ToolKind) -> (&'static str, Data) {
    let call = wire::ToolCall { id: call.id.clone(), name: call.name.clone(), arguments: call.arguments.clone() };
    match kind {
        ToolKind::Scripted | ToolKind::Http | ToolKind::BuiltIn | ToolKind::External => {
            ("tool.started", Data::ToolStarted(wire::ToolStartedData { tool_call: call }))
        }
        ToolKind::Client => {
            let data = wire::ToolCallRequestedData { tool_calls: vec![call] };
            ("tool.call_requested", Data::ToolCallRequested(data))
        }
    }
}

fn completed(result: &ToolResult, name: &str, success: bool, duration_ms: Option<i64>) -> Data {
    let shown = result.result.as_ref().map(|value| vec![wire::ContentPart::Text { text: value.clone().into_plain() }]);
    Data::ToolCompleted(wire::ToolCompletedData {
        tool_call_id: result.tool_call_id.clone(),
        tool_name: name.into(),
        success,
        status: if success { wire::ToolStatus::Success } else { wire::ToolStatus::Error },
        result: shown,
        error: result.error.clone(),
        duration_ms,
    })
}

fn turn_completed(turn_id: String, ended: &Ended) -> Data {
    Data::TurnCompleted(wire::TurnCompletedData {
        turn_id,
        iterations: ended.steps,
        duration_ms: ended.duration_ms,
        time_to_first_token_ms: ended.first_text_ms,
        final_message_id: ended.message.map(ids::message),
        tool_call_count: ended.tool_calls,
        llm_call_count: ended.steps,
        usage: used(ended),
    })
}

fn used(ended: &Ended) -> Option<wire::TokenUsage> {
    ended.spent.and_then(wire::TokenUsage::of_sum)
}

/// The entry's own fields.
fn native(event: &Event) -> Data {
    let mut fields: Map = Kept::of(event).ok().and_then(|event| event.read()).unwrap_or_default();
    fields.remove("type");
    Data::Native(fields)
}
