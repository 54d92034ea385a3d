//! Answers to a sent message that wait for the end of its turn.

use std::time::Duration;

use dialect_kit::Fault;
use domain::{Caller, Result, caller::Scope, shares::Place};
use engine::{App, app::messages};
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{open::Open, wait};
use crate::{
    convert,
    wire::{self, Id},
};

/// The time to wait for the turn.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct WaitQuery {
    /// The seconds to wait for the end of the turn.
    #[param(minimum = 0, maximum = 60)]
    wait: Option<u64>,
}

/// A wait that was asked for, with the place that it holds among the server's readers.
pub struct Wait {
    open: Open,
    longest: Duration,
    _place: Option<Place>,
}

impl Wait {
    /// # Errors
    /// `invalid` beyond the longest wait; `forbidden` to wait without `read`; `rate_limited` when all places are taken.
    pub fn of(app: &App, caller: &Caller, open: Open, query: WaitQuery) -> Result<Self, Fault> {
        let longest = wait(app, query.wait)?;
        let place = match longest.is_zero() {
            true => None,
            false => {
                caller.require(Scope::Read)?;
                Some(open.streams.place(caller)?)
            }
        };
        Ok(Self { open, longest, _place: place })
    }

    /// The status of a stored message: 201, or 202 if its turn goes on after the wait.
    pub async fn answer(self, app: &App, caller: &Caller, sent: messages::Sent) -> Result<(StatusCode, wire::Sent)> {
        let (thread, seq) = (sent.message.thread, sent.message.seq);
        let mut answer = wire::Sent {
            turn: sent.turn.map(|(id, state)| wire::TurnRef { id: Id(id.0), state }),
            handling: sent.handling,
            message: convert::message::message(sent.message),
            outcome: None,
        };
        let Some((turn, _)) = sent.turn.filter(|_| !self.longest.is_zero()) else {
            return Ok((StatusCode::CREATED, answer));
        };
        self.open.patience.extend(self.longest);
        let watch = app.watch(caller, Some(thread));
        let outcome = tokio::select! {
            outcome = app.outcome(caller, thread, turn, seq, self.longest) => outcome?,
            () = self.open.shutdown.wait() => None,
        };
        let status = if outcome.is_some() { StatusCode::CREATED } else { StatusCode::ACCEPTED };
        answer.outcome = outcome.map(convert::turn::outcome);
        answer.turn = Some(match &answer.outcome {
            Some(outcome) => wire::TurnRef { id: Id(turn.0), state: outcome.state },
            // As it was when the message was stored. A caller whose key has died is told no more.
            None if watch.is_over() => return Ok((status, answer)),
            None => wire::TurnRef { id: Id(turn.0), state: app.turn(caller, thread, turn).await?.state },
        });
        Ok((status, answer))
    }
}
