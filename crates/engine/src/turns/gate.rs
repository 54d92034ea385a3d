//! The gate of model calls: breakers of routes and pools of providers say when a call may begin.

use std::{sync::Arc, time::Duration};

use domain::{fault::Fault, turn::Turn};
use providers::{Lead, Target};

use super::{
    calling::Calling,
    claim::ClaimDue,
    run::{Halt, Run},
    saying::{Answer, Broken},
};
use crate::{
    breakers::Probe,
    inner::Inner,
    pools::{Reserved, Seat},
};

/// A turn waits so long for a place with its worker, and then without one.
const WITH_WORKER: Duration = Duration::from_secs(1);
/// The wait ends sooner with a place. Another process, and a task that was lost, go by the time.
const WITHOUT_WORKER: Duration = Duration::from_secs(30);

/// The task that waits is ended by the turn's next claim, or by its end.
const FOREVER: Duration = Duration::from_secs(1 << 32);

/// The right to call the present target. Dropping it returns the place.
pub(super) struct Pass {
    _seat: Option<Seat>,
    _probe: Option<Probe>,
}

/// The reason why no call begins now.
pub(super) enum Closed {
    /// The turn is tried again after this time, or when it has a place at this provider.
    For(Duration, Option<Arc<Lead>>),
    Fail(Halt),
}

/// Waits a moment for the right to call. A route whose breaker is open is left to its fallbacks.
pub(super) async fn enter(run: &Run, calling: &mut Calling, inner: &Arc<Inner>) -> Result<Pass, Closed> {
    let probe = calling.admit(run.turn.project, inner).map_err(|closed| match closed {
        Some(pause) => Closed::For(pause, None),
        None => Closed::Fail(Halt::Fail {
            code: Fault::Unavailable.as_str().into(),
            reason: format!(
                "the model {} failed again and again, so it is not called for a while",
                calling.asked().name
            ),
        }),
    })?;
    let Target::Provider(lead) = calling.target() else { return Ok(Pass { _seat: None, _probe: probe }) };
    let seat = match run.reserved.take(lead) {
        Some(seat) => Some(seat),
        None => inner.pools.take(lead, run.turn.project, Duration::ZERO).await,
    };
    let seat = match seat {
        Some(seat) => seat,
        None => {
            // Others may borrow the worker's place meanwhile.
            run.permit.set_slow(true);
            let seat = inner.pools.take(lead, run.turn.project, WITH_WORKER).await;
            run.permit.set_slow(false);
            seat.ok_or_else(|| Closed::For(WITHOUT_WORKER, Some(lead.clone())))?
        }
    };
    calling.begins(inner);
    Ok(Pass { _seat: Some(seat), _probe: probe })
}

/// Returns the place, and tells the breaker of the target how its call ended.
pub(super) fn leave(pass: Pass, run: &Run, target: &Target, heard: &Result<Answer, Broken>, inner: &Inner) {
    drop(pass);
    let (Target::Provider(lead), project) = (target, run.turn.project) else { return };
    match heard {
        Err(Broken::Failed(failure)) if failure.fault.is_transient() => {
            inner.breakers.failed(project, lead, inner.clock.now());
        }
        Ok(_) | Err(Broken::Failed(_)) => inner.breakers.answered(project, lead),
        Err(_) => {}
    }
}

/// Waits without a worker for a place at the provider, and claims the turn with it.
pub(super) async fn wait(turn: Turn, lead: Arc<Lead>, inner: Arc<Inner>) {
    let Turn { id, thread, project, agent, .. } = turn;
    let Some(seat) = inner.pools.take(&lead, project, FOREVER).await else { return };
    inner.workers.has_waited(id);
    let reserved = Some(Reserved::of(&lead, seat));
    let Some(permit) = inner.workers.wait_free(project, agent).await else { return };
    let claim = ClaimDue { inner: inner.clone(), turn: id, thread, project, permit, reserved };
    if let Err(error) = inner.store.write(claim).await {
        tracing::error!(?error, turn = %id, "a turn with a place at its provider could not be claimed, so it is due later");
    }
}
