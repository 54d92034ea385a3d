//! Words that threads are found by.

use crate::controls::words;

words! {
    /// The colour in which a tag is shown.
    Color {
        Default = "default", Primary = "primary", Success = "success", Warning = "warning",
        Destructive = "destructive", Blue = "blue", Purple = "purple", Pink = "pink", Orange = "orange", Lime = "lime",
    }
}

/// A tag, as a thread carries it or as a project knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// One line of text. That of a tag which a project knows: [`is_plain`].
    pub name: String,
    /// The project's; [`Color::Default`] for a tag that it does not know.
    pub color: Color,
}

/// Whether a project may know a tag by this name: `[a-z0-9][a-z0-9_-]{0,63}`.
pub fn is_plain(name: &str) -> bool {
    let alphanumeric = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let [first, rest @ ..] = name.as_bytes() else { return false };
    alphanumeric(first) && rest.len() < 64 && rest.iter().all(|b| alphanumeric(b) || matches!(b, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_has_1_to_64_characters_of_its_kind() {
        for good in ["a", "0", "a-b_c", "9--", &"z".repeat(64)] {
            assert!(is_plain(good), "{good}");
        }
        for bad in ["", "-a", "_a", "A", "aB", "a b", "ä", "a\n", "a.b", &"z".repeat(65)] {
            assert!(!is_plain(bad), "{bad:?}");
        }
    }
}
