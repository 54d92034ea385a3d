//! What is due and fails is put off, so that the rest comes to its turn.

use domain::{Error, Kind, ProjectId, Result, Timestamp, shares::Holder};
use store::{Operation, on_behalf_of};

use crate::inner::Inner;

/// When to look again at what fails for a reason of its own, and at what fails for one that passes: two writes in each
/// other's way, for one.
pub(crate) const PUT_OFF_S: i64 = 30;
const PUT_OFF_BRIEFLY_S: i64 = 1;

/// Writes what is due, on behalf of the project whose it is; `None` for what has failed and was put off.
///
/// # Errors
/// As of [`put_off`].
pub(crate) async fn write<O: Operation, P: Operation>(
    inner: &Inner,
    project: ProjectId,
    what: &str,
    due: O,
    off: impl FnOnce(Timestamp, Timestamp) -> P,
) -> Result<Option<O::Out>> {
    match on_behalf_of(Holder::project(project), inner.store.write(due)).await {
        Ok(done) => Ok(Some(done)),
        Err(error) => put_off(inner, what, error, off).await.map(|()| None),
    }
}

/// Puts off what has failed, so that the rest comes to its turn: the longest due are looked at first, and of a full round of those
/// that always fail nothing else would ever be looked at. Where the store takes no writes at all, the error is the round's.
///
/// `off` makes the write of now and of when it is to be looked at again.
pub(crate) async fn put_off<O: Operation>(
    inner: &Inner,
    what: &str,
    error: Error,
    off: impl FnOnce(Timestamp, Timestamp) -> O,
) -> Result<()> {
    let now = inner.clock.now();
    let later = now.plus_s(if error.kind == Kind::Unavailable { PUT_OFF_BRIEFLY_S } else { PUT_OFF_S });
    if inner.store.write(off(now, later)).await.is_err() {
        return Err(error);
    }
    tracing::error!(?error, what, "what is due has failed, the rest goes on and this is tried again later");
    Ok(())
}
