//! Times as people read them. All are UTC.

use domain::Timestamp;

/// A time in the forms of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    /// `2025-10-09T08:53:20Z`, for programs.
    pub exact: String,
    /// `9 October 2025, 08:53:20 UTC`.
    pub full: String,
    /// `now`, `5 min`, `3 h`, `9 Oct` or `9 Oct 2024`.
    pub short: String,
    /// `08:53`, or `9 Oct 08:53` on another day.
    pub clock: String,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Time {
    pub fn of(at: Timestamp, now: Timestamp) -> Self {
        let text = at.to_string();
        let (date, clock) = (&text[..10], &text[11..19]);
        let (year, month, day) = (&date[..4], &date[5..7], date[8..].trim_start_matches('0'));
        let month = month.parse().ok().and_then(|month: usize| MONTHS.get(month - 1)).copied().unwrap_or_default();
        let short = match now.since_us(at) / 1_000_000 {
            ..60 => "now".into(),
            s @ 60..3_600 => format!("{} min", s / 60),
            s @ 3_600..86_400 => format!("{} h", s / 3_600),
            _ if now.to_string()[..4] == *year => format!("{day} {}", &month[..3]),
            _ => format!("{day} {} {year}", &month[..3]),
        };
        let hour = &clock[..5];
        let hour = match now.to_string()[..10] == *date {
            true => hour.to_owned(),
            false => format!("{day} {} {hour}", &month[..3]),
        };
        let (exact, full) = (format!("{date}T{clock}Z"), format!("{day} {month} {year}, {clock} UTC"));
        Self { exact, full, short, clock: hour }
    }
}

/// A length of time: `412 ms`, `3.2 s`, `4 min 5 s`.
pub fn length(us: i64) -> String {
    match us.max(0) / 1_000 {
        ms @ ..1_000 => format!("{ms} ms"),
        ms @ 1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        ms @ 60_000..3_600_000 => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
        ms => format!("{} h {} min", ms / 3_600_000, ms % 3_600_000 / 60_000),
    }
}

/// Digits in groups of three: `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes: `512 bytes`, `1.4 MB`.
pub fn size(bytes: i64) -> String {
    match bytes.max(0) {
        bytes @ ..1_000 => format!("{bytes} bytes"),
        bytes @ 1_000..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        bytes => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_short_near_now_and_a_date_far_from_it() {
        let now = Timestamp::parse("2026-11-30T12:00:00Z").unwrap();
        let short = |text: &str| Time::of(Timestamp::parse(text).unwrap(), now).short;
        assert_eq!(short("2026-11-30T11:59:30Z"), "now");
        assert_eq!(short("2026-11-30T12:00:30Z"), "now");
        assert_eq!(short("2026-11-30T11:01:00Z"), "59 min");
        assert_eq!(short("2026-11-29T12:00:01Z"), "23 h");
        assert_eq!(short("2026-03-04T12:00:00Z"), "4 Mar");
        assert_eq!(short("2025-03-04T12:00:00Z"), "4 Mar 2025");
        let full = Time::of(Timestamp::parse("2026-03-04T12:01:02.5Z").unwrap(), now);
        let today = Time::of(Timestamp::parse("2026-11-30T08:53:20Z").unwrap(), now);
        assert_eq!((&*full.clock, &*today.clock), ("4 Mar 12:01", "08:53"));
        assert_eq!((&*full.full, &*full.exact), ("4 March 2026, 12:01:02 UTC", "2026-03-04T12:01:02Z"));
    }

    #[test]
    fn lengths_and_sizes_have_units() {
        assert_eq!([length(412_000), length(3_200_000), length(245_000_000)], ["412 ms", "3.2 s", "4 min 5 s"]);
        assert_eq!([size(5), size(1_400), size(2_500_000)], ["5 bytes", "1.4 kB", "2.5 MB"]);
        assert_eq!([grouped(0), grouped(999), grouped(1_234_567)], ["0", "999", "1,234,567"]);
    }
}
