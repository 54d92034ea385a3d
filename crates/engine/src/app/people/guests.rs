//! Guests: people without a key who use one thread of an agent.

use domain::{
    Caller, Error, GuestId, KeyId, ProjectId, Result, ThreadId,
    agent::Guests,
    caller::{Scope, Scopes, Subject},
    thread::Thread,
};
use uuid::Uuid;

use super::arrivals::Arrival;
use crate::{
    App,
    app::access::{bounds, tokens::Token},
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
        let arrived = self.arrive(Arrival::from_page(agent, origin)).await?;
        Ok((arrived.thread, arrived.token))
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

/// # Errors
/// `forbidden`, naming the origin, if the agent does not list it.
pub(super) fn may_come_from(guests: Option<&Guests>, origin: Option<&str>) -> Result<()> {
    let listed = |origin: &str| guests.is_some_and(|guests| guests.origins.iter().any(|own| own == origin));
    match origin.filter(|origin| !listed(origin)) {
        None => Ok(()),
        Some(origin) => Err(Error::origin_not_allowed(origin)),
    }
}

/// The caller with a token of this thread that depends on no key.
pub(crate) fn guest_of(project: ProjectId, thread: ThreadId) -> Caller {
    let nobodys = KeyId(Uuid::nil());
    let subject = Subject::Thread(thread);
    Caller {
        project,
        key: nobodys,
        scopes: Scopes::TALK,
        subject,
        line: nobodys,
        until: None,
        sign_in: None,
        generation: 0,
    }
}
