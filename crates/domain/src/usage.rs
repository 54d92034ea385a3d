//! The cost of model calls: tokens in buckets, and money.

use std::{fmt, iter::Sum, ops::AddAssign};

use serde::{Deserialize, Serialize};

/// The tokens of a model call, as the provider counts them. The buckets of the input do not overlap.
///
/// Models without a tokenizer (`echo` and `scripted`) report [`Usage::approximate`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Input that came from no cache.
    pub input: u64,
    /// Input that the provider read from its cache.
    #[serde(skip_serializing_if = "is_zero")]
    pub cache_read: u64,
    /// Input that the provider wrote to its cache for some minutes.
    #[serde(skip_serializing_if = "is_zero")]
    pub cache_write: u64,
    /// Input that the provider wrote to its cache for an hour.
    #[serde(skip_serializing_if = "is_zero")]
    pub cache_write_1h: u64,
    /// All output, thinking included.
    pub output: u64,
    /// The part of the output that is thinking. Zero where the provider does not say it.
    #[serde(skip_serializing_if = "is_zero")]
    pub reasoning: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Usage {
    /// One token for every four characters read and every four said, rounded up.
    pub fn approximate(chars_read: usize, chars_said: usize) -> Self {
        Self { input: chars_read.div_ceil(4) as u64, output: chars_said.div_ceil(4) as u64, ..Self::default() }
    }

    /// Most tokens of a bucket of one call. No model's window is nearly as large.
    pub const CALL_MAX: u64 = 100_000_000;

    /// The usage of one call within its bounds, so that a wrong report spoils no sum.
    pub fn bounded(self) -> Self {
        let within = |tokens: u64| tokens.min(Self::CALL_MAX);
        Self {
            input: within(self.input),
            cache_read: within(self.cache_read),
            cache_write: within(self.cache_write),
            cache_write_1h: within(self.cache_write_1h),
            output: within(self.output),
            reasoning: within(self.reasoning),
        }
    }

    /// All input, from a cache or not.
    pub fn input_total(&self) -> u64 {
        [self.cache_read, self.cache_write, self.cache_write_1h].into_iter().fold(self.input, u64::saturating_add)
    }

    pub fn total(&self) -> u64 {
        self.input_total().saturating_add(self.output)
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, more: Self) {
        let add = |own: &mut u64, more: u64| *own = own.saturating_add(more);
        add(&mut self.input, more.input);
        add(&mut self.cache_read, more.cache_read);
        add(&mut self.cache_write, more.cache_write);
        add(&mut self.cache_write_1h, more.cache_write_1h);
        add(&mut self.output, more.output);
        add(&mut self.reasoning, more.reasoning);
    }
}

impl Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            sum += one;
            sum
        })
    }
}

/// An amount of US dollars, exact to 10⁻¹² dollars. Stored as that many picodollars. On the wire: a decimal string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Usd(pub i64);

const DIGITS: usize = 12;
const ONE: i64 = 1_000_000_000_000;

impl Usd {
    /// One dollar.
    pub const ONE: Self = Self(ONE);

    /// Reads a decimal number of dollars: digits, and at most 12 after a point. At most 9 million dollars.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_digits(whole) || !is_digits(part) || part.len() > DIGITS {
            return None;
        }
        let part: i64 = format!("{part:0<DIGITS$}").parse().ok()?;
        whole.parse::<i64>().ok()?.checked_mul(ONE)?.checked_add(part).map(Self)
    }

    /// The nearest floating-point number, for contracts that tell amounts so.
    pub fn dollars(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    pub fn saturating_add(self, more: Self) -> Self {
        Self(self.0.saturating_add(more.0))
    }
}

/// The shortest decimal number: `0`, `1.5`, `0.000003`.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / ONE.unsigned_abs(), self.0.unsigned_abs() % ONE.unsigned_abs());
        let text = format!("{sign}{whole}.{part:0DIGITS$}");
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// The price of a model, in dollars for a million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    pub input: Usd,
    pub output: Usd,
    /// Absent: the price of the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<Usd>,
    /// Absent: the price of the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<Usd>,
    /// Absent: the price of the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<Usd>,
}

impl Price {
    /// The cost of a call. Amounts below a picodollar are cut off.
    pub fn of(&self, usage: &Usage) -> Usd {
        let of = |count: u64, price: Usd| i128::from(count) * i128::from(price.0);
        let sum = of(usage.input, self.input)
            + of(usage.cache_read, self.cache_read.unwrap_or(self.input))
            + of(usage.cache_write, self.cache_write.unwrap_or(self.input))
            + of(usage.cache_write_1h, self.cache_write_1h.unwrap_or(self.input))
            + of(usage.output, self.output);
        Usd(i64::try_from(sum / 1_000_000).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Usd {
        Usd::parse(text).expect("an amount")
    }

    #[test]
    fn an_amount_is_read_and_written_as_a_decimal_number() {
        for (text, shown) in
            [("0", "0"), ("1.50", "1.5"), ("0.000003", "0.000003"), ("12", "12"), ("0.000000000001", "0.000000000001")]
        {
            assert_eq!(usd(text).to_string(), shown);
        }
        for bad in ["", ".", "1.", ".5", "-1", "+1", "1e3", "0.0000000000001", "99999999999"] {
            assert_eq!(Usd::parse(bad), None, "{bad:?}");
        }
        assert_eq!(Usd(-1_500_000_000_000).to_string(), "-1.5");
    }

    #[test]
    fn each_bucket_has_its_price() {
        let price = Price {
            input: usd("5"),
            output: usd("25"),
            cache_read: Some(usd("0.5")),
            cache_write: Some(usd("6.25")),
            cache_write_1h: Some(usd("10")),
        };
        let usage =
            Usage { input: 1_000, cache_read: 2_000, cache_write: 400, cache_write_1h: 100, output: 10, reasoning: 4 };
        assert_eq!(price.of(&usage).to_string(), "0.00975");
        assert_eq!(usage.input_total(), 3_500);
        let plain = Price { cache_read: None, cache_write: None, cache_write_1h: None, ..price };
        assert_eq!(plain.of(&usage).to_string(), "0.01775");
        assert_eq!(
            Price { input: usd("0.0036"), ..Price::default() }.of(&Usage { input: 1, ..Usage::default() }),
            Usd(3_600)
        );
    }
}
