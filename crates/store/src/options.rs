//! The place of the data, and the bounds on concurrent access.

use std::{path::PathBuf, time::Duration};

/// Options of [`crate::Store::open`].
#[derive(Clone)]
pub struct Options {
    /// The data folder with the lock, the attachments and, without `database`, the database. Created if missing.
    pub data: PathBuf,
    /// `postgres://user:password@host:5432/name`; without it SQLite in the data folder.
    pub database: Option<String>,
    /// Number of waiting writes, divided by shares. A write beyond its project's share is refused as unavailable.
    pub write_queue: usize,
    /// Connections for bounded reads, divided by shares. One project alone gets two thirds of them.
    pub readers: usize,
    /// Long reads in progress, divided by shares. Each holds a connection. On SQLite it also holds a thread, and delays
    /// the checkpoint.
    pub long_reads: usize,
    /// Time for which a long read keeps its place while another project waits for one.
    pub long_read: Duration,
    /// Connections for writes on PostgreSQL, divided by shares. One project alone gets eight of eleven. SQLite has one
    /// writer.
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
