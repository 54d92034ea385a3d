//! What became of a turn.

use domain::{event::Event, turn::State};
use engine::app::turns::outcome::Outcome;

use super::message::message;
use crate::wire;

pub fn outcome(outcome: Outcome) -> wire::TurnOutcome {
    let state = match outcome.end.event {
        Event::TurnFailed(_) => State::Failed,
        Event::TurnCancelled(_) => State::Cancelled,
        _ => State::Completed,
    };
    let ended = outcome.end.event.ended().cloned().unwrap_or_default();
    let messages = outcome.answers.into_iter().map(message).collect();
    wire::TurnOutcome { state, reason: ended.reason, code: ended.code, messages }
}
