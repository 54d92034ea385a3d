//! Guests: people without a key who use one thread of an agent.

use std::sync::Arc;

use domain::{
    Caller, Error, GuestId, KeyId, ProjectId, Result, ThreadId,
    agent::{Agent, Guests},
    caller::{Scope, Scopes, Subject},
    codes,
    thread::Thread,
};
use store::{Operation, Tx};
use uuid::Uuid;

use crate::{
    App,
    app::{
        access::{bounds, tokens::Token},
        threads::{make, windows},
    },
    inner::Inner,
    journal::{self, Journal},
    unknown,
};

impl App {
    /// Starts a thread with the agent of this guest id, and returns the token that opens only this thread. `origin` is
    /// the origin of the requesting page; absent for a program.
    ///
    /// # Errors
    /// `not_found` for an agent that is unknown, archived, or lets nobody in, without a difference. `forbidden` for a
    /// page whose origin the agent does not list.
    #[crate::boxed]
    pub async fn begin_as_guest(&self, agent: GuestId, origin: Option<&str>) -> Result<(Thread, Token)> {
        let begin = Begin { inner: self.inner().clone(), agent, origin: origin.map(str::to_owned) };
        let thread = self.store.write(begin).await?;
        let token = self.guest_token(thread.project, thread.id);
        Ok((thread, token))
    }

    /// Checks that a page of this origin may follow and write the thread: its agent must list the origin.
    ///
    /// # Errors
    /// `not_found` for a thread that the caller cannot see; `forbidden` if the page may not.
    #[crate::boxed]
    pub async fn admit_page(&self, caller: &Caller, thread: ThreadId, origin: &str) -> Result<()> {
        caller.require_bound(Scope::Read)?;
        let (caller, origin) = (caller.clone(), origin.to_owned());
        let admit = store::op(move |tx| {
            Box::pin(async move {
                let found = bounds::find(tx, &caller, thread).await?;
                let agent = store::agents::find(tx, found.project, found.agent).await?;
                may_come_from(agent.and_then(|agent| agent.settings.guests).as_ref(), Some(&origin))
            })
        });
        self.store.read(admit).await
    }
}

fn may_come_from(guests: Option<&Guests>, origin: Option<&str>) -> Result<()> {
    let listed = |origin: &str| guests.is_some_and(|guests| guests.origins.iter().any(|own| own == origin));
    match origin.is_none_or(listed) {
        true => Ok(()),
        false => Err(Error::new(
            domain::Kind::Forbidden,
            codes::ORIGIN_NOT_ALLOWED,
            "Pages of this origin are not allowed to send requests here",
        )),
    }
}

struct Begin {
    inner: Arc<Inner>,
    agent: GuestId,
    origin: Option<String>,
}

impl Operation for Begin {
    type Out = Thread;

    async fn run(self, tx: &mut Tx) -> Result<Thread> {
        let Self { inner, agent, origin } = self;
        let found: Option<Agent> = store::agents::find_for_guests(tx, agent).await?;
        let agent = found.filter(|agent| agent.archived_at.is_none() && agent.settings.guests.is_some());
        let agent = agent.ok_or_else(unknown::agent)?;
        may_come_from(agent.settings.guests.as_ref(), origin.as_deref())?;
        let now = inner.clock.now();
        let mut thread = journal::new_thread(&inner.clock, agent.project, agent.id, now);
        thread.window_s = Some(make::window_s(&agent, &inner));
        let mut journal = Journal::create(tx, &inner, agent.project, thread, now).await?;
        windows::begin(tx, &mut journal, &inner).await?;
        journal.write(tx, &inner).await
    }
}

/// The caller with a token of this thread that depends on no key.
pub(crate) fn guest_of(project: ProjectId, thread: ThreadId) -> Caller {
    let nobodys = KeyId(Uuid::nil());
    let subject = Subject::Thread(thread);
    Caller { project, key: nobodys, scopes: Scopes::TALK, subject, line: nobodys, until: None, sign_in: None }
}
