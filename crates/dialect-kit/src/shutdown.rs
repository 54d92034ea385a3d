//! The signal of shutdown, for work that has to end early.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use tokio::sync::watch;

use crate::edge::Edge;

/// Signals every holder of the [`Shutdown`] once. Dropping it signals too.
#[derive(Debug)]
pub struct Trigger(watch::Sender<bool>);

/// Tells whether the server is shutting down. Cheap to clone; an extractor for handlers that wait long.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    pub fn new() -> (Trigger, Self) {
        let (tell, hear) = watch::channel(false);
        (Trigger(tell), Self(hear))
    }

    pub fn is_on(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Returns when the server shuts down, at once if it already does.
    pub async fn wait(&self) {
        // An error means that the trigger is gone, and the server with it.
        let _ = self.0.clone().wait_for(|on| *on).await;
    }
}

impl Trigger {
    pub fn fire(&self) {
        self.0.send_replace(true);
    }
}

impl<S: Sync> FromRequestParts<S> for Shutdown {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Edge::of(&parts.extensions).shutdown.clone())
    }
}
