//! Messages in their present form: a view of the entries of `events` that are messages, each with its turn and its
//! latest text. [`crate::log::append`] writes them.

use domain::{
    MessageId, ProjectId, Result, ThreadId, Timestamp, TurnId,
    handling::{PERSON_WANTED, TAKEN_OVER},
    message::{Message, Role},
};

use uuid::Uuid;

use crate::{Bound, Fitted, FromRow, Json, Row, Tx, fitting, word};

macro_rules! columns {
    () => {
        "m.thread_id, m.seq, m.id, m.turn_id, m.role, m.author, m.body, m.at"
    };
}
pub(crate) use columns;

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

/// Writes the message's content and metadata again, while its entry keeps the first version. The thread is locked, and
/// the change is an entry of its log. A readable message must stay readable, because messages are counted when they are
/// appended.
pub async fn save(tx: &mut Tx, message: &Message) -> Result<u64> {
    let body = crate::json(&message.body)?;
    tx.execute(
        "UPDATE events SET shown = COALESCE(shown, body), body = ?3 WHERE thread_id = ?1 AND seq = ?2",
        &[&message.thread, &message.seq, &body],
    )
    .await
}

/// The number of the thread's messages, at most `most`.
pub async fn count_up_to(tx: &mut Tx, thread: ThreadId, most: i64) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM (SELECT m.seq FROM messages m WHERE m.thread_id = ?1 LIMIT ?2) AS l";
    Ok(tx.query_opt(sql, &[&thread, &most]).await?.unwrap_or(0))
}

/// Tells whether there is a message above `after` and up to `to`.
pub async fn any_between(tx: &mut Tx, thread: ThreadId, after: i64, to: i64) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM messages m WHERE m.thread_id = ?1 AND m.seq > ?2 AND m.seq <= ?3)";
    Ok(tx.query_opt(sql, &[&thread, &after, &to]).await?.unwrap_or(false))
}

/// A range of messages of a thread, with its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Messages below this position, newest first.
    Below(i64),
    /// Messages above this position, oldest first.
    Above(i64),
}

macro_rules! page {
    ($beyond:literal, $order:literal) => {
        fitting!(
            "?3",
            "octet_length(w.body)",
            $order,
            "SELECT ",
            columns!(),
            " FROM messages m WHERE m.thread_id = ?1 AND m.seq ",
            $beyond,
            " ORDER BY ",
            $order,
            " LIMIT ?4"
        )
    };
}

/// A page of messages. With `listed`, only readable ones.
pub async fn page(tx: &mut Tx, thread: ThreadId, side: Side, listed: bool, bound: Bound) -> Result<Fitted<Message>> {
    let (sql, seq) = match (side, listed) {
        (Side::Below(seq), false) => (page!("< ?2", "seq DESC"), seq),
        (Side::Below(seq), true) => (page!("< ?2 AND m.listed", "seq DESC"), seq),
        (Side::Above(seq), false) => (page!("> ?2", "seq"), seq),
        (Side::Above(seq), true) => (page!("> ?2 AND m.listed", "seq"), seq),
    };
    tx.query_fitting(sql, &[&thread, &seq, &bound.bytes, &bound.asked()], bound).await
}

/// The position below which a client that knows the thread as of entry `?3` gets messages: none, if that is still the
/// newest entry.
macro_rules! unknown {
    () => {
        "m.thread_id = t.id AND m.listed AND m.seq < CASE WHEN t.last_seq = CAST(?3 AS BIGINT) THEN 0 ELSE CAST(?4 AS BIGINT) END"
    };
}

/// The number of the thread's newest entry, with its readable messages below `before`, newest first. There are no
/// messages if the newest entry is `known`. One statement, for clients that poll. `None` if the project has no such
/// thread.
///
/// SQLite knows that there is one thread and reads its messages in order. PostgreSQL would sort all of them, so the
/// page is a subquery there.
pub async fn listed_since(
    tx: &mut Tx,
    project: ProjectId,
    thread: ThreadId,
    known: Option<i64>,
    before: i64,
    bound: Bound,
) -> Result<Option<(i64, Fitted<Message>)>> {
    let found: Fitted<Since> = tx
        .query_fitting(
            fitting!(
                "?5",
                "COALESCE(octet_length(w.body), 0)",
                "seq DESC",
                "SELECT t.last_seq, ",
                columns!(),
                " FROM threads t LEFT JOIN /*pg LATERAL (SELECT * FROM */ messages /*pg m WHERE ",
                unknown!(),
                " ORDER BY m.seq DESC LIMIT ?6) */ m ON ",
                unknown!(),
                " WHERE t.id = ?1 AND t.project_id = ?2 ORDER BY m.seq DESC LIMIT ?6"
            ),
            &[&thread, &project, &known, &before, &bound.bytes, &bound.asked()],
            bound,
        )
        .await?;
    let Some(last_seq) = found.rows.first().map(|row| row.0) else { return Ok(None) };
    // A thread without such messages gives one row without a message.
    if found.rows.iter().all(|row| row.1.is_none()) {
        return Ok(Some((last_seq, Fitted::none())));
    }
    let Fitted { rows, sizes, more } = found;
    Ok(Some((last_seq, Fitted { rows: rows.into_iter().filter_map(|row| row.1).collect(), sizes, more })))
}

/// The number of the thread's newest entry, and a message if there is one.
struct Since(i64, Option<Message>);

impl FromRow for Since {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let is_message = row.get::<Option<i64>>(2)?.is_some();
        Ok(Self(row.get(0)?, is_message.then(|| from_columns(row, 1)).transpose()?))
    }
}

/// Every so many readable messages of a thread, one is marked, so that a page is found by its number.
pub(crate) const MARK: i64 = 128;

/// Readable messages, oldest first, starting at `offset` (from 0). The search starts at the last mark before it.
pub async fn listed_at(tx: &mut Tx, thread: ThreadId, offset: i64, bound: Bound) -> Result<Fitted<Message>> {
    let (marked, beyond) = (offset - offset % MARK, offset % MARK);
    let sql = fitting!(
        "?4",
        "octet_length(w.body)",
        "seq",
        "SELECT ",
        columns!(),
        " FROM messages m WHERE m.thread_id = ?1 AND m.listed AND m.seq > CASE CAST(?2 AS BIGINT) WHEN 0 THEN 0 ELSE
          (SELECT k.seq FROM listed_marks k WHERE k.thread_id = ?1 AND k.number = CAST(?2 AS BIGINT)) END
          ORDER BY m.seq LIMIT ?5 OFFSET ?3"
    );
    tx.query_fitting(sql, &[&thread, &marked, &beyond, &bound.bytes, &bound.asked()], bound).await
}

pub async fn find(tx: &mut Tx, thread: ThreadId, id: MessageId) -> Result<Option<Message>> {
    tx.query_opt(
        concat!(
            "SELECT ",
            columns!(),
            " FROM messages m WHERE m.project_id = (SELECT t.project_id FROM threads t WHERE t.id = ?2)
              AND m.id = ?1 AND m.thread_id = ?2"
        ),
        &[&id, &thread],
    )
    .await
}

/// The message, by id within the project.
pub async fn find_in_project(tx: &mut Tx, project: ProjectId, id: MessageId) -> Result<Option<Message>> {
    tx.query_opt(
        concat!(
            "SELECT ",
            columns!(),
            " FROM messages m WHERE m.id = ?1 AND m.project_id = ?2
              AND EXISTS (SELECT 1 FROM threads t WHERE t.id = m.thread_id AND t.project_id = ?2)"
        ),
        &[&id, &project],
    )
    .await
}

/// The newest messages of the thread from this entry on, newest first, without those of turns that have not started.
/// Each comes with the start of its turn, or its own time without a turn. A model reads them in the order of those
/// times.
pub async fn of_begun_turns(
    tx: &mut Tx,
    thread: ThreadId,
    from: i64,
    bound: Bound,
) -> Result<Fitted<(Message, Timestamp)>> {
    let found: Fitted<Begun> = tx
        .query_fitting(
            fitting!(
                "?3",
                "octet_length(w.body)",
                "seq DESC",
                "SELECT ",
                columns!(),
                ", t.started_at FROM messages m LEFT JOIN turns t ON t.id = m.turn_id
                 WHERE m.thread_id = ?1 AND m.seq >= ?2 AND (t.state IS NULL OR t.state <> 'queued')
                 ORDER BY m.seq DESC LIMIT ?4"
            ),
            &[&thread, &from, &bound.bytes, &bound.asked()],
            bound,
        )
        .await?;
    let Fitted { rows, sizes, more } = found;
    Ok(Fitted { rows: rows.into_iter().map(|Begun(message, at)| (message, at)).collect(), sizes, more })
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

/// Moves the messages of people from one turn to another turn of the thread, which is locked. `first_seq` belongs to
/// the first turn.
pub async fn hand_over(tx: &mut Tx, thread: ThreadId, from: TurnId, first_seq: i64, to: TurnId) -> Result<u64> {
    tx.execute(
        "UPDATE events SET message_turn_id = ?4
         WHERE thread_id = ?1 AND seq >= ?3 AND message_turn_id = ?2 AND role = 'user'",
        &[&thread, &from, &first_seq, &to],
    )
    .await
}

/// The people's messages from entry `from` on that wait for an answer, oldest first: without a turn, or of a turn that
/// failed or ended because people took the thread or were wanted. At most `most`, the newest.
pub async fn unanswered(tx: &mut Tx, thread: ThreadId, from: i64, most: i64) -> Result<Vec<Message>> {
    let mut newest: Vec<Message> = tx
        .query(
            concat!(
                "SELECT ",
                columns!(),
                " FROM messages m LEFT JOIN turns t ON t.id = m.turn_id
                 WHERE m.thread_id = ?1 AND m.seq >= ?2 AND m.role = 'user'
                 AND (t.id IS NULL OR t.state = 'failed' OR (t.state = 'cancelled' AND t.reason IN (?4, ?5)))
                 ORDER BY m.seq DESC LIMIT ?3"
            ),
            &[&thread, &from, &most, &TAKEN_OVER, &PERSON_WANTED],
        )
        .await?;
    newest.reverse();
    Ok(newest)
}

/// Moves one message to a turn of its thread, which is locked.
pub async fn give_to(tx: &mut Tx, thread: ThreadId, seq: i64, turn: TurnId) -> Result<u64> {
    tx.execute("UPDATE events SET message_turn_id = ?3 WHERE thread_id = ?1 AND seq = ?2", &[&thread, &seq, &turn])
        .await
}

/// The readable messages of the agent's side above `seen`, oldest first.
pub async fn spoken_since(tx: &mut Tx, thread: ThreadId, seen: i64, most: i64) -> Result<Vec<Message>> {
    tx.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM messages m WHERE m.thread_id = ?1 AND m.seq > ?2 AND m.role = 'agent' AND m.listed
              ORDER BY m.seq LIMIT ?3"
        ),
        &[&thread, &seen, &most],
    )
    .await
}

/// Tells whether a user or a tool added a message to the turn above `reads`.
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

/// The project's messages above `after` and below `before`, newest first, by an index that starts with the project.
/// Deleted threads and unfinished forks are left out.
pub async fn of_project(
    tx: &mut Tx,
    project: ProjectId,
    (after, before): (Option<MessageId>, Option<MessageId>),
    bound: Bound,
) -> Result<Fitted<Message>> {
    let (after, before) = (after.unwrap_or(MessageId(Uuid::nil())), before.unwrap_or(MessageId(Uuid::max())));
    let sql = fitting!(
        "?4",
        "octet_length(w.body)",
        "id DESC",
        "SELECT ",
        columns!(),
        " FROM messages m WHERE m.project_id = ?1 AND m.id > ?2 AND m.id < ?3
          AND EXISTS (SELECT 1 FROM threads t WHERE t.id = m.thread_id AND t.project_id = ?1) ORDER BY m.id DESC LIMIT ?5"
    );
    tx.query_fitting(sql, &[&project, &after, &before, &bound.bytes, &bound.asked()], bound).await
}
