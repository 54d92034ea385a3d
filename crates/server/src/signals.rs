//! Signals that stop a running server.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::{Failure, Result};

/// Some senders, such as `timeout`, signal a process and then its whole group. A signal within this time is the same
/// request.
const SAME_WISH: Duration = Duration::from_millis(300);

/// SIGTERM and SIGINT.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens for the signals. Needs a runtime.
    ///
    /// # Errors
    /// Failed if the system refuses.
    pub fn listen() -> Result<Self> {
        let hear = |kind| signal(kind).map_err(|why| Failure::failed(format!("cannot listen for signals: {why}")));
        Ok(Self { terminate: hear(SignalKind::terminate())?, interrupt: hear(SignalKind::interrupt())? })
    }

    /// The name of the next signal.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    /// Ignores further signals for a moment. Later ones are deliberate.
    pub async fn settle(&mut self) {
        tokio::time::sleep(SAME_WISH).await;
        while let Some(Some(())) = self.terminate.recv().now_or_never() {}
        while let Some(Some(())) = self.interrupt.recv().now_or_never() {}
    }
}
