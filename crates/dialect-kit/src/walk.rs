//! Walks through a checked text from value to value, without building any.

use std::borrow::Cow;

use crate::strict::Checked;

/// A place in the text: before a value, or between the members of an array or an object.
#[derive(Debug)]
pub(crate) struct Walk<'b> {
    text: &'b str,
    at: usize,
}

impl<'b> Walk<'b> {
    pub fn new(checked: Checked<'b>) -> Self {
        Self { text: checked.text(), at: 0 }
    }

    /// The next byte; 0 at the end.
    pub fn peek(&mut self) -> u8 {
        let rest = self.rest();
        let blank = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.at += blank;
        rest.get(blank).copied().unwrap_or(0)
    }

    /// Enters an array or an object.
    pub fn enter(&mut self) {
        self.peek();
        self.at += 1;
    }

    /// Tells whether the array or object has more. If not, it has been left.
    pub fn has_more(&mut self) -> bool {
        match self.peek() {
            b']' | b'}' | 0 => {
                self.at += 1;
                false
            }
            b',' => {
                self.at += 1;
                true
            }
            _ => true,
        }
    }

    /// The name of the next member, up to its value.
    pub fn name(&mut self) -> Cow<'b, str> {
        self.peek();
        let name = self.string();
        self.peek();
        self.at += 1;
        name
    }

    /// The next string.
    pub fn string(&mut self) -> Cow<'b, str> {
        let from = self.at;
        self.skip_string();
        let quoted = self.text.get(from..self.at).unwrap_or_default();
        let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
        match inner.contains('\\') {
            false => Cow::Borrowed(inner),
            true => Cow::Owned(unescaped(quoted)),
        }
    }

    /// The next number or word.
    pub fn scalar(&mut self) -> &'b str {
        self.peek();
        let from = self.at;
        let ends = |b: &u8| matches!(b, b',' | b']' | b'}') || b.is_ascii_whitespace();
        let length = self.rest().iter().position(ends);
        self.at = length.map_or(self.text.len(), |length| from + length);
        self.text.get(from..self.at).unwrap_or_default()
    }

    /// Skips the next value.
    pub fn skip(&mut self) {
        self.pass(|_| ());
    }

    /// The next value as text, without spaces, with each string in one canonical form.
    pub fn text(&mut self) -> String {
        let mut text = String::new();
        self.pass(|token| match token.starts_with('"') && token.contains('\\') {
            true => text.push_str(&plain(token)),
            false => text.push_str(token),
        });
        text
    }

    fn pass(&mut self, mut token: impl FnMut(&'b str)) {
        let mut open = 0_usize;
        loop {
            let first = self.peek();
            let from = self.at;
            match first {
                b'"' => self.skip_string(),
                b'[' | b'{' | b']' | b'}' | b',' | b':' => self.at += 1,
                0 => return,
                _ => drop(self.scalar()),
            }
            token(self.text.get(from..self.at).unwrap_or_default());
            match first {
                b'[' | b'{' => open += 1,
                b']' | b'}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(length) = self.rest().iter().position(|b| matches!(b, b'"' | b'\\')) {
            let escapes = self.rest().get(length) == Some(&b'\\');
            self.at += length + if escapes { 2 } else { 1 };
            if !escapes {
                return;
            }
        }
    }

    fn rest(&self) -> &'b [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

fn unescaped(quoted: &str) -> String {
    serde_json::from_str(quoted).expect("the text has been checked")
}

fn plain(quoted: &str) -> String {
    serde_json::to_string(&unescaped(quoted)).expect("a text is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strict::check;

    #[test]
    fn a_value_is_passed_by_as_a_whole() {
        for value in ["1", "-1.5e3", "true", "null", r#""a\\""#, r#""]}\"""#, "[]", "{}", r#"[1,[2],{"a":[{}]}]"#] {
            for text in [format!("[{value},7]"), format!(" [ {value} , 7 ] "), format!(r#"{{"a":{value},"b":7}}"#)] {
                let mut walk = Walk::new(check(text.as_bytes(), 9).unwrap());
                let object = walk.peek() == b'{';
                walk.enter();
                for last in [false, true] {
                    assert!(walk.has_more(), "{text}");
                    if object {
                        assert_eq!(walk.name(), if last { "b" } else { "a" }, "{text}");
                    }
                    match last {
                        false => walk.skip(),
                        true => assert_eq!(walk.scalar(), "7", "{text}"),
                    }
                }
                assert!(!walk.has_more(), "{text}");
                assert_eq!(walk.peek(), 0, "{text}");
            }
        }
    }

    #[test]
    fn a_string_is_borrowed_unless_it_is_written_with_escapes() {
        let read = |text: &'static str| Walk::new(check(text.as_bytes(), 1).unwrap()).string();
        assert!(matches!(read(r#""äb""#), Cow::Borrowed("äb")));
        assert_eq!(read(r#""a\"\u00e4\\""#), "a\"ä\\");
        assert_eq!(read(r#""""#), "");
    }

    #[test]
    fn a_text_keeps_order_and_digits_and_no_spaces() {
        let sent =
            "\n{ \"b\" : [ 1.50 ,-0,\t123456789012345678901 ] , \"\\u0061\":\"\\/ \\n\\u00e4\", \"\":{}, \"e\":[ ] } ";
        let kept = r#"{"b":[1.50,-0,123456789012345678901],"a":"/ \nä","":{},"e":[]}"#;
        assert_eq!(Walk::new(check(sent.as_bytes(), 9).unwrap()).text(), kept);
    }
}
