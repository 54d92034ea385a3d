//! JSON on one line for every reader.

use std::borrow::Cow;

/// Line breaks other than CR and LF that JSON may contain unescaped, and that split lines for readers like Python's
/// `splitlines`. The first byte of each is one of [`FIRST`].
const BREAKS: [(char, &str); 3] = [('\u{85}', "\\u0085"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];
const FIRST: [u8; 2] = [0xc2, 0xe2];

/// The same JSON, with line breaks inside its strings as escapes.
pub fn one_line(json: &str) -> Cow<'_, str> {
    let escape = |c: char| BREAKS.iter().find(|(own, _)| *own == c).map(|(_, escape)| *escape);
    if !json.bytes().any(|byte| FIRST.contains(&byte)) || !json.contains(|c| escape(c).is_some()) {
        return json.into();
    }
    let mut line = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match escape(c) {
            Some(escape) => line.push_str(escape),
            None => line.push(c),
        }
    }
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_the_same_and_the_line_is_one() {
        let text = "a\u{2028}b\u{2029}c\u{85}d\u{a0}\u{e9}\u{2027}\u{202a}\u{1f600}\r\n\u{b}\u{c}\u{1c}\u{1d}\u{1e}";
        let json = serde_json::to_string(&[text]).unwrap();
        let line = one_line(&json);
        assert_eq!(serde_json::from_str::<Vec<String>>(&line).unwrap(), [text]);
        let breaks = |c: char| c.is_ascii_control() || ['\u{85}', '\u{2028}', '\u{2029}'].contains(&c);
        assert!(!line.contains(breaks), "{line:?}");
        assert!(matches!(one_line("[\"\u{a0}\u{2027}\"]"), Cow::Borrowed(_)));
    }
}
