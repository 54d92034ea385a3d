//! Sign-ins of browsers at the console, and the links that sign members in. Secrets are hashes.

use domain::{
    MemberId, ProjectId, Result, SignInId, Timestamp,
    project::Role,
    sign_in::{By, Link, SignIn},
};

use crate::{FromRow, Row, Tx, word};

/// A sign-in, with the role of its member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub sign_in: SignIn,
    /// Absent for the sign-in of a key, and once the member is removed.
    pub role: Option<Role>,
}

impl FromRow for Found {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let by = match row.get::<Option<_>>(2)? {
            Some(key) => By::Key(key),
            None => By::Member(row.get(3)?),
        };
        let sign_in = SignIn {
            id: row.get(0)?,
            project: row.get(1)?,
            by,
            created_at: row.get(4)?,
            ends_at: row.get(5)?,
            expires_at: row.get(6)?,
        };
        let role = row.get::<Option<String>>(7)?.map(|_| word(row, 7, Role::parse)).transpose()?;
        Ok(Self { sign_in, role })
    }
}

impl FromRow for Link {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            project: row.get(0)?,
            member: row.get(1)?,
            key: row.get(2)?,
            created_at: row.get(3)?,
            expires_at: row.get(4)?,
        })
    }
}

/// Stores a sign-in. `hash` is the SHA-256 of its secret.
pub async fn insert(tx: &mut Tx, sign_in: &SignIn, hash: &[u8]) -> Result<()> {
    tx.execute(
        "INSERT INTO sign_ins (id, hash, project_id, key_id, member_id, created_at, ends_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        &[
            &sign_in.id,
            &hash,
            &sign_in.project,
            &sign_in.by.key(),
            &sign_in.by.member(),
            &sign_in.created_at,
            &sign_in.ends_at,
            &sign_in.expires_at,
        ],
    )
    .await
    .map(drop)
}

/// The sign-in with this hash, over or not. Takes no project, because the hash alone identifies the browser.
pub async fn find_by_hash(tx: &mut Tx, hash: &[u8]) -> Result<Option<Found>> {
    tx.query_opt(
        "SELECT s.id, s.project_id, s.key_id, s.member_id, s.created_at, s.ends_at, s.expires_at, m.role
         FROM sign_ins s LEFT JOIN members m ON m.id = s.member_id AND m.project_id = s.project_id WHERE s.hash = ?1",
        &[&hash],
    )
    .await
}

/// Moves the end by inactivity.
pub async fn prolong(tx: &mut Tx, project: ProjectId, id: SignInId, ends_at: Timestamp) -> Result<u64> {
    let sql = "UPDATE sign_ins SET ends_at = ?3 WHERE id = ?1 AND project_id = ?2 AND ends_at < ?3";
    tx.execute(sql, &[&id, &project, &ends_at]).await
}

pub async fn delete(tx: &mut Tx, project: ProjectId, id: SignInId) -> Result<u64> {
    tx.execute("DELETE FROM sign_ins WHERE id = ?1 AND project_id = ?2", &[&id, &project]).await
}

/// Deletes the sign-ins of a key or a member, except for the `keep` newest.
pub async fn delete_older(tx: &mut Tx, project: ProjectId, by: By, keep: i64) -> Result<u64> {
    tx.execute(
        "DELETE FROM sign_ins WHERE id IN (SELECT id FROM sign_ins
             WHERE project_id = ?1 AND (key_id = ?2 OR member_id = ?3) ORDER BY id DESC LIMIT 1000000 OFFSET ?4)",
        &[&project, &by.key(), &by.member(), &keep],
    )
    .await
}

/// Deletes up to `limit` sign-ins and as many links that ended before `now`, of any project.
pub async fn delete_ended(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<()> {
    tx.execute_all(&[
        (
            "DELETE FROM sign_ins WHERE id IN (SELECT id FROM sign_ins WHERE ends_at <= ?1 ORDER BY ends_at LIMIT ?2)",
            &[&now, &limit],
        ),
        (
            "DELETE FROM sign_in_links WHERE hash IN (SELECT hash FROM sign_in_links WHERE expires_at <= ?1
                 ORDER BY expires_at LIMIT ?2)",
            &[&now, &limit],
        ),
    ])
    .await
    .map(drop)
}

/// Stores a link. `hash` is the SHA-256 of its secret.
pub async fn insert_link(tx: &mut Tx, link: &Link, hash: &[u8]) -> Result<()> {
    tx.execute(
        "INSERT INTO sign_in_links (hash, project_id, member_id, key_id, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        &[&hash, &link.project, &link.member, &link.key, &link.created_at, &link.expires_at],
    )
    .await
    .map(drop)
}

/// The link with this hash, which is deleted. Takes no project, because the hash alone identifies the link.
pub async fn take_link(tx: &mut Tx, hash: &[u8]) -> Result<Option<Link>> {
    let sql =
        "DELETE FROM sign_in_links WHERE hash = ?1 RETURNING project_id, member_id, key_id, created_at, expires_at";
    tx.query_opt(sql, &[&hash]).await
}

/// Deletes the links of a member.
pub async fn delete_links(tx: &mut Tx, project: ProjectId, member: MemberId) -> Result<u64> {
    let sql = "DELETE FROM sign_in_links WHERE project_id = ?1 AND member_id = ?2";
    tx.execute(sql, &[&project, &member]).await
}
