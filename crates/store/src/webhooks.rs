//! Webhooks: the endpoints that are told of entries.

use domain::{
    Error, ProjectId, Result, StoredSecret, Timestamp, WebhookId,
    webhook::{Disabled, Proof, Webhook},
};

use crate::{FromRow, Json, Row, Tx, json, removals, word};

macro_rules! columns {
    () => {
        "id, project_id, url, dialect, events, description, generation, overlap_ends_at, authorization_value, disabled,
         created_at, updated_at"
    };
}

impl FromRow for Webhook {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let proof = match row.get::<Option<StoredSecret>>(8)? {
            Some(value) => Proof::Authorization(Some(value).filter(|value| !value.as_str().is_empty())),
            None => Proof::Signed { generation: row.get(6)?, overlap_ends_at: row.get(7)? },
        };
        let disabled = match row.get::<Option<String>>(9)? {
            Some(_) => Some(word(row, 9, Disabled::parse)?),
            None => None,
        };
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            url: row.get(2)?,
            proof,
            dialect: row.get(3)?,
            events: row.get::<Option<Json<_>>>(4)?.map(|events| events.0),
            description: row.get(5)?,
            disabled,
            created_at: row.get(10)?,
            updated_at: row.get(11)?,
        })
    }
}

/// The columns of a proof: generation, end of the overlap, value.
type Columns<'a> = (i64, Option<Timestamp>, Option<&'a str>);

fn columns(proof: &Proof) -> Columns<'_> {
    match proof {
        Proof::Signed { generation, overlap_ends_at } => (*generation, *overlap_ends_at, None),
        // Empty means none, because the column also tells the kind of the proof.
        Proof::Authorization(value) => (0, None, Some(value.as_ref().map_or("", StoredSecret::as_str))),
    }
}

pub async fn insert(tx: &mut Tx, webhook: &Webhook) -> Result<()> {
    let events = webhook.events.as_ref().map(json).transpose()?;
    let (generation, overlap_ends_at, value) = columns(&webhook.proof);
    tx.execute(
        concat!("INSERT INTO webhooks (", columns!(), ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"),
        &[
            &webhook.id,
            &webhook.project,
            &webhook.url,
            &webhook.dialect,
            &events,
            &webhook.description,
            &generation,
            &overlap_ends_at,
            &value,
            &webhook.disabled.map(Disabled::as_str),
            &webhook.created_at,
            &webhook.updated_at,
        ],
    )
    .await
    .map(drop)
}

/// Writes all changeable fields of a webhook.
pub async fn save(tx: &mut Tx, webhook: &Webhook) -> Result<()> {
    let events = webhook.events.as_ref().map(json).transpose()?;
    let (generation, overlap_ends_at, value) = columns(&webhook.proof);
    let rows = tx
        .execute(
            "UPDATE webhooks SET url = ?3, events = ?4, description = ?5, generation = ?6, overlap_ends_at = ?7,
             authorization_value = ?8, disabled = ?9, updated_at = ?10 WHERE id = ?1 AND project_id = ?2",
            &[
                &webhook.id,
                &webhook.project,
                &webhook.url,
                &events,
                &webhook.description,
                &generation,
                &overlap_ends_at,
                &value,
                &webhook.disabled.map(Disabled::as_str),
                &webhook.updated_at,
            ],
        )
        .await?;
    match rows {
        1 => Ok(()),
        _ => Err(Error::internal(format!("webhooks: {} is gone", webhook.id))),
    }
}

pub async fn find(tx: &mut Tx, project: ProjectId, id: WebhookId) -> Result<Option<Webhook>> {
    tx.query_opt(concat!("SELECT ", columns!(), " FROM webhooks WHERE id = ?1 AND project_id = ?2"), &[&id, &project])
        .await
}

/// The webhook, locked until the transaction ends.
pub async fn lock(tx: &mut Tx, project: ProjectId, id: WebhookId) -> Result<Option<Webhook>> {
    tx.query_opt(
        concat!("SELECT ", columns!(), " FROM webhooks WHERE id = ?1 AND project_id = ?2 /*pg FOR UPDATE */"),
        &[&id, &project],
    )
    .await
}

/// Webhooks of a project after `after`, oldest first.
pub async fn list(tx: &mut Tx, project: ProjectId, after: Option<WebhookId>, limit: i64) -> Result<Vec<Webhook>> {
    tx.query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM webhooks WHERE project_id = ?1 AND (id > ?2 OR ?2 IS NULL) ORDER BY id LIMIT ?3"
        ),
        &[&project, &after, &limit],
    )
    .await
}

pub async fn count(tx: &mut Tx, project: ProjectId) -> Result<i64> {
    let count = tx.query_opt("SELECT COUNT(*) FROM webhooks WHERE project_id = ?1", &[&project]).await?;
    Ok(count.unwrap_or(0))
}

/// Removes the webhook. [`crate::removals::step`] removes its backlogs and its delivery attempts.
pub async fn delete(tx: &mut Tx, project: ProjectId, id: WebhookId, now: Timestamp) -> Result<()> {
    match tx.execute("DELETE FROM webhooks WHERE id = ?1 AND project_id = ?2", &[&id, &project]).await? {
        0 => Ok(()),
        _ => removals::remain(tx, project, id.0, now).await,
    }
}

/// All enabled webhooks with pending entries, of all projects, each with its earliest due time. It is `now` if a due
/// time is after `longest`; see [`crate::webhook_backlogs`].
pub async fn pending(
    tx: &mut Tx,
    now: Timestamp,
    longest: Timestamp,
) -> Result<Vec<(WebhookId, ProjectId, Timestamp)>> {
    tx.query(
        "SELECT id, project_id, due FROM (
             SELECT w.id, w.project_id, CASE
                 WHEN (SELECT MAX(b.due_at) FROM webhook_backlogs b WHERE b.webhook_id = w.id) > CAST(?2 AS BIGINT)
                     AND (SELECT MIN(b.due_at) FROM webhook_backlogs b WHERE b.webhook_id = w.id) > CAST(?1 AS BIGINT)
                 THEN CAST(?1 AS BIGINT)
                 ELSE (SELECT MIN(b.due_at) FROM webhook_backlogs b WHERE b.webhook_id = w.id)
                 END AS due
             FROM webhooks w WHERE w.disabled IS NULL) AS told
         WHERE due IS NOT NULL ORDER BY due",
        &[&now, &longest],
    )
    .await
}
