//! A light driver: hand-written HTTP/1.1 over keep-alive connections on one thread, so that the servers get the
//! machine. It supports only the part of HTTP that the measured servers use.

mod client;
mod load;
mod sse;
mod wire;

pub use client::{Client, get_request, get_request_by, post_request, request_by};
pub use load::{Latencies, Measured, Window, closed_loop, concurrently};
pub use sse::{Reader, events_path};
pub use wire::{Chunked, Head};

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};

/// The key of all requests, and the bootstrap key of our server.
pub const KEY: &str = "bench-key-of-a-temporary-server";

/// The text of each message, of a usual length.
pub const SEND: &str =
    r#"{"text":"Could you check whether the order that I placed last Tuesday has left the warehouse yet?"}"#;

/// The same text, with no turn to answer it.
pub const SEND_UNANSWERED: &str = r#"{"text":"Could you check whether the order that I placed last Tuesday has left the warehouse yet?","respond":false}"#;

pub fn messages_path(thread: &str) -> String {
    format!("/threadline/v1/threads/{thread}/messages")
}

/// Creates threads over up to 64 connections, and returns their ids.
pub async fn create_threads(address: SocketAddr, count: usize) -> Result<Vec<String>> {
    let clients = count.min(64);
    let created = concurrently((0..clients).map(|client| async move {
        let mut connection = Client::connect(address).await?;
        let mut ids = Vec::new();
        for _ in (client..count).step_by(clients) {
            ids.push(create_thread(&mut connection).await?);
        }
        Ok(ids)
    }));
    Ok(created.await?.into_iter().flatten().collect())
}

async fn create_thread(connection: &mut Client) -> Result<String> {
    let answer = connection.post("/threadline/v1/threads", "{}").await?;
    ensure!(answer.status == 201, "creating a thread answered {}: {}", answer.status, answer.text());
    let thread: serde_json::Value = serde_json::from_slice(answer.body)?;
    Ok(thread["id"].as_str().context("a thread without an id")?.to_owned())
}
