//! The index of searches: tokens of messages and titles, how far each project is indexed, and the texts that the order
//! of ids passes by. The index only narrows; the caller compares.

use domain::{MessageId, ProjectId, Result, ThreadId, message::Message};
use uuid::Uuid;

use crate::{Bound, Fitted, FromRow, Param, Row, Tx, fitting, messages::columns};

/// How far a project is indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// The number that begins the project's tokens.
    pub number: i64,
    /// Every message up to this id is indexed, or noted as late.
    pub messages_to: MessageId,
    /// The same for the titles of threads.
    pub titles_to: ThreadId,
}

impl FromRow for Indexed {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { number: row.get(0)?, messages_to: row.get(1)?, titles_to: row.get(2)? })
    }
}

/// The place of an indexed text: a message by its entry and id, or the title of a thread by seq 0 and the thread's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doc {
    pub thread: ThreadId,
    pub seq: i64,
    pub id: Uuid,
}

impl Doc {
    pub fn title(thread: ThreadId) -> Self {
        Self { thread, seq: 0, id: thread.0 }
    }

    pub fn message(message: &Message) -> Self {
        Self { thread: message.thread, seq: message.seq, id: message.id.0 }
    }
}

impl FromRow for Doc {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { thread: row.get(0)?, seq: row.get(1)?, id: row.get(2)? })
    }
}

/// A text that is indexed out of the order of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Late {
    pub project: ProjectId,
    pub doc: Doc,
    /// Rises with each note, so that a change during the indexing is not lost.
    pub noted: i64,
}

impl FromRow for Late {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { doc: Doc::from_row(row)?, project: row.get(3)?, noted: row.get(4)? })
    }
}

/// How far the project is indexed. `None`: nothing is.
pub async fn of_project(tx: &mut Tx, project: ProjectId) -> Result<Option<Indexed>> {
    tx.query_opt("SELECT number, messages_to, titles_to FROM search_projects WHERE project_id = ?1", &[&project]).await
}

/// Like [`of_project`]. Until the transaction ends, nobody else indexes the project or removes from its index.
pub async fn lock(tx: &mut Tx, project: ProjectId) -> Result<Option<Indexed>> {
    tx.query_opt(
        "SELECT number, messages_to, titles_to FROM search_projects WHERE project_id = ?1 /*pg FOR UPDATE */",
        &[&project],
    )
    .await
}

/// Waits until nobody indexes the project, and keeps it so until the transaction ends.
pub(crate) async fn hold(tx: &mut Tx, project: ProjectId) -> Result<()> {
    let sql = "SELECT number FROM search_projects WHERE project_id = ?1 /*pg FOR SHARE */";
    tx.query_opt::<i64>(sql, &[&project]).await.map(|_| ())
}

/// Begins the index of a project that has none.
pub async fn begin(tx: &mut Tx, project: ProjectId) -> Result<()> {
    tx.execute(
        "INSERT INTO search_projects (project_id, number, messages_to, titles_to)
         VALUES (?1, (SELECT COALESCE(MAX(number), 0) + 1 FROM search_projects), ?2, ?2)
         ON CONFLICT (project_id) DO NOTHING",
        &[&project, &Uuid::nil()],
    )
    .await
    .map(drop)
}

/// Records how far the project, which is locked, is indexed.
pub async fn advance(tx: &mut Tx, project: ProjectId, to: Indexed) -> Result<()> {
    tx.execute(
        "UPDATE search_projects SET messages_to = ?2, titles_to = ?3 WHERE project_id = ?1",
        &[&project, &to.messages_to, &to.titles_to],
    )
    .await
    .map(drop)
}

/// The newest id up to which any project is indexed.
pub async fn newest(tx: &mut Tx) -> Result<Option<Uuid>> {
    let messages: Option<Uuid> =
        tx.query_opt("SELECT messages_to FROM search_projects ORDER BY messages_to DESC LIMIT 1", &[]).await?;
    let titles: Option<Uuid> =
        tx.query_opt("SELECT titles_to FROM search_projects ORDER BY titles_to DESC LIMIT 1", &[]).await?;
    Ok(messages.max(titles))
}

/// Projects after `after` with a message or a title that is not indexed, below these ids.
pub async fn behind(tx: &mut Tx, after: Option<ProjectId>, below: Uuid, limit: i64) -> Result<Vec<ProjectId>> {
    tx.query(
        "SELECT p.id FROM projects p LEFT JOIN search_projects s ON s.project_id = p.id
         WHERE (p.id > ?1 OR ?1 IS NULL) AND (
             EXISTS (SELECT 1 FROM events e WHERE e.project_id = p.id AND e.message_id IS NOT NULL
                 AND e.message_id > COALESCE(s.messages_to, ?3) AND e.message_id < ?2)
             OR EXISTS (SELECT 1 FROM threads t WHERE t.project_id = p.id
                 AND t.id > COALESCE(s.titles_to, ?3) AND t.id < ?2))
         ORDER BY p.id LIMIT ?4",
        &[&after, &below, &Uuid::nil(), &limit],
    )
    .await
}

/// The project's messages above `after` and below `below`, oldest first, those of unfinished forks included. Messages
/// of deleted threads are left out.
pub async fn unindexed(
    tx: &mut Tx,
    project: ProjectId,
    after: MessageId,
    below: Uuid,
    bound: Bound,
) -> Result<Fitted<Message>> {
    let sql = fitting!(
        "?4",
        "octet_length(w.body)",
        "id",
        "SELECT ",
        columns!(),
        " FROM messages m WHERE m.project_id = ?1 AND m.id > ?2 AND m.id < ?3
          AND EXISTS (SELECT 1 FROM threads t WHERE t.id = m.thread_id) ORDER BY m.id LIMIT ?5"
    );
    tx.query_fitting(sql, &[&project, &after, &below, &bound.bytes, &bound.asked()], bound).await
}

/// The project's threads above `after` and below `below`, oldest first, with their titles.
pub async fn untitled(
    tx: &mut Tx,
    project: ProjectId,
    after: ThreadId,
    below: Uuid,
    limit: i64,
) -> Result<Vec<(ThreadId, Option<String>)>> {
    tx.query(
        "SELECT id, title FROM threads WHERE project_id = ?1 AND id > ?2 AND id < ?3 ORDER BY id LIMIT ?4",
        &[&project, &after, &below, &limit],
    )
    .await
}

/// The message of an entry, unless its thread is deleted.
pub async fn said(tx: &mut Tx, project: ProjectId, thread: ThreadId, seq: i64) -> Result<Option<Message>> {
    tx.query_opt(
        concat!(
            "SELECT ",
            columns!(),
            " FROM messages m WHERE m.thread_id = ?2 AND m.seq = ?3 AND m.project_id = ?1
              AND EXISTS (SELECT 1 FROM threads t WHERE t.id = m.thread_id)"
        ),
        &[&project, &thread, &seq],
    )
    .await
}

/// Indexes texts by their tokens, in place of former ones. A text without tokens is only removed. The project is
/// locked.
pub async fn put(tx: &mut Tx, docs: &[(Doc, Vec<String>)]) -> Result<()> {
    let docs: Vec<(&Doc, String)> = docs.iter().map(|(doc, tokens)| (doc, tokens.join(" "))).collect();
    let mut all: Vec<(&'static str, Vec<&dyn Param>)> = Vec::with_capacity(docs.len() * 2);
    for (doc, tokens) in &docs {
        all.push(("DELETE FROM search_rows WHERE thread_id = ?1 AND seq = ?2", vec![&doc.thread, &doc.seq]));
        if !tokens.is_empty() {
            all.push((
                "INSERT INTO search_entries (thread_id, seq, doc_id, tokens)
                 VALUES (?1, ?2, ?3, /*pg string_to_array( */ ?4 /*pg , ' ') */)",
                vec![&doc.thread, &doc.seq, &doc.id, tokens],
            ));
        }
    }
    let all: Vec<(&'static str, &[&dyn Param])> = all.iter().map(|(sql, params)| (*sql, params.as_slice())).collect();
    tx.execute_all(&all).await.map(drop)
}

/// Texts that have all these tokens, or the token `wide`, in no order. `tokens` must not be empty.
pub async fn matching(tx: &mut Tx, tokens: &[String], wide: &str, limit: i64) -> Result<Vec<Doc>> {
    let quoted: Vec<String> = tokens.iter().map(|token| format!("\"{token}\"")).collect();
    tx.query(
        "SELECT r.thread_id, r.seq, r.doc_id FROM
         /*lite*/ search_index JOIN search_rows r ON r.n = search_index.rowid
             WHERE search_index MATCH '(' || ?1 || ') OR \"' || ?2 || '\"' /*end*/
         /*pg search_rows r WHERE r.tokens @> string_to_array(replace(?1, '\"', ''), ' ')
             OR r.tokens @> string_to_array(?2, ' ') */
         LIMIT ?3",
        &[&quoted.join(" "), &wide, &limit],
    )
    .await
}

/// Notes that a text is to be indexed out of the order of ids.
pub async fn note_late(tx: &mut Tx, project: ProjectId, docs: &[Doc]) -> Result<()> {
    for doc in docs {
        tx.execute(
            "INSERT INTO search_late (project_id, thread_id, seq, doc_id, noted) VALUES (?1, ?2, ?3, ?4, 1)
             ON CONFLICT (project_id, thread_id, seq) DO UPDATE SET noted = search_late.noted + 1",
            &[&project, &doc.thread, &doc.seq, &doc.id],
        )
        .await?;
    }
    Ok(())
}

/// Noted texts of all projects.
pub async fn late(tx: &mut Tx, limit: i64) -> Result<Vec<Late>> {
    tx.query(
        "SELECT thread_id, seq, doc_id, project_id, noted FROM search_late ORDER BY project_id, thread_id, seq LIMIT ?1",
        &[&limit],
    )
    .await
}

/// Noted messages of a project, or noted titles.
pub async fn late_of_project(tx: &mut Tx, project: ProjectId, titles: bool, limit: i64) -> Result<Vec<Doc>> {
    tx.query(
        "SELECT thread_id, seq, doc_id FROM search_late
         WHERE project_id = ?1 AND CAST(?2 AS BIGINT) = CASE WHEN seq = 0 THEN 1 ELSE 0 END LIMIT ?3",
        &[&project, &i64::from(titles), &limit],
    )
    .await
}

/// Removes a note, unless the text was noted again.
pub async fn forget_late(tx: &mut Tx, late: &Late) -> Result<()> {
    tx.execute(
        "DELETE FROM search_late WHERE project_id = ?1 AND thread_id = ?2 AND seq = ?3 AND noted = ?4",
        &[&late.project, &late.doc.thread, &late.doc.seq, &late.noted],
    )
    .await
    .map(drop)
}

/// The messages with these ids, newest first. Messages of deleted threads and of unfinished forks are left out.
pub async fn by_ids(tx: &mut Tx, project: ProjectId, ids: &[MessageId], bound: Bound) -> Result<Fitted<Message>> {
    let ids: Vec<String> = ids.iter().map(|id| format!("\"{}\"", id.0.simple())).collect();
    let sql = fitting!(
        "?3",
        "octet_length(w.body)",
        "id DESC",
        "SELECT ",
        columns!(),
        " FROM messages m WHERE m.project_id = ?1
          AND m.id IN (/*lite*/ SELECT unhex(j.value) FROM json_each('[' || ?2 || ']') j /*end*/
              /*pg SELECT CAST(u.id AS UUID) FROM unnest(string_to_array(replace(?2, '\"', ''), ',')) AS u(id) */)
          AND EXISTS (SELECT 1 FROM threads t WHERE t.id = m.thread_id AND t.project_id = ?1)
          ORDER BY m.id DESC LIMIT ?4"
    );
    tx.query_fitting(sql, &[&project, &ids.join(","), &bound.bytes, &bound.asked()], bound).await
}

/// Places of the project's messages above `after`, newest first.
pub async fn messages_above(tx: &mut Tx, project: ProjectId, after: MessageId, limit: i64) -> Result<Vec<Doc>> {
    tx.query(
        "SELECT m.thread_id, m.seq, m.id FROM messages m WHERE m.project_id = ?1 AND m.id > ?2 ORDER BY m.id DESC LIMIT ?3",
        &[&project, &after, &limit],
    )
    .await
}

/// The project's threads above `after`, newest first.
pub async fn threads_above(tx: &mut Tx, project: ProjectId, after: ThreadId, limit: i64) -> Result<Vec<ThreadId>> {
    tx.query(
        "SELECT id FROM threads WHERE project_id = ?1 AND id > ?2 ORDER BY id DESC LIMIT ?3",
        &[&project, &after, &limit],
    )
    .await
}

/// The ids of the project's oldest and newest message.
pub async fn ends(tx: &mut Tx, project: ProjectId) -> Result<Option<(MessageId, MessageId)>> {
    let oldest = tx.query_opt("SELECT id FROM messages WHERE project_id = ?1 ORDER BY id LIMIT 1", &[&project]).await?;
    let newest =
        tx.query_opt("SELECT id FROM messages WHERE project_id = ?1 ORDER BY id DESC LIMIT 1", &[&project]).await?;
    Ok(oldest.zip(newest))
}
