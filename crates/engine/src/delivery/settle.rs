//! Stores the outcome of a delivery attempt: the attempt itself, and the webhook's position in the thread.

use std::sync::Arc;

use domain::{
    Result, Timestamp,
    webhook::{DeliveryAttempt, Disabled},
};
use store::{Operation, Tx, delivery_attempts, webhook_backlogs, webhooks};

use super::claim::{Held, lease};
use crate::inner::Inner;

/// The next step of a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Everything before `next_seq` is finished.
    GoOn,
    /// The sender releases the backlog, which is due again at that time.
    LetGo(Timestamp),
    /// The endpoint is gone, and all its pending deliveries with it.
    Gone,
}

#[derive(Clone)]
pub(super) struct Settle {
    pub(super) inner: Arc<Inner>,
    /// The present state of the backlog.
    pub(super) held: Held,
    pub(super) attempt: Option<DeliveryAttempt>,
    pub(super) then: Then,
}

impl Operation for Settle {
    /// The backlog, while it is claimed and has more entries.
    type Out = Option<Held>;

    async fn run(self, tx: &mut Tx) -> Result<Option<Held>> {
        let Self { inner, held, attempt, then } = self;
        let Held { backlog, claim } = &held;
        let (project, webhook, now) = (backlog.project, backlog.webhook, inner.clock.now());
        // The thread is locked first: an append waits for it, and sees this write.
        let thread = match then {
            Then::GoOn => store::threads::lock(tx, project, backlog.thread).await?,
            Then::LetGo(_) | Then::Gone => None,
        };
        let Some(mut found) = webhooks::lock(tx, project, webhook).await? else {
            webhook_backlogs::settle(tx, backlog, *claim).await?;
            return Ok(None);
        };
        if let Some(attempt) = &attempt {
            delivery_attempts::insert(tx, attempt).await?;
            delivery_attempts::prune(tx, project, webhook, inner.limits.webhook_log as i64).await?;
        }
        match then {
            Then::GoOn if found.disabled.is_none() && thread.is_some_and(|t| t.thread.last_seq >= backlog.next_seq) => {
                let is_held = webhook_backlogs::save(tx, backlog, *claim, lease(&inner, now)).await?;
                return Ok(is_held.then_some(held));
            }
            Then::GoOn => webhook_backlogs::settle(tx, backlog, *claim).await?,
            Then::LetGo(due) => webhook_backlogs::release(tx, backlog, *claim, due).await?,
            Then::Gone => {
                found.disabled.get_or_insert(Disabled::Gone);
                found.updated_at = now;
                webhooks::save(tx, &found).await?;
                super::forget_later(tx, &inner, project, webhook).await?;
            }
        }
        Ok(None)
    }
}
