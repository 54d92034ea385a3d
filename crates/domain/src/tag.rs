//! Tags of threads and projects.

use crate::controls::words;

words! {
    /// The colour of a tag.
    Color {
        Default = "default", Primary = "primary", Success = "success", Warning = "warning",
        Destructive = "destructive", Blue = "blue", Purple = "purple", Pink = "pink", Orange = "orange", Lime = "lime",
    }
}

/// A tag of a thread or of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// One line of text. A project's tag must pass [`is_plain`].
    pub name: String,
    /// The colour in the project; [`Color::Default`] for a tag that the project does not have.
    pub color: Color,
}

/// Tells whether a project may have a tag with this name: `[a-z0-9][a-z0-9_-]{0,63}`.
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
