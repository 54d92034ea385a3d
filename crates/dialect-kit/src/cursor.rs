//! Opaque page cursors. A cursor is valid only unchanged, and for the list that issued it. It reveals only its length:
//! its content is encrypted under its own tag. Equal places of a list therefore have equal cursors, and no two others
//! share a key stream.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Error, Result, codes};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const TAG_BYTES: usize = 16;
/// Longer than any issued cursor. A longer text is refused before it is decoded.
const CHARS_MAX: usize = 1_024;

/// Seals and opens cursors (characters `A–Z a–z 0–9 - _` only) under one key.
#[derive(Clone)]
pub struct Cursors {
    mac: Hmac<Sha256>,
    /// Has its own key, which the other one derives.
    cipher: Hmac<Sha256>,
}

impl Cursors {
    /// `key` is derived from the installation secret for this purpose only.
    pub fn new(key: &[u8]) -> Self {
        let under = |key: &[u8]| Hmac::<Sha256>::new_from_slice(key).expect("an HMAC takes a key of any length");
        let mac = under(key);
        let own = mac.clone().chain_update(b"the content of cursors").finalize().into_bytes();
        Self { mac, cipher: under(&own) }
    }

    /// `kind` names the list, `scope` its subject (project, thread, filters), and `payload` the place in it.
    pub fn seal(&self, kind: &str, scope: &[u8], payload: &[u8]) -> String {
        let tag = self.tag(kind, scope, payload).finalize().into_bytes();
        let mut sealed = [payload, &tag[..TAG_BYTES]].concat();
        let (content, tag) = sealed.split_at_mut(payload.len());
        self.cross(content, tag);
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The payload.
    ///
    /// # Errors
    /// `invalid_cursor` for a text that this key did not seal for this kind and scope.
    pub fn open(&self, kind: &str, scope: &[u8], cursor: &str) -> Result<Vec<u8>> {
        self.opened(kind, scope, cursor)
            .ok_or_else(|| Error::invalid(codes::INVALID_CURSOR, "The cursor does not belong to this list"))
    }

    fn opened(&self, kind: &str, scope: &[u8], cursor: &str) -> Option<Vec<u8>> {
        let short = (cursor.len() <= CHARS_MAX).then_some(cursor)?;
        let mut sealed = URL_SAFE_NO_PAD.decode(short).ok()?;
        let payload = sealed.len().checked_sub(TAG_BYTES)?;
        let (content, tag) = sealed.split_at_mut(payload);
        self.cross(content, tag);
        self.tag(kind, scope, &sealed[..payload]).verify_truncated_left(&sealed[payload..]).ok()?;
        sealed.truncate(payload);
        Some(sealed)
    }

    /// Encrypts or decrypts under the tag.
    fn cross(&self, content: &mut [u8], tag: &[u8]) {
        for (number, block) in (0_u64..).zip(content.chunks_mut(32)) {
            let key = self.cipher.clone().chain_update(tag).chain_update(number.to_be_bytes()).finalize().into_bytes();
            block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        }
    }

    fn tag(&self, kind: &str, scope: &[u8], payload: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        for part in [kind.as_bytes(), scope] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.update(payload);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_where_it_was_sealed_and_nowhere_else() {
        let cursors = Cursors::new(b"key");
        let sealed = cursors.seal("messages", b"thread", b"42");
        assert!(sealed.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{sealed}");
        assert_eq!(cursors.open("messages", b"thread", &sealed).unwrap(), b"42");
        assert!(cursors.open("events", b"thread", &sealed).is_err());
        assert!(cursors.open("messages", b"other", &sealed).is_err());
        assert!(cursors.open("messagest", b"hread", &sealed).is_err());
        assert!(Cursors::new(b"other").open("messages", b"thread", &sealed).is_err());
        assert_eq!(cursors.open("messages", b"", &cursors.seal("messages", b"", b"")).unwrap(), b"");
    }

    #[test]
    fn a_cursor_shows_nothing_of_what_it_holds() {
        let cursors = Cursors::new(b"key");
        let payload = b"a place of forty bytes, which is longer than a block".as_slice();
        let sealed = URL_SAFE_NO_PAD.decode(cursors.seal("messages", b"thread", payload)).unwrap();
        for piece in payload.windows(4) {
            assert!(!sealed.windows(4).any(|shown| shown == piece), "{piece:?}");
        }
        assert_eq!(cursors.open("messages", b"thread", &URL_SAFE_NO_PAD.encode(&sealed)).unwrap(), payload);
        let zeros = |scope: &[u8]| URL_SAFE_NO_PAD.decode(cursors.seal("messages", scope, &[0; 64])).unwrap();
        let (one, other) = (zeros(b"one"), zeros(b"other"));
        assert!(one[..64].iter().zip(&other[..64]).filter(|(a, b)| a == b).count() < 8, "they share a key stream");
        assert!(one[..32] != one[32..64], "and its blocks differ");
    }

    #[test]
    fn a_cursor_that_shows_its_content_is_none() {
        let cursors = Cursors::new(b"key");
        let tag = cursors.tag("messages", b"thread", b"42").finalize().into_bytes();
        let shown = URL_SAFE_NO_PAD.encode([b"42".as_slice(), &tag[..TAG_BYTES]].concat());
        assert!(cursors.open("messages", b"thread", &shown).is_err(), "older versions gave them out");
    }

    #[test]
    fn a_cursor_with_any_bit_flipped_is_refused() {
        let cursors = Cursors::new(b"key");
        let sealed = URL_SAFE_NO_PAD.decode(cursors.seal("messages", b"thread", b"42")).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let error = cursors.open("messages", b"thread", &URL_SAFE_NO_PAD.encode(flipped)).expect_err("tampered");
            assert_eq!(error.code, codes::INVALID_CURSOR);
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let cursors = Cursors::new(b"key");
        for bad in ["", "A", "-1", "abc=", "ä", "AAAAAAAAAAAAAAAAAAAAAA", &"A".repeat(10_240)] {
            assert!(cursors.open("messages", b"thread", bad).is_err(), "{bad}");
        }
    }
}
