//! The state of the takeover from a dead process. No service looks for due work before it is done.

use tokio::sync::watch;

/// True while something remains to be taken over.
pub(crate) struct Takeover(watch::Sender<bool>);

impl Default for Takeover {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Takeover {
    pub(crate) fn is_left(&self) -> bool {
        *self.0.borrow()
    }

    pub(crate) fn set_left(&self, left: bool) {
        self.0.send_replace(left);
    }

    /// Waits until nothing remains.
    pub(crate) async fn done(&self) {
        // The sender lives as long as `self`.
        let _ = self.0.subscribe().wait_for(|left| !left).await;
    }
}
