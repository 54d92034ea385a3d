//! Variables: the values of placeholders in instructions.

use std::collections::BTreeMap;

/// The values of the placeholders in an agent's instructions for one thread, by name.
pub type Variables = BTreeMap<String, String>;

const OPENS: &str = "{{";
const CLOSES: &str = "}}";

/// Tells whether the text has a placeholder.
pub fn has_places(text: &str) -> bool {
    text.split_once(OPENS).is_some_and(|(_, rest)| rest.contains(CLOSES))
}

/// Tells whether a placeholder may have this name: 1 to 64 characters without braces, control characters and space at
/// either end.
pub fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.chars().count())
        && name.trim() == name
        && !name.contains(|c: char| c.is_control() || matches!(c, '{' | '}'))
}

/// The text with each `{{name}}` replaced by the variable's value. An unknown name stays. All placeholders stay from
/// the point where the text would exceed `bytes_max`. Inserted values are not scanned again.
pub fn fill(text: &str, variables: &Variables, bytes_max: usize) -> String {
    let (mut filled, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once(OPENS) {
        let place = after.split_once(CLOSES).and_then(|(name, after)| Some((variables.get(name.trim())?, after)));
        filled.push_str(before);
        match place {
            Some((value, after)) if filled.len() + value.len() + after.len() <= bytes_max => {
                filled.push_str(value);
                rest = after;
            }
            _ => {
                // Advances by one brace, because a placeholder may begin at the second of three.
                filled.push('{');
                rest = &rest[before.len() + 1..];
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "0123456789012345678901234567890123456789";

    fn check(text: &str, expected: &str) {
        let variables = [("name", "Ann"), ("a b", "c"), ("nested", "{{name}}"), ("empty", ""), ("long", LONG)];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(fill(text, &variables, 64), expected, "{text}");
    }

    #[test]
    fn places_are_filled_once_and_unknown_ones_stay() {
        check("Talk to {{name}}, {{ name }}.", "Talk to Ann, Ann.");
        check("{{a b}}{{empty}}{{name}}", "cAnn");
        check("{{nested}}", "{{name}}");
        check("{{who}} {{name", "{{who}} {{name");
        check("{{{name}}}", "{Ann}");
        check("{{{{name}}", "{{Ann");
        check("{{who {{name}}", "{{who Ann");
        check("}}{{", "}}{{");
        check("Привіт, {{name}}!", "Привіт, Ann!");
        check("", "");
        check("{{long}} {{long}} {{name}}", &format!("{LONG} {{{{long}}}} Ann"));
        check(&format!("{LONG}{{{{long}}}}"), &format!("{LONG}{{{{long}}}}"));
    }

    #[test]
    fn names_are_short_and_plain() {
        for good in ["a", "a b", "ім'я", &"x".repeat(64)] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", " a", "a ", "a{", "}", "a\nb", &"x".repeat(65)] {
            assert!(!is_name(bad), "{bad:?}");
        }
        assert!(has_places("a {{b}} c") && !has_places("a }} {{ b") && !has_places("a"));
    }
}
