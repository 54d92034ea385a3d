//! Positions as clients send them.

use serde::Deserialize;

/// A sequence in a query, from 0 to 2^63 − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "u64")]
pub struct Sequence(pub i64);

impl TryFrom<u64> for Sequence {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        i64::try_from(number).map(Self).map_err(|_| "must be below 2^63")
    }
}
