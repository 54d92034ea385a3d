//! One reader of a thread's events (the event stream format of the HTML standard, section 9.2).

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

use super::KEY;
use super::{
    client::{PATIENCE, read_head, read_more},
    wire::Chunked,
};

/// Small, because thousands of readers are open at once.
const BUFFER_BYTES: usize = 1024;

/// An open stream of events.
pub struct Reader {
    stream: TcpStream,
    chunked: Chunked,
    input: Vec<u8>,
    text: Vec<u8>,
}

/// The path of a thread's stream from its start.
pub fn events_path(thread: &str) -> String {
    format!("/threadline/v1/threads/{thread}/events")
}

impl Reader {
    /// Returns when the server has begun to answer, so that later events are received.
    pub async fn open(address: SocketAddr, path: &str) -> Result<Self> {
        Self::open_by(KEY, address, path).await
    }

    /// Like [`Reader::open`], with this key.
    pub async fn open_by(key: &str, address: SocketAddr, path: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\naccept: text/event-stream\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut input = Vec::with_capacity(BUFFER_BYTES);
        let head = read_head(&mut stream, &mut input).await?;
        ensure!(head.status == 200 && head.body_len.is_none(), "{path} answered {} and no stream", head.status);
        input.drain(..head.len);
        Ok(Self { stream, chunked: Chunked::default(), input, text: Vec::new() })
    }

    /// Reads events up to one of this type. Fails after too long without it.
    pub async fn until(&mut self, kind: &str) -> Result<()> {
        self.until_any(&[kind]).await
    }

    /// Reads events up to one of these types. Fails after too long without it.
    pub async fn until_any(&mut self, kinds: &[&str]) -> Result<()> {
        let read = async {
            while !kinds.contains(&&*self.next().await?) {}
            Ok(())
        };
        timeout(PATIENCE, read).await.with_context(|| format!("no {} came", kinds.join(" or ")))?
    }

    /// The type of the next event. Comments and events without a type are skipped.
    async fn next(&mut self) -> Result<String> {
        loop {
            if let Some(event) = take_event(&mut self.text) {
                match event.lines().find_map(|line| line.strip_prefix("event:")) {
                    Some(kind) => return Ok(kind.trim().to_owned()),
                    None => continue,
                }
            }
            self.chunked.decode(&mut self.input, &mut self.text)?;
            if !self.text.windows(2).any(|w| w == b"\n\n") {
                ensure!(!self.chunked.is_ended(), "the server ended the stream");
                read_more(&mut self.stream, &mut self.input).await?;
            }
        }
    }
}

/// Takes the first whole event out of the text.
fn take_event(text: &mut Vec<u8>) -> Option<String> {
    let end = text.windows(2).position(|w| w == b"\n\n")? + 2;
    let event: Vec<u8> = text.drain(..end).collect();
    Some(String::from_utf8_lossy(&event).into_owned())
}
