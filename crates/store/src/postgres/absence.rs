//! The server's absence: its length, and the time of the next try. All connections share it.

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
    /// Tells whether to try now. Only one caller gets `true` until the next time.
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

    /// Records a failed try. Returns whether the failure is new.
    pub(super) fn is_news(&self, now: Instant) -> bool {
        let mut away = self.lock();
        let news = away.is_none();
        let since = away.as_ref().map_or(now, |away| away.since);
        *away = Some(Away { since, again_at: now + pause(now - since) });
        news
    }

    /// Records that the server is back. Returns the length of its absence to the first caller.
    pub(super) fn ended(&self, now: Instant) -> Option<Duration> {
        self.lock().take().map(|away| now - away.since)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Away>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pause before the next try: a tenth of the absence, so that the absence grows by a tenth at most (backoff).
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
