//! Learns of changes of providers and routes that other servers on the database have made.

use std::{sync::Arc, time::Duration};

use domain::Result;

use super::{Next, Round, Service};
use crate::inner::Inner;

const EVERY: Duration = Duration::from_millis(500);

#[derive(Default)]
pub struct Catalogues;

impl Service for Catalogues {
    const NAME: &'static str = "catalogues";

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        if !inner.store.is_postgres() {
            // SQLite has one server, which knows its own changes.
            return Ok(Round { did: 0, next: Next::Never });
        }
        inner.catalogues.look().await?;
        Ok(Round { did: 0, next: Next::After(EVERY) })
    }
}
