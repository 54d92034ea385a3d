//! Positions in a thread's log.

use std::fmt;

use serde::{Serialize, Serializer};

/// A position in a thread's log: an entry, a delta after it, or a derived event after that. A reader that resumes at a
/// position gets everything after it, exactly once. Ordered as the log is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The entry, from 1; 0 is before the first entry. Below 2^40.
    pub seq: i64,
    /// The delta after that entry, from 1; 0 is the entry itself.
    pub n: u32,
    /// The derived event after that, from 1; 0 is the entry or the delta. The native API never shows it.
    pub k: u8,
}

impl Position {
    pub const START: Self = Self { seq: 0, n: 0, k: 0 };

    pub fn entry(seq: i64) -> Self {
        Self { seq, n: 0, k: 0 }
    }

    pub fn delta(seq: i64, n: u32) -> Self {
        Self { seq, n, k: 0 }
    }

    pub fn derived(self, k: u8) -> Self {
        Self { k, ..self }
    }

    /// Parses the native form, `12` or `12.57`: decimal digits without sign or leading zeros.
    pub fn parse(text: &str) -> Option<Self> {
        let (seq, n) = text.split_once('.').map_or((text, None), |(seq, n)| (seq, Some(n)));
        let seq: i64 = digits(seq)?.parse().ok().filter(|s| *s < 1 << 40)?;
        match n {
            None => Some(Self::entry(seq)),
            Some(n) => digits(n)?.parse().ok().filter(|n| *n > 0).map(|n| Self::delta(seq, n)),
        }
    }
}

fn digits(text: &str) -> Option<&str> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then_some(text)
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.n {
            0 => write!(f, "{}", self.seq),
            n => write!(f, "{}.{n}", self.seq),
        }
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_native_spelling_reads_back() {
        for text in ["0", "12", "12.57", "1099511627775"] {
            assert_eq!(Position::parse(text).map(|p| p.to_string()).as_deref(), Some(text));
        }
        for bad in
            ["", "-1", "+1", "01", "1.", "1.0", ".5", "1.2.3", "1e3", " 1", "1099511627776", "9999999999999999999999"]
        {
            assert_eq!(Position::parse(bad), None, "{bad}");
        }
    }
}
