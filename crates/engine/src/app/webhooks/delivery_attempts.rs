//! Delivery attempts of webhooks, and replays.

use domain::{
    Caller, DeliveryAttemptId, Error, ProjectId, Result, ThreadId, Timestamp, WebhookId,
    caller::Scope,
    codes,
    event::Entry,
    thread::Thread,
    webhook::{Backlog, DeliveryAttempt, Outcome, Webhook},
};
use store::{Bound, Operation, Tx, events::Stretch, op};

use super::{find, hold};
use crate::{
    App, Origin,
    app::messages::list::beyond_head,
    delivery::{self, Worded},
    origin::{self, Taken},
    unknown,
};

/// The entries of a replay, in order, with all that follow them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// The entries of all threads at or after this time.
    Since(Timestamp),
    /// The entries of one thread after this one.
    Thread(ThreadId, i64),
}

impl App {
    /// Delivery attempts of a webhook, newest first, optionally with one outcome. The newest
    /// [`domain::Limits::webhook_log`] are kept.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `not_found` for an unknown or foreign webhook.
    #[crate::boxed]
    pub async fn list_delivery_attempts(
        &self,
        caller: &Caller,
        webhook: WebhookId,
        outcome: Option<Outcome>,
        before: Option<DeliveryAttemptId>,
        limit: i64,
    ) -> Result<Vec<DeliveryAttempt>> {
        caller.require(Scope::Admin)?;
        let project = caller.project;
        let list = op(move |tx| {
            Box::pin(async move {
                find(tx, project, webhook).await?;
                store::delivery_attempts::list(tx, project, webhook, outcome, before, limit).await
            })
        });
        self.store.read(list).await
    }

    /// Repeats a delivery attempt at once and out of order, whatever its outcome was, and returns the new attempt. A
    /// failure is not retried.
    ///
    /// # Errors
    /// `forbidden` without `admin`. `not_found` for an unknown or foreign webhook or attempt, and for one whose thread
    /// is gone. `conflict` for a disabled webhook, or a reused origin key whose first request is not yet answered.
    /// `rate_limited` while too many requests to webhooks are in progress.
    #[crate::boxed]
    pub async fn replay_delivery_attempt(
        &self,
        caller: &Caller,
        webhook: WebhookId,
        attempt: DeliveryAttemptId,
        origin: Option<Origin>,
    ) -> Result<DeliveryAttempt> {
        caller.require(Scope::Admin)?;
        let id = DeliveryAttemptId(self.clock.id());
        let project = caller.project;
        let find = op(move |tx| Box::pin(async move { find_posted(tx, project, webhook, attempt).await }));
        // A repeated request gets its first answer, whatever happened to the named things.
        let worded = match self.store.read(find).await {
            Ok((webhook, thread, entry)) => delivery::worded(self.inner(), webhook, thread, entry).await,
            Err(error) => Err(error),
        };
        let _place = self.outbox.place(project, webhook).ok_or_else(too_many)?;
        let begin = Begin { caller: caller.clone(), webhook, id, origin, now: self.clock.now(), worded };
        let ready = match self.store.write(begin).await? {
            Begun::Before(attempt) => return Ok(attempt),
            Begun::Now(ready) => *ready,
        };
        let (thread_id, seq, event) = (ready.entry.thread, ready.entry.seq, ready.entry.event.kind());
        let answer = delivery::send_once(self.inner(), &ready).await;
        let webhook = ready.webhook;
        let outcome = match answer.status {
            Some(200..=299) => Outcome::Delivered,
            _ => Outcome::Failed,
        };
        let sent = DeliveryAttempt {
            id,
            webhook: webhook.id,
            project: webhook.project,
            thread: thread_id,
            seq,
            event: event.into(),
            number: 1,
            replayed: true,
            outcome,
            status: answer.status.map(i64::from),
            error: delivery::error_of(&answer),
            duration_ms: answer.duration_ms,
            at: self.clock.now(),
        };
        self.store.write(Record { attempt: sent, keep: self.limits.webhook_log as i64 }).await
    }

    /// Makes entries pending again that a webhook may have missed. Returns the number of threads. Each thread's entries
    /// are sent in order.
    ///
    /// # Errors
    /// `forbidden` without `admin`. `not_found` for an unknown or foreign webhook or thread. `invalid` for a position
    /// after the thread's head, or a time that reaches more threads than `webhook_replay_threads`. `conflict` for a
    /// disabled webhook, or a reused origin key.
    #[crate::boxed]
    pub async fn replay_webhook(
        &self,
        caller: &Caller,
        webhook: WebhookId,
        replay: Replay,
        origin: Option<Origin>,
    ) -> Result<usize> {
        caller.require(Scope::Admin)?;
        let (project, most) = (caller.project, i64::try_from(self.limits.webhook_replay_threads).unwrap_or(i64::MAX));
        let look = op(move |tx| {
            Box::pin(async move {
                find(tx, project, webhook).await?;
                reached(tx, project, replay, most).await
            })
        });
        // Finding the threads reads all of the project's, so it runs outside of the writer.
        let reached = self.store.read_long(look).await?;
        let count = reached.len();
        let rewind = Rewind { caller: caller.clone(), webhook, reached, origin, now: self.clock.now() };
        self.store.write(rewind).await?;
        self.outbox.ring();
        Ok(count)
    }
}

/// The threads of a replay, each with its first entry. At most `most` of them for a replay since a time.
async fn reached(tx: &mut Tx, project: ProjectId, replay: Replay, most: i64) -> Result<Vec<(ThreadId, i64)>> {
    match replay {
        Replay::Thread(thread, after) => {
            let found = store::threads::find(tx, project, thread).await?.ok_or_else(unknown::thread)?;
            if !(0..=found.last_seq).contains(&after) {
                return Err(beyond_head());
            }
            Ok((after < found.last_seq).then_some((thread, after + 1)).into_iter().collect())
        }
        Replay::Since(since) => {
            let threads = store::threads::active_since(tx, project, since, most.saturating_add(1)).await?;
            if threads.len() as i64 > most {
                let message = format!("reaches entries of more than {most} threads; choose a later time");
                return Err(Error::field("since", message));
            }
            let mut reached = Vec::with_capacity(threads.len());
            for thread in threads {
                let first = store::events::first_since(tx, thread, since).await?;
                reached.extend(first.map(|seq| (thread, seq)));
            }
            Ok(reached)
        }
    }
}

fn too_many() -> Error {
    Error { message: "Too many requests to webhooks are in progress, try again later".into(), ..Error::rate_limited(5) }
}

fn is_disabled() -> Error {
    Error::conflict(codes::WEBHOOK_DISABLED, "The webhook is disabled, enable it first")
}

struct Rewind {
    caller: Caller,
    webhook: WebhookId,
    reached: Vec<(ThreadId, i64)>,
    origin: Option<Origin>,
    now: Timestamp,
}

impl Operation for Rewind {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { caller, webhook, reached, origin, now } = self;
        if let Taken::Replay(_) = origin::take(tx, &caller, origin.as_ref(), None, webhook.0, now).await? {
            return Ok(());
        }
        if hold(tx, caller.project, webhook).await?.disabled.is_some() {
            return Err(is_disabled());
        }
        for (thread, next_seq) in reached {
            let backlog = Backlog { webhook, thread, project: caller.project, next_seq, tries: 0, since: now };
            store::webhook_backlogs::rewind(tx, &backlog).await?;
        }
        Ok(())
    }
}

/// The webhook, and the entry of the attempt.
async fn find_posted(
    tx: &mut Tx,
    project: ProjectId,
    webhook: WebhookId,
    attempt: DeliveryAttemptId,
) -> Result<(Webhook, Thread, Entry)> {
    let found = find(tx, project, webhook).await?;
    if found.disabled.is_some() {
        return Err(is_disabled());
    }
    let attempt =
        store::delivery_attempts::find(tx, project, webhook, attempt).await?.ok_or_else(unknown::delivery_attempt)?;
    let thread = store::threads::find(tx, project, attempt.thread).await?.ok_or_else(unknown::thread)?;
    let one = Stretch::one(attempt.seq);
    let entry = store::events::stretch(tx, attempt.thread, one, false, Bound::rows(1)).await?.rows.pop();
    Ok((found, thread, entry.ok_or_else(unknown::delivery_attempt)?))
}

/// Takes the key of a replay whose payload exists. A replay without one leaves no key.
struct Begin {
    caller: Caller,
    webhook: WebhookId,
    id: DeliveryAttemptId,
    origin: Option<Origin>,
    now: Timestamp,
    worded: Result<Worded>,
}

enum Begun {
    Now(Box<Worded>),
    Before(DeliveryAttempt),
}

impl Operation for Begin {
    type Out = Begun;

    async fn run(self, tx: &mut Tx) -> Result<Begun> {
        let Self { caller, webhook, id, origin, now, worded } = self;
        if let Taken::Replay(id) = origin::take(tx, &caller, origin.as_ref(), None, id.0, now).await? {
            let before = store::delivery_attempts::find(tx, caller.project, webhook, DeliveryAttemptId(id)).await?;
            let unfinished =
                || Error::conflict(codes::REPLAY_UNFINISHED, "This request is in progress, or its answer was lost");
            return before.map(Begun::Before).ok_or_else(unfinished);
        }
        Ok(Begun::Now(Box::new(worded?)))
    }
}

struct Record {
    attempt: DeliveryAttempt,
    keep: i64,
}

impl Operation for Record {
    type Out = DeliveryAttempt;

    async fn run(self, tx: &mut Tx) -> Result<DeliveryAttempt> {
        let Self { attempt, keep } = self;
        store::delivery_attempts::insert(tx, &attempt).await?;
        store::delivery_attempts::prune(tx, attempt.project, attempt.webhook, keep).await?;
        Ok(attempt)
    }
}
