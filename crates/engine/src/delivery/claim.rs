//! Claims backlogs of webhooks.

use std::sync::Arc;

use domain::{ProjectId, Result, Timestamp, WebhookId, webhook::Backlog};
use store::{Operation, Tx, webhook_backlogs};
use uuid::Uuid;

use super::schedule::LONGEST_PAUSE_MS;
use crate::inner::Inner;

/// A backlog that only this sender may send, as long as the claim is valid.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) backlog: Backlog,
    pub(crate) claim: Uuid,
}

/// The end of a claim without renewal. It is longer than a request and the retries of writing its outcome
/// ([`crate::persist`]).
pub(super) fn lease(inner: &Inner, now: Timestamp) -> Timestamp {
    now.plus_s(2 * inner.limits.webhook_s as i64 + 90)
}

/// The latest due time that a correct clock writes when it reschedules or claims.
pub(super) fn longest(inner: &Inner, now: Timestamp) -> Timestamp {
    now.plus_ms(LONGEST_PAUSE_MS + LONGEST_PAUSE_MS / 5).max(lease(inner, now))
}

/// Claims up to `most` due backlogs of a webhook.
pub(super) struct Claim {
    pub(super) inner: Arc<Inner>,
    pub(super) project: ProjectId,
    pub(super) webhook: WebhookId,
    pub(super) most: i64,
}

impl Operation for Claim {
    type Out = Vec<Held>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<Held>> {
        let Self { inner, project, webhook, most } = self;
        let now = inner.clock.now();
        let (until, come) = (lease(&inner, now), (now, longest(&inner, now)));
        let mut claimed = Vec::new();
        for thread in webhook_backlogs::due(tx, project, webhook, come, most).await? {
            let claim = inner.clock.id();
            let found = webhook_backlogs::claim(tx, (project, webhook, thread), claim, come, until).await?;
            claimed.extend(found.map(|backlog| Held { backlog, claim }));
        }
        Ok(claimed)
    }
}
