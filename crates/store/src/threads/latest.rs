//! Threads by their newest entries.

use domain::{ProjectId, Result, ThreadId, Timestamp, thread::Thread};
use uuid::Uuid;

use super::{
    Filter, columns,
    filter::{filtered, may_contain},
    select,
};
use crate::{Bound, Fitted, Tx, fitting};

/// A place in the list of [`latest`]: the time of the newest entry, and the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latest {
    pub at: Timestamp,
    pub thread: ThreadId,
}

/// Threads below `before` that match the filter, those with the newest entries first.
pub async fn latest(
    tx: &mut Tx,
    project: ProjectId,
    filter: &Filter,
    before: Option<Latest>,
    bound: Bound,
) -> Result<Fitted<Thread>> {
    let Latest { at, thread } = before.unwrap_or(Latest { at: Timestamp(i64::MAX), thread: ThreadId(Uuid::max()) });
    let sql = fitting!(
        "?16",
        "octet_length(w.metadata) + octet_length(w.participants) + COALESCE(octet_length(w.title), 0)",
        "last_at DESC, id DESC",
        select!(
            "WHERE project_id = ?1 AND active <= CAST(?17 AS BIGINT) / 600000000
             AND (last_at < CAST(?17 AS BIGINT) OR (last_at = CAST(?17 AS BIGINT) AND id < ?2))"
        ),
        filtered!(),
        "ORDER BY active DESC, last_at DESC, id DESC LIMIT ?7"
    );
    filter.query(tx, sql, project, (&thread, &at), bound).await
}
