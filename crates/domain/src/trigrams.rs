//! Trigrams: the index of searches has three characters of a folded text as a token. The index only narrows, and
//! [`fold::contains`] decides.
//!
//! A token is ASCII without upper case and white space, so that no tokenizer and no collation changes it. It begins with
//! a number of the project, so that a look-up reads the lists of one project.

use std::{collections::BTreeSet, fmt::Write};

use crate::fold;

/// The texts that a token belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Message,
    Title,
}

impl Kind {
    /// The character between the project's number and the three characters.
    fn mark(self) -> char {
        match self {
            Self::Message => '.',
            Self::Title => ',',
        }
    }
}

/// Characters of a token. A shorter text has no token.
pub const CHARS: usize = 3;
/// Most tokens of a text. A text with more is found by each search and compared.
const WIDE: usize = 20_000;
/// Most tokens of a search. Further ones would narrow little.
const SOUGHT: usize = 48;

/// The tokens of a stored text, without those that occur twice. A text with very many has only [`wide`].
pub fn of_text(number: i64, kind: Kind, text: &str) -> Vec<String> {
    let folded: Vec<char> = fold::fold(text).chars().collect();
    let mut distinct = BTreeSet::new();
    for window in folded.windows(CHARS) {
        distinct.insert([window[0], window[1], window[2]]);
        if distinct.len() > WIDE {
            return vec![wide(number, kind)];
        }
    }
    distinct.into_iter().map(|three| token(number, kind, three)).collect()
}

/// The tokens that each text with the folded text has, unless it has only [`wide`]. Empty: the folded text is too short.
pub fn of_search(number: i64, kind: Kind, folded: &str) -> Vec<String> {
    let folded: Vec<char> = folded.chars().collect();
    let distinct: BTreeSet<[char; CHARS]> =
        folded.windows(CHARS).map(|window| [window[0], window[1], window[2]]).collect();
    let apart = distinct.len().div_ceil(SOUGHT).max(1);
    distinct.into_iter().step_by(apart).map(|three| token(number, kind, three)).collect()
}

/// The only token of a text with very many trigrams.
pub fn wide(number: i64, kind: Kind) -> String {
    format!("{}wide", prefix(number, kind))
}

fn prefix(number: i64, kind: Kind) -> String {
    let mut prefix = String::new();
    push_number(&mut prefix, number.unsigned_abs());
    prefix.push(kind.mark());
    prefix
}

fn token(number: i64, kind: Kind, three: [char; CHARS]) -> String {
    let mut token = prefix(number, kind);
    for c in three {
        match c {
            'a'..='z' | '0'..='9' => token.push(c),
            ' ' => token.push('-'),
            other => {
                token.push('_');
                push_number(&mut token, u64::from(u32::from(other)));
                token.push('_');
            }
        }
    }
    token
}

/// Writes the number in base 36.
fn push_number(out: &mut String, number: u64) {
    if number >= 36 {
        push_number(out, number / 36);
    }
    let digit = u32::try_from(number % 36).ok().and_then(|digit| char::from_digit(digit, 36));
    let _ = write!(out, "{}", digit.unwrap_or('0'));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_the_tokens_of_its_folded_trigrams() {
        assert_eq!(of_text(7, Kind::Message, "Abab aB"), ["7.-ab", "7.ab-", "7.aba", "7.b-a", "7.bab"]);
        assert_eq!(of_text(40, Kind::Title, "Σß字"), ["14,_qr__67__i1j_"]);
        assert_eq!(of_text(1, Kind::Message, "ab"), Vec::<String>::new());
    }

    #[test]
    fn every_piece_of_a_text_has_only_tokens_of_the_text() {
        let text: Vec<char> = "ΦΙΛΟΣ ΟΔΟΣ İzmir ẞ ſ Ǆ K _x_ -- 🇩🇪 e\u{301}\u{0} 42.".chars().collect();
        let whole: BTreeSet<String> = of_text(3, Kind::Message, &text.iter().collect::<String>()).into_iter().collect();
        for from in 0..text.len() {
            for to in from..=text.len() {
                let piece: String = text[from..to].iter().collect();
                let sought = of_search(3, Kind::Message, &fold::fold(&piece));
                assert!(sought.iter().all(|token| whole.contains(token)), "{piece}");
                assert_eq!(sought.is_empty(), fold::fold(&piece).chars().count() < CHARS, "{piece}");
            }
        }
    }

    #[test]
    fn a_token_is_ascii_that_no_tokenizer_changes() {
        for token in of_text(i64::MAX, Kind::Message, "A\u{0}\u{10FFFF} \t\"'*()^:AND Ω") {
            assert!(token.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '.' | ',' | '_' | '-')), "{token}");
        }
    }

    #[test]
    fn very_many_trigrams_are_one_token_and_a_long_search_is_thinned_out() {
        let many: String = (0..30_000_u32).filter_map(|i| char::from_u32(0x4E00 + i * 7 % 20_000)).collect();
        let wild: String = many.chars().zip(many.chars().rev()).flat_map(|(a, b)| [a, b]).collect();
        assert_eq!(of_text(5, Kind::Message, &wild), ["5.wide"]);
        assert_eq!(wide(5, Kind::Message), "5.wide");
        let sought = of_search(5, Kind::Message, &wild.chars().take(600).collect::<String>());
        assert!((24..=SOUGHT).contains(&sought.len()), "{}", sought.len());
    }
}
