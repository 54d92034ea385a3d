//! Where the messages of a connection begin and end, followed beside the parser for what the parser hides.
//!
//! The parser settles a message with both a length and chunks, or with its length twice, by itself and shows only the
//! result; and it takes a bare LF for a line's end. A proxy in front may settle such a message the other way, and then
//! the two disagree about where the next request begins (request smuggling). Such messages are therefore refused.

use crate::head::Flaw;

const TWO_FRAMINGS: Flaw = Flaw("The message has a Content-Length and a Transfer-Encoding");
const TWO_LENGTHS: Flaw = Flaw("The Content-Length header stands twice");
const NO_LENGTH: Flaw = Flaw("The Content-Length header is no plain number");
const BARE_LF: Flaw = Flaw("A line of the header does not end in CR LF");

/// Follows the bytes of one connection through its messages. Nothing is kept of them but the start of a line.
#[derive(Default)]
pub(crate) struct Framing {
    place: Place,
    line: Line,
    /// Of the head that is being read.
    length: Option<u64>,
    chunked: bool,
}

#[derive(Default)]
enum Place {
    #[default]
    RequestLine,
    Field,
    /// So many bytes of a body are still to come.
    Body(u64),
    ChunkSize,
    /// So many bytes of a chunk and its line's end are still to come.
    Chunk(u64),
    Trailer,
    /// The parser gives up here as well.
    Lost,
}

impl Framing {
    /// Goes on by these bytes; the first flaw that comes to light.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Option<Flaw> {
        let mut flaw = None;
        while !bytes.is_empty() {
            bytes = match self.place {
                Place::Lost => return flaw,
                Place::Body(left) => self.skip(bytes, left, Place::Body, Place::RequestLine),
                Place::Chunk(left) => self.skip(bytes, left, Place::Chunk, Place::ChunkSize),
                _ => match bytes.iter().position(|b| *b == b'\n') {
                    None => {
                        self.line.push(bytes);
                        return flaw;
                    }
                    Some(end) => {
                        self.line.push(&bytes[..end]);
                        flaw = flaw.or(self.end_line());
                        &bytes[end + 1..]
                    }
                },
            };
        }
        flaw
    }

    fn skip<'a>(&mut self, bytes: &'a [u8], left: u64, within: fn(u64) -> Place, after: Place) -> &'a [u8] {
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        self.place = match left - here as u64 {
            0 => after,
            left => within(left),
        };
        &bytes[here..]
    }

    fn end_line(&mut self) -> Option<Flaw> {
        let line = std::mem::take(&mut self.line);
        let text = line.text();
        let bare = (!line.ends_in_cr()).then_some(BARE_LF);
        match self.place {
            // Empty lines before a request are passed over, RFC 9112, section 2.2.
            Place::RequestLine if text.is_empty() => bare,
            Place::RequestLine => {
                (self.place, self.length, self.chunked) = (Place::Field, None, false);
                bare
            }
            Place::Field if text.is_empty() => self.end_head().or(bare),
            Place::Field => self.field(text).or(bare),
            Place::ChunkSize => {
                self.place = chunk(text);
                None
            }
            Place::Trailer if text.is_empty() => {
                self.place = Place::RequestLine;
                None
            }
            Place::Trailer | Place::Body(_) | Place::Chunk(_) | Place::Lost => None,
        }
    }

    fn field(&mut self, text: &[u8]) -> Option<Flaw> {
        let colon = text.iter().position(|b| *b == b':')?;
        let (name, value) = (&text[..colon], &text[colon + 1..]);
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.chunked = true;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let length = std::str::from_utf8(value).ok().and_then(|digits| digits.trim().parse().ok());
            if self.length.is_some() {
                return Some(TWO_LENGTHS);
            }
            self.length = length;
            return length.is_none().then_some(NO_LENGTH);
        }
        None
    }

    fn end_head(&mut self) -> Option<Flaw> {
        self.place = match (self.chunked, self.length) {
            (true, _) => Place::ChunkSize,
            (false, Some(length)) if length > 0 => Place::Body(length),
            (false, _) => Place::RequestLine,
        };
        (self.chunked && self.length.is_some()).then_some(TWO_FRAMINGS)
    }
}

fn chunk(text: &[u8]) -> Place {
    let digits = text.split(|b| matches!(b, b';' | b' ' | b'\t')).next().unwrap_or_default();
    let size = std::str::from_utf8(digits).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok());
    match size {
        Some(0) => Place::Trailer,
        Some(size) => size.checked_add(2).map_or(Place::Lost, Place::Chunk),
        None => Place::Lost,
    }
}

/// The start of a line: longer than any name and number that matters.
struct Line {
    start: [u8; 64],
    /// Of the whole line, however long.
    length: usize,
    last: u8,
}

impl Default for Line {
    fn default() -> Self {
        Self { start: [0; 64], length: 0, last: 0 }
    }
}

impl Line {
    fn push(&mut self, bytes: &[u8]) {
        if let Some(room) = self.start.get_mut(self.length..) {
            let here = room.len().min(bytes.len());
            room[..here].copy_from_slice(&bytes[..here]);
        }
        self.length += bytes.len();
        self.last = bytes.last().copied().unwrap_or(self.last);
    }

    fn ends_in_cr(&self) -> bool {
        self.length > 0 && self.last == b'\r'
    }

    /// The start of the line without its end.
    fn text(&self) -> &[u8] {
        let length = self.length - usize::from(self.ends_in_cr());
        &self.start[..length.min(self.start.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The flaw, whether the bytes come at once or one by one.
    fn check(bytes: &str, flaw: Option<Flaw>) {
        let expected = flaw.map(|flaw| flaw.0);
        let whole = Framing::default().feed(bytes.as_bytes());
        assert_eq!(whole.map(|flaw| flaw.0), expected, "{bytes:?} at once");
        let mut dripped = Framing::default();
        let found = bytes.as_bytes().iter().find_map(|byte| dripped.feed(&[*byte]));
        assert_eq!(found.map(|flaw| flaw.0), expected, "{bytes:?} dripped");
    }

    const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    const SIZED: &str = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nA: \n\n";
    const CHUNKED: &str = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=\"y\"\r\na\n\n\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n";
    const BOTH: &str = "POST / HTTP/1.1\r\ncontent-length:5\r\nTRANSFER-ENCODING: chunked\r\n\r\n0\r\n\r\n";

    #[test]
    fn proper_messages_in_any_order_have_no_flaw() {
        check(&[GET, SIZED, CHUNKED, "\r\n", SIZED, GET, CHUNKED, CHUNKED, GET].concat(), None);
        check(
            "GET / HTTP/1.1\r\nX-Content-Length: 1\r\nX: Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
            None,
        );
        check(&format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n{GET}", "content-length: 1".repeat(500)), None);
    }

    #[test]
    fn what_two_servers_could_read_differently_is_a_flaw_wherever_it_stands() {
        let bad_length = "GET / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n";
        let padded_length = format!("GET / HTTP/1.1\r\nContent-Length: {}1\r\n\r\n", " ".repeat(100));
        let doubled = "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello";
        let bare = "GET / HTTP/1.1\nHost: x\r\n\r\n";
        for (message, flaw) in [
            (BOTH, TWO_FRAMINGS),
            (bad_length, NO_LENGTH),
            (&padded_length, NO_LENGTH),
            (doubled, TWO_LENGTHS),
            (bare, BARE_LF),
            ("GET / HTTP/1.1\r\nHost: x\r\n\n", BARE_LF),
            ("\nGET / HTTP/1.1\r\n\r\n", BARE_LF),
        ] {
            for before in ["", GET, SIZED, CHUNKED] {
                check(&[before, message].concat(), Some(flaw));
            }
        }
    }
}
