//! The client's error for a failure of SQLite.

use std::path::Path;

use domain::Error;
use rusqlite::{Connection, Error as Sqlite, ErrorCode};

use crate::disk::read_anew;

/// Tells whether the disk of a seemingly damaged database cannot be read. SQLite reports both as a malformed database.
pub(super) fn disk_fails(database: Option<&str>) -> bool {
    let folder = database.and_then(|file| Path::new(file).parent());
    folder.is_some_and(|folder| read_anew(folder).is_err())
}

/// The error of a statement. The statement's text goes to the log and contains no values.
pub(super) fn failed(db: &Connection, sql: &str, error: &Sqlite) -> Error {
    let said = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "The server cannot store anything: its disk is full",
        Some(ErrorCode::SystemIoFailure) => "The server's disk has failed",
        Some(ErrorCode::DatabaseCorrupt) if disk_fails(db.path()) => "The server's disk has failed",
        Some(ErrorCode::ReadOnly) => "The server cannot store anything: its data folder is read-only",
        Some(ErrorCode::CannotOpen) => "The server cannot open a file of its data folder",
        Some(ErrorCode::OutOfMemory) => "The server is out of memory",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "The database is busy, try again",
        _ => return Error::internal(format!("{error}: {sql}")),
    };
    Error::unavailable(said).with_source(format!("{error}: {sql}"))
}
