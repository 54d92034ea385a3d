//! The account of a pool, and the rules for lending one more place. Pure arithmetic.

use std::{collections::HashMap, hash::Hash};

use super::{Holder, Party};

pub(super) struct Ledger {
    parties: Among<Party>,
    within: HashMap<Party, Among<u128>>,
    slow: HashMap<Party, u64>,
}

/// A number of places with the holders that share it.
struct Among<K> {
    size: u64,
    used: u64,
    each: HashMap<K, Stake>,
}

/// Removed when both counts are 0.
#[derive(Default)]
struct Stake {
    held: u64,
    /// Number of waiters.
    wanting: u64,
}

impl Ledger {
    pub(super) fn new(size: u64) -> Self {
        Self { parties: Among::new(size), within: HashMap::new(), slow: HashMap::new() }
    }

    pub(super) fn size(&self) -> u64 {
        self.parties.size
    }

    pub(super) fn used(&self) -> u64 {
        self.parties.used
    }

    pub(super) fn held_by(&self, party: Party) -> u64 {
        self.parties.held(&party)
    }

    /// Tells whether the rules allow the holder this many more places.
    pub(super) fn may_take(&self, holder: Holder, places: u64) -> bool {
        self.may_party_take(holder.party, places)
            && self.within(holder, |within, id| within.may_take(&id, places, 0)).unwrap_or(true)
    }

    /// Tells whether the rules allow the party this many more places, for any holder within it.
    pub(super) fn may_party_take(&self, party: Party, places: u64) -> bool {
        self.parties.may_take(&party, places, self.slow_of(party))
    }

    pub(super) fn slow_of(&self, party: Party) -> u64 {
        self.slow.get(&party).copied().unwrap_or(0)
    }

    /// Tells whether the holder is below its share within its party. True for a holder without an inner rule.
    pub(super) fn is_below_share(&self, holder: Holder, places: u64) -> bool {
        self.within(holder, |within, id| within.held(&id) + places <= within.share(&id)).unwrap_or(true)
    }

    fn within<T>(&self, holder: Holder, ask: impl FnOnce(&Among<u128>, u128) -> T) -> Option<T> {
        let id = holder.within?;
        Some(match self.within.get(&holder.party) {
            Some(within) => ask(within, id),
            None => ask(&self.inner(), id),
        })
    }

    pub(super) fn take(&mut self, holder: Holder, places: u64) {
        self.parties.take(holder.party, places);
        self.with_inner(holder, |within, id| within.take(id, places));
    }

    pub(super) fn give_back(&mut self, holder: Holder, places: u64, slow: bool) {
        self.parties.give_back(&holder.party, places);
        self.with_inner(holder, |within, id| within.give_back(&id, places));
        if slow {
            self.set_slow(holder, places, false);
        }
    }

    pub(super) fn want(&mut self, holder: Holder) {
        self.parties.want(holder.party);
        self.with_inner(holder, |within, id| within.want(id));
    }

    pub(super) fn unwant(&mut self, holder: Holder) {
        self.parties.unwant(&holder.party);
        self.with_inner(holder, |within, id| within.unwant(&id));
    }

    pub(super) fn set_slow(&mut self, holder: Holder, places: u64, slow: bool) {
        let count = self.slow.entry(holder.party).or_default();
        *count = if slow { *count + places } else { count.saturating_sub(places) };
        if *count == 0 {
            self.slow.remove(&holder.party);
        }
    }

    /// The places that the holders of one party share.
    fn inner(&self) -> Among<u128> {
        Among::new(self.parties.borrowable().max(1))
    }

    fn with_inner(&mut self, holder: Holder, change: impl FnOnce(&mut Among<u128>, u128)) {
        let Some(id) = holder.within else { return };
        let fresh = self.inner();
        let within = self.within.entry(holder.party).or_insert(fresh);
        change(within, id);
        if within.each.is_empty() {
            self.within.remove(&holder.party);
        }
    }
}

impl<K: Copy + Eq + Hash> Among<K> {
    fn new(size: u64) -> Self {
        Self { size, used: 0, each: HashMap::new() }
    }

    fn held(&self, who: &K) -> u64 {
        self.each.get(who).map_or(0, |stake| stake.held)
    }

    /// Number of places that may be lent beyond shares.
    fn borrowable(&self) -> u64 {
        self.size - self.size.div_ceil(4)
    }

    /// `who` counts as a waiter, and one possible newcomer counts too.
    fn share(&self, who: &K) -> u64 {
        let wanting = self.each.len() as u64 + u64::from(!self.each.contains_key(who));
        (self.size / wanting.max(2)).max(1)
    }

    fn may_take(&self, who: &K, places: u64, slow: u64) -> bool {
        if places > self.size - self.used.min(self.size) {
            return false;
        }
        let (share, borrowable) = (self.share(who), self.borrowable());
        let slow_max = share + borrowable.saturating_sub(share) / 2;
        self.held(who) + places <= share || (self.used + places <= borrowable && slow < slow_max)
    }

    fn take(&mut self, who: K, places: u64) {
        self.used += places;
        self.each.entry(who).or_default().held += places;
    }

    fn give_back(&mut self, who: &K, places: u64) {
        self.used = self.used.saturating_sub(places);
        self.change(who, |stake| stake.held = stake.held.saturating_sub(places));
    }

    fn want(&mut self, who: K) {
        self.each.entry(who).or_default().wanting += 1;
    }

    fn unwant(&mut self, who: &K) {
        self.change(who, |stake| stake.wanting = stake.wanting.saturating_sub(1));
    }

    fn change(&mut self, who: &K, change: impl FnOnce(&mut Stake)) {
        let Some(stake) = self.each.get_mut(who) else { return };
        change(stake);
        if stake.held == 0 && stake.wanting == 0 {
            self.each.remove(who);
        }
    }
}
