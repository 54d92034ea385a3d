//! A client that sends exactly the bytes it is told to.

use std::{collections::HashMap, io, net::SocketAddr};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub struct Raw {
    stream: TcpStream,
    read: Vec<u8>,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }
}

impl Raw {
    pub async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), read: Vec::new() }
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref()).await
    }

    /// The next answer, whose length is announced.
    pub async fn reply(&mut self) -> Reply {
        let head = self.until("\r\n\r\n").await.expect("an answer before the connection closes");
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let field = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let headers: HashMap<String, String> = lines.filter_map(field).collect();
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        while self.read.len() < length {
            assert!(self.more().await, "the body is shorter than announced");
        }
        let body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        Reply { status, headers, body }
    }

    /// Everything up to the end of `mark`; `None` if the connection ends before it.
    pub async fn until(&mut self, mark: &str) -> Option<String> {
        loop {
            let text = String::from_utf8_lossy(&self.read).into_owned();
            if let Some(at) = text.find(mark) {
                return String::from_utf8(self.read.drain(..at + mark.len()).collect()).ok();
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// Everything until the other side closes.
    pub async fn rest(&mut self) -> String {
        while self.more().await {}
        String::from_utf8_lossy(&std::mem::take(&mut self.read)).into_owned()
    }

    /// Reads so many bytes, or fewer if there are none now, and throws them away.
    pub async fn take(&mut self, bytes: usize) {
        let _ = self.stream.read(&mut vec![0; bytes]).await;
    }

    async fn more(&mut self) -> bool {
        let mut bytes = [0; 4_096];
        let count = self.stream.read(&mut bytes).await.unwrap_or(0);
        self.read.extend_from_slice(&bytes[..count]);
        count > 0
    }
}
