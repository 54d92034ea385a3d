//! The framing of HTTP/1.1 answers (RFC 9112, sections 4, 6 and 7).

use anyhow::{Context, Result, bail};

/// The head of an answer.
#[derive(Debug, PartialEq)]
pub struct Head {
    pub status: u16,
    /// Bytes of the head, including the empty line at its end.
    pub len: usize,
    /// `None` for a chunked body.
    pub body_len: Option<usize>,
}

impl Head {
    /// Parses the head at the start of `bytes`. `None` while it is incomplete.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let Some(end) = find(bytes, b"\r\n\r\n") else { return Ok(None) };
        let text = std::str::from_utf8(&bytes[..end])?;
        let mut lines = text.split("\r\n");
        let status =
            lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")).context("not an answer of HTTP/1.1")?;
        let status = status.get(..3).context("no status")?.parse()?;
        let mut body_len = Some(0);
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                body_len = Some(value.trim().parse()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                body_len = None;
            }
        }
        Ok(Some(Self { status, len: end + 4, body_len }))
    }
}

/// Removes chunked framing as the pieces arrive.
#[derive(Default)]
pub struct Chunked {
    state: State,
}

#[derive(Default, PartialEq)]
enum State {
    #[default]
    Size,
    Data(usize),
    DataEnd,
    Last,
    Ended,
}

impl Chunked {
    /// Moves the available part of the body from `input` to `body`. Incomplete framing stays in `input`.
    pub fn decode(&mut self, input: &mut Vec<u8>, body: &mut Vec<u8>) -> Result<()> {
        let mut at = 0;
        while let Some(read) = self.step(&input[at..], body)? {
            at += read;
        }
        input.drain(..at);
        Ok(())
    }

    pub fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Number of bytes read. `None` if more are needed.
    fn step(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<Option<usize>> {
        let (next, read) = match self.state {
            State::Size => {
                let Some(end) = find(input, b"\r\n") else { return Ok(None) };
                let size = std::str::from_utf8(&input[..end])?.split(';').next().unwrap_or_default();
                match usize::from_str_radix(size.trim(), 16).context("not the size of a chunk")? {
                    0 => (State::Last, end + 2),
                    size => (State::Data(size), end + 2),
                }
            }
            State::Data(_) if input.is_empty() => return Ok(None),
            State::Data(left) => {
                let read = left.min(input.len());
                body.extend_from_slice(&input[..read]);
                (if read == left { State::DataEnd } else { State::Data(left - read) }, read)
            }
            State::DataEnd | State::Last if input.len() < 2 => return Ok(None),
            State::DataEnd | State::Last if &input[..2] != b"\r\n" => bail!("a chunk is longer than it says"),
            State::DataEnd => (State::Size, 2),
            State::Last => (State::Ended, 2),
            State::Ended => return Ok(None),
        };
        self.state = next;
        Ok(Some(read))
    }
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_status_and_length_once_it_is_whole() {
        let whole = b"HTTP/1.1 201 Created\r\ncontent-type: x\r\nContent-Length: 12\r\n\r\nabc";
        let len = whole.len() - b"abc".len();
        assert_eq!(Head::parse(whole).unwrap(), Some(Head { status: 201, len, body_len: Some(12) }));
        for cut in 0..len {
            assert_eq!(Head::parse(&whole[..cut]).unwrap(), None, "{cut}");
        }
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(Head::parse(chunked).unwrap().unwrap().body_len, None);
        assert!(Head::parse(b"220 mail\r\n\r\n").is_err());
    }

    #[test]
    fn chunks_are_joined_wherever_the_network_cuts_them() {
        let wire = b"5\r\nhello\r\n1a;x=y\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\nHTTP/1.1";
        for size in 1..=wire.len() {
            let (mut chunked, mut input, mut body) = (Chunked::default(), Vec::new(), Vec::new());
            for piece in wire.chunks(size) {
                input.extend_from_slice(piece);
                chunked.decode(&mut input, &mut body).unwrap();
            }
            assert_eq!(String::from_utf8(body).unwrap(), "helloabcdefghijklmnopqrstuvwxyz");
            assert_eq!((chunked.is_ended(), input.as_slice()), (true, b"HTTP/1.1".as_slice()));
        }
        assert!(Chunked::default().decode(&mut b"1\r\nab\r\n".to_vec(), &mut Vec::new()).is_err());
    }
}
