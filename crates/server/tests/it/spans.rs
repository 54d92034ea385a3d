//! Spans for a collector of OpenTelemetry, as the configuration file asks for them.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::timeout,
};

use crate::{
    bad_input::world::Api,
    process::{KEY, PATIENCE, Start, write},
};

#[tokio::test]
async fn a_collector_that_the_file_names_gets_the_span_of_a_turn() {
    let collector = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
    let address = collector.local_addr().expect("an address");
    let file = write(&folder, "threadline.toml", &format!("[telemetry]\notlp_endpoint = \"http://{address}\"\n"));
    let server =
        Start::on("serve", folder).env("THREADLINE_BOOTSTRAP_KEY", KEY).env("THREADLINE_CONFIG", &file).start();
    let api = Api { server: &server, key: KEY };
    let thread = api.post("threads", json!({})).await;
    let id = thread["id"].as_str().expect("an id");
    let sent = api.post(&format!("threads/{id}/messages"), json!({"text": "a word of mine"})).await;

    let mut told: Vec<Value> = Vec::new();
    while !told.iter().any(|span| span["name"] == "invoke_agent") {
        let (head, body) = timeout(PATIENCE, request(&collector)).await.expect("a request of the server");
        assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
        assert!(!body.to_string().contains("a word of mine"), "{body}");
        let spans = &body["resourceSpans"][0]["scopeSpans"][0]["spans"];
        told.extend(spans.as_array().expect("spans").iter().cloned());
    }
    let turn = sent["turn"]["id"].as_str().or(sent["turn"].as_str()).expect("a turn").replace('-', "");
    assert!(told.iter().all(|span| span["traceId"] == turn), "{turn}: {told:#?}");
    assert!(told.iter().any(|span| span["name"] == "chat echo"), "{told:#?}");
}

/// The head and the JSON of one request, which is answered.
async fn request(listener: &TcpListener) -> (String, Value) {
    let (mut connection, _) = listener.accept().await.expect("a connection");
    let (mut read, mut piece) = (Vec::new(), [0; 4_096]);
    loop {
        let count = connection.read(&mut piece).await.expect("bytes");
        assert_ne!(count, 0, "the request broke off");
        read.extend_from_slice(&piece[..count]);
        let text = String::from_utf8(read.clone()).expect("UTF-8");
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        if let Ok(body) = serde_json::from_str(body) {
            connection
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
                .await
                .expect("an answer");
            return (format!("{head}\r\n"), body);
        }
    }
}
