//! Follows the message boundaries of a connection, beside the parser, for details that the parser hides.
//!
//! The parser resolves a message with both a length and chunks, or with two lengths, by itself and shows only the
//! result. It is lenient in other ways too, and a proxy may be lenient in different ones. The two may then disagree
//! about the start of the next request (request smuggling). This module therefore accepts plain messages only. Anything
//! else is a flaw and ends the connection.

use crate::head::Flaw;

const TWO_FRAMINGS: Flaw = Flaw("The message has both a Content-Length and a Transfer-Encoding");
const TWO_LENGTHS: Flaw = Flaw("The Content-Length header appears twice");
const NO_LENGTH: Flaw = Flaw("The Content-Length header is not a plain number");
const TWO_CODINGS: Flaw = Flaw("The Transfer-Encoding header appears twice");
const OTHER_CODING: Flaw = Flaw("The Transfer-Encoding header is not `chunked`");
const BARE_LF: Flaw = Flaw("A line does not end in CR LF");
const BARE_CR: Flaw = Flaw("A line contains a CR");
const NO_FIELD: Flaw = Flaw("A line of the header is not a field");
const NO_SIZE: Flaw = Flaw("A chunk's size is not a plain number");
const NO_END: Flaw = Flaw("A chunk does not end where its size says");

/// Digits of a length or a chunk's size. Any number with so many digits fits into 64 bits.
const DECIMAL_DIGITS_MAX: usize = 19;
const HEX_DIGITS_MAX: usize = 16;

/// Follows the bytes of one connection through its messages. It keeps only the start of a line.
#[derive(Default)]
pub(crate) struct Framing {
    place: Place,
    line: Line,
    /// The length in the current head.
    length: Option<u64>,
    chunked: bool,
    /// Number of heads that have begun.
    heads: u64,
}

/// The state of a connection, as its peer knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Between messages: nothing has arrived since the end of the message with this number. 0: nothing at all.
    Rest(u64),
    /// Inside the head of the message with this number.
    Head(u64),
    Body,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    RequestLine,
    Field,
    /// This many bytes of a body remain.
    Body(u64),
    ChunkSize,
    /// This many bytes of a chunk remain.
    Chunk(u64),
    /// The end of line after a chunk.
    ChunkEnd,
    Trailer,
    /// A flaw was found. The rest is not followed.
    Lost,
}

impl Framing {
    /// Consumes these bytes. Returns a flaw if one appears; after a flaw, the rest is ignored.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Option<Flaw> {
        while !bytes.is_empty() {
            bytes = match self.place {
                Place::Lost => return None,
                Place::Body(left) => self.skip(bytes, left, Place::Body, Place::RequestLine),
                Place::Chunk(left) => self.skip(bytes, left, Place::Chunk, Place::ChunkEnd),
                _ => {
                    let end = bytes.iter().position(|b| *b == b'\n');
                    let flaw = match end {
                        None => self.line.push(bytes).err(),
                        Some(end) => self.line.push(&bytes[..end]).err().or_else(|| self.end_line().err()),
                    };
                    if flaw.is_some() {
                        self.place = Place::Lost;
                        return flaw;
                    }
                    end.map_or(&[][..], |end| &bytes[end + 1..])
                }
            };
        }
        None
    }

    pub fn stand(&self) -> Stand {
        match self.place {
            Place::RequestLine if self.line.length == 0 => Stand::Rest(self.heads),
            Place::RequestLine => Stand::Head(self.heads + 1),
            Place::Field => Stand::Head(self.heads),
            _ => Stand::Body,
        }
    }

    fn skip<'a>(&mut self, bytes: &'a [u8], left: u64, within: fn(u64) -> Place, after: Place) -> &'a [u8] {
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        self.place = match left - here as u64 {
            0 => after,
            left => within(left),
        };
        &bytes[here..]
    }

    fn end_line(&mut self) -> Result<(), Flaw> {
        let line = std::mem::take(&mut self.line);
        if !line.ends_in_cr() {
            return Err(BARE_LF);
        }
        let text = line.text();
        self.place = match self.place {
            // Empty lines before a request are skipped (RFC 9112, section 2.2).
            Place::RequestLine if text.is_empty() => Place::RequestLine,
            Place::RequestLine => {
                (self.length, self.chunked, self.heads) = (None, false, self.heads + 1);
                Place::Field
            }
            Place::Field if text.is_empty() => self.body(),
            Place::Field => {
                self.field(&line)?;
                Place::Field
            }
            Place::ChunkSize => chunk(&line)?,
            Place::ChunkEnd if text.is_empty() => Place::ChunkSize,
            Place::ChunkEnd => return Err(NO_END),
            Place::Trailer if text.is_empty() => Place::RequestLine,
            Place::Trailer => field(&line).map(|_| Place::Trailer)?,
            place => place,
        };
        Ok(())
    }

    fn field(&mut self, line: &Line) -> Result<(), Flaw> {
        let Some((name, value)) = field(line)? else { return Ok(()) };
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.coding(value, line)
        } else if name.eq_ignore_ascii_case(b"content-length") {
            self.sized(value, line)
        } else {
            Ok(())
        }
    }

    fn coding(&mut self, value: &[u8], line: &Line) -> Result<(), Flaw> {
        match () {
            () if self.chunked => Err(TWO_CODINGS),
            () if self.length.is_some() => Err(TWO_FRAMINGS),
            () if !line.is_whole() || !value.eq_ignore_ascii_case(b"chunked") => Err(OTHER_CODING),
            () => {
                self.chunked = true;
                Ok(())
            }
        }
    }

    fn sized(&mut self, value: &[u8], line: &Line) -> Result<(), Flaw> {
        match () {
            () if self.chunked => Err(TWO_FRAMINGS),
            () if self.length.is_some() => Err(TWO_LENGTHS),
            () if !line.is_whole() => Err(NO_LENGTH),
            () => {
                self.length = Some(decimal(value).ok_or(NO_LENGTH)?);
                Ok(())
            }
        }
    }

    /// The state after a head.
    fn body(&self) -> Place {
        match (self.chunked, self.length) {
            (true, _) => Place::ChunkSize,
            (false, Some(length)) if length > 0 => Place::Body(length),
            (false, _) => Place::RequestLine,
        }
    }
}

/// Name and value.
type Field<'l> = (&'l [u8], &'l [u8]);

/// The field in a line. `None` for a name that is longer than any relevant one.
fn field(line: &Line) -> Result<Option<Field<'_>>, Flaw> {
    let text = line.text();
    let Some(colon) = text.iter().position(|b| *b == b':') else {
        return if line.is_whole() { Err(NO_FIELD) } else { Ok(None) };
    };
    let (name, value) = (&text[..colon], &text[colon + 1..]);
    // Some parsers read a continuation line as a field of its own (RFC 9112, section 5.2).
    match name.is_empty() || name.contains(&b' ') || name.contains(&b'\t') {
        true => Err(NO_FIELD),
        false => Ok(Some((name, plain(value)))),
    }
}

/// The state after a chunk's size. An extension is skipped (RFC 9112, section 7.1.1).
fn chunk(line: &Line) -> Result<Place, Flaw> {
    let text = line.text();
    let extension = text.iter().position(|b| *b == b';');
    if extension.is_none() && !line.is_whole() {
        return Err(NO_SIZE);
    }
    let digits = &text[..extension.unwrap_or(text.len())];
    let is_plain = (1..=HEX_DIGITS_MAX).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    let size = std::str::from_utf8(digits).ok().filter(|_| is_plain).and_then(|d| u64::from_str_radix(d, 16).ok());
    match size.ok_or(NO_SIZE)? {
        0 => Ok(Place::Trailer),
        size => Ok(Place::Chunk(size)),
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let is_plain = (1..=DECIMAL_DIGITS_MAX).contains(&digits.len())
        && digits.iter().all(u8::is_ascii_digit)
        && (digits.len() == 1 || digits[0] != b'0');
    std::str::from_utf8(digits).ok().filter(|_| is_plain)?.parse().ok()
}

/// The value without surrounding blanks.
fn plain(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// The start of a line, longer than any relevant name and number.
struct Line {
    start: [u8; 64],
    /// Length of the whole line.
    length: usize,
    last: u8,
}

impl Default for Line {
    fn default() -> Self {
        Self { start: [0; 64], length: 0, last: 0 }
    }
}

impl Line {
    /// # Errors
    /// A CR that is not followed by LF.
    fn push(&mut self, bytes: &[u8]) -> Result<(), Flaw> {
        let Some((last, before)) = bytes.split_last() else { return Ok(()) };
        if self.ends_in_cr() || before.contains(&b'\r') {
            return Err(BARE_CR);
        }
        if let Some(room) = self.start.get_mut(self.length..) {
            let here = room.len().min(bytes.len());
            room[..here].copy_from_slice(&bytes[..here]);
        }
        self.length += bytes.len();
        self.last = *last;
        Ok(())
    }

    fn ends_in_cr(&self) -> bool {
        self.length > 0 && self.last == b'\r'
    }

    /// The start of the line, without the end of line.
    fn text(&self) -> &[u8] {
        &self.start[..self.text_length().min(self.start.len())]
    }

    /// Tells whether the start is the whole line.
    fn is_whole(&self) -> bool {
        self.text_length() <= self.start.len()
    }

    fn text_length(&self) -> usize {
        self.length - usize::from(self.ends_in_cr())
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
