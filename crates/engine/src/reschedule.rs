//! Reschedules due work that failed, so that other due work gets its turn (no starvation).

use domain::{Error, Kind, ProjectId, Result, Timestamp, shares::Holder};
use store::{Operation, on_behalf_of};

use crate::inner::Inner;

/// The delay after a permanent fault, and after a transient one such as two conflicting writes.
pub(crate) const RESCHEDULE_S: i64 = 30;
const RESCHEDULE_SOON_S: i64 = 1;

/// Runs a due write on behalf of its project. `None` if it failed and was rescheduled.
///
/// # Errors
/// As [`reschedule`].
pub(crate) async fn write<O: Operation, P: Operation>(
    inner: &Inner,
    project: ProjectId,
    what: &str,
    due: O,
    off: impl FnOnce(Timestamp, Timestamp) -> P,
) -> Result<Option<O::Out>> {
    match on_behalf_of(Holder::project(project), inner.store.write(due)).await {
        Ok(done) => Ok(Some(done)),
        Err(error) => reschedule(inner, what, error, off).await.map(|()| None),
    }
}

/// Reschedules failed work, so that other work gets its turn. The longest due work comes first, and a round full of
/// failing work would otherwise block the rest forever. If the store accepts no writes at all, the error ends the
/// round.
///
/// `off` makes the write from the present time and the next due time.
pub(crate) async fn reschedule<O: Operation>(
    inner: &Inner,
    what: &str,
    error: Error,
    off: impl FnOnce(Timestamp, Timestamp) -> O,
) -> Result<()> {
    let now = inner.clock.now();
    let later = now.plus_s(if error.kind == Kind::Unavailable { RESCHEDULE_SOON_S } else { RESCHEDULE_S });
    if inner.store.write(off(now, later)).await.is_err() {
        return Err(error);
    }
    tracing::error!(?error, what, "a due item failed and is tried again later; the others go on");
    Ok(())
}
