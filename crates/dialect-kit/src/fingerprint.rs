//! What two sends with one origin key must have in common to be the same send.

use std::io::{self, Write};

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The fingerprint of a send: its operation, its path and query, and its body whatever the order of the keys.
pub fn fingerprint(operation: &str, path_and_query: &str, body: Option<&Value>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [operation, path_and_query] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    if let Some(body) = body {
        write(body, &mut Hashing(&mut hash)).expect("a hash takes every byte");
    }
    hash.finalize().into()
}

/// The value as JSON without spaces, the keys of each object in the order of their bytes.
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(value, &mut bytes).expect("a vector takes every byte");
    bytes
}

fn write(value: &Value, out: &mut impl Write) -> io::Result<()> {
    match value {
        Value::Array(elements) => {
            out.write_all(b"[")?;
            for (at, element) in elements.iter().enumerate() {
                separate(at, out)?;
                write(element, out)?;
            }
            out.write_all(b"]")
        }
        Value::Object(object) => {
            let mut entries: Vec<(&String, &Value)> = object.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            out.write_all(b"{")?;
            for (at, (key, value)) in entries.into_iter().enumerate() {
                separate(at, out)?;
                serde_json::to_writer(&mut *out, key)?;
                out.write_all(b":")?;
                write(value, out)?;
            }
            out.write_all(b"}")
        }
        scalar => Ok(serde_json::to_writer(out, scalar)?),
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
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_keys_does_not_matter_and_all_else_does() {
        let one: Value = serde_json::from_str(r#"{"b":[1,{"y":"\"","x":null}],"a":1.5}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{"a":1.5,"b":[1,{"x":null,"y":"\""}]}"#).unwrap();
        assert_eq!(String::from_utf8(canonical(&one)).unwrap(), r#"{"a":1.5,"b":[1,{"x":null,"y":"\""}]}"#);
        let same = fingerprint("send", "/t/1?a=b", Some(&one));
        assert_eq!(same, fingerprint("send", "/t/1?a=b", Some(&two)));
        for other in [
            fingerprint("close", "/t/1?a=b", Some(&one)),
            fingerprint("send", "/t/2?a=b", Some(&one)),
            fingerprint("send/", "t/1?a=b", Some(&one)),
            fingerprint("send", "/t/1?a=b", Some(&json!({"a": 1.5}))),
            fingerprint("send", "/t/1?a=b", None),
        ] {
            assert_ne!(same, other);
        }
    }
}
