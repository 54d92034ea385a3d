//! Compares the guard with the parser: both must split the messages that they accept in the same way.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;

use super::{Framing, Place};

/// Number of generated connections.
const CASES: u64 = 10_000;
/// Least number of connections without a flaw, or with a message after the mutation. With fewer, the test does not
/// work.
const PLAIN_MIN: u64 = 1_000;
const FLAWED_MIN: u64 = 1_000;

/// A message as one of the two read it: its target, and its whole body.
type Message = (String, Vec<u8>);

#[tokio::test]
async fn guard_and_parser_cut_ten_thousand_connections_alike_or_the_guard_says_a_flaw() {
    let (mut plain, mut flawed) = (0, 0);
    for case in 0..CASES {
        let bytes = Random(case).connection();
        let (own, flaw) = followed(&bytes);
        let (parsed, refused) = parsed(&bytes).await;
        // The parser may stop where the guard continues, and then closes. It must not see more than the guard.
        let known = if flaw { parsed.len().min(own.len()) } else { parsed.len() };
        let shown = String::from_utf8_lossy(&bytes);
        assert!(own.len() >= known, "case {case}: the parser sees {parsed:?}, the guard {own:?} in\n{shown}");
        assert_eq!(own[..known], parsed[..known], "case {case}, in\n{shown}");
        // After a message of HTTP/1.0, the parser closes without an answer.
        let ends_early = flaw || refused || shown.contains("HTTP/1.0");
        assert!(
            ends_early || own.len() == known,
            "case {case}: the guard sees {own:?}, the parser {parsed:?} in\n{shown}"
        );
        match flaw {
            true => flawed += 1,
            false if parsed.len() > 1 => plain += 1,
            false => {}
        }
    }
    assert!(plain >= PLAIN_MIN && flawed >= FLAWED_MIN, "{plain} plain connections, {flawed} with a flaw");
}

/// The whole messages before the first flaw, and whether there is one.
fn followed(bytes: &[u8]) -> (Vec<Message>, bool) {
    let (mut framing, mut messages, mut head, mut body) = (Framing::default(), Vec::new(), Vec::new(), Vec::new());
    for byte in bytes {
        match framing.place {
            Place::Body(_) | Place::Chunk(_) => body.push(*byte),
            Place::RequestLine | Place::Field => head.push(*byte),
            _ => {}
        }
        let (before, begun) = (framing.place, framing.heads);
        if framing.feed(&[*byte]).is_some() {
            return (messages, true);
        }
        let ended = framing.place == Place::RequestLine && before != Place::RequestLine;
        if ended && begun > 0 {
            messages.push((target(&head), std::mem::take(&mut body)));
            head.clear();
        }
    }
    (messages, false)
}

fn target(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(head);
    text.trim_start().split(' ').nth(1).unwrap_or_default().to_owned()
}

/// The whole messages that the parser gives to a service, and whether it refused the rest.
async fn parsed(bytes: &[u8]) -> (Vec<Message>, bool) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (mut client, server) = tokio::io::duplex(1 << 20);
    let service = service_fn(|request: Request<Incoming>| {
        let seen = Arc::clone(&seen);
        async move {
            let target = request.uri().to_string();
            let body = request.into_body().collect().await?;
            seen.lock().unwrap().push((target, body.to_bytes().to_vec()));
            Ok::<_, hyper::Error>(Response::new(Body::empty()))
        }
    });
    client.write_all(bytes).await.unwrap();
    client.shutdown().await.unwrap();
    let served = http1::Builder::new().half_close(true).serve_connection(TokioIo::new(server), service).await;
    let messages = seen.lock().unwrap();
    (messages.clone(), served.is_err())
}

/// An own generator, so that each case stays the same forever (SplitMix64).
struct Random(u64);

const PIECES: [&str; 26] = [
    "\r",
    "\n",
    "\r\n",
    "\r\n\r\n",
    "\n\n",
    " ",
    "\t",
    ":",
    ";",
    ",",
    "0",
    "00000000",
    "5",
    "a",
    "+",
    "-",
    "0x",
    "\0",
    "Content-Length: 3\r\n",
    "Content-Length: 0\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip\r\n",
    "0\r\n\r\n",
    "3\r\nabc\r\n",
    "GET /inner HTTP/1.1\r\nHost: x\r\n\r\n",
    "Expect: 100-continue\r\n",
];

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }

    /// A sequence of messages with some changes. One in four is unchanged.
    fn connection(&mut self) -> Vec<u8> {
        let count = 2 + self.below(3);
        let mut bytes: Vec<u8> = (0..count).flat_map(|number| self.message(number)).collect();
        for _ in 0..self.below(4).min(2) {
            self.change(&mut bytes);
        }
        bytes
    }

    fn message(&mut self, number: usize) -> Vec<u8> {
        let body: Vec<u8> = (0..self.below(12)).map(|_| b"ab\r\n0: "[self.below(7)]).collect();
        let post = format!("POST /{number} HTTP/1.1\r\nHost: x\r\n");
        match self.below(4) {
            0 => format!("GET /{number} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes(),
            1 => [format!("{post}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat(),
            _ => {
                let mut message = format!("{post}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
                for chunk in body.chunks(1 + self.below(12)) {
                    let zeros = [0, 0, 0, 0, 0, 0, 0, 3, 15, 70][self.below(10)];
                    let extension = ["", "", "", "", "", "", "", ";x=1", ";", " ", " ;x"][self.below(11)];
                    message.extend(format!("{}{:x}{extension}\r\n", "0".repeat(zeros), chunk.len()).bytes());
                    message.extend(chunk);
                    message.extend(b"\r\n");
                }
                let ends = ["0\r\n\r\n", "0\r\nT: 1\r\n\r\n", "000\r\n\r\n", "0\r\nT: 1\n\r\n\r\n"];
                message.extend(ends[self.below(10).saturating_sub(6)].bytes());
                message
            }
        }
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        match self.below(5) {
            0 => drop(bytes.remove(at)),
            1 => bytes[at] = b"\r\n :;,0159afGx\t\0\xff"[self.below(17)],
            2 => bytes.insert(at, bytes[at]),
            3 => {
                let end = (at + self.below(20)).min(bytes.len());
                let piece: Vec<u8> = bytes[at..end].to_vec();
                let to = self.below(bytes.len());
                bytes.splice(to..to, piece);
            }
            _ => {
                let piece = PIECES[self.below(PIECES.len())];
                // Mostly at the start of a line, where it may become its own line.
                let line = bytes[at..].windows(2).position(|two| two == b"\r\n").map(|end| at + end + 2);
                let to = line.filter(|_| self.below(3) > 0).unwrap_or(at);
                bytes.splice(to..to, piece.bytes());
            }
        }
    }
}
