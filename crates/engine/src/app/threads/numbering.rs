//! Lists of threads by number, for contracts with offsets instead of cursors.
//!
//! All threads are counted by an index. With a filter, candidate threads are read in ranges, each by its own statement.
//! The number of the project's threads bounds this work.

use std::collections::BTreeSet;

use crate::narrowing;
use domain::{ProjectId, Result, ThreadId, fold};
use store::{
    Tx,
    threads::{self, Stretch},
    tickets::{self, Filter},
};

/// Threads that one statement reads.
const ROWS: i64 = 1_000;

/// The threads that match a filter, newest first, starting at `offset`, and the number of all matches. The filter's
/// title is already folded.
pub(crate) async fn numbered(
    tx: &mut Tx,
    project: ProjectId,
    filter: &Filter,
    offset: i64,
    limit: i64,
) -> Result<(Vec<ThreadId>, i64)> {
    if *filter == Filter::default() {
        let page = tickets::all(tx, project, offset, limit).await?;
        return Ok((page, tickets::count(tx, project).await?));
    }
    if !filter.has_key()
        && let Some(title) = &filter.title
        && let Some(ids) = narrowing::titles(tx, project, title).await?
    {
        return among(tx, project, filter, ids, (offset, limit)).await;
    }
    let (mut page, mut total, mut before) = (Vec::new(), 0, None);
    loop {
        let from = match filter.has_key() {
            true => None,
            false => match threads::edge(tx, project, before, ROWS).await? {
                Some(edge) => Some(edge),
                None => return Ok((page, total)),
            },
        };
        let found = tickets::matching(tx, project, filter, Stretch { before, from }, ROWS).await?;
        before = from.or(found.last().map(|(id, _)| *id));
        let is_last = filter.has_key() && (found.len() as i64) < ROWS;
        for (id, _) in found.into_iter().filter(|(_, title)| lets(filter, title.as_deref())) {
            if total >= offset && (page.len() as i64) < limit {
                page.push(id);
            }
            total += 1;
        }
        if is_last {
            return Ok((page, total));
        }
    }
}

/// Like [`numbered`], among these threads.
async fn among(
    tx: &mut Tx,
    project: ProjectId,
    filter: &Filter,
    ids: BTreeSet<ThreadId>,
    (offset, limit): (i64, i64),
) -> Result<(Vec<ThreadId>, i64)> {
    let mut found = Vec::new();
    for id in ids.into_iter().rev() {
        let one = tickets::matching(tx, project, filter, Stretch::one(id), 1).await?;
        found.extend(one.into_iter().filter(|(_, title)| lets(filter, title.as_deref())).map(|(id, _)| id));
    }
    let total = found.len() as i64;
    let (skip, take) = (usize::try_from(offset).unwrap_or(0), usize::try_from(limit).unwrap_or(0));
    Ok((found.into_iter().skip(skip).take(take).collect(), total))
}

fn lets(filter: &Filter, title: Option<&str>) -> bool {
    let Some(folded) = &filter.title else { return true };
    title.is_some_and(|title| fold::contains(title, folded))
}
