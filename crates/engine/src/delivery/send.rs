//! Sends the pending entries of one thread to a webhook, in the log's order.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use domain::{
    DeliveryAttemptId, Error, Kind, Result, ThreadId, codes,
    event::Entry,
    shares::Place,
    thread::Thread,
    webhook::{DeliveryAttempt, Proof, Webhook},
};
use outward::header::{self, HeaderValue};
use store::{Bound, Operation, Tx, events::Stretch};

use super::{
    claim::Held,
    place, reader,
    schedule::{Verdict, error_of, verdict},
    settle::{Settle, Then},
    sign,
};
use crate::{
    App,
    inner::{Inner, Payload, PendingEntry},
    outbox::{Answer, post},
    persist::persist,
    signing::Signed,
};

/// Entries read at once, and their bytes.
const BATCH: i64 = 32;
const BATCH_BYTES: i64 = 1 << 20;
/// Requests after which a sender yields to the webhook's other threads. It yields to other webhooks after each request.
const STRETCH: usize = 64;
/// Delay after an entry that could not be formatted.
const NOT_WORDED_S: i64 = 60;
/// Reason of a failed attempt, for the project.
const UNREADABLE: &str = "the server cannot open the stored Authorization";
/// Delay after a failure of the store.
const STORE_FAILED_S: i64 = 1;

/// A sender with a claimed backlog, and the entries that were read of it.
pub(crate) struct Sending {
    inner: Arc<Inner>,
    /// `None` once the backlog is finished or lost.
    held: Option<Held>,
    entries: VecDeque<Entry>,
    place: Place,
}

/// The entries to send.
struct Work {
    webhook: Webhook,
    thread: Thread,
    entries: Vec<Entry>,
}

impl Sending {
    pub(super) fn new(inner: Arc<Inner>, held: Held, place: Place) -> Self {
        place.set_slow(inner.outbox.is_slow(held.backlog.webhook.0));
        Self { inner, held: Some(held), entries: VecDeque::new(), place }
    }

    /// Sends until nothing is pending, an attempt fails, or others wait for their turn.
    pub(super) async fn run(mut self) {
        let mut posts = 0;
        while self.held.is_some() {
            let wanted = posts > 0 && self.place.is_wanted();
            let gives_way = posts == STRETCH || wanted || self.inner.outbox.is_closed();
            let done = match gives_way {
                true => self.settle(None, Then::LetGo(self.inner.clock.now())).await,
                false => self.step().await,
            };
            if let Err(error) = done {
                return self.let_go(error).await;
            }
            posts += 1;
        }
    }

    /// Releases a backlog that cannot be sent for an internal reason, so that others get their turn. If the release
    /// fails too, the claim expires.
    async fn let_go(&mut self, error: Error) {
        let wait_s = if error.kind == Kind::Unavailable { STORE_FAILED_S } else { NOT_WORDED_S };
        tracing::error!(?error, "an entry could not be delivered to a webhook, trying again in {wait_s} s");
        let then = Then::LetGo(self.inner.clock.now().plus_s(wait_s));
        if let Err(error) = self.settle(None, then).await {
            tracing::error!(?error, "a webhook's claim could not be released, so it will expire");
        }
    }

    /// Sends the next entry that the webhook wants.
    async fn step(&mut self) -> Result<()> {
        let Some(held) = &self.held else { return Ok(()) };
        let (backlog, inner) = (held.backlog.clone(), self.inner.clone());
        let after = backlog.next_seq - 1;
        let (project, thread, webhook) = (backlog.project, backlog.thread, backlog.webhook);
        let limit = if self.entries.is_empty() { BATCH } else { 0 };
        let Some(work) = inner.store.read(Read { project, thread, webhook, after, limit }).await? else {
            return self.settle(None, Then::GoOn).await;
        };
        self.entries.extend(work.entries);
        while let Some(entry) = self.entries.pop_front() {
            if !work.webhook.wants(entry.event.kind()) {
                self.pass(entry.seq);
                continue;
            }
            let pending = PendingEntry { caller: reader(project), webhook, thread: work.thread.clone(), entry };
            let payload = match word(&inner, &work.webhook, &pending).await {
                Ok(payload) => payload,
                Err(error) => {
                    tracing::error!(?error, %webhook, "an entry could not be converted to a webhook's event");
                    let later = inner.clock.now().plus_s(NOT_WORDED_S);
                    return self.settle(None, Then::LetGo(later)).await;
                }
            };
            let Some(payload) = payload else {
                self.pass(pending.entry.seq);
                continue;
            };
            return self.post(&work.webhook, &pending.entry, payload).await;
        }
        self.settle(None, Then::GoOn).await
    }

    /// Marks the entry as finished.
    fn pass(&mut self, seq: i64) {
        if let Some(held) = &mut self.held {
            held.backlog.next_seq = seq + 1;
            held.backlog.tries = 0;
        }
    }

    async fn post(&mut self, webhook: &Webhook, entry: &Entry, payload: Payload) -> Result<()> {
        let Some(held) = &self.held else { return Ok(()) };
        let inner = self.inner.clone();
        let tries = held.backlog.tries + 1;
        let retried_us = inner.limits.webhook_retry_h as i64 * 3_600_000_000;
        let since = entry.at.max(held.backlog.since);
        let answer = post_entry(&inner, webhook, entry, payload).await;
        inner.outbox.heard(webhook.id.0, !answer.timed_out);
        self.place.set_slow(inner.outbox.is_slow(webhook.id.0));
        let deadline = inner.ages.steps(&inner.clock, &inner.store).await?.end(since, retried_us);
        let [random] = inner.clock.random();
        let verdict = verdict(&answer, tries, inner.clock.now(), deadline, random);
        let attempt = DeliveryAttempt {
            id: DeliveryAttemptId(inner.clock.id()),
            webhook: webhook.id,
            project: webhook.project,
            thread: entry.thread,
            seq: entry.seq,
            event: entry.event.kind().into(),
            number: tries,
            replayed: false,
            outcome: verdict.outcome(),
            status: answer.status.map(i64::from),
            error: error_of(&answer),
            duration_ms: answer.duration_ms,
            at: inner.clock.now(),
        };
        match verdict {
            Verdict::Delivered | Verdict::GivenUp => {
                self.pass(entry.seq);
                self.settle(Some(attempt), Then::GoOn).await
            }
            Verdict::Again(at) => {
                if let Some(held) = &mut self.held {
                    held.backlog.next_seq = entry.seq;
                    held.backlog.tries = tries;
                }
                self.settle(Some(attempt), Then::LetGo(at)).await
            }
            Verdict::Gone => {
                tracing::warn!(webhook = %webhook.id, "the endpoint is gone (410), the webhook is disabled");
                self.settle(Some(attempt), Then::Gone).await
            }
        }
    }

    async fn settle(&mut self, attempt: Option<DeliveryAttempt>, then: Then) -> Result<()> {
        let Some(held) = self.held.clone() else { return Ok(()) };
        // A sent entry is sent again unless this is stored, so the write is retried for a while.
        self.held = persist(&self.inner, Settle { inner: self.inner.clone(), held, attempt, then }).await?;
        Ok(())
    }
}

async fn word(inner: &Arc<Inner>, webhook: &Webhook, pending: &PendingEntry) -> Result<Option<Payload>> {
    let wording = inner.wording(&webhook.dialect);
    let wording = wording.ok_or_else(|| Error::internal(format!("no dialect `{}` has webhooks", webhook.dialect)))?;
    wording.word(&App::of(inner.clone()), pending).await
}

/// Sends one entry to the webhook, with the proof of this server.
async fn post_entry(inner: &Arc<Inner>, webhook: &Webhook, entry: &Entry, payload: Payload) -> Answer {
    let id = DeliveryAttempt::name(entry.thread, entry.seq);
    let signed = Signed { id: &id, at: inner.clock.now(), body: &payload.body };
    let signatures = sign::signatures(&inner.secret, webhook.id, &webhook.proof, &signed);
    let mut headers = sign::headers(&signed, payload.content_type, signatures);
    if let Proof::Authorization(Some(stored)) = &webhook.proof {
        match inner.sealing.open(&place(webhook.project, webhook.id), stored) {
            // The value was checked when it was received.
            Ok(value) => drop(HeaderValue::from_str(&value).map(|value| headers.insert(header::AUTHORIZATION, value))),
            Err(error) => {
                tracing::error!(?error, webhook = %webhook.id, "a webhook's Authorization cannot be opened");
                return Answer::failed(UNREADABLE);
            }
        }
    }
    let within = Duration::from_secs(inner.limits.webhook_s);
    post(&inner.outbox.client, &webhook.url, headers, payload.body, within, &inner.clock).await
}

/// An entry in the format of the webhook's dialect.
pub(crate) struct Worded {
    pub(crate) webhook: Webhook,
    pub(crate) entry: Entry,
    payload: Payload,
}

/// Formats one entry, to be sent once.
///
/// # Errors
/// `conflict` for an entry that the dialect has no event for; errors of the store.
pub(crate) async fn worded(inner: &Arc<Inner>, webhook: Webhook, thread: Thread, entry: Entry) -> Result<Worded> {
    let pending = PendingEntry { caller: reader(webhook.project), webhook: webhook.id, thread, entry };
    let payload = word(inner, &webhook, &pending).await?;
    let payload =
        payload.ok_or_else(|| Error::conflict(codes::NOTHING_TO_SEND, "The dialect has no event for this entry"));
    Ok(Worded { payload: payload?, webhook, entry: pending.entry })
}

/// Sends the entry once.
pub(crate) async fn send_once(inner: &Arc<Inner>, worded: &Worded) -> Answer {
    post_entry(inner, &worded.webhook, &worded.entry, worded.payload.clone()).await
}

struct Read {
    project: domain::ProjectId,
    thread: ThreadId,
    webhook: domain::WebhookId,
    after: i64,
    limit: i64,
}

impl Operation for Read {
    /// `None` if the webhook is disabled or gone, or the thread is gone.
    type Out = Option<Work>;

    async fn run(self, tx: &mut Tx) -> Result<Option<Work>> {
        let Self { project, thread, webhook, after, limit } = self;
        let Some(webhook) = store::webhooks::find(tx, project, webhook).await? else { return Ok(None) };
        let Some(thread) = store::threads::find(tx, project, thread).await? else { return Ok(None) };
        if webhook.disabled.is_some() {
            return Ok(None);
        }
        let entries = match limit {
            0 => Vec::new(),
            limit => {
                store::events::stretch(tx, thread.id, Stretch::above(after), false, Bound::page(limit, BATCH_BYTES))
                    .await?
                    .rows
            }
        };
        Ok(Some(Work { webhook, thread, entries }))
    }
}
