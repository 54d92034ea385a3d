//! Ends open answers whose credential has become invalid.

use std::{sync::Arc, time::Duration};

use domain::Result;

use super::{Next, Round, Service};
use crate::inner::Inner;

#[derive(Default)]
pub struct Credentials;

impl Service for Credentials {
    const NAME: &'static str = "credentials of open answers";

    fn pause(inner: &Inner) -> Duration {
        Duration::from_secs(inner.limits.credential_check_s.max(1))
    }

    fn first(inner: &Inner) -> Duration {
        Self::pause(inner)
    }

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        inner.watches.check(&inner.store, inner.clock.now()).await?;
        Ok(Round { did: 0, next: Next::After(Self::pause(inner)) })
    }
}
