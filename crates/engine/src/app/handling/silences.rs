//! The end of a silence by itself, and of the hold of a member who is gone.

use std::sync::Arc;

use domain::{
    MemberId, ProjectId, Result, ThreadId,
    event::Event,
    handling::{MEMBER_GONE, Wanted},
};
use store::{Operation, Tx};

use super::{hand_back::Answer, resume::resume};
use crate::{inner::Inner, journal::Journal};

/// Lets the agent of a thread speak again, because nobody came in time.
#[derive(Clone)]
pub(crate) struct Expire {
    pub(crate) inner: Arc<Inner>,
    pub(crate) project: ProjectId,
    pub(crate) thread: ThreadId,
}

impl Operation for Expire {
    /// True if the silence has ended by this.
    type Out = bool;

    async fn run(self, tx: &mut Tx) -> Result<bool> {
        let Self { inner, project, thread } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, project, thread, now).await? else { return Ok(false) };
        if journal.thread.people.silent_until().is_none_or(|until| until > now) {
            return Ok(false);
        }
        journal.thread.people.wanted = None;
        resume(tx, &mut journal, Event::ThreadWantedExpired {}, Answer::Auto, &inner).await?;
        journal.write(tx, &inner).await?;
        Ok(true)
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}

/// Frees a thread of a member who is gone. A held thread waits for another person in silence.
#[derive(Clone)]
pub(crate) struct Free {
    pub(crate) inner: Arc<Inner>,
    pub(crate) project: ProjectId,
    pub(crate) thread: ThreadId,
    pub(crate) member: MemberId,
}

impl Operation for Free {
    type Out = bool;

    async fn run(self, tx: &mut Tx) -> Result<bool> {
        let Self { inner, project, thread, member } = self;
        let now = inner.clock.now();
        let Some(mut journal) = Journal::open(tx, project, thread, now).await? else { return Ok(false) };
        let people = &mut journal.thread.people;
        if people.assignee != Some(member) {
            return Ok(false);
        }
        let was_held = people.held_since.take().is_some();
        people.assignee = None;
        if was_held {
            tracing::warn!(%thread, %member, "the member who held the thread is gone, so the thread waits for another person");
            let silent_s = i64::try_from(inner.limits.wanted_silent_s).unwrap_or(i64::MAX);
            let (by, reason, until) = (None, MEMBER_GONE.to_owned(), Some(now.plus_s(silent_s)));
            let at = journal.next_at();
            journal.thread.people.wanted = Some(Wanted { by: None, reason: reason.clone(), at, until });
            journal.append(None, Event::ThreadWanted { by, reason, until, turns: Vec::new() });
        } else {
            journal.append(None, Event::ThreadAssigned { member: None });
        }
        journal.write(tx, &inner).await?;
        Ok(true)
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}
