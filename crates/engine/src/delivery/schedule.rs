//! The consequence of an endpoint's answer: a retry with backoff, or giving up.

use domain::{Timestamp, webhook::Outcome};

use crate::outbox::Answer;

/// Backoff after the first failure. Each further one is four times as long.
const FIRST_PAUSE_MS: i64 = 5_000;
/// Longest backoff, whatever the endpoint asks for.
pub(super) const LONGEST_PAUSE_MS: i64 = 6 * 3_600_000;

/// The consequence of a delivery attempt for its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Delivered,
    /// Retry at this time.
    Again(Timestamp),
    GivenUp,
    Gone,
}

impl Verdict {
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Delivered => Outcome::Delivered,
            Self::Again(_) => Outcome::Failed,
            Self::GivenUp => Outcome::GivenUp,
            Self::Gone => Outcome::Gone,
        }
    }
}

/// `tries` includes this attempt. Until `deadline` the entry is retried, and then once more. `random` adds jitter, so
/// that entries that failed together do not return together.
pub(super) fn verdict(answer: &Answer, tries: i64, now: Timestamp, deadline: Timestamp, random: u8) -> Verdict {
    match answer.status {
        Some(200..=299) => Verdict::Delivered,
        Some(410) => Verdict::Gone,
        _ if now >= deadline => Verdict::GivenUp,
        status => {
            let asked = answer.retry_after_s.filter(|_| matches!(status, Some(429 | 503))).unwrap_or(0);
            let pause = pause_ms(tries, random).max(asked.saturating_mul(1_000)).min(LONGEST_PAUSE_MS);
            Verdict::Again(now.plus_ms(pause).min(deadline))
        }
    }
}

/// The backoff: 5 s, 20 s, 80 s, 5 min, 21 min, 85 min, 6 h, 6 h …, times four to six fifths.
fn pause_ms(tries: i64, random: u8) -> i64 {
    let steps = u32::try_from(tries - 1).unwrap_or(0).min(10);
    let middle = (FIRST_PAUSE_MS << (2 * steps)).min(LONGEST_PAUSE_MS);
    middle * 4 / 5 + middle * 2 / 5 * i64::from(random) / 255
}

/// The reason of a failure, for the log of delivery attempts. `None` for a success.
pub(crate) fn error_of(answer: &Answer) -> Option<String> {
    match (&answer.error, answer.status) {
        (Some(error), _) => Some(error.clone()),
        (None, Some(200..=299)) => None,
        (None, Some(300..=399)) => Some("the endpoint redirects, and redirects are not followed".into()),
        (None, Some(status)) => Some(format!("the endpoint answered {status}")),
        (None, None) => Some("the endpoint did not answer".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000_000);

    fn answer(status: u16, retry_after_s: Option<i64>) -> Answer {
        Answer { status: Some(status), retry_after_s, error: None, timed_out: false, duration_ms: 0 }
    }

    fn again_after_ms(answer: &Answer, tries: i64, random: u8) -> i64 {
        match verdict(answer, tries, NOW, NOW.plus_s(72 * 3_600), random) {
            Verdict::Again(at) => at.since_us(NOW) / 1_000,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn success_is_any_2xx_and_410_is_the_end() {
        for (status, expected) in [(200, Verdict::Delivered), (204, Verdict::Delivered), (299, Verdict::Delivered)] {
            assert_eq!(verdict(&answer(status, None), 1, NOW, NOW, 0), expected);
        }
        assert_eq!(verdict(&answer(410, None), 1, NOW, NOW, 0), Verdict::Gone);
        for status in [301, 302, 400, 404, 429, 500, 503] {
            assert!(again_after_ms(&answer(status, None), 1, 0) > 0, "{status}");
        }
    }

    #[test]
    fn pauses_grow_fourfold_within_their_jitter_up_to_six_hours() {
        let failed = answer(500, None);
        let range = |tries| (again_after_ms(&failed, tries, 0), again_after_ms(&failed, tries, 255));
        assert_eq!(range(1), (4_000, 6_000));
        assert_eq!(range(2), (16_000, 24_000));
        assert_eq!(range(3), (64_000, 96_000));
        assert_eq!(range(7), (16_384_000, 21_600_000));
        assert_eq!(range(100), (17_280_000, 21_600_000));
    }

    #[test]
    fn an_endpoint_that_is_busy_says_when_to_come_back() {
        assert_eq!(again_after_ms(&answer(429, Some(3_600)), 1, 0), 3_600_000);
        assert_eq!(again_after_ms(&answer(503, Some(1)), 1, 0), 4_000, "not earlier than without it");
        assert_eq!(again_after_ms(&answer(503, Some(i64::MAX)), 1, 0), 21_600_000, "nor for ever");
        assert_eq!(again_after_ms(&answer(500, Some(3_600)), 1, 0), 4_000, "only with 429 and 503");
    }

    #[test]
    fn the_last_try_is_at_the_deadline() {
        let failed = answer(500, None);
        assert_eq!(verdict(&failed, 9, NOW, NOW.plus_s(1), 0), Verdict::Again(NOW.plus_s(1)));
        assert_eq!(verdict(&failed, 10, NOW, NOW, 0), Verdict::GivenUp);
        assert_eq!(verdict(&answer(200, None), 10, NOW, NOW, 0), Verdict::Delivered);
    }
}
