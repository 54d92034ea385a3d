//! The audit trail: each act of a key in a member's name.

use domain::{KeyId, MemberId, MessageId, ProjectId, Result, ThreadId, Timestamp};
use uuid::Uuid;

use crate::{FromRow, Row, Tx};

/// One record of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub id: Uuid,
    pub project: ProjectId,
    /// The key that acted.
    pub key: KeyId,
    /// The kind of act, for example `impersonate`.
    pub action: String,
    /// The member in whose name the key acted.
    pub member: Option<MemberId>,
    pub thread: Option<ThreadId>,
    pub message: Option<MessageId>,
    /// The id or the name of the key, webhook, agent or provider that the act changed.
    pub object: Option<String>,
    pub at: Timestamp,
}

impl FromRow for Record {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            key: row.get(2)?,
            action: row.get(3)?,
            member: row.get(4)?,
            thread: row.get(5)?,
            message: row.get(6)?,
            at: row.get(7)?,
            object: row.get(8)?,
        })
    }
}

pub async fn insert(tx: &mut Tx, record: &Record) -> Result<()> {
    tx.execute(
        "INSERT INTO audit (id, project_id, key_id, action, member_id, thread_id, message_id, at, object)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        &[
            &record.id,
            &record.project,
            &record.key,
            &record.action,
            &record.member,
            &record.thread,
            &record.message,
            &record.at,
            &record.object,
        ],
    )
    .await
    .map(drop)
}

/// The filter of a trail. Absent fields match all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub action: Option<String>,
    pub key: Option<KeyId>,
    pub member: Option<MemberId>,
    pub thread: Option<ThreadId>,
}

/// The project's trail with an id below `before`, newest first.
pub async fn list(
    tx: &mut Tx,
    project: ProjectId,
    filter: &Filter,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Record>> {
    tx.query(
        "SELECT id, project_id, key_id, action, member_id, thread_id, message_id, at, object FROM audit
         WHERE project_id = ?1 AND (id < ?2 OR ?2 IS NULL) AND (action = ?4 OR ?4 IS NULL)
             AND (key_id = ?5 OR ?5 IS NULL) AND (member_id = ?6 OR ?6 IS NULL) AND (thread_id = ?7 OR ?7 IS NULL)
         ORDER BY id DESC LIMIT ?3",
        &[&project, &before, &limit, &filter.action, &filter.key, &filter.member, &filter.thread],
    )
    .await
}
