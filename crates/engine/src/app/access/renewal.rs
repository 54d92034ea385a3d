//! Renewal and the end of guests' tokens. A thread has a generation of such tokens; those of another one are void.

use std::sync::Arc;

use domain::{
    Caller, Error, Result, ThreadId,
    caller::{Scope, Subject},
};
use store::{Operation, Tx, audit, guests};

use super::{
    audit::record,
    bounds,
    tokens::{Claim, Purpose, Token},
};
use crate::{
    App,
    app::keyed::{Keyed, Outcome},
    inner::Inner,
    journal::Journal,
};

impl App {
    /// Another token for the thread of this one, with its holder. The token may have expired, for less than
    /// [`domain::Limits::guest_resume_s`]. No line of tokens lives longer than [`domain::Limits::guest_life_s`].
    ///
    /// # Errors
    /// `unauthenticated` for anything but a token of this thread, an older one, and a void one; `forbidden` for a page
    /// whose origin the agent does not list.
    #[crate::boxed]
    pub async fn renew_guest(&self, text: &str, thread: ThreadId, page: Option<&str>) -> Result<Token> {
        let claim = self.claim_of_thread(text, thread)?;
        let (now, limits) = (self.clock.now(), &self.limits);
        let seconds = |s: u64| i64::try_from(s).unwrap_or(i64::MAX);
        // Tokens of earlier versions do not say when their line began.
        let first_at = claim.first_at.unwrap_or(claim.expires_at.plus_s(-seconds(limits.guest_token_s)));
        let ends_at = first_at.plus_s(seconds(limits.guest_life_s));
        let is_late = claim.expires_at.plus_s(seconds(limits.guest_resume_s)) <= now;
        if is_late || ends_at <= now {
            return Err(Error::unauthenticated());
        }
        let expires_at = now.plus_s(seconds(limits.guest_token_s)).min(ends_at);
        let renewed = Claim { expires_at, first_at: Some(first_at), ..claim };
        let holder = self.holder(renewed).await?;
        match page {
            Some(page) => self.admit_page(&holder, thread, page).await?,
            None => drop(self.store.read(bounds::Visible { caller: holder, thread }).await?),
        }
        Ok(self.written(&renewed))
    }

    /// Ends all tokens, tickets and streams of the guests of this token's thread. The token may have expired. A token
    /// that is void already ends nothing, so that a request may be repeated.
    ///
    /// # Errors
    /// `unauthenticated` for anything but a token of this thread; `not_found` for a thread that is gone; `forbidden` for
    /// a page whose origin the agent does not list.
    #[crate::boxed]
    pub async fn log_out(&self, text: &str, thread: ThreadId, page: Option<&str>) -> Result<()> {
        let claim = self.claim_of_thread(text, thread)?;
        let Claim { project, key, scopes, subject, generation, .. } = claim;
        let caller = Caller { project, key, scopes, subject, line: key, until: None, sign_in: None, generation };
        if let Some(page) = page {
            self.admit_page(&caller, thread, page).await?;
        }
        let void = Void { inner: self.inner().clone(), caller, thread, only: Some(claim.generation) };
        self.store.write(void).await.map(drop)
    }

    fn claim_of_thread(&self, text: &str, thread: ThreadId) -> Result<Claim> {
        let claim = self.read_token(text).filter(|claim| claim.purpose == Purpose::Bearer);
        claim.filter(|claim| claim.subject == Subject::Thread(thread)).ok_or_else(Error::unauthenticated)
    }
}

impl Keyed<'_> {
    /// Ends all tokens, tickets and streams of the thread's guests, and returns the generation of the next ones.
    ///
    /// # Errors
    /// `forbidden` without `write`; `not_found` for an unknown or foreign thread; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn revoke_guest_tokens(&self, caller: &Caller, thread: ThreadId) -> Result<u64> {
        caller.require(Scope::Write)?;
        let void = Void { inner: self.app.inner().clone(), caller: caller.clone(), thread, only: None };
        match self.once(caller, Some(thread), void, move |_| thread.0).await? {
            Outcome::Done(generation) => Ok(generation),
            Outcome::Before(_) => self.app.store.read(Look { caller: caller.clone(), thread }).await,
        }
    }
}

struct Void {
    inner: Arc<Inner>,
    caller: Caller,
    thread: ThreadId,
    /// Voids the tokens of this generation alone.
    only: Option<u64>,
}

impl Operation for Void {
    type Out = u64;

    async fn run(self, tx: &mut Tx) -> Result<u64> {
        let Self { inner, caller, thread, only } = self;
        bounds::check(tx, &caller, thread).await?;
        let journal = Journal::named(tx, caller.project, thread, inner.clock.now()).await?;
        if let Some(only) = only {
            let present = present(tx, &caller, thread).await?;
            if present != only {
                return Ok(present);
            }
        }
        let generation = void(tx, &journal, &inner).await?;
        if caller.subject == Subject::Project {
            let record = record(inner.clock.id(), &caller, "guest_tokens.revoked", journal.now);
            let record = audit::Record { thread: Some(thread), ..record };
            audit::insert(tx, &record).await?;
        }
        Ok(generation)
    }
}

/// Voids the tokens of the thread's guests, and returns the generation of the next ones. The lock of the thread orders
/// two requests.
async fn void(tx: &mut Tx, journal: &Journal, inner: &Arc<Inner>) -> Result<u64> {
    let (project, thread) = (journal.thread.project, journal.thread.id);
    let standing = guests::standing(tx, project, thread).await?;
    let generation = standing.map_or(0, |(_, generation)| generation) + 1;
    guests::set_generation(tx, project, thread, generation).await?;
    let inner = inner.clone();
    tx.on_commit(move || inner.known_guests.forget());
    Ok(generation)
}

/// Voids the tokens of a thread that the project closes, if its agent lets guests in.
pub(crate) async fn void_at_close(tx: &mut Tx, journal: &Journal, inner: &Arc<Inner>) -> Result<()> {
    match guests::standing(tx, journal.thread.project, journal.thread.id).await? {
        Some((true, _)) => void(tx, journal, inner).await.map(drop),
        _ => Ok(()),
    }
}

struct Look {
    caller: Caller,
    thread: ThreadId,
}

impl Operation for Look {
    type Out = u64;

    async fn run(self, tx: &mut Tx) -> Result<u64> {
        bounds::find(tx, &self.caller, self.thread).await?;
        present(tx, &self.caller, self.thread).await
    }
}

/// The present generation of the thread's tokens.
pub(super) async fn present(tx: &mut Tx, caller: &Caller, thread: ThreadId) -> Result<u64> {
    let standing = guests::standing(tx, caller.project, thread).await?;
    Ok(standing.map_or(0, |(_, generation)| generation))
}
