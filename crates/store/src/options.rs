//! Where the data is, and how many may be at it.

use std::{path::PathBuf, time::Duration};

/// What [`crate::Store::open`] needs to know.
#[derive(Clone)]
pub struct Options {
    /// The data folder: the lock, the attachments and, without `database`, the database. Created if it is missing.
    pub data: PathBuf,
    /// `postgres://user:password@host:5432/name`; without it SQLite in the data folder.
    pub database: Option<String>,
    /// Writes that may wait, by shares; beyond its share a project's are refused as unavailable.
    pub write_queue: usize,
    /// Connections for bounded reads, lent by shares: one project alone has two thirds of these.
    pub readers: usize,
    /// Long reads at the same time, by shares. Each holds a connection, on SQLite also a thread, and there it holds back the
    /// checkpoint while it runs.
    pub long_reads: usize,
    /// How long a long read keeps its place while another project waits for one.
    pub long_read: Duration,
    /// Connections for writes on PostgreSQL, lent by shares: one project alone has eight of eleven. SQLite has one writer.
    pub connections: usize,
}

impl Options {
    /// The defaults, on SQLite.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            database: None,
            write_queue: 8_192,
            readers: 6,
            long_reads: 2,
            long_read: Duration::from_secs(10),
            connections: 11,
        }
    }
}
