//! What the system and the person at the terminal ask of a running server: to stop.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::{Failure, Result};

/// Some senders, `timeout` among them, signal a process and then its whole group: what comes so soon is the same wish.
const SAME_WISH: Duration = Duration::from_millis(300);

/// SIGTERM and SIGINT.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From here on the signals are ours to hear. Needs a runtime.
    ///
    /// # Errors
    /// Failed, when the system refuses.
    pub fn listen() -> Result<Self> {
        let hear = |kind| signal(kind).map_err(|why| Failure::failed(format!("cannot listen for signals: {why}")));
        Ok(Self { terminate: hear(SignalKind::terminate())?, interrupt: hear(SignalKind::interrupt())? })
    }

    /// The next one's name.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    /// Forgets what comes within a moment. What comes after that is meant.
    pub async fn settle(&mut self) {
        tokio::time::sleep(SAME_WISH).await;
        while let Some(Some(())) = self.terminate.recv().now_or_never() {}
        while let Some(Some(())) = self.interrupt.recv().now_or_never() {}
    }
}
