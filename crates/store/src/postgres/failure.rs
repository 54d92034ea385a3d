//! The client's error for a failure of PostgreSQL.

use std::{error::Error as _, io};

use domain::Error;
use tokio_postgres::{
    Error as Postgres,
    error::{Severity, SqlState},
};

/// The error of a statement. The statement's text goes to the log. The server's `detail` does not, because it quotes
/// rows.
pub(super) fn failed(sql: &str, error: &Postgres) -> Error {
    let source = format!("{}: {sql}", words(error));
    let Some(code) = error.code() else {
        return match is_lost(error) {
            true => Error::unavailable("The database is not reachable, try again").with_source(source),
            false => Error::internal(source),
        };
    };
    let said = match code.code() {
        "40001" | "40P01" | "55P03" => "Two writes conflicted, try again",
        "25006" => "The database is read-only",
        // The server ended a transaction that was silent for too long.
        "25P03" => "The database is not available, try again",
        "53100" => "The server cannot store anything: the database's disk is full",
        // Classes of codes: resources, operator intervention, system, connection.
        other if ["53", "57", "58", "08"].iter().any(|class| other.starts_with(class)) => {
            "The database is not available, try again"
        }
        _ if is_stale(error) => "The database has just changed, try again",
        _ => return Error::internal(source),
    };
    Error::unavailable(said).with_source(source)
}

/// Tells whether the server itself reports that a COMMIT failed.
pub(super) fn is_refusal(error: &Postgres) -> bool {
    error.as_db_error().is_some_and(|db| db.parsed_severity() == Some(Severity::Error))
}

/// The error of a COMMIT with an unknown outcome.
pub(super) fn unanswered(error: &Postgres) -> Error {
    Error::unavailable(
        "The database was lost while it committed: the outcome is unknown, send again with the same origin key",
    )
    .with_source(words(error))
}

/// Tells whether the connection is lost.
pub(super) fn is_lost(error: &Postgres) -> bool {
    let disconnected = || error.source().is_some_and(|source| source.is::<io::Error>());
    error.is_closed() || disconnected() || is_stale(error)
}

/// Tells whether prepared statements no longer fit: another process changed a table, or a proxy lost or duplicated
/// them. Decided by codes alone, because the server's messages are in its own language.
fn is_stale(error: &Postgres) -> bool {
    let codes = [SqlState::FEATURE_NOT_SUPPORTED, SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT];
    error.code().is_some_and(|code| codes.contains(code))
}

/// The server's message and code, or the library's.
pub(super) fn words(error: &Postgres) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}
