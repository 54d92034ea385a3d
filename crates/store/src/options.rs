//! Where the data is, and how many may be at it.

use std::path::PathBuf;

/// What [`crate::Store::open`] needs to know.
#[derive(Clone)]
pub struct Options {
    /// The data folder: the lock, the attachments and, without `database`, the database. Created if it is missing.
    pub data: PathBuf,
    /// `postgres://user:password@host:5432/name`; without it SQLite in the data folder.
    pub database: Option<String>,
    /// Writes that may wait; one more is refused as unavailable.
    pub write_queue: usize,
    /// Connections for bounded reads.
    pub readers: usize,
    /// Connections for writes on PostgreSQL. SQLite has one writer.
    pub connections: usize,
}

impl Options {
    /// The defaults, on SQLite.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), database: None, write_queue: 8_192, readers: 4, connections: 8 }
    }
}
