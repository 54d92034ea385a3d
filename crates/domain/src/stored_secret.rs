//! Secrets as they are stored.

use std::fmt;

/// A secret as a column of the database has it: sealed, or in clear as an earlier version stored it. Printing it shows
/// nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSecret(String);

impl StoredSecret {
    /// The text of a column, which is not empty.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text of the column.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredSecret(…)")
    }
}
