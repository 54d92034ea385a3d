//! Compares the strict reader with serde_json: texts that both accept give equal values, and a rule explains every
//! difference.

use dialect_kit::json;
use domain::{Limits, codes};
use serde_json::Value;

use crate::tree::Tree;

/// Number of generated texts.
const CASES: u64 = 20_000;
/// Least number of texts of each kind. With fewer, the test does not work.
const OF_A_KIND_MIN: u64 = 1_000;
const DEPTH: u64 = 6;

#[test]
fn strict_reader_and_serde_agree_on_twenty_thousand_texts_but_for_its_rules() {
    let limits = Limits { json_depth: DEPTH, ..Limits::default() };
    let (mut taken, mut by_rule, mut broken) = (0, 0, 0);
    for case in 0..CASES {
        let bytes = Random(case).text();
        let strict = json::from_bytes::<Value>(&bytes, &limits);
        let lenient = serde_json::from_slice::<Value>(&bytes);
        let shown = String::from_utf8_lossy(&bytes);
        match (strict, lenient) {
            (Ok(strict), Ok(lenient)) => {
                assert_eq!(strict, lenient, "case {case}: {shown}");
                assert!(!Tree::read(&bytes).breaks_a_rule(DEPTH), "case {case} breaks a rule: {shown}");
                taken += 1;
            }
            (Err(_), Ok(_)) => {
                assert!(Tree::read(&bytes).breaks_a_rule(DEPTH), "case {case} breaks no rule: {shown}");
                by_rule += 1;
            }
            (Err(error), Err(_)) => {
                assert_eq!(error.code, codes::INVALID_JSON, "case {case}: {shown}");
                broken += 1;
            }
            (Ok(_), Err(error)) => panic!("case {case} is taken, but {error}: {shown}"),
        }
    }
    let least = taken.min(by_rule).min(broken);
    assert!(least >= OF_A_KIND_MIN, "{taken} taken, {by_rule} refused by a rule, {broken} broken");
}

/// An own generator, so that each case stays the same forever (SplitMix64).
struct Random(u64);

const SCALARS: [&str; 22] = [
    "0",
    "-0",
    "1",
    "-1.5",
    "1e3",
    "18446744073709551615",
    "-9223372036854775808",
    "123456789012345678901234567890",
    "true",
    "false",
    "null",
    "\"\"",
    "\"a\"",
    "\"\\u0061\"",
    "\"\\ud83d\\ude00\"",
    "\"\\u0000\"",
    "\"\u{e9}\u{2028}\"",
    "\"\\n\\\\\\/\"",
    "1.7976931348623157e308",
    "5e-324",
    "0.1",
    "\"\u{feff}\"",
];
const KEYS: [&str; 8] = ["a", "b", "\\u0061", "c", "d", "e", "", "\\u0000"];
const SPACES: [&str; 6] = ["", "", "", " ", "\n", "\t\r"];
const PIECES: [&str; 24] = [
    "[", "]", "{", "}", ",", ":", "\"", "\\", "\\u", "\\ud800", "0", "-", "+", ".", "e", "1e400", "NaN", "tru", "//",
    "'", "\0", "\u{feff}", "\u{7f}", "\u{b}",
];

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }

    fn of<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len())]
    }

    /// A value with some changes. Two of five are unchanged.
    fn text(&mut self) -> Vec<u8> {
        let mut text = String::new();
        self.value(&mut text, 8);
        let mut bytes = text.into_bytes();
        for _ in 0..self.below(5).saturating_sub(1) {
            self.change(&mut bytes);
        }
        bytes
    }

    fn value(&mut self, text: &mut String, depth: usize) {
        text.push_str(self.of(&SPACES));
        let kind = if depth == 0 { 0 } else { self.below(4) };
        let count = self.below(4);
        match kind {
            1 => self.list(text, count, ("[", "]"), |random, text| random.value(text, depth - 1)),
            2 => self.list(text, count, ("{", "}"), |random, text| {
                let key = random.of(&KEYS);
                text.push_str(&format!("\"{key}\":"));
                random.value(text, depth - 1);
            }),
            3 if depth > 2 => {
                text.push('[');
                self.value(text, depth - 1);
                text.push(']');
            }
            _ => text.push_str(self.of(&SCALARS)),
        }
        text.push_str(self.of(&SPACES));
    }

    fn list(
        &mut self,
        text: &mut String,
        count: usize,
        (open, close): (&str, &str),
        one: impl Fn(&mut Self, &mut String),
    ) {
        text.push_str(open);
        for at in 0..count {
            text.push_str(if at > 0 { "," } else { "" });
            one(self, text);
        }
        text.push_str(close);
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let at = self.below(bytes.len());
        match self.below(4) {
            0 => drop(bytes.remove(at)),
            1 => bytes[at] = u8::try_from(self.below(256)).unwrap(),
            2 => bytes.truncate(at),
            _ => {
                let piece = self.of(&PIECES);
                bytes.splice(at..at, piece.bytes());
            }
        }
    }
}
