//! Checks at the start: whether a session is ours alone, and whether other processes use the database.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_postgres::{Client, Error, SimpleQueryMessage, error::SqlState};

use super::address::Address;
use crate::OpenError;

/// Longest wait of a session that is ours.
const PATIENCE: Duration = Duration::from_secs(3);
/// Number of checks for others, with the pause between two. Sessions of a process that has just died end by themselves.
const LOOKS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(500);

/// The server's own id of the session.
const PID: &str = "SELECT pg_backend_pid()";
const OTHERS: &str = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = current_setting('application_name') AND pid <> pg_backend_pid())";

/// Tells whether other processes of this program use the database. `client` is this process's only session.
pub(super) async fn has_others(client: &Client) -> Result<bool, Error> {
    for look in 1..=LOOKS {
        if !client.query_one(OTHERS, &[]).await?.try_get::<_, bool>(0)? {
            return Ok(false);
        }
        if look < LOOKS {
            sleep(PAUSE).await;
        }
    }
    Ok(true)
}

/// Refuses a pooler in transaction mode, which would lose or mix up prepared statements and settings. While one
/// transaction is open, the next must run on the session that ran the first one.
pub(super) async fn are_our_own(address: &Address, client: &Client) -> Result<(), OpenError> {
    let shared = || OpenError::Pooler { server: address.server.clone() };
    let explain = |error: Error| if is_of_a_pooler(&error) { shared() } else { address.explain(&error) };
    let prepared = client.prepare(PID).await.map_err(explain)?;
    let before: i32 = client.query_one(&prepared, &[]).await.and_then(|row| row.try_get(0)).map_err(explain)?;
    let other = address.connect().await?;
    let beside = other.simple_query(&format!("BEGIN; {PID}")).await.map_err(explain)?;
    let beside = beside.iter().find_map(|said| match said {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse::<i32>().ok(),
        _ => None,
    });
    if beside == Some(before) {
        return Err(shared());
    }
    let Ok(after) = timeout(PATIENCE, client.query_one(&prepared, &[])).await else { return Err(shared()) };
    let after: i32 = after.and_then(|row| row.try_get(0)).map_err(explain)?;
    if after == before { Ok(()) } else { Err(shared()) }
}

/// Recognizes errors of a pooler: a prepared statement is missing or exists already, or a transaction is not allowed.
fn is_of_a_pooler(error: &Error) -> bool {
    let codes = [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT, SqlState::PROTOCOL_VIOLATION];
    error.code().is_some_and(|code| codes.contains(code))
}
