//! Messages as they stand now: the entries of logs that are messages, as a view of `events` shows them, with the turn that answers
//! each and its words as they were last changed. Written by [`crate::log::append`].

use domain::{
    MessageId, ProjectId, Result, ThreadId, Timestamp, TurnId,
    message::{Message, Role},
};

use crate::{FromRow, Json, Row, Tx, json, threads::contains, word};

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

/// Writes the message's content and whatever came with it anew, beside what its entry goes on to say. The thread is locked, and
/// the change is an entry of its log.
pub async fn save(tx: &mut Tx, message: &Message) -> Result<u64> {
    let body = crate::json(&message.body)?;
    tx.execute(
        "UPDATE events SET shown = COALESCE(shown, body), body = ?3, listed = ?4 WHERE thread_id = ?1 AND seq = ?2",
        &[&message.thread, &message.seq, &body, &message.body.is_listed()],
    )
    .await
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

/// How many messages the thread has, no more than `most`.
pub async fn count_up_to(tx: &mut Tx, thread: ThreadId, most: i64) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM (SELECT m.seq FROM messages m WHERE m.thread_id = ?1 LIMIT ?2) AS l";
    Ok(tx.query_opt(sql, &[&thread, &most]).await?.unwrap_or(0))
}

/// Whether there is a message above `after` and up to `to`.
pub async fn any_between(tx: &mut Tx, thread: ThreadId, after: i64, to: i64) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM messages m WHERE m.thread_id = ?1 AND m.seq > ?2 AND m.seq <= ?3)";
    Ok(tx.query_opt(sql, &[&thread, &after, &to]).await?.unwrap_or(false))
}

/// How many rows there are on one side of a position, `?3` at most, and how many of the first ones have `?4` bytes in all.
macro_rules! fitting {
    ($side:literal, $order:literal) => {
        concat!(
            "SELECT COUNT(*), SUM(CASE WHEN s.total <= ?4 THEN 1 ELSE 0 END) FROM (
                SELECT SUM(l.bytes) OVER (ORDER BY l.",
            $order,
            ") AS total FROM (
                    SELECT m.seq, octet_length(m.body) AS bytes FROM messages m WHERE m.thread_id = ?1 AND m.seq ",
            $side,
            " ?2 ORDER BY m.",
            $order,
            " LIMIT ?3
                ) AS l
             ) AS s"
        )
    };
}

/// How many messages [`before`] would read, and how many of them have `bytes` in all.
pub async fn fitting_before(
    tx: &mut Tx,
    thread: ThreadId,
    before: i64,
    limit: i64,
    bytes: i64,
) -> Result<Option<(i64, Option<i64>)>> {
    tx.query_opt(fitting!("<", "seq DESC"), &[&thread, &before, &limit, &bytes]).await
}

/// How many messages [`after`] would read, and how many of them have `bytes` in all.
pub async fn fitting_after(
    tx: &mut Tx,
    thread: ThreadId,
    after: i64,
    limit: i64,
    bytes: i64,
) -> Result<Option<(i64, Option<i64>)>> {
    tx.query_opt(fitting!(">", "seq"), &[&thread, &after, &limit, &bytes]).await
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

/// Below which position a client that knows the thread as of entry `?3` is told messages: none, if that is still the newest.
macro_rules! unknown {
    () => {
        "m.thread_id = t.id AND m.listed AND m.seq < CASE WHEN t.last_seq = CAST(?3 AS BIGINT) THEN 0 ELSE CAST(?4 AS BIGINT) END"
    };
}

/// The number of the thread's newest entry, with the messages that have something to read below `before`, newest first: none
/// of them when that number is `known`. One statement, for those who ask again and again. `None`: the project has no such thread.
///
/// SQLite sees that there is one thread and reads its messages in their order; PostgreSQL would sort all of them, and reads
/// the page in a table of its own.
pub async fn listed_since(
    tx: &mut Tx,
    project: ProjectId,
    thread: ThreadId,
    known: Option<i64>,
    before: i64,
    limit: i64,
) -> Result<Option<(i64, Vec<Message>)>> {
    let rows: Vec<Since> = tx
        .query(
            concat!(
                "SELECT t.last_seq, ",
                columns!(),
                " FROM threads t LEFT JOIN /*pg LATERAL (SELECT * FROM */ messages /*pg m WHERE ",
                unknown!(),
                " ORDER BY m.seq DESC LIMIT ?5) */ m ON ",
                unknown!(),
                " WHERE t.id = ?1 AND t.project_id = ?2 ORDER BY m.seq DESC LIMIT ?5"
            ),
            &[&thread, &project, &known, &before, &limit],
        )
        .await?;
    let last_seq = rows.first().map(|row| row.0);
    Ok(last_seq.map(|last_seq| (last_seq, rows.into_iter().filter_map(|row| row.1).collect())))
}

/// The number of the thread's newest entry, and a message, if there is one.
struct Since(i64, Option<Message>);

impl FromRow for Since {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let is_message = row.get::<Option<i64>>(2)?.is_some();
        Ok(Self(row.get(0)?, is_message.then(|| from_columns(row, 1)).transpose()?))
    }
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

/// Messages that have something to read, below `before`, newest first; only those in whose document `part`, in lower case,
/// stands. It may stand in the document and not in the text: whoever searches has to look.
pub async fn containing(
    tx: &mut Tx,
    thread: ThreadId,
    part: Option<&str>,
    before: i64,
    limit: i64,
) -> Result<Vec<Message>> {
    let escaped = part.map(json).transpose()?;
    let pattern = escaped.map(|text| contains(&text[1..text.len() - 1]));
    tx.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM messages m WHERE m.thread_id = ?1 AND m.seq < ?2 AND m.listed
              AND (LOWER(m.body) LIKE ?3 ESCAPE '!' OR ?3 IS NULL) ORDER BY m.seq DESC LIMIT ?4"
        ),
        &[&thread, &before, &pattern, &limit],
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

/// The newest messages of the thread, oldest first, without those of turns that have not begun; with each, when its turn
/// began (or, of no turn, its own time), which is the order in which a model reads them.
pub async fn of_begun_turns(tx: &mut Tx, thread: ThreadId, limit: i64) -> Result<Vec<(Message, Timestamp)>> {
    let mut rows: Vec<Begun> = tx
        .query(
            concat!(
                "SELECT ",
                columns!(),
                ", t.started_at FROM messages m LEFT JOIN turns t ON t.id = m.turn_id
                 WHERE m.thread_id = ?1 AND (t.state IS NULL OR t.state <> 'queued') ORDER BY m.seq DESC LIMIT ?2"
            ),
            &[&thread, &limit],
        )
        .await?;
    rows.reverse();
    Ok(rows.into_iter().map(|Begun(message, at)| (message, at)).collect())
}

struct Begun(Message, Timestamp);

impl FromRow for Begun {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let message = from_columns(row, 0)?;
        let at = row.get::<Option<Timestamp>>(8)?.unwrap_or(message.at);
        Ok(Self(message, at))
    }
}

/// The messages of a turn, oldest first. `first_seq` is the turn's.
pub async fn of_turn(tx: &mut Tx, thread: ThreadId, turn: TurnId, first_seq: i64) -> Result<Vec<Message>> {
    tx.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM messages m WHERE m.thread_id = ?1 AND m.seq >= ?3 AND m.turn_id = ?2 ORDER BY m.seq"
        ),
        &[&thread, &turn, &first_seq],
    )
    .await
}

/// Gives what people have said to a turn to another turn of the thread, which is locked. `first_seq` is the turn's.
pub async fn hand_over(tx: &mut Tx, thread: ThreadId, from: TurnId, first_seq: i64, to: TurnId) -> Result<u64> {
    tx.execute(
        "UPDATE events SET message_turn_id = ?4
         WHERE thread_id = ?1 AND seq >= ?3 AND message_turn_id = ?2 AND role = 'user'",
        &[&thread, &from, &first_seq, &to],
    )
    .await
}

/// Whether something was said to the turn above `reads`: by a user or a tool.
pub async fn any_unread(tx: &mut Tx, thread: ThreadId, turn: TurnId, reads: i64) -> Result<bool> {
    let any = tx
        .query_opt(
            "SELECT EXISTS (SELECT 1 FROM messages WHERE thread_id = ?1 AND seq > ?3 AND turn_id = ?2 AND role <> 'agent')",
            &[&thread, &turn, &reads],
        )
        .await?;
    Ok(any.unwrap_or(false))
}

/// The newest user message of the thread.
pub async fn newest_of_user(tx: &mut Tx, thread: ThreadId) -> Result<Option<Message>> {
    tx.query_opt(
        concat!(
            "SELECT ",
            columns!(),
            " FROM messages m WHERE m.thread_id = ?1 AND m.role = 'user' ORDER BY m.seq DESC LIMIT 1"
        ),
        &[&thread],
    )
    .await
}

/// The oldest of the installation's `limit` newest messages below `before`: where a stretch of them that is looked through
/// begins. It tells nothing of any of them.
pub async fn stretch(tx: &mut Tx, before: Option<MessageId>, limit: i64) -> Result<Option<MessageId>> {
    tx.query_opt(
        "SELECT id FROM (SELECT id FROM messages WHERE id < ?1 OR ?1 IS NULL ORDER BY id DESC LIMIT ?2) AS newest
         ORDER BY id LIMIT 1",
        &[&before, &limit],
    )
    .await
}

/// The project's messages from `from` on and below `before`, newest first.
pub async fn of_stretch(
    tx: &mut Tx,
    project: ProjectId,
    from: MessageId,
    before: Option<MessageId>,
) -> Result<Vec<Message>> {
    tx.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM messages m JOIN threads t ON t.id = m.thread_id
              WHERE m.id >= ?2 AND (m.id < ?3 OR ?3 IS NULL) AND t.project_id = ?1 ORDER BY m.id DESC"
        ),
        &[&project, &from, &before],
    )
    .await
}
