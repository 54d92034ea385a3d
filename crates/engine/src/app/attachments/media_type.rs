//! Detects the type of bytes. The sender's claim is no evidence.

/// Enough for every known signature. Archives are not opened.
const HEAD_BYTES: usize = 8_192;

/// Inspects a file as its bytes pass.
pub(super) struct Sniffer {
    head: Vec<u8>,
    /// True while all bytes are text.
    is_text: bool,
    /// The start of a character that continues in the next chunk, at most three bytes.
    split: Vec<u8>,
}

impl Default for Sniffer {
    fn default() -> Self {
        Self { head: Vec::new(), is_text: true, split: Vec::new() }
    }
}

impl Sniffer {
    pub(super) fn read(&mut self, chunk: &[u8]) {
        let missing = HEAD_BYTES - self.head.len();
        self.head.extend_from_slice(&chunk[..chunk.len().min(missing)]);
        if self.is_text {
            self.read_text(chunk);
        }
    }

    fn read_text(&mut self, chunk: &[u8]) {
        let joined = (!self.split.is_empty()).then(|| [self.split.as_slice(), chunk].concat());
        let bytes = joined.as_deref().unwrap_or(chunk);
        let whole = match std::str::from_utf8(bytes) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => {
                self.is_text = false;
                return;
            }
        };
        let (whole, split) = bytes.split_at(whole);
        let text = std::str::from_utf8(whole).unwrap_or_default();
        self.is_text = !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}'));
        self.split = split.to_vec();
    }

    /// The type of a signature, else `text/plain` for UTF-8 without control characters, else the type of unknown bytes.
    pub(super) fn media_type(&self) -> &'static str {
        match infer::get(&self.head) {
            Some(known) => known.mime_type(),
            None if self.is_text && self.split.is_empty() => "text/plain",
            None => "application/octet-stream",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the type with the bytes at once and one by one.
    fn check(bytes: &[u8], expect: &str) {
        for size in [bytes.len().max(1), 1, 3] {
            let mut sniffer = Sniffer::default();
            bytes.chunks(size).for_each(|chunk| sniffer.read(chunk));
            assert_eq!(sniffer.media_type(), expect, "{bytes:?} by {size}");
        }
    }

    #[test]
    fn bytes_say_what_they_are() {
        check(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png");
        check(b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg");
        check(b"GIF89a\x01\0\x01\0", "image/gif");
        check(b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp");
        check(b"%PDF-1.7\n", "application/pdf");
        check(b"<html><script>alert(1)</script></html>", "text/html");
        check("Grüße, 世界 🚒\r\n\tx".as_bytes(), "text/plain");
        check(b"", "text/plain");
        check(b"a\x1b[31mred", "application/octet-stream");
        check(b"caf\xe9", "application/octet-stream");
        check("cut 世".as_bytes().split_last().expect("not empty").1, "application/octet-stream");
        check(&[0; 10_000], "application/octet-stream");
    }

    #[test]
    fn a_control_anywhere_makes_it_no_text() {
        let mut bytes = vec![b'a'; 20_000];
        check(&bytes, "text/plain");
        bytes[19_999] = 0;
        check(&bytes, "application/octet-stream");
    }
}
