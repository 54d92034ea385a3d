//! What providers report of the size of their input, against our estimates.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// What providers report in hundredths of our estimates, by model. In memory only: after a start, estimates are taken as
/// they are until a model has answered once.
#[derive(Debug, Default)]
pub(crate) struct Reported(Mutex<HashMap<String, u64>>);

/// Models that are remembered. Beyond it, all are forgotten.
const MODELS_MAX: usize = 1_024;
/// Smaller calls say too little.
const TOKENS_MIN: u64 = 200;
/// Bounds against a provider that reports nonsense.
const PERCENT: std::ops::RangeInclusive<u64> = 50..=300;

impl Reported {
    /// Tokens of ours that make this many of the model's.
    pub(crate) fn ours(&self, model: &str, tokens: u64) -> u64 {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(model).copied();
        tokens.saturating_mul(100) / known.unwrap_or(100)
    }

    /// Tokens of the model's that these of ours make.
    pub(crate) fn theirs(&self, model: &str, tokens: u64) -> u64 {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(model).copied();
        tokens.saturating_mul(known.unwrap_or(100)).div_ceil(100)
    }

    /// Records the tokens of a call's input, as estimated and as reported. Half of the old figure stays.
    pub(crate) fn note(&self, model: &str, estimated: u64, reported: u64) {
        if estimated < TOKENS_MIN || reported == 0 {
            return;
        }
        let percent = (reported.saturating_mul(100) / estimated).clamp(*PERCENT.start(), *PERCENT.end());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MODELS_MAX && !all.contains_key(model) {
            all.clear();
        }
        all.entry(model.to_owned()).and_modify(|known| *known = (*known + percent) / 2).or_insert(percent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_mended_by_what_a_model_reports() {
        let reported = Reported::default();
        assert_eq!(reported.ours("m", 1_000), 1_000);
        reported.note("m", 1_000, 2_000);
        assert_eq!((reported.ours("m", 1_000), reported.theirs("m", 500)), (500, 1_000));
        reported.note("m", 1_000, 1_000);
        assert_eq!(reported.ours("m", 1_500), 1_000, "half of the old figure stays");
        reported.note("m", 100, 9_000);
        reported.note("m", 1_000, 0);
        assert_eq!(reported.ours("m", 1_500), 1_000, "small and empty reports say nothing");
        reported.note("other", 1_000, 1_000_000);
        assert_eq!(reported.ours("other", 300), 100);
    }
}
