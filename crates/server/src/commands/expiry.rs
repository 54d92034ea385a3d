//! The expiry of a key: after a time, or at a time.

use domain::Timestamp;
use engine::Clock;

/// Parses `30d`, `12h`, `45m`, `90s` or `2w`, counted from now, or a time in RFC 3339.
pub fn parse(text: &str) -> Result<Timestamp, String> {
    after(text, Clock::System.now()).or_else(|| Timestamp::parse(text)).ok_or_else(|| {
        "expected a time from now, as 30d, 12h, 45m, 90s or 2w, or a time in RFC 3339, as 2030-01-31T12:00:00Z".into()
    })
}

fn after(text: &str, now: Timestamp) -> Option<Timestamp> {
    let unit = text.chars().last()?;
    let digits = text.strip_suffix(unit).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let count: i64 = digits.parse().ok().filter(|count| (1..=100_000).contains(count))?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    Some(now.plus_s(count * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_from_now_or_a_time() {
        let now = Timestamp(1_000_000);
        for (text, seconds) in [("1s", 1), ("2m", 120), ("3h", 10_800), ("30d", 2_592_000), ("2w", 1_209_600)] {
            assert_eq!(after(text, now), Some(now.plus_s(seconds)), "{text}");
        }
        assert_eq!(parse("2030-01-31T12:00:00Z"), Ok(Timestamp(1_896_091_200_000_000)));
        assert_eq!(parse("9999-12-31T23:59:59Z").map(|at| at.to_string()), Ok("9999-12-31T23:59:59.000000Z".into()));
        for bad in ["2030-01-31T12:00Z", "20300131T120000Z", "2030-01-31T12:00:00Z[Europe/Kyiv]"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        for bad in ["", "d", "0d", "-1d", "+1d", "1.5d", "30", "30y", "tomorrow", "999999999d", "1ä"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
