//! Waits for the outcome of a turn.

use std::time::Duration;

use domain::{
    Caller, Kind, Position, Result, ThreadId, TurnId,
    event::{Entry, Item},
    message::{Message, Role},
};
use tokio::time::{Instant, timeout_at};

use crate::{App, app::messages::follow::Start};

/// The end of a turn, with its messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// `turn.completed`, `turn.failed` or `turn.cancelled`.
    pub end: Entry,
    /// The agent's messages in the turn, in order.
    pub answers: Vec<Message>,
}

impl App {
    /// Waits for the end of the turn, at most `longest`. `None` if the turn still runs then, its thread is gone, or the
    /// caller's credential has become invalid. In the last case nothing more is shown, and stored messages stay.
    /// `after` is an entry before the turn's first one, usually that of the message that it answers.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread; `invalid` for an entry after the head.
    #[crate::boxed]
    pub async fn outcome(
        &self,
        caller: &Caller,
        thread: ThreadId,
        turn: TurnId,
        after: i64,
        longest: Duration,
    ) -> Result<Option<Outcome>> {
        let until = Instant::now() + longest;
        let mut reader = self.follow(caller, thread, Start::Beyond(Position::entry(after))).await?;
        let mut answers = Vec::new();
        loop {
            let Ok(items) = timeout_at(until, reader.next()).await else { return Ok(None) };
            let items = match items {
                Err(error) if error.kind == Kind::Unauthenticated => return Ok(None),
                items => items?,
            };
            let Some(items) = items else { return Ok(None) };
            for item in items {
                let Item::Entry(entry) = &*item else { continue };
                if entry.turn != Some(turn) {
                    continue;
                }
                answers.extend(entry.message.clone().filter(|message| message.role == Role::Agent));
                if entry.event.ended().is_some() {
                    return Ok(Some(Outcome { end: entry.clone(), answers }));
                }
            }
        }
    }
}
