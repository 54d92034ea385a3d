//! Asks for a person, and withdraws the request.

use std::sync::Arc;

use domain::{
    Caller, Error, Kind, Limits, MessageId, Result, ThreadId, Timestamp,
    author::Author,
    caller::{Scope, Subject},
    codes,
    event::Event,
    handling::Person,
    thread::Thread,
};
use store::{Operation, Tx};

use super::{actor, hand_back::Answer, impersonator, record, refuse_closed, require_member, resume::resume};
use crate::{
    app::{access::bounds, keyed::Keyed, messages::send, threads::update::written},
    inner::Inner,
    journal::Journal,
    turns::wanting::{Request, want},
    validate,
};

/// A request for a person.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The member in whose name a key of the project asks, by id or address. Absent: the caller.
    pub member: Option<String>,
    pub reason: String,
    /// True if the agent is silent until a person comes, or `until`.
    pub silent: bool,
    /// The end of the silence. Absent: after [`Limits::wanted_silent_s`].
    pub until: Option<Timestamp>,
    /// A sentence of the agent that the customer reads, stored with the request.
    pub say: Option<String>,
}

impl Keyed<'_> {
    /// Asks for a person. The agent goes on, unless the request is silent. A repeated request replaces the reason.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread; `invalid` for a reason beyond its limit, or a time that has
    /// passed or is too late; `forbidden` for a caller below the project that gives anything but a reason, and for a
    /// guest whose agent does not allow it (`guests_may_not`); `conflict` for a closed thread, for one that a member
    /// holds (`held`), for a sentence of an agent that is already silent (`thread_held`), and for a guest outside of
    /// the opening hours (`team_is_away`) or behind too many others (`too_many_wait`).
    #[crate::boxed]
    pub async fn ask_for_person(&self, caller: &Caller, id: ThreadId, ask: Ask) -> Result<Thread> {
        caller.require_bound(Scope::Write)?;
        let now = self.app.clock.now();
        check(caller, &ask, &self.app.limits, now)?;
        if ask.member.is_some() {
            require_member(caller)?;
        }
        let inner = self.app.inner().clone();
        let said = MessageId(self.app.clock.id());
        self.change_thread(caller, id, Asking { inner, caller: caller.clone(), id, said, ask }).await
    }

    /// Withdraws the request for a person. After a silence, a turn answers the unanswered messages. Without a request,
    /// nothing changes.
    ///
    /// # Errors
    /// `forbidden` without `write`, and for a key without `impersonate`; `not_found`; `invalid` for an unknown member.
    #[crate::boxed]
    pub async fn withdraw(&self, caller: &Caller, id: ThreadId, member: String) -> Result<Thread> {
        require_member(caller)?;
        let inner = self.app.inner().clone();
        self.change_thread(caller, id, Withdrawing { inner, caller: caller.clone(), id, member }).await
    }
}

fn check(caller: &Caller, ask: &Ask, limits: &Limits, now: Timestamp) -> Result<()> {
    let is_plain = ask.member.is_none() && !ask.silent && ask.until.is_none() && ask.say.is_none();
    if caller.subject != Subject::Project && !is_plain {
        return Err(Error::forbidden("Only a key of the project may give more than a reason"));
    }
    validate::text("reason", &ask.reason, limits.wanted_chars)?;
    if let Some(say) = &ask.say {
        validate::text("say", say, limits.say_chars)?;
    }
    let Some(until) = ask.until else { return Ok(()) };
    if !ask.silent {
        return Err(Error::field("until", "must not be given without `silent`"));
    }
    let most_s = i64::try_from(limits.wanted_silent_most_s).unwrap_or(i64::MAX);
    match until > now && until <= now.plus_s(most_s) {
        true => Ok(()),
        false => Err(Error::field("until", format!("must lie within the next {most_s} seconds"))),
    }
}

struct Asking {
    inner: Arc<Inner>,
    caller: Caller,
    id: ThreadId,
    /// The message of the sentence.
    said: MessageId,
    ask: Ask,
}

impl Operation for Asking {
    type Out = Thread;

    async fn run(self, tx: &mut Tx) -> Result<Thread> {
        let Self { inner, caller, id, said, ask } = self;
        bounds::check(tx, &caller, id).await?;
        let mut journal = Journal::named(tx, caller.project, id, inner.clock.now()).await?;
        journal.growth.exempt();
        let (by, member) = match &ask.member {
            Some(named) => {
                let member = actor(tx, &caller, named).await?;
                let (id, key) = (member.id, impersonator(&caller));
                (Author::Member { member: id, email: member.email, name: member.name, impersonated_by: key }, Some(id))
            }
            None => (send::own_author(&caller), None),
        };
        refuse_closed(&journal)?;
        if caller.is_guest() {
            guests_may_ask(tx, &mut journal).await?;
        }
        if journal.thread.people.held_since.is_some() {
            return Err(Error::conflict(codes::HELD, "A member holds the thread already"));
        }
        let default_s = i64::try_from(inner.limits.wanted_silent_s).unwrap_or(i64::MAX);
        let asked_until = ask.silent.then(|| ask.until.unwrap_or_else(|| journal.now.plus_s(default_s)));
        let request =
            Request { by: Some(by), reason: ask.reason, until: asked_until, say: ask.say.map(|text| (said, text)) };
        want(tx, &mut journal, request, &inner).await?;
        record(tx, &journal, &caller, ("ask", member), None, &inner).await?;
        written(tx, journal, &inner).await
    }
}

/// Checks the settings of the agent's guests: whether they may ask, the opening hours, and how many threads may wait. A
/// thread that waits already may ask again.
async fn guests_may_ask(tx: &mut Tx, journal: &mut Journal) -> Result<()> {
    let guests = journal.agent(tx).await?.settings.guests;
    let Some(asking) = guests.and_then(|guests| guests.ask) else {
        let message = "Guests of this agent may not ask for a person";
        return Err(Error::new(Kind::Forbidden, codes::GUESTS_MAY_NOT, message));
    };
    if asking.hours.is_some_and(|hours| !hours.is_open(journal.now)) {
        return Err(Error::conflict(codes::TEAM_IS_AWAY, "The team cannot be asked at this time"));
    }
    let thread = &journal.thread;
    let Some(most) = asking.most_waiting.filter(|_| thread.people.wanted.is_none()) else { return Ok(()) };
    if store::guests::waiting(tx, thread.project, thread.agent, most).await? >= most {
        return Err(Error::conflict(codes::TOO_MANY_WAIT, "Too many people wait for the team"));
    }
    Ok(())
}

struct Withdrawing {
    inner: Arc<Inner>,
    caller: Caller,
    id: ThreadId,
    member: String,
}

impl Operation for Withdrawing {
    type Out = Thread;

    async fn run(self, tx: &mut Tx) -> Result<Thread> {
        let Self { inner, caller, id, member: named } = self;
        let mut journal = Journal::named(tx, caller.project, id, inner.clock.now()).await?;
        journal.growth.exempt();
        let member = actor(tx, &caller, &named).await?;
        if let Some(wanted) = journal.thread.people.wanted.take() {
            let answer = if wanted.until.is_some() { Answer::Auto } else { Answer::Never };
            let event = Event::ThreadWantedWithdrawn { by: Person::from(&member) };
            resume(tx, &mut journal, event, answer, &inner).await?;
            record(tx, &journal, &caller, ("withdraw", Some(member.id)), None, &inner).await?;
        }
        written(tx, journal, &inner).await
    }
}
