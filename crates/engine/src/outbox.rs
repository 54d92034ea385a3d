//! The outbox: what of the sending to webhooks is in memory, and the note that one is owed something. What is noted is sent by
//! [`crate::delivery`].

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
use store::Tx;
use tokio::sync::Notify;

use crate::validate::Targets;

pub(crate) use post::Answer;

/// What of the outbox is in memory. Losing it loses nothing.
pub(crate) struct Outbox {
    /// Rung when something may be due.
    pub(crate) rung: Notify,
    /// A place for each request that may be under way, lent by project and webhook.
    pub(crate) places: Pool,
    /// Webhooks that did not answer in time, and how often in a row.
    silent: Mutex<HashMap<WebhookId, u32>>,
    pub(crate) client: post::Client,
}

/// Webhooks whose silence is remembered; beyond it all are forgotten, and noticed again.
const SILENT_MAX: usize = 65_536;
/// Time-outs in a row after which a webhook's places count as slow.
const SLOW_AFTER: u32 = 2;

impl Outbox {
    pub(crate) fn new(posts: u64, targets: Targets) -> Self {
        Self {
            rung: Notify::new(),
            places: Pool::new(usize::try_from(posts).unwrap_or(usize::MAX).max(1)),
            silent: Mutex::default(),
            client: post::Client::new(targets),
        }
    }

    /// Something may be due.
    pub(crate) fn ring(&self) {
        self.rung.notify_one();
    }

    /// Nothing more is claimed; what is being posted may end.
    pub(crate) fn close(&self) {
        self.places.close();
        self.ring();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.places.is_closed()
    }

    /// Waits until nothing is being posted.
    pub(crate) async fn drained(&self) {
        self.places.drained().await;
    }

    /// Notes that webhooks are owed these entries, which were appended to the locked thread just now.
    pub(crate) async fn owe(
        self: &Arc<Self>,
        tx: &mut Tx,
        thread: &Thread,
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<()> {
        let Some(first) = entries.first() else { return Ok(()) };
        if store::webhook_backlogs::owe(tx, thread.project, thread.id, first.seq, now).await? > 0 {
            let outbox = self.clone();
            tx.on_commit(move || outbox.ring());
        }
        Ok(())
    }

    /// A place for one request to the webhook, if its project may have one now.
    pub(crate) fn place(&self, project: ProjectId, webhook: WebhookId) -> Option<Place> {
        self.places.try_take(holder(project, webhook), 1)
    }

    /// Whether the webhook has fallen silent.
    pub(crate) fn is_slow(&self, webhook: WebhookId) -> bool {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        silent.get(&webhook).is_some_and(|times| *times >= SLOW_AFTER)
    }

    /// Takes note of whether the webhook has answered in time.
    pub(crate) fn heard(&self, webhook: WebhookId, in_time: bool) {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        if in_time {
            silent.remove(&webhook);
            return;
        }
        if silent.len() >= SILENT_MAX {
            silent.clear();
        }
        *silent.entry(webhook).or_default() += 1;
    }

    pub(crate) fn targets(&self) -> Targets {
        self.client.targets()
    }

    /// How many requests to one webhook may be under way: an endpoint is not overrun.
    pub(crate) fn posts_each(&self) -> usize {
        usize::try_from(self.places.size() / 8).unwrap_or(usize::MAX).max(1)
    }
}

/// Who a webhook's places are lent to.
pub(crate) fn holder(project: ProjectId, webhook: WebhookId) -> Holder {
    Holder::project(project).within(webhook.0.as_u128())
}
