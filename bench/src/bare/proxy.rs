//! A proxy for a model: the connections to it are kept, and its events pass as they come.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Result, ensure};
use axum::body::Body;
use futures_util::stream;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    driver::{Chunked, Head},
    model::PATH,
};

/// A model server, and the connections to it that nobody uses.
pub struct Model {
    address: SocketAddr,
    idle: Mutex<Vec<TcpStream>>,
}

/// An answer that passes.
struct Passing {
    model: Arc<Model>,
    connection: TcpStream,
    input: Vec<u8>,
    chunked: Chunked,
}

impl Model {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::default() }
    }

    /// The model's events about the text.
    ///
    /// # Errors
    /// A model that cannot be reached, or refuses.
    pub async fn ask(self: Arc<Self>, text: &str) -> Result<Body> {
        let kept = self.idle().pop();
        let mut connection = match kept {
            Some(kept) => kept,
            None => {
                let new = TcpStream::connect(self.address).await?;
                new.set_nodelay(true)?;
                new
            }
        };
        let body = json!({"model": "one", "stream": true, "messages": [{"role": "user", "content": text}]}).to_string();
        let length = body.len();
        let head = "host: localhost\r\ncontent-type: application/json\r\ncontent-length";
        connection.write_all(format!("POST {PATH} HTTP/1.1\r\n{head}: {length}\r\n\r\n{body}").as_bytes()).await?;
        let mut input = Vec::new();
        let head = loop {
            ensure!(connection.read_buf(&mut input).await? > 0, "the model has gone");
            if let Some(head) = Head::parse(&input)? {
                break head;
            }
        };
        ensure!(head.status == 200 && head.body_len.is_none(), "the model answered {}", head.status);
        input.drain(..head.len);
        let passing = Passing { model: self, connection, input, chunked: Chunked::default() };
        Ok(Body::from_stream(stream::try_unfold(Some(passing), Passing::next)))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<TcpStream>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Passing {
    /// The next events. The connection is kept after the last.
    async fn next(passing: Option<Self>) -> Result<Option<(Vec<u8>, Option<Self>)>> {
        let Some(mut passing) = passing else { return Ok(None) };
        let mut events = Vec::new();
        loop {
            passing.chunked.decode(&mut passing.input, &mut events)?;
            if passing.chunked.is_ended() {
                passing.model.idle().push(passing.connection);
                return Ok(Some((events, None)));
            }
            if !events.is_empty() {
                return Ok(Some((events, Some(passing))));
            }
            ensure!(passing.connection.read_buf(&mut passing.input).await? > 0, "the model broke off");
        }
    }
}
