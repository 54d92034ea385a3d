//! Pools of providers: the calls that a provider of the configuration takes at once and in a minute, lent to projects by
//! shares.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    ProjectId,
    shares::{Holder, Place, Pool},
};
use providers::{Lead, Routes};
use tokio::time::{Instant, sleep, timeout};

const MINUTE: Duration = Duration::from_secs(60);

/// The pools of all providers, by name. Providers without bounds have none, and neither have those of projects.
pub(crate) struct Pools(HashMap<String, Bounded>);

struct Bounded {
    at_once: Option<Pool>,
    in_a_minute: Option<Pool>,
}

/// A call's place at its provider, for as long as the call runs.
pub(crate) struct Seat(#[expect(dead_code, reason = "it is returned on drop")] Option<Place>);

/// A place that a turn has waited for without a worker, with its provider's name. Taken once, and returned when the last
/// clone is dropped.
#[derive(Clone, Default)]
pub(crate) struct Reserved(Arc<Mutex<Option<(String, Seat)>>>);

impl Reserved {
    pub(crate) fn of(lead: &Lead, seat: Seat) -> Self {
        Self(Arc::new(Mutex::new(Some((lead.provider.name.clone(), seat)))))
    }

    /// The place, if it is one of this provider.
    pub(crate) fn take(&self, lead: &Lead) -> Option<Seat> {
        let (provider, seat) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        (provider == lead.provider.name).then_some(seat)
    }
}

impl Pools {
    pub(crate) fn new(routes: &Routes) -> Self {
        let pool = |size: u64| Pool::new(usize::try_from(size).unwrap_or(usize::MAX));
        let bounded = routes.providers().filter(|provider| provider.bounds != providers::Bounds::default());
        let pools = bounded.map(|provider| {
            let (at_once, in_a_minute) = (provider.bounds.at_once.map(pool), provider.bounds.in_a_minute.map(pool));
            (provider.name.clone(), Bounded { at_once, in_a_minute })
        });
        Self(pools.collect())
    }

    /// A place for a call of the project, if there is one within this time. A call counts for a minute from its beginning.
    pub(crate) async fn take(&self, lead: &Lead, project: ProjectId, within: Duration) -> Option<Seat> {
        let Some(bounded) = self.0.get(&lead.provider.name).filter(|_| !lead.is_own) else { return Some(Seat(None)) };
        let begun_at = Instant::now();
        let one = async |pool: &Pool| {
            let left = within.saturating_sub(begun_at.elapsed());
            timeout(left, pool.take(Holder::project(project), 1)).await.ok().flatten()
        };
        let (seat, counted) = match (&bounded.at_once, &bounded.in_a_minute) {
            (None, None) => (None, None),
            (Some(pool), None) => (Some(one(pool).await?), None),
            (None, Some(pool)) => (None, Some(one(pool).await?)),
            (Some(at_once), Some(in_a_minute)) => {
                // No place of one pool is held while the other is waited for, because others could use it.
                let holder = Holder::project(project);
                loop {
                    let seat = one(at_once).await?;
                    if let Some(counted) = in_a_minute.try_take(holder, 1) {
                        break (Some(seat), Some(counted));
                    }
                    drop(seat);
                    let counted = one(in_a_minute).await?;
                    if let Some(seat) = at_once.try_take(holder, 1) {
                        break (Some(seat), Some(counted));
                    }
                }
            }
        };
        if let Some(counted) = counted {
            tokio::spawn(async move {
                sleep(MINUTE).await;
                drop(counted);
            });
        }
        Some(Seat(seat))
    }
}
