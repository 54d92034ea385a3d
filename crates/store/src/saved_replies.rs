//! Saved replies: texts that members send again and again.

use domain::{ProjectId, Result, SavedReplyId, project::SavedReply};

use crate::{FromRow, Row, Tx};

impl FromRow for SavedReply {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            name: row.get(2)?,
            text: row.get(3)?,
            created_at: row.get(4)?,
            updated_at: row.get(5)?,
        })
    }
}

/// `false` if the project has a reply of this name.
pub async fn insert(tx: &mut Tx, reply: &SavedReply) -> Result<bool> {
    let rows = tx
        .execute(
            "INSERT INTO saved_replies (id, project_id, name, text, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            &[&reply.id, &reply.project, &reply.name, &reply.text, &reply.created_at, &reply.updated_at],
        )
        .await?;
    Ok(rows == 1)
}

/// The reply, locked until the transaction ends.
pub async fn lock(tx: &mut Tx, project: ProjectId, id: SavedReplyId) -> Result<Option<SavedReply>> {
    tx.query_opt(
        "SELECT id, project_id, name, text, created_at, updated_at FROM saved_replies
         WHERE id = ?1 AND project_id = ?2 /*pg FOR UPDATE */",
        &[&id, &project],
    )
    .await
}

pub async fn find(tx: &mut Tx, project: ProjectId, id: SavedReplyId) -> Result<Option<SavedReply>> {
    tx.query_opt(
        "SELECT id, project_id, name, text, created_at, updated_at FROM saved_replies
         WHERE id = ?1 AND project_id = ?2",
        &[&id, &project],
    )
    .await
}

pub async fn find_by_name(tx: &mut Tx, project: ProjectId, name: &str) -> Result<Option<SavedReply>> {
    tx.query_opt(
        "SELECT id, project_id, name, text, created_at, updated_at FROM saved_replies
         WHERE project_id = ?1 AND name = ?2",
        &[&project, &name],
    )
    .await
}

/// Replies of a project beyond a name, by name.
pub async fn list(tx: &mut Tx, project: ProjectId, after: Option<&str>, limit: i64) -> Result<Vec<SavedReply>> {
    tx.query(
        "SELECT id, project_id, name, text, created_at, updated_at FROM saved_replies
         WHERE project_id = ?1
         AND (CAST(?2 AS TEXT) IS NULL OR name /*pg COLLATE \"C\" */ > CAST(?2 AS TEXT))
         ORDER BY name /*pg COLLATE \"C\" */ LIMIT ?3",
        &[&project, &after, &limit],
    )
    .await
}

/// The number of a project's replies.
pub async fn count(tx: &mut Tx, project: ProjectId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM saved_replies WHERE project_id = ?1";
    Ok(tx.query_opt(sql, &[&project]).await?.unwrap_or(0))
}

pub async fn save(tx: &mut Tx, reply: &SavedReply) -> Result<u64> {
    tx.execute(
        "UPDATE saved_replies SET name = ?3, text = ?4, updated_at = ?5 WHERE id = ?1 AND project_id = ?2",
        &[&reply.id, &reply.project, &reply.name, &reply.text, &reply.updated_at],
    )
    .await
}

pub async fn delete(tx: &mut Tx, project: ProjectId, id: SavedReplyId) -> Result<u64> {
    tx.execute("DELETE FROM saved_replies WHERE id = ?1 AND project_id = ?2", &[&id, &project]).await
}
