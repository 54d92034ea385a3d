//! Arrivals of guests: a new thread with an agent, and maybe its first message, in one transaction.

use std::sync::Arc;

use domain::{Caller, Error, GuestId, Map, MessageId, Result, ThreadId, Timestamp, agent::Agent, thread::Thread};
use store::{Operation, Tx};
use uuid::Uuid;

use super::{
    guests::{guest_of, may_come_from},
    identities,
};
use crate::{
    App, Origin,
    app::{
        access::tokens::Token,
        messages::{Send, Sent, send::Opening},
        threads::{begin, make, windows},
    },
    inner::Inner,
    journal::{self, Journal},
    origin::{self, Taken},
    unknown, validate,
};

/// The first request of a guest.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub agent: GuestId,
    /// The origin of the requesting page. Absent for a program.
    pub page: Option<String>,
    pub metadata: Map,
    /// The first message. Its `thread` is ignored, and its `origin` names the message within the new thread.
    pub first: Option<Send>,
    /// The signed identity of the person, if the page's own server knows them.
    pub identity: Option<String>,
    /// The key of the request. It belongs to the agent and the page, and lives for [`domain::Limits::guest_key_s`],
    /// because the key opens a token of the thread to its holder.
    pub origin: Option<Origin>,
}

impl Arrival {
    /// An arrival without a message.
    pub fn from_page(agent: GuestId, page: Option<&str>) -> Self {
        Self { agent, page: page.map(str::to_owned), metadata: Map::new(), first: None, identity: None, origin: None }
    }
}

/// The new thread with its token. A replay returns the same thread and message, with another token.
#[derive(Debug)]
pub struct Arrived {
    pub thread: Thread,
    /// The first message, if the arrival had one.
    pub sent: Option<Sent>,
    pub token: Token,
}

impl App {
    /// Starts a thread with the agent of this guest id. The thread, its first message and the turn that answers the
    /// message are on disk when this returns. The token opens this thread alone.
    ///
    /// # Errors
    /// `not_found` for an agent that is unknown, archived, or lets nobody in, without a difference. `forbidden` for a
    /// page whose origin the agent does not list. `invalid` for a field beyond its limit, or a short origin key.
    /// `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn arrive(&self, arrival: Arrival) -> Result<Arrived> {
        let least = self.limits.guest_key_chars;
        if arrival.origin.as_ref().is_some_and(|origin| (origin.key.len() as u64) < least) {
            return Err(Error::field("Idempotency-Key", format!("must be at least {least} characters")));
        }
        validate::metadata(&arrival.metadata, &self.limits)?;
        let id = MessageId(self.clock.id());
        let arrive = Arrive { inner: self.inner().clone(), id, arrival };
        let (thread, sent) = self.store.write(arrive).await?;
        let token = self.guest_token(thread.project, thread.id, 0);
        Ok(Arrived { thread, sent, token })
    }
}

struct Arrive {
    inner: Arc<Inner>,
    /// The id of the first message.
    id: MessageId,
    arrival: Arrival,
}

impl Operation for Arrive {
    type Out = (Thread, Option<Sent>);

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, id, arrival: Arrival { agent, page, metadata, first, identity, origin } } = self;
        let found = open_agent(tx, agent).await?;
        may_come_from(found.settings.guests.as_ref(), page.as_deref())?;
        let now = inner.clock.now();
        let mut thread = journal::new_thread(&inner.clock, found.project, found.id, now);
        let guest = guest_of(thread.project, thread.id);
        let origin = origin.map(|origin| of_page(origin, agent, page.as_deref()));
        if let Taken::Replay(id) = take(tx, &inner, &thread, origin.as_ref(), now).await? {
            return replay(tx, &guest, ThreadId(id), first.is_some(), now).await;
        }
        let named = match identity {
            Some(identity) => Some(identities::named(tx, &inner, &found, &identity).await?),
            None => None,
        };
        thread.window_s = Some(make::window_s(&found, &inner));
        thread.metadata = metadata;
        let mut journal = Journal::create(tx, &inner, found.project, thread, now).await?;
        windows::begin(tx, &mut journal, &inner).await?;
        if let Some(named) = named {
            identities::join(tx, &inner, &found, journal.thread.id, named).await?;
        }
        let Some(send) = first else { return Ok((journal.write(tx, &inner).await?, None)) };
        let models = inner.catalogues.within(tx, found.project).await?;
        validate::body(&send.body, &inner.limits, inner.link_targets, &models)?;
        origin::take(tx, &guest, send.origin.as_ref(), Some(journal.thread.id), id.0, now).await?;
        let agent = journal.agent(tx).await?;
        let (message, turn) = Opening { id, send }.say(tx, &mut journal, agent, &guest, &inner).await?;
        let thread = journal.write(tx, &inner).await?;
        let sent = Sent::of(&thread, message, turn, now, false);
        Ok((thread, Some(sent)))
    }
}

/// The agent with this guest id, if it lets guests in.
///
/// # Errors
/// `not_found`, without a difference for an unknown, an archived and a closed agent.
pub(super) async fn open_agent(tx: &mut Tx, agent: GuestId) -> Result<Agent> {
    let found: Option<Agent> = store::agents::find_for_guests(tx, agent).await?;
    let open = found.filter(|agent| agent.archived_at.is_none() && agent.settings.guests.is_some());
    open.ok_or_else(unknown::agent)
}

/// The key with the agent and the page, so that neither another agent's guests nor another page meet it.
fn of_page(origin: Origin, agent: GuestId, page: Option<&str>) -> Origin {
    let key = format!("{agent} {} {}", page.unwrap_or_default(), origin.key);
    Origin { key, ..origin }
}

/// Takes the key for this thread. No thread is known to the sender yet, so the key is nobody's.
async fn take(tx: &mut Tx, inner: &Inner, thread: &Thread, origin: Option<&Origin>, now: Timestamp) -> Result<Taken> {
    let nobody = guest_of(thread.project, ThreadId(Uuid::nil()));
    let lives_s = i64::try_from(inner.limits.guest_key_s).unwrap_or(i64::MAX);
    origin::release(tx, &nobody, origin, lives_s, now).await?;
    origin::take(tx, &nobody, origin, None, thread.id.0, now).await
}

/// A thread whose first tokens are void is unknown to its first request.
async fn replay(
    tx: &mut Tx,
    guest: &Caller,
    id: ThreadId,
    has_first: bool,
    now: Timestamp,
) -> Result<(Thread, Option<Sent>)> {
    let standing = store::guests::standing(tx, guest.project, id).await?;
    if standing.is_none_or(|(_, generation)| generation > 0) {
        return Err(unknown::thread());
    }
    if has_first {
        let (thread, sent) = begin::replay(tx, guest, id, now).await?;
        return Ok((thread, Some(sent)));
    }
    let thread = store::threads::find(tx, guest.project, id).await?;
    Ok((thread.ok_or_else(unknown::thread)?, None))
}
