//! Seals the secrets that are in clear, at the start: those of earlier versions, and of a time without a key. It also
//! says which secrets cannot be sealed or opened.

use std::{sync::Arc, time::Duration};

use domain::Result;

use super::{Next, Round, Service};
use crate::{
    app::secrets::{Sealed, seal_clear},
    inner::Inner,
};

#[derive(Default)]
pub struct Secrets;

impl Service for Secrets {
    const NAME: &'static str = "sealing of secrets";

    /// A key that cannot be written needs the operator.
    fn pause(_: &Inner) -> Duration {
        Duration::from_secs(60)
    }

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        let Sealed { rewritten, clear, unknown, .. } = seal_clear(inner).await?;
        if rewritten > 0 {
            tracing::info!(secrets = rewritten, "sealed the secrets that were in clear in the database");
        }
        if clear > 0 {
            tracing::warn!(
                secrets = clear,
                "secrets are in clear in the database, because there is no sealing key: set `sealing_key`, and the next start seals them"
            );
        }
        for (key, secrets) in unknown {
            tracing::error!(key, secrets, "secrets cannot be opened, because their key is not among the sealing keys");
        }
        Ok(Round { did: rewritten, next: Next::Never })
    }
}
