//! Counts the values of a JSON text before it is decoded.

/// The counts of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub values: u64,
    /// Greatest depth of nested arrays and objects.
    pub depth: u64,
}

/// Number of values of the text, if it is JSON. In other text, a reader finds no more before it stops.
pub(crate) fn count(text: &[u8]) -> Count {
    let (mut values, mut rest) = (1, text);
    let (mut open, mut depth) = (0_u64, 0);
    // True directly after an opening bracket.
    let mut empty = false;
    while let [first, more @ ..] = rest {
        rest = more;
        match first {
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            b'"' => rest = beyond_string(more),
            b',' => values += 1,
            b'[' | b'{' => {
                values += 1;
                open += 1;
                depth = depth.max(open);
                empty = true;
                continue;
            }
            b']' | b'}' => {
                values -= u64::from(empty);
                open = open.saturating_sub(1);
            }
            _ => {}
        }
        empty = false;
    }
    Count { values, depth }
}

fn beyond_string(mut text: &[u8]) -> &[u8] {
    while let Some(at) = text.iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        let escapes = text[at] == b'\\';
        text = text.get(at + if escapes { 2 } else { 1 }..).unwrap_or_default();
        if !escapes {
            return text;
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_counts_once() {
        for (text, values, depth) in [
            ("1", 1, 0),
            (r#""a,[{""#, 1, 0),
            (r#""\"," "#, 1, 0),
            (r#""\\""#, 1, 0),
            ("[]", 1, 1),
            (" [ ] ", 1, 1),
            ("[1,2]", 3, 1),
            ("[[],{}]", 3, 2),
            (r#"{"a":1,"b":{"c":[true,null]}}"#, 6, 3),
            (r#"[[[1]]]"#, 4, 3),
            (r#"[{ "a,": "," } , "]" ]"#, 4, 2),
        ] {
            assert_eq!(count(text.as_bytes()), Count { values, depth }, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_has_no_fewer_than_are_read_of_it() {
        for (text, least) in [("[1,2", 3), (r#"[1,"a"#, 3), ("[[[[", 4), ("[1,2]]", 3), ("", 0), (r#"["\"#, 2)] {
            assert!(count(text.as_bytes()).values >= least, "{text}");
        }
    }
}
