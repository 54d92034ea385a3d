//! How long a server has been away, and when it is looked for again. What one connection finds out counts for all of them.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Absence(Mutex<Option<Away>>);

struct Away {
    since: Instant,
    again_at: Instant,
}

impl Absence {
    /// Whether it is to be looked for now. Whoever is told so is the only one until the next time.
    pub(super) fn may_try(&self, now: Instant) -> bool {
        match &mut *self.lock() {
            None => true,
            Some(away) if away.again_at <= now => {
                away.again_at = now + pause(now - away.since);
                true
            }
            Some(_) => false,
        }
    }

    /// It was not found. Whether that is news.
    pub(super) fn is_news(&self, now: Instant) -> bool {
        let mut away = self.lock();
        let news = away.is_none();
        let since = away.as_ref().map_or(now, |away| away.since);
        *away = Some(Away { since, again_at: now + pause(now - since) });
        news
    }

    /// It is there. How long it was away, to the first who finds out.
    pub(super) fn ended(&self, now: Instant) -> Option<Duration> {
        self.lock().take().map(|away| now - away.since)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Away>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A tenth of the time that it has been away: it is missed for no more than a tenth longer.
fn pause(away: Duration) -> Duration {
    (away / 10).clamp(PAUSE_MIN, PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_away_is_looked_for_by_one_at_a_time_and_by_all_once_it_is_back() {
        let absence = Absence::default();
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        assert!(absence.may_try(begun) && absence.may_try(begun));
        assert!(absence.is_news(begun) && !absence.is_news(begun));
        assert!(!absence.may_try(at(99)));
        assert!(absence.may_try(at(100)) && !absence.may_try(at(100)), "one of them");
        assert_eq!(absence.ended(at(150)), Some(Duration::from_millis(150)));
        assert!(absence.may_try(at(150)) && absence.may_try(at(150)), "all of them");
        assert_eq!(absence.ended(at(150)), None);
    }

    #[test]
    fn tries_are_close_together_at_first_and_never_more_than_a_second_apart() {
        for (away_s, pause_ms) in [(0, 100), (1, 100), (3, 300), (10, 1_000), (3_600, 1_000)] {
            assert_eq!(pause(Duration::from_secs(away_s)), Duration::from_millis(pause_ms));
        }
    }
}
