//! Attachments: who may see which bytes, under what name. The bytes are in [`crate::Blobs`].

use domain::{AttachmentId, ProjectId, Result, attachment::Attachment};

use crate::{FromRow, Row, Tx};

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
        })
    }
}

pub async fn insert(tx: &mut Tx, attachment: &Attachment) -> Result<()> {
    tx.execute(
        "INSERT INTO attachments (id, project_id, hash, name, media_type, size_bytes, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        &[
            &attachment.id,
            &attachment.project,
            &attachment.hash.as_slice(),
            &attachment.name,
            &attachment.media_type,
            &attachment.size_bytes,
            &attachment.created_at,
        ],
    )
    .await
    .map(drop)
}

pub async fn find(tx: &mut Tx, project: ProjectId, id: AttachmentId) -> Result<Option<Attachment>> {
    tx.query_opt(
        "SELECT id, project_id, hash, name, media_type, size_bytes, created_at FROM attachments
         WHERE id = ?1 AND project_id = ?2",
        &[&id, &project],
    )
    .await
}
