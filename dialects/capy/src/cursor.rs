//! The opaque cursor of a thread's messages: the place of the last one that was listed.

use dialect_kit::Cursors;
use domain::{Caller, Error, Result, ThreadId};
use engine::App;

/// Seals and opens the cursors of one thread's list. Another thread's, and another project's, do not open.
pub struct MessageCursors {
    cursors: Cursors,
    scope: [u8; 32],
}

const KIND: &str = "messages";

impl MessageCursors {
    pub fn new(app: &App, caller: &Caller, thread: ThreadId) -> Self {
        let mut scope = [0; 32];
        scope[..16].copy_from_slice(caller.project.0.as_bytes());
        scope[16..].copy_from_slice(thread.0.as_bytes());
        Self { cursors: Cursors::new(&app.derive("capy cursors")), scope }
    }

    pub fn seal(&self, seq: i64) -> String {
        self.cursors.seal(KIND, &self.scope, &seq.to_be_bytes())
    }

    /// # Errors
    /// `invalid`, at `cursor`, for whatever was not sealed here.
    pub fn open(&self, cursor: &str) -> Result<i64> {
        let refuse = || Error { code: "invalid_cursor", ..Error::field("cursor", "is not one of this list") };
        let payload = self.cursors.open(KIND, &self.scope, cursor).map_err(|_| refuse())?;
        payload.try_into().map(i64::from_be_bytes).map_err(|_| refuse())
    }
}
