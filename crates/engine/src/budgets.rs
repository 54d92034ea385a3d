//! Slices of budgets that this node has drawn. Calls are paid from the slices in memory, so that most calls write
//! nothing about budgets.
//!
//! What a node draws counts as spent for all nodes. A process that dies loses its slices, and never spends them twice.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::{
    ProjectId, Timestamp,
    budget::{Meter, Owner},
};

/// The part of a budget that is told in its thread once it is used, in percent.
const ALERT_PERCENT: i128 = 80;
/// A node draws at least this part of what is left: a sixteenth.
const SLICES: i64 = 16;

/// The most that a meter may count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) owner: Owner,
    pub(crate) meter: Meter,
    pub(crate) most: i64,
}

impl Bound {
    /// Tells whether this use is most of the budget.
    pub(crate) fn is_mostly(&self, used: i64) -> bool {
        i128::from(used) * 100 >= i128::from(self.most) * ALERT_PERCENT
    }
}

/// The amount that a node draws of `rest` for a call that needs `need`, which is not more.
pub(crate) fn slice(rest: i64, need: i64) -> i64 {
    need.max(rest / SLICES)
}

#[derive(Clone, Copy, Debug, Default)]
struct Slice {
    /// Drawn, and neither spent nor reserved. Negative after calls that used more than their worst case.
    left: i64,
    /// Reserved for calls that run.
    reserved: i64,
    /// The bound under which the slice was drawn.
    most: i64,
    /// What all nodes had drawn, when this node drew last.
    drawn: i64,
    used_at: Timestamp,
    is_told: bool,
}

/// The slices of this node.
#[derive(Debug, Default)]
pub(crate) struct Budgets(Mutex<HashMap<(ProjectId, Meter), Slice>>);

impl Budgets {
    fn slices(&self) -> MutexGuard<'_, HashMap<(ProjectId, Meter), Slice>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves each amount of its slice. `false`, without a change, if a slice is too small or of another bound.
    pub(crate) fn reserve(&self, project: ProjectId, all: &[(Bound, i64)], now: Timestamp) -> bool {
        let mut slices = self.slices();
        let has = |(bound, need): &(Bound, i64)| {
            slices.get(&(project, bound.meter)).is_some_and(|own| own.most == bound.most && own.left >= *need)
        };
        if !all.iter().all(has) {
            return false;
        }
        for (bound, need) in all {
            let own = slices.entry((project, bound.meter)).or_default();
            own.left -= need;
            own.reserved += need;
            own.used_at = now;
        }
        true
    }

    /// Takes what is left of the slices, to be given back to the store.
    pub(crate) fn take_back(&self, project: ProjectId, bounds: &[Bound]) -> Vec<i64> {
        let mut slices = self.slices();
        let left =
            |bound: &Bound| slices.get_mut(&(project, bound.meter)).map_or(0, |own| std::mem::take(&mut own.left));
        bounds.iter().map(left).collect()
    }

    /// Adds a drawn amount, of which `need` is reserved. `drawn`: what all nodes have drawn now.
    pub(crate) fn add(
        &self,
        project: ProjectId,
        bound: &Bound,
        (amount, need): (i64, i64),
        drawn: i64,
        now: Timestamp,
    ) {
        let mut slices = self.slices();
        let own = slices.entry((project, bound.meter)).or_default();
        own.left += amount - need;
        own.reserved += need;
        own.is_told &= own.most == bound.most;
        (own.most, own.drawn, own.used_at) = (bound.most, drawn, now);
    }

    /// What this node has drawn and not spent: left for further calls, and reserved for calls that run.
    pub(crate) fn unspent(&self, project: ProjectId, meter: &Meter) -> (i64, i64) {
        self.slices().get(&(project, *meter)).map_or((0, 0), |own| (own.left, own.reserved))
    }

    /// Ends a reservation: `used` is spent, the rest is left. Returns the whole amount that is used, as far as this node
    /// knows, if most of the budget is used and nobody was told by this node.
    pub(crate) fn settle(
        &self,
        project: ProjectId,
        bound: &Bound,
        need: i64,
        used: i64,
        now: Timestamp,
    ) -> Option<i64> {
        let mut slices = self.slices();
        let own = slices.entry((project, bound.meter)).or_default();
        own.reserved -= need;
        own.left = own.left.saturating_add(need.saturating_sub(used));
        own.used_at = now;
        let whole = own.drawn.saturating_sub(own.left).saturating_sub(own.reserved);
        let is_most = Bound { most: own.most, ..*bound }.is_mostly(whole);
        let is_news = is_most && !own.is_told;
        own.is_told |= is_most;
        is_news.then_some(whole)
    }

    /// What all nodes had drawn, when this node drew last.
    pub(crate) fn drawn(&self, project: ProjectId, meter: &Meter) -> i64 {
        self.slices().get(&(project, *meter)).map_or(0, |own| own.drawn)
    }

    /// Removes the slices that nobody has used since. Returns what is left of them.
    pub(crate) fn idle_since(&self, since: Timestamp) -> Vec<(ProjectId, Meter, i64)> {
        let mut slices = self.slices();
        let idle = |own: &Slice| own.reserved == 0 && own.used_at <= since;
        let found = slices.extract_if(|_, own| idle(own));
        found.map(|((project, meter), own)| (project, meter, own.left)).filter(|(_, _, left)| *left != 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::budget::{Per, Unit};
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp(9);
    const PROJECT: ProjectId = ProjectId(Uuid::nil());

    fn bound(most: i64) -> Bound {
        let meter = Meter { per: Per::Day, unit: Unit::Tokens, owner: Owner::Agent, id: Uuid::nil(), span: 1 };
        Bound { owner: Owner::Agent, meter, most }
    }

    #[test]
    fn a_slice_is_a_sixteenth_or_one_call() {
        assert_eq!((slice(1_600, 7), slice(1_600, 300), slice(7, 7)), (100, 300, 7));
    }

    #[test]
    fn a_slice_pays_for_calls_until_it_is_too_small() {
        let (budgets, own) = (Budgets::default(), bound(1_000));
        assert!(!budgets.reserve(PROJECT, &[(own, 1)], NOW));
        budgets.add(PROJECT, &own, (60, 10), 60, NOW);
        assert!(budgets.reserve(PROJECT, &[(own, 50)], NOW) && !budgets.reserve(PROJECT, &[(own, 1)], NOW));
        assert_eq!(budgets.settle(PROJECT, &own, 50, 5, NOW), None);
        assert!(!budgets.reserve(PROJECT, &[(bound(999), 1)], NOW), "another bound needs another look");
        assert_eq!(budgets.take_back(PROJECT, &[own]), [45]);
        assert_eq!(budgets.unspent(PROJECT, &own.meter), (0, 10));
        assert_eq!(budgets.settle(PROJECT, &own, 10, 13, NOW), None);
        assert_eq!(budgets.take_back(PROJECT, &[own]), [-3], "a call that used more than its worst case");
    }

    #[test]
    fn the_end_of_a_budget_is_told_once_when_most_of_it_is_used() {
        let (budgets, own) = (Budgets::default(), bound(100));
        budgets.add(PROJECT, &own, (100, 100), 100, NOW);
        assert_eq!(budgets.settle(PROJECT, &own, 100, 79, NOW), None, "79 of 100");
        assert!(budgets.reserve(PROJECT, &[(own, 21)], NOW));
        assert_eq!(budgets.settle(PROJECT, &own, 21, 1, NOW), Some(80));
        assert!(budgets.reserve(PROJECT, &[(own, 20)], NOW));
        assert_eq!(budgets.settle(PROJECT, &own, 20, 1, NOW), None);
    }

    #[test]
    fn idle_slices_are_given_back_but_not_under_a_running_call() {
        let (budgets, own) = (Budgets::default(), bound(1_000));
        budgets.add(PROJECT, &own, (60, 10), 60, NOW);
        assert_eq!(budgets.idle_since(NOW), []);
        budgets.settle(PROJECT, &own, 10, 4, NOW);
        assert_eq!(budgets.idle_since(NOW.plus_us(-1)), []);
        assert_eq!(budgets.idle_since(NOW), [(PROJECT, own.meter, 56)]);
        assert_eq!(budgets.idle_since(NOW), []);
    }
}
