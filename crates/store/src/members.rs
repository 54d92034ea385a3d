//! Members: the people of a project.

use domain::{
    MemberId, ProjectId, Result,
    project::{Member, Role},
};

use crate::{FromRow, Row, Tx, word};

impl FromRow for Member {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            project: row.get(1)?,
            email: row.get(2)?,
            name: row.get(3)?,
            created_at: row.get(4)?,
            role: word(row, 5, Role::parse)?,
        })
    }
}

/// `false` if the project has a member with this address. `email` is in lower case.
pub async fn insert(tx: &mut Tx, member: &Member) -> Result<bool> {
    let rows = tx
        .execute(
            "INSERT INTO members (id, project_id, email, name, created_at, role) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO NOTHING",
            &[&member.id, &member.project, &member.email, &member.name, &member.created_at, &member.role.as_str()],
        )
        .await?;
    Ok(rows == 1)
}

pub async fn find(tx: &mut Tx, project: ProjectId, id: MemberId) -> Result<Option<Member>> {
    tx.query_opt(
        "SELECT id, project_id, email, name, created_at, role FROM members WHERE id = ?1 AND project_id = ?2",
        &[&id, &project],
    )
    .await
}

pub async fn find_by_email(tx: &mut Tx, project: ProjectId, email: &str) -> Result<Option<Member>> {
    tx.query_opt(
        "SELECT id, project_id, email, name, created_at, role FROM members WHERE project_id = ?1 AND email = ?2",
        &[&project, &email],
    )
    .await
}

/// Members of a project, oldest first.
pub async fn list(tx: &mut Tx, project: ProjectId, after: Option<MemberId>, limit: i64) -> Result<Vec<Member>> {
    tx.query(
        "SELECT id, project_id, email, name, created_at, role FROM members
         WHERE project_id = ?1 AND (id > ?2 OR ?2 IS NULL) ORDER BY id LIMIT ?3",
        &[&project, &after, &limit],
    )
    .await
}

/// The project's admins, locked in one order until the transaction ends. So of two changes at once, the second sees the first.
pub async fn lock_admins(tx: &mut Tx, project: ProjectId) -> Result<Vec<MemberId>> {
    let ids = "SELECT id FROM members WHERE project_id = ?1 AND role = 'admin' ORDER BY id /*pg FOR UPDATE */";
    tx.query(ids, &[&project]).await
}

pub async fn set_role(tx: &mut Tx, project: ProjectId, id: MemberId, role: Role) -> Result<u64> {
    let set = "UPDATE members SET role = ?3 WHERE id = ?2 AND project_id = ?1";
    tx.execute(set, &[&project, &id, &role.as_str()]).await
}

pub async fn delete(tx: &mut Tx, project: ProjectId, id: MemberId) -> Result<u64> {
    tx.execute("DELETE FROM members WHERE id = ?1 AND project_id = ?2", &[&id, &project]).await
}
