//! Messages, as entries of their threads' logs. Written by [`crate::log::append`].

use domain::{
    MessageId, ProjectId, Result, ThreadId,
    message::{Message, Role},
};

use crate::{FromRow, Json, Row, Tx, word};

macro_rules! columns {
    () => {
        "m.thread_id, m.seq, m.id, m.turn_id, m.role, m.author, m.body, m.at"
    };
}

/// The columns of a message, from column `first` on.
pub(crate) fn from_columns(row: &Row<'_>, first: usize) -> Result<Message> {
    Ok(Message {
        thread: row.get(first)?,
        seq: row.get(first + 1)?,
        id: row.get(first + 2)?,
        turn: row.get(first + 3)?,
        role: word(row, first + 4, Role::parse)?,
        author: row.get::<Json<_>>(first + 5)?.0,
        body: row.get::<Json<_>>(first + 6)?.0,
        at: row.get(first + 7)?,
    })
}

impl FromRow for Message {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        from_columns(row, 0)
    }
}

/// Messages below `before`, newest first.
pub async fn before(tx: &mut Tx, thread: ThreadId, before: i64, limit: i64) -> Result<Vec<Message>> {
    tx.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM messages m WHERE m.thread_id = ?1 AND m.seq < ?2 ORDER BY m.seq DESC LIMIT ?3"
        ),
        &[&thread, &before, &limit],
    )
    .await
}

/// Messages above `after`, oldest first.
pub async fn after(tx: &mut Tx, thread: ThreadId, after: i64, limit: i64) -> Result<Vec<Message>> {
    tx.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM messages m WHERE m.thread_id = ?1 AND m.seq > ?2 ORDER BY m.seq LIMIT ?3"
        ),
        &[&thread, &after, &limit],
    )
    .await
}

/// Messages that have something to read, below `before`, newest first.
pub async fn listed_before(tx: &mut Tx, thread: ThreadId, before: i64, limit: i64) -> Result<Vec<Message>> {
    tx.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM messages m WHERE m.thread_id = ?1 AND m.seq < ?2 AND m.listed ORDER BY m.seq DESC LIMIT ?3"
        ),
        &[&thread, &before, &limit],
    )
    .await
}

/// Messages that have something to read, above `after`, oldest first.
pub async fn listed_after(tx: &mut Tx, thread: ThreadId, after: i64, limit: i64) -> Result<Vec<Message>> {
    tx.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM messages m WHERE m.thread_id = ?1 AND m.seq > ?2 AND m.listed ORDER BY m.seq LIMIT ?3"
        ),
        &[&thread, &after, &limit],
    )
    .await
}

/// Messages that have something to read, oldest first, from the `offset`-th on.
pub async fn listed_at(tx: &mut Tx, thread: ThreadId, offset: i64, limit: i64) -> Result<Vec<Message>> {
    tx.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM messages m WHERE m.thread_id = ?1 AND m.listed ORDER BY m.seq LIMIT ?3 OFFSET ?2"
        ),
        &[&thread, &offset, &limit],
    )
    .await
}

/// How many messages of the thread have something to read.
pub async fn count_listed(tx: &mut Tx, thread: ThreadId) -> Result<i64> {
    let count = tx.query_opt("SELECT COUNT(*) FROM messages m WHERE m.thread_id = ?1 AND m.listed", &[&thread]).await?;
    Ok(count.unwrap_or(0))
}

pub async fn find(tx: &mut Tx, thread: ThreadId, id: MessageId) -> Result<Option<Message>> {
    tx.query_opt(
        concat!("SELECT ", columns!(), " FROM messages m WHERE m.id = ?1 AND m.thread_id = ?2"),
        &[&id, &thread],
    )
    .await
}

/// The message with its thread, by id within the project.
pub async fn find_in_project(tx: &mut Tx, project: ProjectId, id: MessageId) -> Result<Option<Message>> {
    tx.query_opt(
        concat!(
            "SELECT ",
            columns!(),
            " FROM messages m JOIN threads t ON t.id = m.thread_id WHERE m.id = ?1 AND t.project_id = ?2"
        ),
        &[&id, &project],
    )
    .await
}

/// The messages of every turn of the thread that has begun, and those of no turn, in the log's order.
/// Queued turns' messages are not among them.
pub async fn of_begun_turns(tx: &mut Tx, thread: ThreadId) -> Result<Vec<Message>> {
    tx.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM messages m WHERE m.thread_id = ?1 AND NOT EXISTS (SELECT 1 FROM turns t
               WHERE t.id = m.turn_id AND t.state = 'queued') ORDER BY m.seq"
        ),
        &[&thread],
    )
    .await
}
