//! Fingerprints of requests, by which a repeated origin key is compared with its first use.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use engine::Fingerprint;
use serde_json::Number;
use sha2::{Digest, Sha256};

use crate::{strict::Checked, walk::Walk};

/// The fingerprint of a request without a body: its operation, path and query.
pub fn fingerprint(operation: &str, path_and_query: &str) -> Fingerprint {
    with_body(operation, path_and_query, None)
}

/// The fingerprint of a request: its operation, path and query, and its body with the keys in any order. Numbers are
/// compared by their digits, as sent.
pub(crate) fn with_body(operation: &str, path_and_query: &str, body: Option<Checked<'_>>) -> Fingerprint {
    let mut head = Sha256::new();
    for part in [operation, path_and_query] {
        head.update((part.len() as u64).to_be_bytes());
        head.update(part);
    }
    let Some(body) = body.map(|body| Tree::read(&mut Walk::new(body))) else {
        return Fingerprint { now: head.finalize().into(), before: None };
    };
    let hash = |numbers: Numbers| {
        let mut hash = head.clone();
        body.write(numbers, &mut Hashing(&mut hash)).expect("a hash takes every byte");
        hash
    };
    if !body.has_fractions() {
        return Fingerprint { now: hash(Numbers::AsSent).finalize().into(), before: None };
    }
    // No body had this fingerprint before numbers were compared by their digits.
    let now = hash(Numbers::AsSent).chain_update([BY_DIGITS]).finalize().into();
    Fingerprint { now, before: Some(hash(Numbers::AsRead).finalize().into()) }
}

/// A byte that occurs in no text.
const BY_DIGITS: u8 = 0xff;

/// A body with its keys in byte order.
enum Tree<'b> {
    /// A number, true, false or null.
    Scalar(&'b str),
    String(Cow<'b, str>),
    Array(Vec<Self>),
    Object(Vec<(Cow<'b, str>, Self)>),
}

/// The form of numbers: their digits, or their value in 64 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbers {
    AsSent,
    AsRead,
}

impl<'b> Tree<'b> {
    fn read(walk: &mut Walk<'b>) -> Self {
        match walk.peek() {
            b'"' => Self::String(walk.string()),
            b'[' => {
                walk.enter();
                let mut elements = Vec::new();
                while walk.has_more() {
                    elements.push(Self::read(walk));
                }
                Self::Array(elements)
            }
            b'{' => {
                walk.enter();
                let mut entries = Vec::new();
                while walk.has_more() {
                    entries.push((walk.name(), Self::read(walk)));
                }
                entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
                Self::Object(entries)
            }
            _ => Self::Scalar(walk.scalar()),
        }
    }

    /// Tells whether it contains a number that is not an integer of 64 bits, which may have been read as another than
    /// was sent.
    fn has_fractions(&self) -> bool {
        match self {
            Self::Scalar(text) => serde_json::from_str(text).is_ok_and(|number: Number| number.is_f64()),
            Self::String(_) => false,
            Self::Array(elements) => elements.iter().any(Self::has_fractions),
            Self::Object(entries) => entries.iter().any(|(_, value)| value.has_fractions()),
        }
    }

    /// Writes JSON without spaces.
    fn write(&self, numbers: Numbers, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Scalar(text) => match serde_json::from_str::<Number>(text) {
                Ok(number) if numbers == Numbers::AsRead => write!(out, "{number}"),
                _ => out.write_all(text.as_bytes()),
            },
            Self::String(text) => Ok(serde_json::to_writer(out, text)?),
            Self::Array(elements) => {
                out.write_all(b"[")?;
                for (at, element) in elements.iter().enumerate() {
                    separate(at, out)?;
                    element.write(numbers, out)?;
                }
                out.write_all(b"]")
            }
            Self::Object(entries) => {
                out.write_all(b"{")?;
                for (at, (key, value)) in entries.iter().enumerate() {
                    separate(at, out)?;
                    serde_json::to_writer(&mut *out, key)?;
                    out.write_all(b":")?;
                    value.write(numbers, out)?;
                }
                out.write_all(b"}")
            }
        }
    }
}

fn separate(at: usize, out: &mut impl Write) -> io::Result<()> {
    if at > 0 { out.write_all(b",") } else { Ok(()) }
}

struct Hashing<'a>(&'a mut Sha256);

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strict::check;

    fn of(operation: &str, path: &str, body: &str) -> Fingerprint {
        with_body(operation, path, Some(check(body.as_bytes(), 9).unwrap()))
    }

    /// The fingerprint as version 0.1.0 wrote it.
    fn stored(operation: &str, path: &str, canonical: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [operation, path] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update(canonical);
        hash.finalize().into()
    }

    #[test]
    fn the_order_of_keys_does_not_matter_and_all_else_does() {
        let (one, two) =
            (r#"{"b":[1,{"y":"\"","x":null}],"a":1.5}"#, r#" {"\u0061":1.5, "b": [1,{"x":null,"y":"\u0022"}]}"#);
        let same = of("send", "/t/1?a=b", one);
        assert_eq!(same, of("send", "/t/1?a=b", two));
        for other in [
            of("close", "/t/1?a=b", one),
            of("send", "/t/2?a=b", one),
            of("send/", "t/1?a=b", one),
            of("send", "/t/1?a=b", r#"{"a":1.5}"#),
            fingerprint("send", "/t/1?a=b"),
        ] {
            assert!(!other.is(&same.now), "{other:?}");
        }
    }

    #[test]
    fn numbers_count_by_their_digits() {
        let digits = "123456789012345678901234567890";
        for (one, two) in [(digits, "123456789012345678901234567891"), ("0", "-0"), ("1", "1.0"), ("1.50", "1.5")] {
            let (one, two) = (of("send", "", one), of("send", "", two));
            assert!(one.is(&one.now) && !one.is(&two.now) && !two.is(&one.now));
        }
        // The value as which the digits were once read is a different number, in any form.
        let (one, two) = (of("send", "", digits), of("send", "", "1.2345678901234568e+29"));
        assert!(!one.is(&two.now) && !two.is(&one.now));
    }

    #[test]
    fn what_was_stored_before_digits_counted_is_still_known() {
        for (sent, canonical) in [
            (r#"{"b":1,"a":["x",null]}"#, r#"{"a":["x",null],"b":1}"#),
            ("[123456789012345678901234567890,-0,1.50,1e2]", "[1.2345678901234568e+29,-0.0,1.5,100.0]"),
        ] {
            assert!(of("send", "/t", sent).is(&stored("send", "/t", canonical)), "{sent}");
        }
    }
}
