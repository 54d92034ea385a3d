//! Offers a turn to the programs of its agent.

use std::sync::Arc;

use domain::{
    Result, Timestamp,
    agent::{Agent, Kind},
    external::External,
    turn::Turn,
};
use store::Tx;

use crate::inner::Inner;

/// A sooner alarm must wake the service, which looks by itself after this time.
const SOON_S: i64 = 30;

/// Offers the turn if its agent is external. `false` for an agent that a model answers for.
pub(crate) async fn offer(tx: &mut Tx, turn: &Turn, agent: &Agent, inner: &Arc<Inner>) -> Result<bool> {
    if agent.settings.kind != Kind::External {
        return Ok(false);
    }
    let found = store::external_turns::find(tx, turn.project, turn.id).await?;
    again(tx, &mut found.unwrap_or_else(|| new(turn)), agent, inner).await?;
    Ok(true)
}

/// Offers a turn that is not stored yet, as [`offer`].
pub(crate) async fn for_turn(tx: &mut Tx, turn: &Turn, agent: &Agent, inner: &Arc<Inner>) -> Result<bool> {
    if agent.settings.kind != Kind::External {
        return Ok(false);
    }
    again(tx, &mut new(turn), agent, inner).await?;
    Ok(true)
}

/// Offers a turn that has its row. Calls of its last attempt still get their answers.
pub(super) async fn again(tx: &mut Tx, row: &mut External, agent: &Agent, inner: &Arc<Inner>) -> Result<()> {
    let now = inner.clock.now();
    let wait_s = agent.settings.unclaimed_s.unwrap_or(inner.limits.unclaimed_s as i64);
    row.offered_at = Some(now);
    set_alarm(tx, row, now.plus_s(wait_s), now, inner);
    let (inner, agent) = (inner.clone(), agent.id);
    tx.on_commit(move || inner.offers.announce(agent));
    store::external_turns::save(tx, row).await
}

/// Sets the time at which the server acts by itself.
pub(super) fn set_alarm(tx: &mut Tx, row: &mut External, at: Timestamp, now: Timestamp, inner: &Arc<Inner>) {
    row.alarm_at = Some(at);
    if at < now.plus_s(SOON_S) {
        let inner = inner.clone();
        tx.on_commit(move || inner.external.notify_one());
    }
}

fn new(turn: &Turn) -> External {
    External {
        turn: turn.id,
        project: turn.project,
        agent: turn.agent,
        thread: turn.thread,
        offered_at: None,
        alarm_at: None,
        attempt: 0,
        n: 0,
        fingerprint: None,
        answer: None,
        progress: Default::default(),
    }
}
