//! Signed guests: an agent's guest secret, and the threads of the person whom an identity names.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    AgentId, Caller, CustomerId, Error, GuestId, ProjectId, Result, ThreadId, Timestamp,
    agent::Agent,
    caller::{Scope, Subject},
    codes,
};
use store::{
    Operation, Tx, customers,
    guests::{self, Joined, Secrets},
    secrets::Column,
};

use super::{arrivals::open_agent, guests::may_come_from};
use crate::{
    App, Origin,
    app::{
        access::{
            bounds,
            identity::{self, Named},
            tokens::Token,
        },
        tickets::people::named_customer,
    },
    inner::Inner,
    journal::Journal,
    origin::{self, Taken},
    sealing::Place,
    unknown,
};

/// A thread of a signed guest, with a token that opens it.
#[derive(Debug)]
pub struct Known {
    pub thread: ThreadId,
    pub token: Token,
    pub last_at: Timestamp,
}

/// A page of a signed guest's threads, newest first.
#[derive(Debug)]
pub struct Identified {
    pub threads: Vec<Known>,
    pub more: bool,
}

/// Threads of a page.
const PAGE: i64 = 50;
/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;

impl App {
    /// Gives the agent a new guest secret, which is returned only here, with the time until which the previous one is
    /// good. The project's own server signs identities with it.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `not_found`; `conflict` without a sealing key, for an agent that lets no guests in,
    /// for a reused origin key, and for a replay.
    #[crate::boxed]
    pub async fn renew_guest_secret(
        &self,
        caller: &Caller,
        id: AgentId,
        origin: Option<Origin>,
    ) -> Result<(String, Option<Timestamp>)> {
        caller.require(Scope::Admin)?;
        // The first secret makes the key's file, outside of the transaction.
        self.sealing.ready(&self.clock)?;
        self.store.write(Renew { inner: self.inner().clone(), caller: caller.clone(), id, origin }).await
    }

    /// The threads of the person whom the identity names, as the agent's guest, each with a new token. Only threads
    /// that joined by an identity are among them. `before` is the last thread of the previous page.
    ///
    /// # Errors
    /// As [`App::begin_as_guest`]; `forbidden` (`identity_not_valid`).
    #[crate::boxed]
    pub async fn identify(
        &self,
        agent: GuestId,
        page: Option<&str>,
        identity: &str,
        before: Option<ThreadId>,
    ) -> Result<Identified> {
        let page = page.map(str::to_owned);
        let find = Find { inner: self.inner().clone(), agent, page, identity: identity.into(), before };
        let (project, mut found) = self.store.read(find).await?;
        let most = usize::try_from(PAGE).unwrap_or_default();
        let more = found.len() > most;
        found.truncate(most);
        let known = |joined: Joined| {
            let Joined { thread, last_at, generation } = joined;
            Known { thread, token: self.guest_token(project, thread, generation), last_at }
        };
        Ok(Identified { threads: found.into_iter().map(known).collect(), more })
    }

    /// Joins the guest's own thread to the person whom the identity names. Joining it again changes nothing.
    ///
    /// # Errors
    /// `not_found`; `forbidden` (`identity_not_valid`); `conflict` (`identity_taken`) for a thread of another person.
    #[crate::boxed]
    pub async fn join_identity(&self, caller: &Caller, thread: ThreadId, identity: &str) -> Result<()> {
        caller.require_bound(Scope::Write)?;
        let (inner, caller) = (self.inner().clone(), caller.clone());
        self.store.write(Join { inner, caller, thread, identity: identity.into() }).await
    }
}

/// The agent's secrets that are good now, opened.
async fn secrets(tx: &mut Tx, inner: &Inner, agent: &Agent) -> Result<Vec<String>> {
    let Some(Secrets { secret, former }) = guests::secrets(tx, agent).await? else { return Ok(Vec::new()) };
    let mut good = vec![inner.sealing.open(&place(agent, Column::GuestSecret), &secret)?];
    if let Some((former, _)) = former.filter(|(_, until)| *until > inner.clock.now()) {
        good.push(inner.sealing.open(&place(agent, Column::FormerGuestSecret), &former)?);
    }
    Ok(good)
}

fn place(agent: &Agent, column: Column) -> Place {
    Place { project: agent.project, column, row: agent.id.0 }
}

/// The person whom the identity names.
///
/// # Errors
/// `forbidden` (`identity_not_valid`).
pub(super) async fn named(tx: &mut Tx, inner: &Inner, agent: &Agent, identity: &str) -> Result<Named> {
    let secrets = secrets(tx, inner, agent).await?;
    let guest_id = agent.guest_id.ok_or_else(unknown::agent)?;
    identity::read(identity, &secrets, guest_id, inner.clock.now(), &inner.limits)
}

/// Joins the thread, which is locked, to the person. A person who is new becomes a customer with this name.
///
/// # Errors
/// `conflict` (`identity_taken`).
pub(super) async fn join(tx: &mut Tx, inner: &Inner, agent: &Agent, thread: ThreadId, named: Named) -> Result<()> {
    let (project, now) = (agent.project, inner.clock.now());
    let before: Option<CustomerId> = guests::customer_of(tx, project, thread).await?;
    let is_new = customers::find_by_external_id(tx, project, &named.sub).await?.is_none();
    let id = named_customer(tx, inner, project, &named.sub, now).await?;
    match before {
        Some(before) if before == id => return Ok(()),
        Some(_) => {
            return Err(Error::conflict(codes::IDENTITY_TAKEN, "This thread belongs to another identity"));
        }
        None => {}
    }
    if is_new && let Some(mut customer) = customers::find(tx, project, id).await? {
        customer.name = named.name;
        customers::save(tx, &customer).await?;
    }
    store::threads::add_customer(tx, project, thread, id).await?;
    guests::join(tx, project, thread, agent.id, id).await
}

struct Renew {
    inner: Arc<Inner>,
    caller: Caller,
    id: AgentId,
    origin: Option<Origin>,
}

impl Operation for Renew {
    type Out = (String, Option<Timestamp>);

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, caller, id, origin } = self;
        let now = inner.clock.now();
        if let Taken::Replay(_) = origin::take(tx, &caller, origin.as_ref(), None, id.0, now).await? {
            let message = "This request was already carried out; the secret is shown only once";
            return Err(Error::conflict(codes::GUEST_SECRET_ALREADY_TOLD, message));
        }
        // As for every change of an agent.
        store::projects::lock(tx, caller.project).await?;
        let agent = store::agents::find(tx, caller.project, id).await?.ok_or_else(unknown::agent)?;
        if agent.guest_id.is_none() {
            let message = "The agent has never let guests in, so it needs no secret";
            return Err(Error::conflict(codes::AGENT_HAS_NO_GUESTS, message));
        }
        let overlap_s = i64::try_from(inner.limits.guest_secret_overlap_s).unwrap_or(i64::MAX);
        let former = match guests::secrets(tx, &agent).await? {
            Some(before) => {
                let opened = inner.sealing.open(&place(&agent, Column::GuestSecret), &before.secret)?;
                let sealed = inner.sealing.seal(&inner.clock, &place(&agent, Column::FormerGuestSecret), &opened)?;
                Some((sealed, now.plus_s(overlap_s)))
            }
            None => None,
        };
        let secret = format!("tlg_{}", URL_SAFE_NO_PAD.encode(inner.clock.random::<SECRET_BYTES>()));
        let sealed = inner.sealing.seal(&inner.clock, &place(&agent, Column::GuestSecret), &secret)?;
        let until = former.as_ref().map(|(_, until)| *until);
        guests::set_secrets(tx, &agent, &Secrets { secret: sealed, former }).await?;
        Ok((secret, until))
    }
}

struct Find {
    inner: Arc<Inner>,
    agent: GuestId,
    page: Option<String>,
    identity: String,
    before: Option<ThreadId>,
}

impl Operation for Find {
    type Out = (ProjectId, Vec<Joined>);

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, agent, page, identity, before } = self;
        let agent = open_agent(tx, agent).await?;
        may_come_from(agent.settings.guests.as_ref(), page.as_deref())?;
        let named = named(tx, &inner, &agent, &identity).await?;
        let found = match customers::find_by_external_id(tx, agent.project, &named.sub).await? {
            Some(customer) => guests::joined(tx, agent.project, (agent.id, customer), before, PAGE + 1).await?,
            None => Vec::new(),
        };
        Ok((agent.project, found))
    }
}

struct Join {
    inner: Arc<Inner>,
    caller: Caller,
    thread: ThreadId,
    identity: String,
}

impl Operation for Join {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { inner, caller, thread, identity } = self;
        bounds::check(tx, &caller, thread).await?;
        let journal = Journal::named(tx, caller.project, thread, inner.clock.now()).await?;
        if !matches!(caller.subject, Subject::Thread(_)) {
            return Err(Error::forbidden("Only the token of a guest joins a thread"));
        }
        let agent = store::agents::find(tx, caller.project, journal.thread.agent).await?;
        let agent = agent.ok_or_else(unknown::agent)?;
        let named = named(tx, &inner, &agent, &identity).await?;
        join(tx, &inner, &agent, thread, named).await
    }
}
