//! Requests for a person, by anybody, and the silence that a person's coming begins.

use std::sync::Arc;

use domain::{
    Error, MessageId, Result, Timestamp, TurnId,
    author::Author,
    codes,
    event::Event,
    handling::{PERSON_WANTED, Wanted},
    message::{Body, Role},
};
use store::{
    Tx,
    planted::{Bug, is_planted},
};

use super::end;
use crate::{inner::Inner, journal::Journal};

/// Time within which a repeated request gets no entry of its own.
const REPEATED_S: i64 = 60;

/// A request for a person, to be recorded.
pub(crate) struct Request {
    /// Absent: the server itself.
    pub(crate) by: Option<Author>,
    pub(crate) reason: String,
    /// The end of the agent's silence. Absent: the agent goes on.
    pub(crate) until: Option<Timestamp>,
    /// A sentence of the agent for the customer, with its message.
    pub(crate) say: Option<(MessageId, String)>,
}

/// Records the request. A silence that has begun is not ended by a request without one. The agent's sentence stands
/// before the silence.
///
/// # Errors
/// `conflict` for a sentence of an agent that is silent already.
pub(crate) async fn want(tx: &mut Tx, journal: &mut Journal, request: Request, inner: &Arc<Inner>) -> Result<()> {
    let Request { by, reason, until: asked_until, say } = request;
    if say.is_some() && journal.thread.people.is_silent() {
        return Err(silent());
    }
    let before = journal.thread.people.wanted.take();
    let was_silent = before.as_ref().is_some_and(|wanted| wanted.until.is_some());
    let until = asked_until.or_else(|| before.as_ref().and_then(|wanted| wanted.until));
    let begins_silence = until.is_some() && !was_silent;
    let turns = match begins_silence {
        true => silence_turns(tx, journal, PERSON_WANTED, inner).await?,
        false => Vec::new(),
    };
    if let Some((id, text)) = say {
        let author = Author::Agent { agent: journal.thread.agent };
        let event = Event::MessageCompleted { record: None };
        journal.say(None, event, id, (Role::Agent, author), Body::text(text));
    }
    let is_repeated = before.is_some_and(|wanted| journal.now.since_us(wanted.at) < REPEATED_S * 1_000_000);
    let at = journal.next_at();
    journal.thread.people.wanted = Some(Wanted { by: by.clone(), reason: reason.clone(), at, until });
    journal.touch_window();
    if is_repeated && !begins_silence {
        journal.change_head();
    } else {
        journal.append(None, Event::ThreadWanted { by, reason, until, turns });
    }
    if until.is_some() {
        let inner = inner.clone();
        tx.on_commit(move || inner.silences.notify_one());
    }
    Ok(())
}

/// Ends every open turn. Shown text stays as interrupted messages. Returns the turns.
pub(crate) async fn silence_turns(
    tx: &mut Tx,
    journal: &mut Journal,
    reason: &'static str,
    inner: &Arc<Inner>,
) -> Result<Vec<TurnId>> {
    if is_planted(Bug::TakeLeavesTurns) {
        return Ok(Vec::new());
    }
    journal.load_turns(tx).await?;
    let turns = journal.turns.clone();
    for turn in &turns {
        end::silence(tx, journal, turn, reason, inner).await?;
    }
    Ok(turns.into_iter().map(|turn| turn.id).collect())
}

/// The refusal of a request that would let the agent speak.
pub(crate) fn silent() -> Error {
    Error::conflict(codes::THREAD_HELD, "The agent is silent, because a person holds the thread or is waited for")
}
