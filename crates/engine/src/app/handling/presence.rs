//! Who views a thread and who types in it: told from moment to moment, and never stored.

use std::{sync::Arc, time::Duration};

use domain::{
    Caller, Error, Result, ThreadId,
    caller::{Scope, Subject},
    handling::{Person, Typing},
    shares::Holder,
};
use store::{Operation, Tx};
use tokio::sync::Notify;

use super::{actor, require_member};
use crate::{
    App,
    app::access::bounds,
    inner::Inner,
    presence::{Act, Presence as Present, Seen, Team, Typist},
    watches::Watch,
};

/// A member's presence in a thread.
#[derive(Clone, Debug)]
pub struct Presence {
    /// The member, by id or address.
    pub member: String,
    /// False if the member has left.
    pub viewing: bool,
    pub typing: Typing,
}

/// A reader of those who type in a thread.
pub struct Typists {
    attending: Attending<Typist>,
    subject: Subject,
    shows_names: bool,
}

impl App {
    /// Tells that a member views the thread, or types in it. Returns everybody who is present.
    ///
    /// # Errors
    /// `forbidden` without `write` and `impersonate`; `not_found`; `invalid` for an unknown member; `rate_limited`
    /// beyond [`domain::Limits::presences`] or [`domain::Limits::thread_presences`].
    #[crate::boxed]
    pub async fn tell_presence(&self, caller: &Caller, thread: ThreadId, told: Presence) -> Result<Vec<Seen>> {
        require_member(caller)?;
        let Presence { member, viewing, typing } = told;
        let find = Named { caller: caller.clone(), thread, member };
        let person = self.store.read(find).await?;
        if viewing {
            self.is_present(caller, thread, Some(person), typing)?;
        } else {
            self.presence.forget(thread, Some(person.id));
        }
        Ok(self.presence.of(thread, self.clock.passed_us()))
    }

    /// Tells that the customer's side types in the thread, or has stopped.
    ///
    /// # Errors
    /// `forbidden` without `write`, and for keys of the project, whose members are present by name; `not_found`;
    /// `rate_limited` as [`App::tell_presence`].
    #[crate::boxed]
    pub async fn tell_typing(&self, caller: &Caller, thread: ThreadId, types: bool) -> Result<()> {
        caller.require_bound(Scope::Write)?;
        self.store.read(bounds::Visible { caller: caller.clone(), thread }).await?;
        if caller.subject == Subject::Project {
            return Err(Error::forbidden("Only the customer's side may tell that it types"));
        }
        match types {
            true => self.is_present(caller, thread, None, Typing::Reply),
            false => {
                self.presence.forget(thread, None);
                Ok(())
            }
        }
    }

    fn is_present(&self, caller: &Caller, thread: ThreadId, member: Option<Person>, typing: Typing) -> Result<()> {
        let (now_us, limits) = (self.clock.passed_us(), &self.limits);
        let after = |seconds: u64| now_us + i64::try_from(seconds).unwrap_or(i64::MAX / 2_000_000) * 1_000_000;
        let act = Act { member, typing, gone_us: after(limits.presence_s), typed_us: after(limits.typing_s) };
        match self.presence.tell(thread, Holder::of(caller), act, now_us) {
            true => Ok(()),
            false => Err(Error::rate_limited(u32::try_from(limits.typing_s).unwrap_or(u32::MAX))),
        }
    }

    /// Everybody who is present in a thread that the caller has just read.
    ///
    /// # Errors
    /// `forbidden` for callers below the project.
    pub fn present(&self, caller: &Caller, thread: ThreadId) -> Result<Vec<Seen>> {
        caller.require(Scope::Read)?;
        Ok(self.presence.of(thread, self.clock.passed_us()))
    }

    /// Follows those who type in the thread: to the project everybody, to others the members who type a reply, by name
    /// unless the agent hides the names.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn follow_typists(&self, caller: &Caller, thread: ThreadId) -> Result<Typists> {
        caller.require_bound(Scope::Read)?;
        let faces = self.faces(caller, thread).await?;
        let shows_names = caller.subject == Subject::Project || faces.shows_names();
        Ok(Typists { attending: Attending::new(self, caller, thread), subject: caller.subject, shows_names })
    }
}

impl Typists {
    /// Waits until others type than those who were told last, and returns those who type. Dropping the future loses
    /// nothing.
    ///
    /// # Errors
    /// `unauthenticated` once the reader's credential is invalid.
    #[crate::boxed]
    pub async fn next(&mut self) -> Result<Vec<Typist>> {
        let Self { attending, subject, shows_names } = self;
        attending.next(|present| typing(present, *subject, *shows_names), Present::next_end_us).await
    }
}

/// Those who type, as the reader may know them.
fn typing(mut present: Vec<Seen>, subject: Subject, shows_names: bool) -> Vec<Typist> {
    let is_project = subject == Subject::Project;
    present.retain(|seen| match is_project {
        true => seen.typing != Typing::None,
        false => seen.typing == Typing::Reply && seen.member.is_some(),
    });
    let side = |person: Person| Team {
        name: person.name.filter(|_| shows_names),
        member: Some(person.id).filter(|_| is_project),
    };
    present.into_iter().map(|Seen { member, typing }| Typist { side: member.map(side), typing }).collect()
}

/// The microseconds after which a thread's readers look again, from a time on.
type NextUs = fn(&Present, ThreadId, i64) -> Option<i64>;

/// A reader of who is present in a thread, until its credential ends. `T`: what the reader tells of each.
pub(super) struct Attending<T> {
    inner: Arc<Inner>,
    thread: ThreadId,
    bell: Arc<Notify>,
    told: Vec<T>,
    watch: Watch,
}

impl<T: Clone + PartialEq> Attending<T> {
    pub(super) fn new(app: &App, caller: &Caller, thread: ThreadId) -> Self {
        let watch = app.watch(caller, Some(thread));
        Self { inner: app.inner().clone(), thread, bell: app.presence.enter(thread), told: Vec::new(), watch }
    }

    pub(super) fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Waits until `tells` makes something else of those who are present than was told last. It looks again after each
    /// change that somebody tells, and after `next_us`. Dropping the future loses nothing.
    ///
    /// # Errors
    /// `unauthenticated` once the reader's credential is invalid.
    pub(super) async fn next(&mut self, tells: impl Fn(Vec<Seen>) -> Vec<T>, next_us: NextUs) -> Result<Vec<T>> {
        let bell = self.bell.clone();
        loop {
            let woken = bell.notified();
            tokio::pin!(woken);
            // Registered before the look.
            woken.as_mut().enable();
            let now_us = self.inner.clock.passed_us();
            let present = tells(self.inner.presence.of(self.thread, now_us));
            if present != self.told {
                self.told.clone_from(&present);
                return Ok(present);
            }
            let ends = next_us(&self.inner.presence, self.thread, now_us);
            let ends = async {
                match ends {
                    Some(us) => tokio::time::sleep(Duration::from_micros(us.unsigned_abs())).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.watch.over() => return Err(Error::unauthenticated()),
                () = woken => {}
                () = ends => {}
            }
        }
    }
}

impl<T> Drop for Attending<T> {
    fn drop(&mut self) {
        self.inner.presence.leave(self.thread);
    }
}

/// The member of a request, for a thread of the project.
struct Named {
    caller: Caller,
    thread: ThreadId,
    member: String,
}

impl Operation for Named {
    type Out = Person;

    async fn run(self, tx: &mut Tx) -> Result<Person> {
        bounds::find(tx, &self.caller, self.thread).await?;
        Ok(Person::from(&actor(tx, &self.caller, &self.member).await?))
    }
}
