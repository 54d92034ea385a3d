//! The pause that an answer asks for.

use std::time::Duration;

use domain::Timestamp;
use http::{HeaderMap, header};

/// The pause that the answer asks for, in any of its spellings: `retry-after-ms` in milliseconds, or else
/// `Retry-After` in seconds or as an HTTP date. Numbers may have fractions. A date in the past is no pause.
///
/// `None` without such a header, and for a value that is none of these. The pause is not bounded.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.trim());
    let in_ms = text("retry-after-ms").and_then(number).map(|ms| ms / 1_000.0);
    let Some(seconds) = in_ms.or_else(|| number(text(header::RETRY_AFTER.as_str())?)) else {
        let at = Timestamp::parse_http(text(header::RETRY_AFTER.as_str())?)?;
        return Some(Duration::from_micros(u64::try_from(at.since_us(now)).unwrap_or(0)));
    };
    Duration::try_from_secs_f64(seconds).ok()
}

/// A number of digits, with a fraction or without.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, value: &str, expect: Option<u64>) {
        let now = Timestamp::parse("2026-01-02T03:04:05Z").expect("a time");
        let headers = HeaderMap::from_iter([(header::HeaderName::from_static(name), value.parse().expect("a value"))]);
        assert_eq!(retry_after(&headers, now), expect.map(Duration::from_millis), "{name}: {value:?}");
    }

    #[test]
    fn a_pause_is_a_number_or_a_time() {
        check("retry-after", "120", Some(120_000));
        check("retry-after", " 7 ", Some(7_000));
        check("retry-after", "0", Some(0));
        check("retry-after", "1.5", Some(1_500));
        check("retry-after", "Fri, 02 Jan 2026 03:05:05 GMT", Some(60_000));
        check("retry-after", "Fri, 02 Jan 2026 03:00:00 GMT", Some(0));
        check("retry-after-ms", "250", Some(250));
    }

    #[test]
    fn another_text_asks_for_no_pause() {
        for bad in ["", ".", "-1", "+1", "1e3", "inf", "NaN", "soon", "1 s", "1.2.3", "99999999999999999999999"] {
            check("retry-after", bad, None);
            check("retry-after-ms", bad, None);
        }
        assert_eq!(retry_after(&HeaderMap::new(), Timestamp(0)), None);
    }

    #[test]
    fn milliseconds_come_before_seconds_if_they_are_a_number() {
        let read = |ms: &str| {
            let ms = (header::HeaderName::from_static("retry-after-ms"), ms.parse().expect("a value"));
            let headers = HeaderMap::from_iter([ms, (header::RETRY_AFTER, "2".parse().expect("a value"))]);
            retry_after(&headers, Timestamp(0))
        };
        assert_eq!(read("1250"), Some(Duration::from_millis(1_250)));
        assert_eq!(read("soon"), Some(Duration::from_secs(2)));
    }
}
