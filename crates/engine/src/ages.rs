//! Ages by a clock that may be set.
//!
//! A step of the clock is no elapsed time. Without this module, a clock that jumps a month ahead would expire every
//! origin key without a thread. It would also give up every webhook that is behind. A step is recognized by this
//! process's monotonic time. Steps are stored for later processes. Stored times of day, such as the expiry of a key, a
//! reminder or a window, stay unchanged.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{Result, Timestamp};
use store::{Operation, Store, Tx, clock_steps::Step};

use crate::Clock;

/// Smallest step that is recorded.
const STEP_US: i64 = 600_000_000;
/// Number of steps that are considered. A clock with more steps gives no useful ages.
const NEWEST: i64 = 100;

/// The clock's last reading, and the known steps.
pub(crate) struct Ages(Mutex<Seen>);

struct Seen {
    time: Timestamp,
    passed_us: i64,
    /// Newest first. `None` before they were read.
    steps: Option<Steps>,
    /// Steps that are not yet stored.
    news: Vec<News>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    Ahead(Step),
    Back,
}

/// Steps of the clock, newest first. A clone has the same steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Steps(Arc<[Step]>);

impl Ages {
    pub(crate) fn new(clock: &Clock) -> Self {
        Self(Mutex::new(Seen { time: clock.now(), passed_us: clock.passed_us(), steps: None, news: Vec::new() }))
    }

    /// Reads the clock and records a step.
    fn look(&self, clock: &Clock) {
        let mut seen = self.seen();
        let (time, passed_us) = (clock.now(), clock.passed_us());
        let passed = passed_us - seen.passed_us;
        let by_us = time.since_us(seen.time) - passed;
        if by_us > STEP_US {
            tracing::warn!(by_s = by_us / 1_000_000, "the clock jumped ahead; ages do not count the jump");
            let step = Step { at: seen.time.plus_us(passed), by_us };
            seen.news.push(News::Ahead(step));
            let all = seen.steps.iter().flat_map(|steps| steps.0.iter().copied());
            let all = [step].into_iter().chain(all).collect();
            seen.steps = seen.steps.is_some().then_some(Steps(all));
        } else if by_us < -STEP_US {
            tracing::warn!(by_s = by_us / 1_000_000, "the clock was set back");
            seen.news.push(News::Back);
            let left = seen.steps.iter().flat_map(|steps| steps.0.iter().copied());
            let left = left.filter(|step| step.at.plus_us(step.by_us) <= time).collect();
            seen.steps = seen.steps.is_some().then_some(Steps(left));
        }
        (seen.time, seen.passed_us) = (time, passed_us);
    }

    /// The steps known by now.
    ///
    /// # Errors
    /// Errors of the store, until the steps were read once.
    pub(crate) async fn steps(&self, clock: &Clock, store: &Store) -> Result<Steps> {
        self.look(clock);
        let (known, is_news) = {
            let seen = self.seen();
            (seen.steps.clone(), !seen.news.is_empty())
        };
        match known {
            Some(known) if !is_news => Ok(known),
            // If the disk accepts no write now, the next beat tries again.
            Some(known) => Ok(self.keep(clock, store).await.unwrap_or(known)),
            None => self.keep(clock, store).await,
        }
    }

    /// Reads the clock and stores new steps.
    ///
    /// # Errors
    /// Errors of the store.
    pub(crate) async fn beat(&self, clock: &Clock, store: &Store) -> Result<()> {
        self.look(clock);
        let is_due = {
            let seen = self.seen();
            seen.steps.is_none() || !seen.news.is_empty()
        };
        if is_due { self.keep(clock, store).await.map(drop) } else { Ok(()) }
    }

    /// Stores new steps and reads the known ones.
    async fn keep(&self, clock: &Clock, store: &Store) -> Result<Steps> {
        let (news, now) = (self.seen().news.clone(), clock.now());
        let told = news.clone();
        let known = match news.is_empty() {
            true => {
                let read = store::op(|tx| Box::pin(async move { store::clock_steps::newest(tx, NEWEST).await }));
                store.read(read).await?
            }
            false => store.write(Keep { news, now }).await?,
        };
        let mut seen = self.seen();
        for told in told {
            // Unless another task stored it at the same time.
            if seen.news.first() == Some(&told) {
                seen.news.remove(0);
            }
        }
        // Steps that were found in the meantime are missing in the result, so the clock is checked again.
        let steps = Steps(known.into());
        seen.steps = seen.news.is_empty().then(|| steps.clone());
        Ok(steps)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Steps {
    /// Things older than this have lived longer than `life_us`.
    pub(crate) fn before(&self, now: Timestamp, life_us: i64) -> Timestamp {
        self.0.iter().fold(now.plus_us(-life_us), |before, step| {
            if before < step.at.plus_us(step.by_us) { before.plus_us(-step.by_us) } else { before }
        })
    }

    /// The time at which something from `from` will have lived for `life_us`.
    pub(crate) fn end(&self, from: Timestamp, life_us: i64) -> Timestamp {
        self.0.iter().rev().fold(from.plus_us(life_us), |end, step| {
            if (from..end).contains(&step.at) { end.plus_us(step.by_us) } else { end }
        })
    }
}

struct Keep {
    news: Vec<News>,
    now: Timestamp,
}

impl Operation for Keep {
    type Out = Vec<Step>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<Step>> {
        for news in self.news {
            match news {
                News::Ahead(step) => _ = store::clock_steps::insert(tx, step).await?,
                News::Back => _ = store::clock_steps::undo(tx, self.now).await?,
            }
        }
        store::clock_steps::newest(tx, NEWEST).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

    use super::*;

    const AT: Timestamp = Timestamp(1_800_000_000_000_000);
    const DAY_US: i64 = 86_400_000_000;

    fn day(n: i64) -> Timestamp {
        AT.plus_us(n * DAY_US)
    }

    #[test]
    fn a_step_is_no_part_of_any_age() {
        let steps = Steps([Step { at: day(1), by_us: 30 * DAY_US }].into());
        // Days 1 to 31 did not exist: day 32 is two days after day 0.
        for (now, life, before) in [(32, 1, 31), (33, 1, 32), (33, 3, 0), (34, 3, 1), (35, 3, 32), (31, 0, 31)] {
            let (found, expected) = (steps.before(day(now), life * DAY_US), day(before));
            // Instants between the two have no time between them.
            let same = found == expected || (found.max(expected), found.min(expected)) == (day(31), day(1));
            assert!(same, "{life} days before day {now}");
        }
        for (from, life, end) in [(0, 1, 1), (0, 2, 32), (1, 1, 32), (31, 1, 32), (-2, 3, 1), (-2, 4, 32)] {
            assert_eq!(steps.end(day(from), life * DAY_US), day(end), "{life} days from day {from}");
        }
    }

    #[test]
    fn a_step_is_what_the_clock_went_on_by_and_nothing_passed() {
        let (time, passed) = (Arc::new(AtomicI64::new(AT.0)), Arc::new(AtomicI64::new(7)));
        let clock = Clock::Set { time: time.clone(), passed: passed.clone() };
        let ages = Ages::new(&clock);
        ages.seen().steps = Some(Steps::default());
        let go = |time_us: i64, passed_us: i64| {
            time.fetch_add(time_us, SeqCst);
            passed.fetch_add(passed_us, SeqCst);
            ages.look(&clock);
            let mut seen = ages.seen();
            (seen.steps.clone().unwrap().0.to_vec(), seen.news.drain(..).collect::<Vec<_>>())
        };
        assert_eq!(go(DAY_US, DAY_US), (vec![], vec![]), "time goes by");
        assert_eq!(go(STEP_US + 5, 5), (vec![], vec![]), "a clock is set right");
        let at = day(1).plus_us(STEP_US + 10);
        let step = Step { at, by_us: 2 * STEP_US };
        assert_eq!(go(2 * STEP_US + 5, 5), (vec![step], vec![News::Ahead(step)]));
        assert_eq!(go(DAY_US, DAY_US), (vec![step], vec![]));
        assert_eq!(go(-DAY_US - 2 * STEP_US, 0), (vec![], vec![News::Back]), "and set right again");
    }
}
