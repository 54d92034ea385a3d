//! Instants, in microseconds since 1970 (UTC).

use std::{fmt, ops::Range};

use jiff::{SignedDuration, civil};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in microseconds since the Unix epoch. On every wire: RFC 3339, `Z`, exactly six fraction digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    pub fn plus_us(self, us: i64) -> Self {
        Self(self.0.saturating_add(us))
    }

    pub fn plus_ms(self, ms: i64) -> Self {
        self.plus_us(ms.saturating_mul(1_000))
    }

    pub fn plus_s(self, s: i64) -> Self {
        self.plus_us(s.saturating_mul(1_000_000))
    }

    /// Microseconds from `earlier` to this instant. Negative if this instant is before `earlier`.
    pub fn since_us(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The last instant that can be written.
    const LAST: Self = Self(253_402_300_799_999_999);
    /// The first instant: the start of the year 0000.
    const FIRST: Self = Self(-62_167_219_200_000_000);

    /// Parses RFC 3339 only: any offset, any number of fraction digits (cut to microseconds), and a space or `t` for
    /// `T`. A leap second becomes the second before it. `None` also for an instant outside of the years 0000 to 9999 in
    /// UTC.
    pub fn parse(text: &str) -> Option<Self> {
        let (date_time, rest) = text.split_at_checked(DATE_TIME.len())?;
        let (fraction_us, zone) = fraction(rest)?;
        let minutes = minute(date_time)? - offset_minutes(zone)?;
        let second = match number(&date_time[17..])? {
            // Leap seconds are not known years ahead, but they always end this minute.
            60 if minutes.rem_euclid(DAY_MINUTES) == DAY_MINUTES - 1 => 59,
            second => second,
        };
        let at = Self((minutes * 60 + second) * SECOND_US + fraction_us);
        (second < 60 && (Self::FIRST..=Self::LAST).contains(&at)).then_some(at)
    }

    /// Parses the date format of HTTP headers: `Fri, 02 Jan 2026 03:04:05 GMT`.
    pub fn parse_http(text: &str) -> Option<Self> {
        let parsed = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text);
        parsed.ok().map(|t| Self(t.as_microsecond()))
    }
}

/// `0` stands for a digit; `T` may be `t` or a space.
const DATE_TIME: &[u8] = b"0000-00-00T00:00:00";
const EPOCH: civil::DateTime = civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
const SECOND_US: i64 = 1_000_000;
const DAY_MINUTES: i64 = 1_440;

/// Minutes from 1970 to a local date and time.
fn minute(date_time: &str) -> Option<i64> {
    let is_shaped = DATE_TIME.iter().zip(date_time.bytes()).all(|(shape, byte)| match shape {
        b'0' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b't' | b' '),
        _ => byte == *shape,
    });
    let field = |range: Range<usize>| date_time.get(range).filter(|_| is_shaped).and_then(|digits| digits.parse().ok());
    let year = date_time.get(..4).and_then(|digits| digits.parse().ok())?;
    let date = civil::Date::new(year, field(5..7)?, field(8..10)?).ok()?;
    let time = civil::Time::new(field(11..13)?, field(14..16)?, 0, 0).ok()?;
    Some(date.to_datetime(time).duration_since(EPOCH).as_secs() / 60)
}

/// Microseconds of the leading fraction of the text, and the rest of the text.
fn fraction(rest: &str) -> Option<(i64, &str)> {
    let Some(rest) = rest.strip_prefix('.') else { return Some((0, rest)) };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, zone) = rest.split_at(end);
    let first = &digits[..digits.len().min(6)];
    Some((number(first)? * 10_i64.pow(6 - first.len() as u32), zone))
}

/// The zone's offset from UTC in minutes: `Z` or `±hh:mm`.
fn offset_minutes(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let (sign, time) = zone.split_at_checked(1)?;
    let sign = match sign {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = time.split_once(':').filter(|(hours, minutes)| hours.len() == 2 && minutes.len() == 2)?;
    let (hours, minutes) = (number(hours).filter(|n| *n < 24)?, number(minutes).filter(|n| *n < 60)?);
    Some(sign * (hours * 60 + minutes))
}

/// Parses at least one digit, and nothing else.
fn number(digits: &str) -> Option<i64> {
    digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = SignedDuration::from_micros((*self).clamp(Self::FIRST, Self::LAST).0);
        let at = EPOCH.checked_add(since).map_err(|_| fmt::Error)?;
        write!(f, "{at:.6}Z")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("expected a time in RFC 3339, in the years 0000 to 9999"))
    }
}

#[cfg(test)]
mod tests {
    use fancy_regex::Regex;

    use super::*;

    fn check(text: &str, expect: &str) {
        let read = Timestamp::parse(text).map(|at| at.to_string());
        assert_eq!(read.as_deref().unwrap_or("refused"), expect, "{text}");
    }

    #[test]
    fn six_fraction_digits_always() {
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000000Z");
        assert_eq!(Timestamp(1_760_000_000_120_000).to_string(), "2025-10-09T08:53:20.120000Z");
        assert_eq!(Timestamp::parse("2025-10-09T10:53:20.12+02:00"), Some(Timestamp(1_760_000_000_120_000)));
        assert_eq!(Timestamp(i64::MAX).to_string(), "9999-12-31T23:59:59.999999Z");
        assert_eq!(Timestamp(i64::MIN).to_string(), "0000-01-01T00:00:00.000000Z");
    }

    #[test]
    fn a_time_is_read_as_the_standard_has_it() {
        check("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z");
        check("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z");
        check("2030-01-01T00:00:00.1234567890123Z", "2030-01-01T00:00:00.123456Z");
        check("2030-01-01 00:00:00z", "2030-01-01T00:00:00.000000Z");
        check("2030-01-01t00:00:00+23:59", "2029-12-31T00:01:00.000000Z");
        check("2030-01-01T00:00:00-00:00", "2030-01-01T00:00:00.000000Z");
        check("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.500000Z");
        check("2016-12-31T15:59:60-08:00", "2016-12-31T23:59:59.000000Z");
        check("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z");
        check("2028-02-29T00:00:00Z", "2028-02-29T00:00:00.000000Z");
    }

    #[test]
    fn what_is_no_time_of_the_standard_is_refused() {
        for text in [
            "",
            "2030-01-01",
            "2030-01-01T00:00:00",
            "2030-01-01T00:00Z",
            "20300101T000000Z",
            "2100-01-01T00:00:00+24:00",
            "2100-01-01T00:00:00+00:60",
            "2030-01-01T00:00:00+02",
            "2030-01-01T00:00:00+0200",
            "2030-01-01T00:00:00+02:00:00",
            "2030-01-01T00:00:00Z[Europe/Kyiv]",
            "2030-01-01T00:00:00.Z",
            "2030-01-01T00:00:00,5Z",
            "2030-01-01T24:00:00Z",
            "2030-01-01T12:30:60Z",
            "2030-01-01T00:00:61Z",
            "2030-02-30T00:00:00Z",
            "+002030-01-01T00:00:00Z",
            "9999-12-31T23:59:59-00:01",
            "0000-01-01T00:00:00+00:01",
            " 2030-01-01T00:00:00Z",
            "2030-01-01T00:00:00Z ",
            "２030-01-01T00:00:00Z",
            "2030-01-01T00:00:00Ż",
        ] {
            check(text, "refused");
        }
    }

    /// The grammar of RFC 3339, sections 5.6 and 5.7, and a second reader for the values.
    #[test]
    fn whatever_is_written_is_read_as_the_grammar_and_another_reader_have_it() {
        let grammar =
            r"^\d{4}-\d\d-\d\d[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$";
        let grammar = Regex::new(grammar).unwrap();
        let times = ["2031-03-31T13:29:09.012345Z", "1905-11-20t23:10:59+13:45", "2028-02-29 00:00:00.9-01:30"];
        let mut taken = 0;
        for text in times.iter().flat_map(|time| edits(time)) {
            let other = text.parse::<jiff::Timestamp>().ok().filter(|_| grammar.is_match(&text).unwrap());
            assert_eq!(Timestamp::parse(&text).map(|at| at.0), other.map(|at| at.as_microsecond()), "{text}");
            taken += usize::from(other.is_some());
        }
        assert!(taken > 300, "{taken}");
    }

    /// The text with each character removed, replaced, or preceded by another one. None has a leap second.
    fn edits(text: &str) -> Vec<String> {
        let mut edits = vec![text.to_owned()];
        for at in 0..=text.len() {
            let (before, after) = text.split_at(at);
            let rest = after.get(1..).unwrap_or_default();
            edits.push(format!("{before}{rest}"));
            for other in "0123459-+:.,TtZz []_WäZ".chars() {
                edits.extend([format!("{before}{other}{rest}"), format!("{before}{other}{after}")]);
            }
        }
        edits.retain(|text| text.get(17..19) != Some("60"));
        edits
    }
}
