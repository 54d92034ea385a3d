//! Whether what a dead process has left on the folder is still to be taken over. Nobody looks for what is due before it is not.

use tokio::sync::watch;

/// Whether something is left to be taken over.
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

    /// Waits until nothing is left.
    pub(crate) async fn done(&self) {
        // The sender lives as long as `self`.
        let _ = self.0.subscribe().wait_for(|left| !left).await;
    }
}
