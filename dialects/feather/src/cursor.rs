//! The opaque cursor of a list of threads: the last one that was listed.

use dialect_kit::Cursors;
use domain::{Caller, Error, Result, ThreadId, codes};
use engine::App;
use uuid::Uuid;

/// Seals and opens the cursors of one project's list under one set of filters. No other's open.
pub struct ThreadCursors {
    cursors: Cursors,
    scope: Vec<u8>,
}

const KIND: &str = "threads";

impl ThreadCursors {
    /// `filters`: what the list is of, in any text that differs where they do.
    pub fn new(app: &App, caller: &Caller, filters: &str) -> Self {
        let scope = [caller.project.0.as_bytes(), filters.as_bytes()].concat();
        Self { cursors: Cursors::new(&app.derive("feather cursors")), scope }
    }

    pub fn seal(&self, last: ThreadId) -> String {
        self.cursors.seal(KIND, &self.scope, last.0.as_bytes())
    }

    /// # Errors
    /// `invalid`, at `cursor`, for whatever was not sealed here.
    pub fn open(&self, cursor: &str) -> Result<ThreadId> {
        let refuse = || Error { code: codes::INVALID_CURSOR, ..Error::field("cursor", "is not one of this list") };
        let payload = self.cursors.open(KIND, &self.scope, cursor).map_err(|_| refuse())?;
        Uuid::from_slice(&payload).map(ThreadId).map_err(|_| refuse())
    }
}
