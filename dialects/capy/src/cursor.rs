//! The opaque cursors of lists: the place of the last row that was listed.

use dialect_kit::Cursors;
use domain::{Caller, Error, Result, codes};
use engine::App;

/// Seals and opens the cursors of one list. Another list's, and another project's, do not open.
pub struct ListCursors {
    cursors: Cursors,
    list: &'static str,
    scope: Vec<u8>,
}

impl ListCursors {
    /// `list` names it; `of`: what of the project it lists, the thread or the filters.
    pub fn new(app: &App, caller: &Caller, list: &'static str, of: &[u8]) -> Self {
        let scope = [caller.project.0.as_bytes(), of].concat();
        Self { cursors: Cursors::new(&app.derive("capy cursors")), list, scope }
    }

    pub fn seal(&self, place: &[u8]) -> String {
        self.cursors.seal(self.list, &self.scope, place)
    }

    /// # Errors
    /// `invalid`, at `cursor`, for whatever was not sealed here.
    pub fn open<const N: usize>(&self, cursor: &str) -> Result<[u8; N]> {
        let place = self.cursors.open(self.list, &self.scope, cursor).map_err(|_| not_of_list())?;
        place.try_into().map_err(|_| not_of_list())
    }
}

/// The refusal of a cursor that the list has not given.
pub fn not_of_list() -> Error {
    Error { code: codes::INVALID_CURSOR, ..Error::field("cursor", "is not one of this list") }
}
