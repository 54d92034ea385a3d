//! Heads as an inbox shows them: those that await a person, and those that move.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use domain::{Caller, Error, ProjectId, Result, ThreadId, Timestamp, caller::Scope, thread::Thread};
pub use store::threads::{Awaited, Latest};
use store::{
    Fitted,
    threads::{Filter, Overdue, awaited_place},
};
use tokio::sync::broadcast::{
    Receiver,
    error::{RecvError, TryRecvError},
};

use super::search::{Found, folded};
use crate::{App, feeds::Feed, inner::Inner, watches::Watch};

/// A follower of a project's heads.
pub struct Heads {
    inner: Arc<Inner>,
    project: ProjectId,
    /// Keeps the hints coming.
    _feed: Arc<Feed>,
    hints: Receiver<ThreadId>,
    /// Threads whose hints have come and whose heads are still to be read.
    pending: BTreeSet<ThreadId>,
    /// True to read all that moved.
    looks: bool,
    /// The time of the newest entry among the heads that were told.
    at: Timestamp,
    /// The newest heads that were told: the newest entry of each, and its time.
    told: HashMap<ThreadId, (i64, Timestamp)>,
    /// Elapsed microseconds of the last read.
    read_us: i64,
    watch: Watch,
}

/// Heads that moved, each at least once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moved {
    pub heads: Vec<Thread>,
    /// Threads that were deleted.
    pub gone: Vec<ThreadId>,
    /// True if more has moved than is told. The follower reads its lists again.
    pub reset: bool,
}

/// Heads that are read at once.
const HEADS: i64 = 200;
/// The time that a look reaches back, because a transaction may commit later than a newer one.
const BACK_US: i64 = 10_000_000;
/// Time between two looks, which find what no hint told.
const LOOK: Duration = Duration::from_secs(10);
/// Least time between two reads of one follower.
const PAUSE_US: i64 = 200_000;

impl App {
    /// The filter of threads that are overdue, or of all others. A customer waits there for as long as the thread's
    /// agent says, or [`domain::Limits::hold_idle_s`].
    pub fn overdue(&self, is: bool) -> Overdue {
        let idle_s = i64::try_from(self.limits.hold_idle_s).unwrap_or(i64::MAX);
        Overdue { is, now: self.clock.now(), idle_s }
    }

    /// Threads of the caller's project that match the filter and in which a person speaks or is wanted. Those whose
    /// customers have waited longest come first.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn list_awaited(
        &self,
        caller: &Caller,
        filter: Filter,
        after: Option<Awaited>,
        limit: i64,
    ) -> Result<Found<Awaited>> {
        caller.require(Scope::Read)?;
        let (project, bound) = (caller.project, self.bound(limit));
        let filter = folded(filter);
        let list = store::op(move |tx| {
            Box::pin(async move { store::threads::awaited(tx, project, &filter, after, bound).await })
        });
        let Fitted { rows, more, .. } = self.store.read_long(list).await?;
        Ok(Found { next: rows.last().filter(|_| more).map(awaited_place), threads: rows })
    }

    /// Threads of the caller's project that match the filter, those with the newest entries first.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn list_latest(
        &self,
        caller: &Caller,
        filter: Filter,
        before: Option<Latest>,
        limit: i64,
    ) -> Result<Found<Latest>> {
        caller.require(Scope::Read)?;
        let (project, bound) = (caller.project, self.bound(limit));
        let filter = folded(filter);
        let list = store::op(move |tx| {
            Box::pin(async move { store::threads::latest(tx, project, &filter, before, bound).await })
        });
        let Fitted { rows, more, .. } = self.store.read_long(list).await?;
        let place = |last: &Thread| Latest { at: last.last_at, thread: last.id };
        Ok(Found { next: rows.last().filter(|_| more).map(place), threads: rows })
    }

    /// Follows the heads of the caller's project. `after`: the position of a former follower, whose heads since then are
    /// told first. Absent: only heads that move from now on.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn follow_heads(&self, caller: &Caller, after: Option<Timestamp>) -> Result<Heads> {
        caller.require(Scope::Read)?;
        let (project, now) = (caller.project, self.clock.now());
        let (feed, hints) = self.feeds.follow(project);
        Ok(Heads {
            inner: self.inner().clone(),
            project,
            _feed: feed,
            hints,
            pending: BTreeSet::new(),
            looks: after.is_some(),
            at: after.map_or(now, |after| after.min(now)),
            told: HashMap::new(),
            read_us: i64::MIN,
            watch: self.watch(caller, None),
        })
    }
}

impl Heads {
    /// The position behind the heads that were told.
    pub fn position(&self) -> Timestamp {
        self.at
    }

    /// The watch of this follower's credential.
    pub fn watch(&self) -> Watch {
        self.watch.clone()
    }

    /// The heads that moved after the position, if any. For a poll, before it waits.
    ///
    /// # Errors
    /// Errors of the store.
    #[crate::boxed]
    pub async fn now(&mut self) -> Result<Moved> {
        self.look(0).await
    }

    /// Waits for heads that moved, and returns at least one, or a reset. Dropping the future loses nothing.
    ///
    /// # Errors
    /// `unauthenticated` once the follower's credential is invalid; errors of the store, after which the follower can
    /// continue.
    #[crate::boxed]
    pub async fn next(&mut self) -> Result<Moved> {
        loop {
            self.collect();
            if self.looks || !self.pending.is_empty() {
                self.pause().await;
                self.collect();
                let moved = if self.looks { self.look(BACK_US).await? } else { self.hinted().await? };
                if moved != Moved::default() {
                    return Ok(moved);
                }
                continue;
            }
            let watch = self.watch.clone();
            tokio::select! {
                biased;
                () = watch.over() => return Err(Error::unauthenticated()),
                hint = self.hints.recv() => match hint {
                    Ok(thread) => drop(self.pending.insert(thread)),
                    Err(RecvError::Lagged(_) | RecvError::Closed) => self.looks = true,
                },
                () = tokio::time::sleep(LOOK) => self.looks = true,
            }
        }
    }

    /// Takes the hints that have come.
    fn collect(&mut self) {
        loop {
            match self.hints.try_recv() {
                Ok(thread) => drop(self.pending.insert(thread)),
                Err(TryRecvError::Lagged(_)) => self.looks = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    async fn pause(&self) {
        let passed_us = self.inner.clock.passed_us().saturating_sub(self.read_us);
        if let Some(left_us) = PAUSE_US.checked_sub(passed_us).and_then(|left| u64::try_from(left).ok()) {
            tokio::time::sleep(Duration::from_micros(left_us)).await;
        }
    }

    /// The heads whose hints have come.
    async fn hinted(&mut self) -> Result<Moved> {
        let most = usize::try_from(HEADS).unwrap_or(usize::MAX);
        let (project, ids) = (self.project, self.pending.iter().copied().take(most).collect::<Vec<_>>());
        let asked = ids.clone();
        let read = store::op(move |tx| {
            Box::pin(async move {
                let mut heads = Vec::with_capacity(asked.len());
                for id in asked {
                    heads.push(store::threads::find(tx, project, id).await?.ok_or(id));
                }
                Ok(heads)
            })
        });
        let found = self.inner.store.read(read).await?;
        self.read_us = self.inner.clock.passed_us();
        self.pending.retain(|id| !ids.contains(id));
        let mut moved = Moved::default();
        for head in found {
            match head {
                Ok(head) => moved.heads.push(head),
                Err(gone) => moved.gone.push(gone),
            }
        }
        self.tell(&moved.heads);
        Ok(moved)
    }

    /// The heads that moved since the position, or shortly before it, without those that were told as they are.
    async fn look(&mut self, back_us: i64) -> Result<Moved> {
        let (project, since) = (self.project, Timestamp(self.at.0.saturating_sub(back_us)));
        let read =
            store::op(move |tx| Box::pin(async move { store::threads::moved(tx, project, since, HEADS + 1).await }));
        let mut heads = self.inner.store.read(read).await?;
        self.read_us = self.inner.clock.passed_us();
        self.looks = false;
        if heads.len() as i64 > HEADS {
            self.at = self.inner.clock.now();
            self.pending.clear();
            self.told.clear();
            return Ok(Moved { reset: true, ..Moved::default() });
        }
        heads.retain(|head| self.told.get(&head.id).is_none_or(|(seq, _)| *seq < head.last_seq));
        self.tell(&heads);
        Ok(Moved { heads, ..Moved::default() })
    }

    fn tell(&mut self, heads: &[Thread]) {
        self.at = heads.iter().map(|head| head.last_at).fold(self.at, Timestamp::max);
        self.told.extend(heads.iter().map(|head| (head.id, (head.last_seq, head.last_at))));
        let kept = Timestamp(self.at.0.saturating_sub(BACK_US));
        self.told.retain(|_, (_, at)| *at > kept);
    }
}
