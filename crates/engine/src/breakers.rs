//! Circuit breakers: a route that fails again and again is not called for a while.
//!
//! Each project has breakers of its own, so that no project's requests keep a route from another one. A breaker is there
//! only while its route fails.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{Limits, ProjectId, Timestamp};
use providers::Lead;

/// Most breakers of this process. Beyond it, all are dropped, and their routes are called again.
const BREAKERS_MAX: usize = 10_000;
/// The pause after which a call asks again that met another one's probe.
const PROBED_US: i64 = 1_000_000;

/// The breakers of all routes.
pub(crate) struct Breakers {
    /// Failures in a row that open a breaker. 0: none does.
    failures: u64,
    window_us: i64,
    pause_us: i64,
    all: Mutex<HashMap<Key, Breaker>>,
}

/// A project's way to a provider's model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    project: ProjectId,
    is_own: bool,
    route: String,
    provider: String,
    model: String,
}

#[derive(Debug)]
struct Breaker {
    /// Failures in a row, and the time of the first.
    failures: u64,
    since: Timestamp,
    /// The time of the next probe, if the breaker is open.
    open_until: Option<Timestamp>,
    is_probed: bool,
}

/// The answer to a call that wants to begin.
pub(crate) enum Admission {
    /// The call may begin. With a probe, the call decides about the breaker.
    Call(Option<Probe>),
    /// The route is not called before this time.
    Skip(Timestamp),
}

/// The one call that tries whether the route works again. Dropping it without a result lets another call try.
pub(crate) struct Probe {
    breakers: Arc<Breakers>,
    key: Key,
}

impl Breakers {
    pub(crate) fn new(limits: &Limits) -> Self {
        let us = |seconds: u64| i64::try_from(seconds.saturating_mul(1_000_000)).unwrap_or(i64::MAX / 2);
        Self {
            failures: limits.breaker_failures,
            window_us: us(limits.breaker_window_s),
            pause_us: us(limits.breaker_pause_s),
            all: Mutex::default(),
        }
    }

    /// Tells whether a call of the lead may begin now.
    pub(crate) fn admit(self: &Arc<Self>, project: ProjectId, lead: &Lead, now: Timestamp) -> Admission {
        let mut all = self.lock();
        if all.is_empty() {
            return Admission::Call(None);
        }
        let key = Key::of(project, lead);
        let Some(breaker) = all.get_mut(&key) else { return Admission::Call(None) };
        let Some(until) = breaker.open_until else { return Admission::Call(None) };
        if now < until {
            return Admission::Skip(until);
        }
        if breaker.is_probed {
            return Admission::Skip(now.plus_us(PROBED_US));
        }
        breaker.is_probed = true;
        drop(all);
        Admission::Call(Some(Probe { breakers: self.clone(), key }))
    }

    /// The provider has answered, by a message or a lasting failure.
    pub(crate) fn answered(&self, project: ProjectId, lead: &Lead) {
        let mut all = self.lock();
        if all.is_empty() {
            return;
        }
        if all.remove(&Key::of(project, lead)).is_some_and(|breaker| breaker.open_until.is_some()) {
            let (provider, model) = (&lead.provider.name, &lead.model);
            tracing::info!(%project, provider, model, "a route works again");
        }
    }

    /// The call has failed for a passing reason.
    pub(crate) fn failed(&self, project: ProjectId, lead: &Lead, now: Timestamp) {
        if self.failures == 0 {
            return;
        }
        let mut all = self.lock();
        if all.len() >= BREAKERS_MAX {
            all.clear();
        }
        let fresh = || Breaker { failures: 0, since: now, open_until: None, is_probed: false };
        let breaker = all.entry(Key::of(project, lead)).or_insert_with(fresh);
        // A failure of long ago, and a clock that was set back, begin a new row.
        if breaker.open_until.is_none() && !(0..=self.window_us).contains(&now.since_us(breaker.since)) {
            *breaker = fresh();
        }
        breaker.failures += 1;
        if breaker.failures < self.failures {
            return;
        }
        (breaker.open_until, breaker.is_probed) = (Some(now.plus_us(self.pause_us)), false);
        let (provider, model, failures) = (&lead.provider.name, &lead.model, breaker.failures);
        tracing::warn!(%project, provider, model, failures, "a route failed again and again, so it is not called for a while");
    }

    /// The number of projects for which a route of the configuration is not called now.
    pub(crate) fn open(&self, route: &str, now: Timestamp) -> u64 {
        let all = self.lock();
        let open = |breaker: &Breaker| breaker.open_until.is_some_and(|until| now < until || breaker.is_probed);
        let of_route = all.iter().filter(|(key, breaker)| !key.is_own && key.route == route && open(breaker));
        of_route.map(|(key, _)| key.project).collect::<HashSet<_>>().len() as u64
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Breaker>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Key {
    fn of(project: ProjectId, lead: &Lead) -> Self {
        let (provider, model) = (lead.provider.name.clone(), lead.model.clone());
        Self { project, is_own: lead.is_own, route: lead.route.clone(), provider, model }
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        if let Some(breaker) = self.breakers.lock().get_mut(&self.key) {
            breaker.is_probed = false;
        }
    }
}
