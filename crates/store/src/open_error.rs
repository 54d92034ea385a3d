//! Errors of opening a store. Each tells the operator what to do, and nothing on disk has changed.

use std::{io, path::PathBuf};

/// The reason why [`crate::Store::open`] failed. `Display` is for the operator and contains no password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot create the data folder {path}: {source}. Create it yourself, or name another folder.")]
    CannotCreate { path: PathBuf, source: io::Error },

    #[error("the data folder {path} is a file. Name a folder, or move the file away.")]
    NotAFolder { path: PathBuf },

    #[error(
        "cannot write to the data folder {path}: {source}. Make it writable for this user, and check that the disk has space."
    )]
    NotWritable { path: PathBuf, source: io::Error },

    #[error("the data folder {path} is used by another process. Stop that process, or name another folder.")]
    InUse { path: PathBuf },

    #[error("cannot lock the data folder {path}: {source}. It must be on a file system that has locks.")]
    CannotLock { path: PathBuf, source: io::Error },

    #[error("{path} is not a database. Move it away to start anew, or restore a backup.")]
    NotADatabase { path: PathBuf },

    #[error("{path} is a database of another program. Name another data folder.")]
    Foreign { path: PathBuf },

    #[error("the database {path} is damaged: {detail}. Restore the data folder from a backup.")]
    Corrupt { path: PathBuf, detail: String },

    #[error(
        "cannot open the database {path}: {detail}. Check that this user may read and write it, and that its disk works and has space."
    )]
    File { path: PathBuf, detail: String },

    #[error(
        "{place} was written by a newer version of this program: its schema is {found}, this program knows {known}. \
         Run the newer version, or restore a backup made before it."
    )]
    Newer { place: String, found: i64, known: i64 },

    #[error("cannot migrate {place} to schema {version} ({name}): {detail}. The database is unchanged.")]
    Migration { place: String, version: i64, name: &'static str, detail: String },

    #[error("cannot draw random bytes for the installation: {0}")]
    Random(String),

    #[error("the database's address cannot be used: {detail}. Its form is postgres://user:password@host:5432/name.")]
    Address { detail: String },

    #[error(
        "cannot reach PostgreSQL at {server}: {detail}. Check that it runs there and accepts connections from this machine."
    )]
    Unreachable { server: String, detail: String },

    #[error("PostgreSQL at {server} does not let user {user} in: {detail}. Check the user and the password.")]
    Refused { server: String, user: String, detail: String },

    #[error("PostgreSQL at {server} has no database {name}. Create it: createdb {name}")]
    DatabaseMissing { server: String, name: String },

    #[error(
        "{server} is a connection pooler that pools by transaction. Let it pool by session (PgBouncer: pool_mode = session), \
         or name the address of PostgreSQL itself."
    )]
    Pooler { server: String },

    #[error("PostgreSQL at {server} failed: {detail}.")]
    Postgres { server: String, detail: String },
}
