//! The order of sending: each webhook with pending entries waits for a place, and projects take turns.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use domain::{
    ProjectId, Result, Timestamp, WebhookId,
    shares::{Holder, Place},
};
use store::on_behalf_of;
use tokio::task::{JoinError, JoinSet};

use super::{
    claim::{Claim, Held, longest},
    send::Sending,
};
use crate::{inner::Inner, outbox::holder};

/// Pause of a webhook whose backlogs could not be claimed.
const FAILED: Duration = Duration::from_secs(1);

/// The tasks that send to webhooks.
#[derive(Default)]
pub(crate) struct Senders {
    tasks: JoinSet<Done>,
    /// Webhooks with a task that waits for a place, and whether more became due in the meantime.
    waiting: HashMap<WebhookId, bool>,
    /// Number of requests in progress for each webhook.
    sending: HashMap<WebhookId, usize>,
}

enum Done {
    Claimed { webhook: WebhookId, held: Vec<(Held, Place)>, is_full: bool },
    Sent(WebhookId),
}

impl Senders {
    /// Lets every webhook with due entries wait for a place. Returns when the next one is due.
    pub(crate) async fn round(&mut self, inner: &Arc<Inner>) -> Result<Option<Timestamp>> {
        if inner.wordings.get().is_none() {
            return Ok(None);
        }
        let now = inner.clock.now();
        let longest = longest(inner, now);
        let pending = store::op(move |tx| Box::pin(async move { store::webhooks::pending(tx, now, longest).await }));
        let pending = inner.store.read(pending).await?;
        for (webhook, project, due) in pending {
            if due > now {
                // The list is in this order.
                return Ok(Some(due));
            }
            let busy = self.sending.get(&webhook).copied().unwrap_or(0);
            let room = inner.outbox.posts_each().saturating_sub(busy);
            match self.waiting.entry(webhook) {
                Entry::Occupied(mut waits) => *waits.get_mut() = true,
                Entry::Vacant(_) if room == 0 => {}
                Entry::Vacant(waits) => {
                    waits.insert(false);
                    let claim = claim(inner.clone(), project, webhook, room);
                    self.tasks.spawn(on_behalf_of(Holder::project(project), claim));
                }
            }
        }
        Ok(None)
    }

    /// Starts sending claimed backlogs. Returns when more may be queried.
    pub(crate) async fn make_room(&mut self, inner: &Arc<Inner>) {
        while let Some(done) = self.tasks.join_next().await {
            if self.took(inner, done) {
                return;
            }
        }
        std::future::pending().await
    }

    /// Waits until all started work has ended.
    pub(crate) async fn settle(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }

    /// Returns whether more may be due for the webhook than is being sent.
    fn took(&mut self, inner: &Arc<Inner>, done: Result<Done, JoinError>) -> bool {
        match done {
            Ok(Done::Claimed { webhook, held, is_full }) => {
                let seen = self.waiting.remove(&webhook).unwrap_or(true);
                for (held, place) in held {
                    *self.sending.entry(webhook).or_insert(0) += 1;
                    let holder = Holder::project(held.backlog.project);
                    let sending = Sending::new(inner.clone(), held, place);
                    self.tasks.spawn(on_behalf_of(holder, async move {
                        sending.run().await;
                        Done::Sent(webhook)
                    }));
                }
                seen || is_full
            }
            Ok(Done::Sent(webhook)) => {
                let left = self.sending.get(&webhook).map_or(0, |n| n.saturating_sub(1));
                match left {
                    0 => self.sending.remove(&webhook),
                    left => self.sending.insert(webhook, left),
                };
                true
            }
            Err(error) => {
                // The task's webhook is unknown, so all counts restart, and a few too many requests may be sent at
                // once.
                tracing::error!(%error, "a webhook sender panicked");
                self.sending.clear();
                self.waiting.clear();
                true
            }
        }
    }
}

/// Waits for a place, takes as many further free places as it can use, and claims a backlog for each.
async fn claim(inner: Arc<Inner>, project: ProjectId, webhook: WebhookId, room: usize) -> Done {
    let holder = holder(project, webhook.0);
    let pool = &inner.outbox.places;
    let nothing = Done::Claimed { webhook, held: Vec::new(), is_full: false };
    let Some(first) = pool.take(holder, 1).await else { return nothing };
    let mut places = vec![first];
    while places.len() < room
        && let Some(place) = pool.try_take(holder, 1)
    {
        places.push(place);
    }
    let most = places.len();
    let claim = Claim { inner: inner.clone(), project, webhook, most: most as i64 };
    match inner.store.write(claim).await {
        Ok(held) => {
            let is_full = held.len() == most;
            Done::Claimed { webhook, held: held.into_iter().zip(places).collect(), is_full }
        }
        // A fault of one webhook must not delay the others.
        Err(error) => {
            tracing::error!(?error, %webhook, "pending deliveries of a webhook could not be claimed");
            drop(places);
            tokio::time::sleep(FAILED).await;
            Done::Claimed { webhook, held: Vec::new(), is_full: true }
        }
    }
}
