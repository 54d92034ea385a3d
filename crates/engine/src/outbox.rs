//! The outbox: the part of webhook delivery that is in memory, and the recording of pending entries.
//! [`crate::delivery`] sends them. Pushes of external agents' turns have an outbox of their own.

mod post;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    ProjectId, Result, Timestamp, WebhookId,
    event::Entry,
    shares::{Holder, Place, Pool},
    thread::Thread,
};
use outward::{Client, Targets};
use store::Tx;
use tokio::sync::Notify;
use uuid::Uuid;

pub(crate) use post::{Answer, post};

/// Requests to endpoints of one kind: webhooks, or external agents. Losing this state loses no delivery.
pub(crate) struct Outbox {
    /// Notified when something may be due.
    pub(crate) rung: Notify,
    /// Places for requests in progress, lent by project and endpoint.
    pub(crate) places: Pool,
    /// Endpoints that did not answer in time, with the number of consecutive time-outs.
    silent: Mutex<HashMap<Uuid, u32>>,
    pub(crate) client: Client,
}

/// Most silent endpoints that are kept. Beyond it, all are dropped and detected again.
const SILENT_MAX: usize = 65_536;
/// Consecutive time-outs after which an endpoint's places count as slow.
const SLOW_AFTER: u32 = 2;

impl Outbox {
    pub(crate) fn new(posts: u64, targets: Targets) -> Self {
        Self {
            rung: Notify::new(),
            places: Pool::new(usize::try_from(posts).unwrap_or(usize::MAX).max(1)),
            silent: Mutex::default(),
            client: Client::from(targets),
        }
    }

    /// Signals that something may be due.
    pub(crate) fn ring(&self) {
        self.rung.notify_one();
    }

    /// Stops new claims. Running requests may end.
    pub(crate) fn close(&self) {
        self.places.close();
        self.ring();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.places.is_closed()
    }

    /// Waits until no request is in progress.
    pub(crate) async fn drained(&self) {
        self.places.drained().await;
    }

    /// Records these new entries of the locked thread as pending for its webhooks.
    pub(crate) async fn record(
        self: &Arc<Self>,
        tx: &mut Tx,
        thread: &Thread,
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<()> {
        let Some(first) = entries.first() else { return Ok(()) };
        if store::webhook_backlogs::record(tx, thread.project, thread.id, first.seq, now).await? > 0 {
            let outbox = self.clone();
            tx.on_commit(move || outbox.ring());
        }
        Ok(())
    }

    /// A place for one request to the webhook, if its project may have one now.
    pub(crate) fn place(&self, project: ProjectId, webhook: WebhookId) -> Option<Place> {
        self.places.try_take(holder(project, webhook.0), 1)
    }

    /// Tells whether the endpoint counts as slow.
    pub(crate) fn is_slow(&self, endpoint: Uuid) -> bool {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        silent.get(&endpoint).is_some_and(|times| *times >= SLOW_AFTER)
    }

    /// Records whether the endpoint answered in time.
    pub(crate) fn heard(&self, endpoint: Uuid, in_time: bool) {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        if in_time {
            silent.remove(&endpoint);
            return;
        }
        if silent.len() >= SILENT_MAX {
            silent.clear();
        }
        *silent.entry(endpoint).or_default() += 1;
    }

    pub(crate) fn targets(&self) -> Targets {
        self.client.targets()
    }

    /// Most requests in progress for one endpoint, so that no endpoint is flooded.
    pub(crate) fn posts_each(&self) -> usize {
        usize::try_from(self.places.size() / 8).unwrap_or(usize::MAX).max(1)
    }
}

/// The holder of an endpoint's places.
pub(crate) fn holder(project: ProjectId, endpoint: Uuid) -> Holder {
    Holder::project(project).within(endpoint.as_u128())
}
