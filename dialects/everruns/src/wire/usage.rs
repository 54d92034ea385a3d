//! The tokens and the cost of model calls.

use domain::{spent::Spent, step::Record, usage::Usage};
use serde::Serialize;
use utoipa::ToSchema;

/// Tokens in buckets that do not overlap, and dollars.
///
/// The contract's counts have 32 bits: a larger one is told as 2,147,483,647.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TokenUsage {
    /// Input that came from no cache.
    #[schema(minimum = 0)]
    pub input_tokens: i32,
    /// All output, thinking included.
    #[schema(minimum = 0)]
    pub output_tokens: i32,
    /// Input that the provider read from its cache.
    #[schema(value_type = Option<i32>, minimum = 0)]
    pub cache_read_tokens: i32,
    /// Input that the provider wrote to its cache.
    #[schema(value_type = Option<i32>, minimum = 0)]
    pub cache_creation_tokens: i32,
    /// US dollars by the price of the model. Absent if no call has a known price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_cost_usd: Option<f64>,
    /// For a sum of calls: the same as `estimated_cost_usd`, without the calls whose price is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_cost_usd: Option<f64>,
}

impl TokenUsage {
    fn of(usage: Usage) -> Self {
        let count = |tokens: u64| i32::try_from(tokens).unwrap_or(i32::MAX);
        Self {
            input_tokens: count(usage.input),
            output_tokens: count(usage.output),
            cache_read_tokens: count(usage.cache_read),
            cache_creation_tokens: count(usage.cache_write.saturating_add(usage.cache_write_1h)),
            estimated_cost_usd: None,
            effective_cost_usd: None,
        }
    }

    /// The sum of a turn or a session. `None` without calls.
    pub fn of_sum(spent: Spent) -> Option<Self> {
        let spent = spent.any()?;
        let cost = spent.known_cost().map(|cost| cost.dollars());
        Some(Self { estimated_cost_usd: cost, effective_cost_usd: cost, ..Self::of(spent.usage) })
    }
}

impl From<&Record> for TokenUsage {
    fn from(record: &Record) -> Self {
        Self { estimated_cost_usd: record.cost.map(|cost| cost.dollars()), ..Self::of(record.usage) }
    }
}

#[cfg(test)]
mod tests {
    use domain::usage::Usd;

    use super::*;

    #[test]
    fn a_count_beyond_32_bits_is_the_largest() {
        const MAX: u64 = i32::MAX as u64;
        let usage =
            Usage { input: MAX, cache_read: MAX + 1, cache_write: MAX - 1, output: u64::MAX, ..Usage::default() };
        let usage = Usage { cache_write_1h: 1, ..usage };
        let spent = Spent { calls: 2, unpriced: 1, usage, cost: Usd(1_500_000_000_000), ..Spent::default() };
        let told = TokenUsage::of_sum(spent).unwrap();
        assert_eq!((told.input_tokens, told.cache_read_tokens, told.output_tokens), (i32::MAX, i32::MAX, i32::MAX));
        assert_eq!((told.cache_creation_tokens, told.effective_cost_usd), (i32::MAX, Some(1.5)));
        let below = Spent { usage: Usage { input: MAX - 1, ..Usage::default() }, ..spent };
        assert_eq!(TokenUsage::of_sum(below).unwrap().input_tokens, i32::MAX - 1);
        assert_eq!(TokenUsage::of_sum(Spent { unpriced: 2, ..spent }).unwrap().effective_cost_usd, None);
        assert_eq!(TokenUsage::of_sum(Spent::default()), None);
    }
}
