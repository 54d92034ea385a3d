//! Attachments: the names of stored bytes and the projects that may see them. The bytes are in [`crate::Blobs`].

use domain::{
    AttachmentId, ProjectId, Result,
    attachment::{Attachment, IMAGE_TYPES},
};

use crate::{FromRow, Param, Row, Tx};

macro_rules! columns {
    () => {
        "id, project_id, hash, name, media_type, size_bytes, created_at, thread_id"
    };
}

impl FromRow for Attachment {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let hash: Vec<u8> = row.get(2)?;
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            hash: hash.try_into().map_err(|_| domain::Error::internal("attachments.hash is not 32 bytes long"))?,
            name: row.get(3)?,
            media_type: row.get(4)?,
            size_bytes: row.get(5)?,
            created_at: row.get(6)?,
            thread: row.get(7)?,
        })
    }
}

pub async fn insert(tx: &mut Tx, attachment: &Attachment) -> Result<()> {
    tx.execute(
        concat!("INSERT INTO attachments (", columns!(), ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
        &[
            &attachment.id,
            &attachment.project,
            &attachment.hash.as_slice(),
            &attachment.name,
            &attachment.media_type,
            &attachment.size_bytes,
            &attachment.created_at,
            &attachment.thread,
        ],
    )
    .await
    .map(drop)
}

pub async fn find(tx: &mut Tx, project: ProjectId, id: AttachmentId) -> Result<Option<Attachment>> {
    tx.query_opt(
        concat!("SELECT ", columns!(), " FROM attachments WHERE id = ?1 AND project_id = ?2"),
        &[&id, &project],
    )
    .await
}

/// Ids that one statement of [`some`] asks for.
const ASKED_AT_ONCE: usize = 16;

/// Those of these attachments that the project has, in no order.
pub async fn some(tx: &mut Tx, project: ProjectId, ids: &[AttachmentId]) -> Result<Vec<Attachment>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM attachments WHERE project_id = ?1
          AND id IN (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
    );
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(ASKED_AT_ONCE) {
        let mut params: Vec<&dyn Param> = vec![&project];
        // The last id fills the places that are left.
        let last = ids.last().into_iter().cycle();
        params.extend(ids.iter().chain(last).take(ASKED_AT_ONCE).map(|id| id as &dyn Param));
        found.extend(tx.query(sql, &params).await?);
    }
    Ok(found)
}

/// Tells whether an attachment of any project has these bytes. Takes no project, because garbage collection needs the
/// answer for all.
pub async fn any_of(tx: &mut Tx, hash: &[u8; 32]) -> Result<bool> {
    let any = tx.query_opt("SELECT EXISTS (SELECT 1 FROM attachments WHERE hash = ?1)", &[&hash.as_slice()]).await?;
    Ok(any.unwrap_or(false))
}

/// The pictures of a project, newest first, starting at `offset`.
pub async fn images(tx: &mut Tx, project: ProjectId, offset: i64, limit: i64) -> Result<Vec<Attachment>> {
    let [png, jpeg, gif, webp] = IMAGE_TYPES;
    tx.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM attachments WHERE project_id = ?1 AND media_type IN (?4, ?5, ?6, ?7)
             ORDER BY id DESC LIMIT ?3 OFFSET ?2"
        ),
        &[&project, &offset, &limit, &png, &jpeg, &gif, &webp],
    )
    .await
}

/// Removes the attachment's row and returns the number of rows. The bytes stay, because another attachment may have the
/// same.
pub async fn delete(tx: &mut Tx, project: ProjectId, id: AttachmentId) -> Result<u64> {
    tx.execute("DELETE FROM attachments WHERE id = ?1 AND project_id = ?2", &[&id, &project]).await
}
