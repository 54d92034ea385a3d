//! Wakes readers now and then, because a wake-up may be lost.

use std::{sync::Arc, time::Duration};

use domain::Result;

use super::{Next, Round, Service};
use crate::inner::Inner;

const EVERY: Duration = Duration::from_secs(15);

#[derive(Default)]
pub struct Readers;

impl Service for Readers {
    const NAME: &'static str = "readers";

    fn first(_: &Inner) -> Duration {
        EVERY
    }

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        inner.hub.wake_all();
        Ok(Round { did: 0, next: Next::After(EVERY) })
    }
}
