//! Sends due deliveries until the server stops and running requests have ended.

use std::sync::Arc;

use domain::Result;

use super::{Next, Round, Service};
use crate::{App, delivery::Senders, inner::Inner};

#[derive(Default)]
pub struct Webhooks(Senders);

impl Service for Webhooks {
    const NAME: &'static str = "webhooks";
    const CLAIMS: bool = true;

    fn is_over(inner: &Inner) -> bool {
        inner.outbox.is_closed()
    }

    async fn rung(&mut self, inner: &Arc<Inner>) {
        tokio::select! {
            () = inner.outbox.rung.notified() => {}
            () = self.0.make_room(inner) => {}
        }
    }

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        Ok(Round { did: 0, next: Next::At(self.0.round(inner).await?) })
    }

    async fn settle(&mut self, _: &Arc<Inner>) {
        self.0.settle().await;
    }
}

impl App {
    /// Looks for due deliveries, as after a commit. For tests that control the clock.
    pub fn ring_outbox(&self) {
        self.outbox.ring();
    }
}
