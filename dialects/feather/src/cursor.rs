//! The opaque cursor of a list of threads: the last listed thread.

use dialect_kit::Cursors;
use domain::{Caller, Error, Result, ThreadId, codes};
use engine::App;
use uuid::Uuid;

/// Seals and opens the cursors of one project's list with one set of filters. Others do not open.
pub struct ThreadCursors {
    cursors: Cursors,
    scope: Vec<u8>,
}

const KIND: &str = "threads";

impl ThreadCursors {
    /// `filters` is a text that differs for different filters.
    pub fn new(app: &App, caller: &Caller, filters: &str) -> Self {
        let scope = [caller.project.0.as_bytes(), filters.as_bytes()].concat();
        Self { cursors: Cursors::new(&app.derive("feather cursors")), scope }
    }

    pub fn seal(&self, last: ThreadId) -> String {
        self.cursors.seal(KIND, &self.scope, last.0.as_bytes())
    }

    /// # Errors
    /// `invalid`, at `cursor`, for a text that was not sealed here.
    pub fn open(&self, cursor: &str) -> Result<ThreadId> {
        let refuse = || Error { code: codes::INVALID_CURSOR, ..Error::field("cursor", "does not belong to this list") };
        let payload = self.cursors.open(KIND, &self.scope, cursor).map_err(|_| refuse())?;
        Uuid::from_slice(&payload).map(ThreadId).map_err(|_| refuse())
    }
}
