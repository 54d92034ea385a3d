//! The worst case of a model call: its estimated input, and its largest answer at the price of its route.

use domain::{
    budget::Unit,
    controls::Speed,
    model::Abilities,
    script::Reply,
    usage::{Usage, Usd},
};
use providers::Target;

use super::calling::Asked;
use crate::inner::Inner;

/// Fewest tokens of an answer that is worth a call. Some providers take no smaller bound.
const LEAST_OUTPUT: u64 = 16;
const MILLION: i64 = 1_000_000;

/// The worst case of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quote {
    /// Tokens of the input.
    input: i64,
    /// Most tokens of the answer.
    pub(super) output: i64,
    /// Fewest tokens of an answer: a call that cannot have them is not made.
    least: i64,
    /// True if the model's own bound may be greater than `output`.
    is_loose: bool,
    /// `None` if the price is unknown.
    price: Option<Price>,
}

/// Picodollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Price {
    input: i64,
    output_million: i64,
}

impl Quote {
    /// The worst case of a call with this estimated input. `most`: the call's own bound of its answer.
    pub(super) fn of(asked: &Asked, estimated: u64, most: Option<u64>, script: &[Reply], inner: &Inner) -> Self {
        let Target::Provider(lead) = asked.target() else {
            return Self::of_our_own(asked.target(), estimated, script);
        };
        let input = inner.reported.theirs(&lead.model, estimated);
        let abilities = lead.abilities.as_ref();
        let known = most.or(lead.most_output).or(abilities.and_then(|model| model.output));
        let output = tokens(known.unwrap_or(inner.limits.unknown_output));
        Self {
            input: tokens(input),
            output,
            least: output.min(tokens(LEAST_OUTPUT)),
            is_loose: known.is_none(),
            price: abilities.and_then(|model| Price::of(model, input, asked.controls.speed)),
        }
    }

    /// Echo and scripts cost nothing. Their answers are as long as they are, and a script says what it reports.
    fn of_our_own(target: &Target, estimated: u64, script: &[Reply]) -> Self {
        let script = if matches!(target, Target::Scripted) { script } else { &[] };
        let (mut input, mut output) = (estimated, if script.is_empty() { estimated } else { 0 });
        for reply in script {
            let said = [&reply.text, &reply.thinking].into_iter().flatten().map(|text| text.chars().count() as u64);
            let usage = reply.usage.as_deref().copied().unwrap_or_default();
            let is_other = !reply.tool_calls.is_empty() || reply.error.is_some() || reply.hang;
            let repeats = reply.echo || reply.recite || reply.recite_transcript || reply.text.is_none() && !is_other;
            let repeated = if repeats { estimated } else { 0 };
            input = input.max(usage.input_total());
            output = output.max(usage.output).max(said.sum::<u64>().div_ceil(4) + repeated);
        }
        let output = tokens(output);
        Self { input: tokens(input), output, least: output, is_loose: false, price: Some(Price::default()) }
    }

    pub(super) fn has_price(&self) -> bool {
        self.price.is_some()
    }

    /// The amount that a call with such an answer needs at most.
    pub(super) fn need(&self, unit: Unit, output: i64) -> i64 {
        let price = self.price.unwrap_or_default();
        match unit {
            Unit::Tokens => self.input.saturating_add(output),
            Unit::Usd => price.input.saturating_add(scaled(output, price.output_million, MILLION, true)),
        }
    }

    /// The tokens of the largest answer for which `rest` is enough. `None` if it is not even enough for a small one.
    pub(super) fn affordable(&self, unit: Unit, rest: i64) -> Option<i64> {
        let price = self.price.unwrap_or_default();
        let output = match unit {
            Unit::Tokens => rest.checked_sub(self.input)?,
            Unit::Usd if price.output_million == 0 => {
                if price.input <= rest {
                    self.output
                } else {
                    -1
                }
            }
            Unit::Usd => scaled(rest.checked_sub(price.input)?, MILLION, price.output_million, false),
        };
        (output >= self.least).then(|| output.min(self.output))
    }

    /// The bound that the provider must be asked for, so that the answer has at most `output` tokens. `None`: its own.
    pub(super) fn bound(&self, output: i64) -> Option<u64> {
        (self.is_loose || output < self.output).then(|| output.unsigned_abs())
    }
}

impl Price {
    fn of(model: &Abilities, input: u64, speed: Option<Speed>) -> Option<Self> {
        let cost = |usage: Usage| model.cost(&usage, speed).map(|Usd(cost)| cost);
        let plain = Usage { input, ..Usage::default() };
        let cached = Usage { cache_write: input, ..Usage::default() };
        let long = Usage { cache_write_1h: input, ..Usage::default() };
        let output = Usage { output: MILLION.unsigned_abs(), ..plain };
        let output_million = cost(output)?.saturating_sub(cost(plain)?);
        Some(Self { input: cost(plain)?.max(cost(cached)?).max(cost(long)?), output_million })
    }
}

fn tokens(count: u64) -> i64 {
    i64::try_from(count.min(Usage::CALL_MAX)).unwrap_or(i64::MAX)
}

/// `count × by / of`, rounded up or down.
fn scaled(count: i64, by: i64, of: i64, up: bool) -> i64 {
    let (product, of) = (i128::from(count) * i128::from(by), i128::from(of));
    let whole = product.div_euclid(of) + i128::from(up && product.rem_euclid(of) != 0);
    i64::try_from(whole).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 tokens in, at most 1,000 out, at 2 and 3 picodollars a token.
    fn quote() -> Quote {
        let price = Some(Price { input: 200, output_million: 3 * MILLION });
        Quote { input: 100, output: 1_000, least: 16, is_loose: false, price }
    }

    #[test]
    fn an_answer_is_cut_to_the_rest_and_never_below_the_smallest() {
        let quote = quote();
        assert_eq!((quote.need(Unit::Tokens, 1_000), quote.need(Unit::Usd, 1_000)), (1_100, 3_200));
        for (unit, rest, output) in [
            (Unit::Tokens, 1_100, Some(1_000)),
            (Unit::Tokens, 5_000, Some(1_000)),
            (Unit::Tokens, 1_099, Some(999)),
            (Unit::Tokens, 116, Some(16)),
            (Unit::Tokens, 115, None),
            (Unit::Tokens, 0, None),
            (Unit::Tokens, -5, None),
            (Unit::Usd, 3_199, Some(999)),
            (Unit::Usd, 248, Some(16)),
            (Unit::Usd, 247, None),
        ] {
            assert_eq!(quote.affordable(unit, rest), output, "{unit:?} {rest}");
            assert!(output.is_none_or(|output| quote.need(unit, output) <= rest), "{unit:?} {rest}");
        }
        assert_eq!((quote.bound(1_000), quote.bound(999)), (None, Some(999)));
        assert_eq!(Quote { is_loose: true, ..quote }.bound(1_000), Some(1_000));
    }

    #[test]
    fn a_call_without_a_price_per_token_needs_money_for_its_input_alone() {
        let quote = Quote { price: Some(Price { input: 5, output_million: 0 }), ..quote() };
        assert_eq!((quote.affordable(Unit::Usd, 5), quote.affordable(Unit::Usd, 4)), (Some(1_000), None));
    }
}
