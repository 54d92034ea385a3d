//! Derived events of an entry.

use domain::{
    TurnId,
    event::{Entry, Event},
    message::{Message, Role},
    step::Record,
};

use super::Around;
use crate::{ids, wire, wire::Data};

/// The session has no open turn any more.
pub const IDLED: &str = "session.idled";

/// Characters of a message's preview.
const PREVIEW_CHARS: usize = 200;

/// Type and data of each derived event, in order. Only entries of a turn have any, and messages that get no turn.
pub fn told(entry: &Entry, around: &Around) -> Vec<(&'static str, Data)> {
    let Some(turn) = entry.turn else { return entry.message.as_ref().map(unanswered).unwrap_or_default() };
    let turn_id = ids::turn(turn);
    match &entry.event {
        Event::TurnStarted { input, .. } => {
            let Some(input) = input.or(around.input) else { return Vec::new() };
            let data = wire::SessionActivatedData { turn_id, input_message_id: ids::message(input) };
            vec![("session.activated", Data::SessionActivated(data))]
        }
        Event::StepStarted { step, message, thinks, model, .. } => {
            let started = wire::OutputMessageStartedData {
                turn_id: turn_id.clone(),
                message_id: ids::message(*message),
                model: model.clone(),
                iteration: *step,
            };
            let mut told = vec![("output.message.started", Data::OutputMessageStarted(started))];
            if *thinks {
                let data = wire::ReasonThinkingStartedData { turn_id, model: model.clone() };
                told.push(("reason.thinking.started", Data::ReasonThinkingStarted(data)));
            }
            told
        }
        Event::MessageCompleted { record } => {
            let message = entry.message.as_ref();
            message.map(|message| said(message, record.as_deref(), turn)).unwrap_or_default()
        }
        Event::ToolCompleted { .. } => {
            let act = around.act.map(|act| wire::ActCompletedData {
                completed: true,
                success_count: act.succeeded,
                error_count: act.failed,
            });
            act.map(|data| ("act.completed", Data::ActCompleted(data))).into_iter().collect()
        }
        event => match event.ended().filter(|ended| ended.idle) {
            Some(ended) => {
                let data = wire::SessionIdledData { turn_id, iterations: ended.steps };
                vec![(IDLED, Data::SessionIdled(data))]
            }
            None => Vec::new(),
        },
    }
}

/// The end of a message to which the agent says nothing, because a person is to answer or the agent is paused. The
/// vendor's clients wait for the end of a turn after each message, and would wait for ever. The end names a turn by the
/// message's id, and no turn has it.
fn unanswered(message: &Message) -> Vec<(&'static str, Data)> {
    if message.role != Role::User || message.body.unasked {
        return Vec::new();
    }
    let turn_id = ids::turn(TurnId(message.id.0));
    let ended = wire::TurnCompletedData {
        turn_id: turn_id.clone(),
        iterations: 0,
        duration_ms: 0,
        time_to_first_token_ms: None,
        final_message_id: None,
        tool_call_count: 0,
        llm_call_count: 0,
        usage: None,
    };
    let idled = wire::SessionIdledData { turn_id, iterations: 0 };
    vec![("turn.completed", Data::TurnCompleted(ended)), (IDLED, Data::SessionIdled(idled))]
}

/// The end of a step: its thinking, the step itself, and its tool calls.
fn said(message: &Message, record: Option<&Record>, turn: TurnId) -> Vec<(&'static str, Data)> {
    let body = &message.body;
    let mut told = Vec::new();
    if let Some(thinking) = body.thinking() {
        let data = wire::ReasonThinkingCompletedData { turn_id: ids::turn(turn), thinking };
        told.push(("reason.thinking.completed", Data::ReasonThinkingCompleted(data)));
    }
    let calls: Vec<_> =
        body.tool_calls().map(|call| wire::ToolCallSummary { id: call.id.clone(), name: call.name.clone() }).collect();
    let text = body.only_text();
    // A message of a turn that no model wrote explains the turn's failure.
    let failed = body.error_code.is_some() || (body.model.is_none() && calls.is_empty());
    let reason = wire::ReasonCompletedData {
        success: !body.interrupted && !failed,
        has_tool_calls: !calls.is_empty(),
        tool_call_count: calls.len() as u32,
        text_preview: (!text.is_empty()).then(|| text.chars().take(PREVIEW_CHARS).collect()),
        error: body.error_code.clone().or_else(|| body.interrupted.then(|| "interrupted".into())),
        usage: record.map(Into::into),
    };
    told.push(("reason.completed", Data::ReasonCompleted(reason)));
    if !calls.is_empty() {
        told.push(("act.started", Data::ActStarted(wire::ActStartedData { tool_calls: calls })));
    }
    told
}
