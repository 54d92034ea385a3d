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

#[cfg(test)]
mod tests {
    use super::*;

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
