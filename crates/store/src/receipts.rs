//! Receipts: the delivery and reading of messages.

use domain::{
    MessageId, ProjectId, Result, ThreadId, Timestamp,
    message::Message,
    receipt::{Receipt, Standing},
};

use crate::{Bound, Fitted, FromRow, Params, Row, Tx, fitting, messages, word};

/// A message with its receipt.
struct Receipted(Message, Receipt);

impl FromRow for Receipted {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(messages::from_columns(row, 0)?, receipt(row, 8)?))
    }
}

/// A message's id with its receipt.
struct Told(MessageId, Receipt);

impl FromRow for Told {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(row.get(0)?, receipt(row, 1)?))
    }
}

/// The columns of a receipt, starting at column `first`.
fn receipt(row: &Row<'_>, first: usize) -> Result<Receipt> {
    let standing = word(row, first, Standing::parse)?;
    Ok(Receipt { standing, delivered_at: row.get(first + 1)?, read_at: row.get(first + 2)? })
}

/// The standing of a message `m` with the receipt `r`. A person's message is `received`. The project's message is read,
/// else delivered, else it waits to be sent, could not be sent, or was sent.
macro_rules! standing {
    () => {
        "CASE WHEN m.role = 'user' THEN 'received' WHEN r.read_at IS NOT NULL THEN 'read'
              WHEN r.delivered_at IS NOT NULL THEN 'delivered'
              WHEN EXISTS (SELECT 1 FROM deliveries d WHERE d.message_id = m.id AND d.kind = 'mail'
                   AND d.state = 'pending') THEN 'queued'
              WHEN EXISTS (SELECT 1 FROM deliveries d WHERE d.message_id = m.id AND d.kind = 'mail'
                   AND d.state = 'failed') THEN 'failed'
              ELSE 'sent' END"
    };
}

/// A message's columns, and its standing.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT thread_id, seq, id, turn_id, role, author, body, at, standing, delivered_at, read_at FROM (
             SELECT m.thread_id, m.seq, m.id, m.turn_id, m.role, m.author, m.body, m.at, m.listed, m.project_id, ",
            standing!(),
            " AS standing, r.delivered_at, r.read_at FROM messages m LEFT JOIN receipts r ON r.message_id = m.id
             WHERE m.thread_id = ?1) AS told ",
            $rest
        )
    };
}

/// Readable messages below `before`, newest first. Optionally only a person's or only the project's, and only those
/// with one standing.
pub async fn listed_before(
    tx: &mut Tx,
    thread: ThreadId,
    before: i64,
    (by_person, standing): (Option<bool>, Option<Standing>),
    bound: Bound,
) -> Result<Fitted<(Message, Receipt)>> {
    let sql = fitting!(
        "?3",
        "octet_length(w.body)",
        "seq DESC",
        select!(
            "WHERE seq < ?2 AND listed
             AND (CAST(?4 AS BIGINT) IS NULL OR CAST(?4 AS BIGINT) = CASE WHEN role = 'user' THEN 1 ELSE 0 END)
             AND (CAST(?5 AS TEXT) IS NULL OR CAST(?5 AS TEXT) = standing) ORDER BY seq DESC LIMIT ?6"
        )
    );
    let (by_person, standing) = (by_person.map(i64::from), standing.map(Standing::as_str));
    let params: Params<'_> = &[&thread, &before, &bound.bytes, &by_person, &standing, &bound.asked()];
    let found: Fitted<Receipted> = tx.query_fitting(sql, params, bound).await?;
    Ok(found.map(|Receipted(message, receipt)| (message, receipt)))
}

/// Readable messages above `after`, oldest first.
pub async fn listed_after(
    tx: &mut Tx,
    thread: ThreadId,
    after: i64,
    bound: Bound,
) -> Result<Fitted<(Message, Receipt)>> {
    let sql = fitting!("?3", "octet_length(w.body)", "seq", select!("WHERE seq > ?2 AND listed ORDER BY seq LIMIT ?4"));
    let found: Fitted<Receipted> =
        tx.query_fitting(sql, &[&thread, &after, &bound.bytes, &bound.asked()], bound).await?;
    Ok(found.map(|Receipted(message, receipt)| (message, receipt)))
}

/// Receipts of the project's readable messages from entry `from` to entry `to`, both included, in the log's order.
pub async fn between(tx: &mut Tx, thread: ThreadId, from: i64, to: i64) -> Result<Vec<(MessageId, Receipt)>> {
    let rows: Vec<Told> = tx
        .query(
            concat!(
                "SELECT m.id, ",
                standing!(),
                ", r.delivered_at, r.read_at FROM messages m LEFT JOIN receipts r ON r.message_id = m.id
                 WHERE m.thread_id = ?1 AND m.seq >= ?2 AND m.seq <= ?3 AND m.listed AND m.role = 'agent'
                 ORDER BY m.seq"
            ),
            &[&thread, &from, &to],
        )
        .await?;
    Ok(rows.into_iter().map(|Told(message, receipt)| (message, receipt)).collect())
}

/// The message, readable or not.
pub async fn find(tx: &mut Tx, thread: ThreadId, id: MessageId) -> Result<Option<(Message, Receipt)>> {
    let found: Option<Receipted> = tx
        .query_opt(
            select!("WHERE project_id = (SELECT t.project_id FROM threads t WHERE t.id = ?1) AND id = ?2"),
            &[&thread, &id],
        )
        .await?;
    Ok(found.map(|Receipted(message, receipt)| (message, receipt)))
}

/// Records that a reader got the message. Only the first time counts.
pub async fn deliver(
    tx: &mut Tx,
    project: ProjectId,
    thread: ThreadId,
    message: MessageId,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        "INSERT INTO receipts (message_id, thread_id, project_id, delivered_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING",
        &[&message, &thread, &project, &at],
    )
    .await
    .map(drop)
}

/// Records that the message was read, and therefore delivered. Only the first time counts.
pub async fn read(tx: &mut Tx, project: ProjectId, thread: ThreadId, message: MessageId, at: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO receipts (message_id, thread_id, project_id, delivered_at, read_at) VALUES (?1, ?2, ?3, ?4, ?4)
         ON CONFLICT (message_id) DO UPDATE SET read_at = COALESCE(receipts.read_at, ?4)",
        &[&message, &thread, &project, &at],
    )
    .await
    .map(drop)
}

/// Marks the project's newest readable messages up to the entry `to` as read, at most `most`.
pub async fn read_up_to(
    tx: &mut Tx,
    project: ProjectId,
    thread: ThreadId,
    to: i64,
    most: i64,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        "INSERT INTO receipts (message_id, thread_id, project_id, delivered_at, read_at)
         SELECT n.id, ?1, ?2, CAST(?5 AS BIGINT), CAST(?5 AS BIGINT) FROM (SELECT m.id FROM messages m
             WHERE m.thread_id = ?1 AND m.seq <= ?3 AND m.listed AND m.role = 'agent' ORDER BY m.seq DESC LIMIT ?4) n
         LEFT JOIN receipts r ON r.message_id = n.id WHERE r.read_at IS NULL ORDER BY n.id
         ON CONFLICT (message_id) DO UPDATE SET read_at = COALESCE(receipts.read_at, excluded.read_at)",
        &[&thread, &project, &to, &most, &at],
    )
    .await
    .map(drop)
}
