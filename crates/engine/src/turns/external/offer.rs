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
/// Backoff after the first push without a call of the program. Each further one is twice as long.
const FIRST_PAUSE_MS: i64 = 1_000;
/// Longest backoff of a push.
pub(crate) const LONGEST_PAUSE_MS: i64 = 60_000;

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

/// Offers a turn that has its row. Calls of its last attempt still get their answers. A turn whose agent has an endpoint
/// is pushed too.
pub(super) async fn again(tx: &mut Tx, row: &mut External, agent: &Agent, inner: &Arc<Inner>) -> Result<()> {
    let now = inner.clock.now();
    let wait_s = agent.settings.unclaimed_s.unwrap_or(inner.limits.unclaimed_s as i64);
    row.offered_at = Some(now);
    let since = match agent.settings.push {
        Some(_) => push(tx, row, now, inner),
        None => now,
    };
    set_alarm(tx, row, since.plus_s(wait_s), now, inner);
    let (inner, agent) = (inner.clone(), agent.id);
    tx.on_commit(move || inner.offers.announce(agent));
    store::external_turns::save(tx, row).await
}

/// Schedules the push: at once the first time, and with backoff until a program has made a call. Returns the time since
/// which the turn waits for that call.
fn push(tx: &mut Tx, row: &mut External, now: Timestamp, inner: &Arc<Inner>) -> Timestamp {
    let [random] = inner.clock.random();
    row.pushing.at = Some(match row.pushing.tries {
        0 => now,
        tries => now.plus_ms(pause_ms(tries, random)),
    });
    let inner = inner.clone();
    tx.on_commit(move || inner.pushes.ring());
    *row.pushing.since.get_or_insert(now)
}

/// The backoff: 1 s, 2 s, 4 s … [`LONGEST_PAUSE_MS`], times four to six fifths. `random` adds jitter.
fn pause_ms(tries: i64, random: u8) -> i64 {
    let steps = u32::try_from(tries - 1).unwrap_or(0).min(16);
    let middle = (FIRST_PAUSE_MS << steps).min(LONGEST_PAUSE_MS);
    middle * 4 / 5 + middle * 2 / 5 * i64::from(random) / 255
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
        pushing: Default::default(),
    }
}
