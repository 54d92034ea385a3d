//! Days in UTC.

use std::fmt;

use crate::Timestamp;

const DAY_US: i64 = 86_400_000_000;

/// A day in UTC, counted from 1970-01-01. Read and written as `2026-11-30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64);

impl Day {
    pub fn of(at: Timestamp) -> Self {
        Self(at.0.div_euclid(DAY_US))
    }

    /// The first instant of the day.
    pub fn begins_at(self) -> Timestamp {
        Timestamp(self.0.saturating_mul(DAY_US))
    }

    /// The day that is `days` later, or earlier if negative.
    pub fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Reads a date of the years 0000 to 9999.
    pub fn parse(text: &str) -> Option<Self> {
        Timestamp::parse(&format!("{text}T00:00:00Z")).map(Self::of)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let midnight = self.begins_at().to_string();
        f.write_str(midnight.split('T').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_and_written_as_a_date() {
        for (text, number) in [("1970-01-01", 0), ("1969-12-31", -1), ("2026-11-30", 20_787), ("2024-02-29", 19_782)] {
            let day = Day::parse(text).expect("a date");
            assert_eq!((day.0, day.to_string().as_str()), (number, text));
            assert_eq!((Day::of(day.begins_at()), Day::of(day.begins_at().plus_us(-1))), (day, day.plus(-1)));
        }
        for bad in ["", "2026-11-31", "2026-11-3", "2026-11-30T00:00:00Z", "20261130", "2026-11-30 "] {
            assert_eq!(Day::parse(bad), None, "{bad}");
        }
    }
}
