//! One keep-alive connection.

use std::{
    borrow::Cow,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::KEY;
use super::wire::{Chunked, Head};

/// Longest wait for an answer. After it, the run fails.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

const BUFFER_BYTES: usize = 16 * 1024;

/// One keep-alive connection with one request at a time.
pub struct Client {
    stream: TcpStream,
    /// Received bytes of the answer that is being read.
    input: Vec<u8>,
    /// The last chunked body.
    body: Vec<u8>,
}

/// Borrowed from the connection until its next request.
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The body as text.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.body)
    }
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, input: Vec::with_capacity(BUFFER_BYTES), body: Vec::new() })
    }

    pub async fn get(&mut self, path: &str) -> Result<Answer<'_>> {
        self.request(&get_request(path)).await
    }

    pub async fn post(&mut self, path: &str, json: &str) -> Result<Answer<'_>> {
        self.request(&post_request(path, json)).await
    }

    /// Sends a part of a request, before any answer.
    pub async fn send_part(&mut self, part: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(part).await?)
    }

    /// Waits until the server answers anything.
    pub async fn answered(&mut self) -> Result<()> {
        read_more(&mut self.stream, &mut self.input).await
    }

    /// Sends a whole request whose answer is a stream, and reads the answer to its end. Returns the time at which its first
    /// piece came.
    pub async fn request_stream(&mut self, request: &[u8]) -> Result<Instant> {
        self.input.clear();
        self.body.clear();
        self.stream.write_all(request).await?;
        let head = read_head(&mut self.stream, &mut self.input).await?;
        ensure!(head.status == 200 && head.body_len.is_none(), "answered {} and no stream", head.status);
        self.input.drain(..head.len);
        let (mut chunked, mut first) = (Chunked::default(), None);
        loop {
            chunked.decode(&mut self.input, &mut self.body)?;
            if !self.body.is_empty() {
                first.get_or_insert_with(Instant::now);
                self.body.clear();
            }
            if chunked.is_ended() {
                return first.context("the stream has no piece");
            }
            read_more(&mut self.stream, &mut self.input).await?;
        }
    }

    /// Sends a whole request, in the form of [`get_request`] and [`post_request`], and reads the whole answer.
    pub async fn request(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.input.clear();
        self.stream.write_all(request).await?;
        let head = read_head(&mut self.stream, &mut self.input).await?;
        match head.body_len {
            Some(len) => {
                while self.input.len() < head.len + len {
                    read_more(&mut self.stream, &mut self.input).await?;
                }
                Ok(Answer { status: head.status, body: &self.input[head.len..head.len + len] })
            }
            None => {
                self.body.clear();
                self.input.drain(..head.len);
                let mut chunked = Chunked::default();
                chunked.decode(&mut self.input, &mut self.body)?;
                while !chunked.is_ended() {
                    read_more(&mut self.stream, &mut self.input).await?;
                    chunked.decode(&mut self.input, &mut self.body)?;
                }
                Ok(Answer { status: head.status, body: &self.body })
            }
        }
    }
}

pub fn get_request(path: &str) -> Vec<u8> {
    get_request_by(KEY, path)
}

pub fn get_request_by(key: &str, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\r\n").into_bytes()
}

pub fn post_request(path: &str, json: &str) -> Vec<u8> {
    request_by(KEY, "POST", path, json)
}

/// A request with a body.
pub fn request_by(key: &str, method: &str, path: &str, json: &str) -> Vec<u8> {
    let length = json.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{json}"
    )
    .into_bytes()
}

pub(super) async fn read_head(stream: &mut TcpStream, input: &mut Vec<u8>) -> Result<Head> {
    loop {
        read_more(stream, input).await?;
        if let Some(head) = Head::parse(input)? {
            return Ok(head);
        }
    }
}

pub(super) async fn read_more(stream: &mut TcpStream, input: &mut Vec<u8>) -> Result<()> {
    let read = timeout(PATIENCE, stream.read_buf(input)).await.context("the server says nothing")??;
    ensure!(read > 0, "the server closed the connection");
    Ok(())
}
