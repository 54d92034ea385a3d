//! Case folding for searches. Each character is folded alone, so that a part of a text folds to a part of the folded
//! text; `ς` becomes `σ`. Databases do not fold: they only narrow, and this code compares.

/// The text without case.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c }).collect()
}

/// Tells whether the text contains `folded`, which is already [`fold`]ed.
pub fn contains(text: &str, folded: &str) -> bool {
    fold(text).contains(folded)
}

/// The places of `folded`, which is already [`fold`]ed, in the text: ranges of characters, from the first to behind the
/// last, which do not overlap.
pub fn places(text: &str, folded: &str) -> Vec<(usize, usize)> {
    if folded.is_empty() {
        return Vec::new();
    }
    let (mut whole, mut from) = (String::new(), Vec::new());
    for (place, c) in text.chars().enumerate() {
        let before = whole.len();
        whole.push_str(&fold(c.encode_utf8(&mut [0; 4])));
        // A character may fold to several. A match may begin or end in the middle, and then the character belongs to it.
        from.extend(std::iter::repeat_n(place, whole.len() - before));
    }
    let places = whole.match_indices(folded).map(|(at, found)| (from[at], from[at + found.len() - 1] + 1));
    let mut apart: Vec<(usize, usize)> = Vec::new();
    for (start, end) in places {
        match apart.last_mut() {
            Some(last) if start < last.1 => last.1 = end,
            _ => apart.push((start, end)),
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_characters_of_the_text_as_it_stands() {
        for (text, piece, expected) in [
            ("The Änderung, die ÄNDERUNG", "änderung", vec![(4, 12), (18, 26)]),
            ("ΟΔΟΣ 🇩🇪 οδος", "οδοσ", vec![(0, 4), (8, 12)]),
            ("İİ", "i", vec![(0, 1), (1, 2)]),
            ("aXb", "\u{307}", vec![]),
            ("aaaa", "aa", vec![(0, 2), (2, 4)]),
            ("x", "", vec![]),
        ] {
            assert_eq!(places(text, &fold(piece)), expected, "{piece} in {text}");
        }
        assert_eq!(places("İİ", "\u{307}i\u{307}"), [(0, 2)], "a match that begins within a character");
    }

    #[test]
    fn a_piece_is_found_whatever_its_case() {
        for (text, piece) in [
            ("Ärger", "äRGER"),
            ("ТЕСТ", "тест"),
            ("İZMİR", "İZMİR"),
            ("ΦΙΛΟΣΟΦΙΑ", "ΦΙΛΟΣ"),
            ("ΦΙΛΟΣΟΦΙΑ", "φιλος"),
            ("φιλος", "ΦΙΛΟΣ"),
            ("ΟΔΟΣ", "οδοσ"),
            ("k\u{212A}", "KK"),
            ("100% _a_", "% _A"),
            ("漢字", "字"),
        ] {
            assert!(contains(text, &fold(piece)), "{piece} in {text}");
        }
        assert!(!contains("Arger", &fold("Ärger")));
    }

    #[test]
    fn every_piece_of_a_text_folds_to_a_piece_of_it() {
        let text: Vec<char> = "ΦΙΛΟΣ ΟΔΟΣ İzmir ẞ ſ Ǆ K".chars().collect();
        let whole = fold(&text.iter().collect::<String>());
        for from in 0..text.len() {
            for to in from..=text.len() {
                let piece: String = text[from..to].iter().collect();
                assert!(whole.contains(&fold(&piece)), "{piece}");
            }
        }
    }
}
