//! The strict peer: it takes what the wires send, and refuses what the vendors refuse.

mod conversation;
mod faults;
mod refusals;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Posts a body. Returns the connection, from which the answer can be read.
async fn send(url: &str, body: &[u8]) -> TcpStream {
    let rest = url.strip_prefix("http://").expect("a plain URL");
    let (host, path) = rest.split_once('/').expect("a path");
    let mut connection = TcpStream::connect(host).await.expect("the peer listens");
    // The older version has no chunks: the end of the connection is the end of the body.
    let head = format!("POST /{path} HTTP/1.0\r\nhost: {host}\r\ncontent-length: {}\r\n\r\n", body.len());
    connection.write_all(&[head.as_bytes(), body].concat()).await.expect("the peer reads");
    connection
}

/// Posts a body. Returns the status and the body of the answer.
async fn post(url: &str, body: &[u8]) -> (u16, String) {
    let mut answer = String::new();
    send(url, body).await.read_to_string(&mut answer).await.expect("the peer answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, body.to_owned())
}
