//! The budgets of a turn: each model call is reserved at its worst case before it is made, and settled afterwards.

use std::sync::Arc;

use domain::{
    CustomerId, KeyId, ProjectId, Result, Timestamp, TurnId,
    author::Author,
    budget::{self, Meter, Owner, Per, Unit},
    codes,
    message::Message,
    turn::Turn,
    usage::{Usage, Usd},
};
use providers::Request;
use store::{
    Operation, Tx,
    budgets::Payers,
    planted::{Bug, is_planted},
};

use super::{
    alert,
    calling::Asked,
    quote::Quote,
    run::{Halt, Run},
};
use crate::{
    budgets::{Bound, slice},
    inner::Inner,
    persist::{look_up, persist},
};

/// Times that a refused call looks again, because other calls of this node have ended meanwhile.
const LOOKS: usize = 8;

/// The side that wrote the turn's first message.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asker {
    pub(crate) key: Option<KeyId>,
    customer: Option<CustomerId>,
    is_guest: bool,
}

impl Asker {
    /// The side that sent the first of a turn's messages.
    pub(super) fn of(messages: &[Message]) -> Self {
        messages.first().map_or_else(Self::default, |first| (&first.author).into())
    }

    /// The sides whose budgets hold for the turn.
    pub(super) fn payers(self, turn: &Turn) -> Payers {
        let Self { key, customer, is_guest } = self;
        let (project, agent, thread) = (turn.project, turn.agent, turn.thread);
        Payers { project, agent, thread, key, customer, is_guest }
    }
}

impl From<&Author> for Asker {
    fn from(author: &Author) -> Self {
        let customer = match author {
            Author::Customer { customer, .. } => Some(*customer),
            _ => None,
        };
        Self { key: author.key(), customer, is_guest: matches!(author, Author::Guest {}) }
    }
}

/// The reason why a call is not made.
pub(super) enum NotMade {
    /// By the turn's budgets.
    Budget {
        code: String,
        reason: String,
    },
    Halt(Halt),
}

impl From<domain::Error> for NotMade {
    fn from(error: domain::Error) -> Self {
        Self::Halt(error.into())
    }
}

impl From<NotMade> for Halt {
    fn from(not_made: NotMade) -> Self {
        match not_made {
            NotMade::Budget { code, reason } => Self::Fail { code, reason },
            NotMade::Halt(halt) => halt,
        }
    }
}

/// A reservation of all budgets of a turn for one call. A reservation that is dropped counts as spent, because nobody
/// knows what a call used that was stopped in its middle.
pub(super) struct Held {
    inner: Arc<Inner>,
    project: ProjectId,
    needs: Vec<(Bound, i64)>,
    /// The bound of the answer that the provider must be asked for. `None`: the model's own.
    most_output: Option<u64>,
}

/// Reserves the worst case of the request, and bounds its answer by what the budgets leave.
///
/// # Errors
/// As [`reserve`].
pub(super) async fn bound(
    run: &Run,
    asked: &Asked,
    request: &mut Request,
    estimated: u64,
    inner: &Arc<Inner>,
) -> std::result::Result<Option<Held>, NotMade> {
    let quote = Quote::of(asked, estimated, request.most_output, &request.script, inner);
    let held = reserve(run, &quote, asked, inner).await?;
    request.most_output = held.as_ref().and_then(|held| held.most_output).or(request.most_output);
    Ok(held)
}

/// Settles the reservation of a call. A reservation whose use nobody knows counts as spent.
pub(super) async fn settle(held: Option<Held>, run: &Run, asked: &Asked, usage: Option<Usage>) -> Result<()> {
    match held.zip(usage) {
        Some((held, usage)) => held.settle(run, &usage, asked.cost(&usage)).await,
        None => Ok(()),
    }
}

/// Reserves the worst case of a call. `None`: no budget holds for the turn, and nothing was read.
///
/// # Errors
/// `budget_exceeded` if a budget does not even allow a small answer. `price_unknown` for a model without a price under a
/// budget of money.
async fn reserve(
    run: &Run,
    quote: &Quote,
    asked: &Asked,
    inner: &Arc<Inner>,
) -> std::result::Result<Option<Held>, NotMade> {
    if !run.agent.settings.may_be_budgeted() {
        return Ok(None);
    }
    let (payers, turn, now) = (run.asker.payers(&run.turn), run.turn.id, inner.clock.now());
    let bounds = look_up(inner, store::op(move |tx| Box::pin(bounds(tx, payers, turn, now)))).await?;
    if bounds.is_empty() {
        return Ok(None);
    }
    if !quote.has_price() && bounds.iter().any(|bound| bound.meter.unit == Unit::Usd) {
        let reason = format!("a budget of money holds, and the price of the model {} is unknown", asked.name);
        return Err(NotMade::Budget { code: codes::PRICE_UNKNOWN.to_string(), reason });
    }
    let project = run.turn.project;
    let held = |needs, output| {
        let (inner, most_output) = (inner.clone(), quote.bound(output));
        Ok(Some(Held { inner, project, needs, most_output }))
    };
    let needs = |output: i64| -> Vec<(Bound, i64)> {
        bounds.iter().map(|bound| (*bound, quote.need(bound.meter.unit, output))).collect()
    };
    let mut looks = 0;
    loop {
        let now = inner.clock.now();
        let whole = needs(quote.output);
        if inner.budgets.reserve(project, &whole, now) {
            return held(whole, quote.output);
        }
        let back = inner.budgets.take_back(project, &bounds);
        let (bounds, quote) = (bounds.clone(), *quote);
        let own = |bound: &Bound| inner.budgets.drawn(project, &bound.meter);
        let forgotten = is_planted(Bug::ForgottenSpend).then(|| bounds.iter().map(own).collect());
        match persist(inner, Draw { project, bounds: bounds.clone(), back, quote, now, forgotten }).await? {
            Ok(Drawn { output, amounts }) => {
                let needs = needs(output);
                for ((bound, need), (amount, drawn)) in needs.iter().zip(amounts) {
                    inner.budgets.add(project, bound, (amount, *need), drawn, now);
                }
                return held(needs, output);
            }
            Err(struck) => {
                looks += 1;
                let bound = &bounds[struck];
                if looks < LOOKS && inner.budgets.unspent(project, &bound.meter).0 > 0 {
                    continue;
                }
                return Err(NotMade::Budget { code: codes::BUDGET_EXCEEDED.to_string(), reason: told(bound) });
            }
        }
    }
}

fn told(bound: &Bound) -> String {
    let (owner, per) = (bound.owner.as_str(), bound.meter.per.as_str());
    let most = budget::told(bound.meter.unit, bound.most);
    format!("the budget of the {owner}, {most} per {per}, leaves too little for the next model call")
}

/// The present budgets that hold for the turn, in the order in which their rows are locked.
pub(super) async fn bounds(tx: &mut Tx, payers: Payers, turn: TurnId, now: Timestamp) -> Result<Vec<Bound>> {
    let mut bounds = Vec::new();
    for (owner, id, budget) in store::budgets::of_turn(tx, payers).await? {
        let (counted, id) = match budget.per {
            Per::Turn => (Owner::Thread, turn.0),
            Per::Day | Per::Month => (owner, id),
        };
        for (unit, most) in budget.amounts() {
            let meter = Meter { per: budget.per, unit, owner: counted, id, span: budget.per.span(now) };
            bounds.push(Bound { owner, meter, most });
        }
    }
    // Several budgets of a turn share its count. The smallest holds.
    bounds.sort_by_key(|bound| (bound.meter, bound.most));
    bounds.dedup_by_key(|bound| bound.meter);
    Ok(bounds)
}

impl Held {
    /// Settles a call whose use is known. An entry tells of budgets that come to their end.
    async fn settle(mut self, run: &Run, usage: &Usage, cost: Option<Usd>) -> Result<()> {
        let (project, inner, now) = (self.project, self.inner.clone(), self.inner.clock.now());
        let mut ending = Vec::new();
        for (bound, need) in std::mem::take(&mut self.needs) {
            let used = budget::used(bound.meter.unit, usage, cost);
            let told = inner.budgets.settle(project, &bound, need, used, now);
            ending.extend(told.map(|used| (bound, used)));
        }
        for (bound, used) in ending {
            alert::tell(run, bound, used, &inner).await?;
        }
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for (bound, need) in &self.needs {
            self.inner.budgets.settle(self.project, bound, *need, *need, self.inner.clock.now());
        }
    }
}

/// Draws slices of budgets in a transaction of its own, in place of what this node has left.
#[derive(Clone)]
struct Draw {
    project: ProjectId,
    bounds: Vec<Bound>,
    /// What this node has left of each budget.
    back: Vec<i64>,
    quote: Quote,
    now: Timestamp,
    /// Of a planted bug: what this process has drawn. The store's numbers are neither read nor written.
    forgotten: Option<Vec<i64>>,
}

struct Drawn {
    /// Most tokens of the answer.
    output: i64,
    /// Of each budget: the drawn amount, and what all nodes have drawn.
    amounts: Vec<(i64, i64)>,
}

impl Operation for Draw {
    /// `Err`: the place of the budget that does not allow the call.
    type Out = std::result::Result<Drawn, usize>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { project, bounds, back, quote, now, forgotten } = self;
        let (mut output, mut struck, mut rests) = (quote.output, None, Vec::new());
        for (i, (bound, back)) in bounds.iter().zip(&back).enumerate() {
            let ends_at = bound.meter.per.ends_at(now);
            let drawn = match &forgotten {
                Some(own) => own[i] - back,
                None => store::budgets::lock(tx, project, &bound.meter, ends_at).await? - back,
            };
            let rest = bound.most.saturating_sub(drawn);
            match quote.affordable(bound.meter.unit, rest) {
                Some(most) => output = output.min(most),
                None => struck = struck.or(Some(i)),
            }
            rests.push((drawn, rest));
        }
        let mut amounts = Vec::new();
        for ((bound, back), (drawn, rest)) in bounds.iter().zip(&back).zip(rests) {
            let amount = match struck {
                None => slice(rest, quote.need(bound.meter.unit, output)),
                Some(_) => 0,
            };
            if amount != *back && forgotten.is_none() {
                store::budgets::draw(tx, project, &bound.meter, amount - back).await?;
            }
            amounts.push((amount, drawn + amount));
        }
        Ok(struck.map_or(Ok(Drawn { output, amounts }), Err))
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}
