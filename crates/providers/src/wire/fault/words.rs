//! The words of a failure: bounded, without the key, and the wait that they name.

use std::time::Duration;

/// Most characters of a message.
const MESSAGE_CHARS: usize = 500;
/// Longer waits are not believed.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The text on one line, without control characters and without the key, at most 500 characters long.
pub(super) fn clean(text: &str, key: Option<&str>) -> String {
    let text = match key.filter(|key| !key.is_empty()) {
        Some(key) => text.replace(key, "[key]"),
        None => text.to_owned(),
    };
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MESSAGE_CHARS) {
        None => line,
        Some(_) => line.chars().take(MESSAGE_CHARS - 1).chain(['…']).collect(),
    }
}

/// The wait in "try again in 1.2s", "retry in 34.07s", "try again in 6m0s", "retry after 20 seconds".
pub(super) fn wait(message: &str) -> Option<Duration> {
    let message = message.to_ascii_lowercase();
    let starts = ["try again in ", "retry in ", "retry after ", "try again after "];
    let rest = starts.into_iter().find_map(|start| message.split_once(start))?.1;
    duration(rest).filter(|wait| *wait <= WAIT_MAX)
}

/// The wait in the field `retryDelay`: "34.07s".
pub(super) fn delay(text: &str) -> Option<Duration> {
    duration(text).filter(|wait| *wait <= WAIT_MAX)
}

/// The duration at the beginning of the text: numbers with units, from the greatest unit on.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = None;
    while let Some((number, unit, behind)) = step(rest) {
        let factor = match unit {
            "ms" | "millisecond" | "milliseconds" => 0.001,
            "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "h" | "hour" | "hours" => 3600.0,
            _ => break,
        };
        seconds = Some(seconds.unwrap_or(0.0) + number * factor);
        rest = behind;
    }
    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

/// A number, its unit, and the text behind them.
fn step(text: &str) -> Option<(f64, &str, &str)> {
    let (number, rest) = split(text.trim_start(), |c| c.is_ascii_digit() || c == '.');
    let (unit, rest) = split(rest.trim_start(), |c| c.is_ascii_alphabetic());
    Some((number.parse().ok()?, unit, rest))
}

/// The text up to the first character that is none of these, and the rest.
fn split(text: &str, is_of_these: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !is_of_these(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_in_every_spelling() {
        let ms = |ms| Some(Duration::from_millis(ms));
        for (message, waits) in [
            ("Rate limit reached. Please try again in 1.2s. Visit https://x.", ms(1_200)),
            ("Please try again in 28ms.", ms(28)),
            ("Please try again in 6m0s.", ms(360_000)),
            ("try again in 1h2m3.5s", ms(3_723_500)),
            ("Please retry in 34.07s.", ms(34_070)),
            ("Retry after 20 seconds", ms(20_000)),
            ("Try again after 2 minutes.", ms(120_000)),
            ("try again in 48h", None),
            ("try again in a while", None),
            ("try again in 5 apples", None),
            ("try again in 99999999999999999999999999s", None),
            ("nothing", None),
        ] {
            assert_eq!(wait(message), waits, "{message}");
        }
    }

    #[test]
    fn a_message_is_one_bounded_line_without_the_key() {
        assert_eq!(clean(" a\u{0}b\r\n\tc\u{1b}[31m ", None), "a b c [31m");
        assert_eq!(clean("Incorrect API key provided: sk-1.", Some("sk-1")), "Incorrect API key provided: [key].");
        let long = clean(&"é".repeat(501), None);
        assert_eq!((long.chars().count(), long.chars().last()), (500, Some('…')));
        assert_eq!(clean(&"é".repeat(500), None), "é".repeat(500));
        let key = "k".repeat(30);
        let cut = clean(&format!("{}{key}", "x".repeat(490)), Some(&key));
        assert!(!cut.contains("kk"), "{cut}");
    }
}
