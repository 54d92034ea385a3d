//! Tags of projects and of threads.

use domain::{
    ProjectId, Result, ThreadId,
    tag::{Color, Tag},
};

use crate::{Column, FromRow, Param, Row, Tx, Value, value::Mismatch, word};

impl FromRow for Tag {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { name: row.get(0)?, color: word(row, 1, Color::parse)? })
    }
}

/// A thread's tags in one column, one line each: `color name`.
pub(crate) struct Lines(pub(crate) Vec<Tag>);

impl Column for Lines {
    fn read(value: Value<'_>) -> Result<Self, Mismatch> {
        let Value::Text(text) = value else { return Err(Mismatch(format!("expected tags, found {}", value.kind()))) };
        let tag = |line: &str| {
            let (color, name) = line.split_once(' ')?;
            Some(Tag { name: name.into(), color: Color::parse(color)? })
        };
        let all: Option<Vec<_>> = text.split('\n').map(tag).collect();
        let mut all = all.ok_or_else(|| Mismatch("a line that is no tag".into()))?;
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self(all))
    }
}

/// Creates the tag in the project, or changes the colour of an existing one.
pub async fn define(tx: &mut Tx, project: ProjectId, tag: &Tag) -> Result<()> {
    tx.execute(
        "INSERT INTO project_tags (project_id, name, color) VALUES (?1, ?2, ?3)
         ON CONFLICT (project_id, name) DO UPDATE SET color = ?3",
        &[&project, &tag.name, &tag.color.as_str()],
    )
    .await
    .map(drop)
}

/// The project's tag with this name.
pub async fn find(tx: &mut Tx, project: ProjectId, name: &str) -> Result<Option<Tag>> {
    tx.query_opt("SELECT name, color FROM project_tags WHERE project_id = ?1 AND name = ?2", &[&project, &name]).await
}

/// The project's tags after `after`, in the byte order of their names.
pub async fn list(tx: &mut Tx, project: ProjectId, after: Option<&str>, limit: i64) -> Result<Vec<Tag>> {
    tx.query(
        "SELECT name, color FROM project_tags WHERE project_id = ?1
         AND (CAST(?2 AS TEXT) IS NULL OR name /*pg COLLATE \"C\" */ > CAST(?2 AS TEXT))
         ORDER BY name /*pg COLLATE \"C\" */ LIMIT ?3",
        &[&project, &after, &limit],
    )
    .await
}

/// The number of the project's tags.
pub async fn count(tx: &mut Tx, project: ProjectId) -> Result<i64> {
    let count = tx.query_opt("SELECT COUNT(*) FROM project_tags WHERE project_id = ?1", &[&project]).await?;
    Ok(count.unwrap_or(0))
}

/// Replaces the tags of the thread, which is locked.
pub async fn set(tx: &mut Tx, project: ProjectId, thread: ThreadId, names: &[String]) -> Result<()> {
    let params: Vec<[&dyn Param; 3]> = names.iter().map(|name| [&thread as &dyn Param, name, &project]).collect();
    let clear: [&dyn Param; 2] = [&thread, &project];
    let mut statements: Vec<(&'static str, &[&dyn Param])> =
        vec![("DELETE FROM thread_tags WHERE thread_id = ?1 AND project_id = ?2", &clear)];
    statements.extend(params.iter().map(|params| {
        ("INSERT INTO thread_tags (thread_id, name, project_id) VALUES (?1, ?2, ?3)", params.as_slice())
    }));
    tx.execute_all(&statements).await.map(drop)
}

/// The tags of the thread, in the byte order of their names.
pub async fn of_thread(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<Vec<Tag>> {
    tx.query(
        "SELECT g.name, COALESCE(p.color, 'default') FROM thread_tags g
         LEFT JOIN project_tags p ON p.project_id = g.project_id AND p.name = g.name
         WHERE g.thread_id = ?1 AND g.project_id = ?2 ORDER BY g.name /*pg COLLATE \"C\" */",
        &[&thread, &project],
    )
    .await
}
