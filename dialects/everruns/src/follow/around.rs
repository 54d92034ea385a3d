//! Details of events that their entries do not contain. They are looked up in the log and cached.

use domain::{
    MessageId, Result, TurnId,
    event::{Entry, Event},
    message::{Message, Role},
};
use engine::app::messages::list::{From, Listed, Page};

use super::Session;
use crate::stream::{Act, Around};

/// Messages that are read at once on the way back to the message with the calls.
const PAGE: i64 = 64;

/// The last reported turn, with its first message.
#[derive(Default)]
pub struct Memory {
    turn: Option<(TurnId, Option<MessageId>)>,
}

impl Memory {
    /// # Errors
    /// Errors of the store.
    pub async fn around(&mut self, session: &Session, entry: &Entry) -> Result<Around> {
        let input = match (&entry.event, entry.turn) {
            // The message is its own input.
            (Event::MessageCreated {}, _) | (_, None) => None,
            (Event::TurnStarted { input: Some(input), .. }, Some(turn)) => {
                self.turn = Some((turn, Some(*input)));
                Some(*input)
            }
            (_, Some(turn)) => self.input(session, turn).await?,
        };
        let act = match (&entry.event, &entry.message) {
            (Event::ToolCompleted { last_open: Some(true), .. }, Some(result)) => Some(act(session, result).await?),
            _ => None,
        };
        Ok(Around { input, act })
    }

    /// The first message of the turn.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn input(&mut self, session: &Session, turn: TurnId) -> Result<Option<MessageId>> {
        if let Some((_, input)) = self.turn.filter(|(known, _)| *known == turn) {
            return Ok(input);
        }
        let Session { app, caller, thread } = session;
        let first = app.turn(caller, *thread, turn).await?.first_seq;
        let input = app.entry(caller, *thread, first).await?.and_then(|entry| entry.message).map(|message| message.id);
        self.turn = Some((turn, input));
        Ok(input)
    }
}

/// The outcome of a message's calls: all results since the message, up to `last`.
async fn act(session: &Session, last: &Message) -> Result<Act> {
    let Session { app, caller, thread } = session;
    let mut act = Act::default();
    count(&mut act, last);
    let mut before = last.seq;
    loop {
        let page = Page { from: From::Before(Some(before)), limit: PAGE, listed: false };
        let Listed { messages, more, .. } = app.list_messages(caller, *thread, page).await?;
        for message in messages.iter().filter(|message| message.turn == last.turn) {
            match message.role {
                Role::Tool => count(&mut act, message),
                Role::Agent => return Ok(act),
                Role::User => {}
            }
        }
        match messages.last() {
            Some(oldest) if more => before = oldest.seq,
            _ => return Ok(act),
        }
    }
}

fn count(act: &mut Act, message: &Message) {
    for result in message.body.tool_results() {
        match result.error {
            None => act.succeeded += 1,
            Some(_) => act.failed += 1,
        }
    }
}
