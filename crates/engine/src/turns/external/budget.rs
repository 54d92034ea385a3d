//! The budgets of a turn whose program calls its models itself. The server counts what the program reports.

use std::sync::Arc;

use domain::{
    Result, Timestamp,
    agent::Agent,
    budget::{self, Unit},
    codes,
    external::Left,
    turn::Turn,
    usage::{Usage, Usd},
};
use store::Tx;

use super::call::Work;
use crate::{
    budgets::Bound,
    inner::Inner,
    turns::{
        alert,
        reserving::{self, Asker},
    },
};

/// The reason why the program may make no further model call.
pub(super) struct Stop {
    pub(super) code: domain::Code,
    pub(super) reason: String,
}

/// The least that the turn's budgets leave. The inner `Err`: nothing.
pub(super) async fn left(
    tx: &mut Tx,
    turn: &Turn,
    (agent, asker): (&Agent, Asker),
    now: Timestamp,
    inner: &Arc<Inner>,
) -> Result<std::result::Result<Left, Stop>> {
    let mut left = Left::default();
    for bound in bounds(tx, turn, agent, asker, now).await? {
        let drawn = store::budgets::lock(tx, turn.project, &bound.meter, bound.meter.per.ends_at(now)).await?;
        let rest = rest(turn, &bound, drawn, inner);
        if rest <= 0 {
            return Ok(Err(exceeded(&bound)));
        }
        let least = |known: Option<i64>| Some(known.map_or(rest, |known| known.min(rest)));
        match bound.meter.unit {
            Unit::Tokens => left.tokens = least(left.tokens),
            Unit::Usd => left.usd = least(left.usd.map(|usd| usd.0)).map(Usd),
        }
    }
    Ok(Ok(left))
}

/// Counts reported uses against the turn's budgets, in the transaction of the report, so that each report counts once.
/// Returns why the program must stop.
pub(super) async fn pay(
    tx: &mut Tx,
    work: &mut Work<'_>,
    asker: Asker,
    used: &[(Usage, Option<Usd>)],
) -> Result<Option<Stop>> {
    if used.is_empty() {
        return Ok(None);
    }
    let (now, project) = (work.journal.now, work.turn.project);
    let is_unpriced = used.iter().any(|(usage, cost)| cost.is_none() && usage.total() > 0);
    let (mut spent, mut unpriced) = (None, None);
    for bound in bounds(tx, &work.turn, &work.agent, asker, now).await? {
        let meter = bound.meter;
        let before = store::budgets::lock(tx, project, &meter, meter.per.ends_at(now)).await?;
        let uses = used.iter().map(|(usage, cost)| budget::used(meter.unit, usage, *cost));
        let amount = uses.fold(0, i64::saturating_add).min(i64::MAX - before.max(0));
        store::budgets::draw(tx, project, &meter, amount).await?;
        let drawn = before + amount;
        let (free, reserved) = work.inner.budgets.unspent(project, &meter);
        let whole = drawn.saturating_sub(free).saturating_sub(reserved);
        if bound.is_mostly(whole) {
            alert::append(tx, &mut work.journal, bound, whole).await?;
        }
        if rest(&work.turn, &bound, drawn, work.inner) <= 0 {
            spent.get_or_insert_with(|| exceeded(&bound));
        }
        if is_unpriced && meter.unit == Unit::Usd {
            let reason = "a budget of money holds, and the program reported tokens without their cost".to_owned();
            unpriced = Some(Stop { code: codes::PRICE_UNKNOWN, reason });
        }
    }
    Ok(unpriced.or(spent))
}

async fn bounds(tx: &mut Tx, turn: &Turn, agent: &Agent, asker: Asker, now: Timestamp) -> Result<Vec<Bound>> {
    match agent.settings.may_be_budgeted() {
        true => reserving::bounds(tx, asker.payers(turn), turn.id, now).await,
        false => Ok(Vec::new()),
    }
}

/// What is left of a budget. This node's slice of it is not spent.
fn rest(turn: &Turn, bound: &Bound, drawn: i64, inner: &Inner) -> i64 {
    let (free, _) = inner.budgets.unspent(turn.project, &bound.meter);
    bound.most.saturating_sub(drawn).saturating_add(free)
}

fn exceeded(bound: &Bound) -> Stop {
    let (owner, per) = (bound.owner.as_str(), bound.meter.per.as_str());
    let most = budget::told(bound.meter.unit, bound.most);
    Stop { code: codes::BUDGET_EXCEEDED, reason: format!("the budget of the {owner}, {most} per {per}, is spent") }
}
