//! What services have in common that look for what is due, round after round.

use std::time::Duration;

use domain::{Error, Kind, Result, Timestamp};
use store::Operation;

use crate::inner::Inner;

/// How often it is looked for without being told.
const BACKSTOP: Duration = Duration::from_secs(30);
/// Pause after a round in which the store took nothing, not even that it is put off.
const FAILED: Duration = Duration::from_secs(1);
/// When to look again at what fails for a reason of its own, and at what fails for one that passes: two writes in each
/// other's way, for one.
pub(crate) const PUT_OFF_S: i64 = 30;
const PUT_OFF_BRIEFLY_S: i64 = 1;

/// How long to wait after a round that has said when the next thing is due. `failed` is what is logged when it could not.
pub(crate) fn pause(next: Result<Option<Timestamp>>, now: Timestamp, failed: &str) -> Duration {
    match next {
        Ok(next) => next.map_or(BACKSTOP, |due| until(due, now)),
        Err(error) => {
            tracing::error!(?error, "{failed}, trying again");
            FAILED
        }
    }
}

fn until(due: Timestamp, now: Timestamp) -> Duration {
    let us = u64::try_from(due.since_us(now)).unwrap_or(0);
    Duration::from_micros(us).clamp(Duration::from_millis(10), BACKSTOP)
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
