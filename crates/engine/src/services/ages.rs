//! Reads the clock now and then, so that steps are detected soon.

use std::{sync::Arc, time::Duration};

use domain::Result;

use super::{Next, Round, Service};
use crate::inner::Inner;

/// Pause between two readings if nobody asks for an age.
const BEAT: Duration = Duration::from_secs(60);

#[derive(Default)]
pub struct Ages;

impl Service for Ages {
    const NAME: &'static str = "steps of the clock";

    fn pause(_: &Inner) -> Duration {
        BEAT
    }

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        inner.ages.beat(&inner.clock, &inner.store).await?;
        Ok(Round { did: 0, next: Next::After(BEAT) })
    }
}
