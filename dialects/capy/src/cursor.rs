//! Opaque cursors of lists: the place of the last listed row.

use dialect_kit::Cursors;
use domain::{Caller, Error, Result, codes};
use engine::App;

/// Seals and opens the cursors of one list. Cursors of other lists and projects do not open.
pub struct ListCursors {
    cursors: Cursors,
    list: &'static str,
    scope: Vec<u8>,
}

impl ListCursors {
    /// `list` names the list, and `of` its subject within the project: the thread or the filters.
    pub fn new(app: &App, caller: &Caller, list: &'static str, of: &[u8]) -> Self {
        let scope = [caller.project.0.as_bytes(), of].concat();
        Self { cursors: Cursors::new(&app.derive("capy cursors")), list, scope }
    }

    pub fn seal(&self, place: &[u8]) -> String {
        self.cursors.seal(self.list, &self.scope, place)
    }

    /// # Errors
    /// `invalid`, at `cursor`, for a text that was not sealed here.
    pub fn open<const N: usize>(&self, cursor: &str) -> Result<[u8; N]> {
        let place = self.cursors.open(self.list, &self.scope, cursor).map_err(|_| not_of_list())?;
        place.try_into().map_err(|_| not_of_list())
    }
}

/// The error for a cursor that the list has not issued.
pub fn not_of_list() -> Error {
    Error { code: codes::INVALID_CURSOR, ..Error::field("cursor", "does not belong to this list") }
}
