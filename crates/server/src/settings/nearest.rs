//! Suggests the name that was probably meant.

/// The candidate with the fewest edits from `name`, if they are few for its length.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let edits = |candidate: &'a str| (distance(name, candidate), candidate);
    let (fewest, candidate) = candidates.into_iter().map(edits).min()?;
    (fewest <= (name.chars().count() / 2).max(3)).then_some(candidate)
}

/// Levenshtein's distance: characters to insert, remove or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (a, b, edits) in
            [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("lsiten", "listen", 2), ("ä", "a", 1)]
        {
            assert_eq!(distance(a, b), edits, "{a} {b}");
        }
    }

    #[test]
    fn only_a_near_name_is_proposed() {
        let names = ["listen", "data", "turns"];
        assert_eq!(nearest("listne", names), Some("listen"));
        assert_eq!(nearest("trun", names), Some("turns"));
        assert_eq!(nearest("completely-else", names), None);
        assert_eq!(nearest("listen", []), None);
    }
}
