//! What a handler needs that answers for longer than a moment.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use dialect_kit::{Patience, Shutdown, Streams};
use http::request::Parts;

/// An extractor of three.
pub struct Open {
    pub streams: Streams,
    pub patience: Patience,
    pub shutdown: Shutdown,
}

impl<S: Sync> FromRequestParts<S> for Open {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self {
            streams: Streams::from_request_parts(parts, state).await?,
            patience: Patience::from_request_parts(parts, state).await?,
            shutdown: Shutdown::from_request_parts(parts, state).await?,
        })
    }
}
