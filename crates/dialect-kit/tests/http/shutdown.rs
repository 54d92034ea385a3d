//! Shutdown: no more connections, a last event for every stream, and complete answers.

use tokio::net::TcpStream;

use crate::{raw::Raw, server::Server, streams::open};

#[tokio::test]
async fn an_open_stream_gets_its_farewell_and_the_server_ends() {
    let server = Server::start().await;
    let (mut raw, _) = open(&server).await;
    assert!(raw.until("data: hello\n\n").await.is_some());
    let idle = Raw::connect(server.address).await;
    server.trigger.fire();
    let rest = raw.rest().await;
    assert!(rest.contains("event: bye\ndata: {}\n\n"), "{rest}");
    assert!(rest.ends_with("0\r\n\r\n"), "the stream ends properly: {rest}");
    server.task.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
    drop(idle);
}

#[tokio::test]
async fn a_request_that_comes_in_as_the_server_goes_down_is_503_and_not_a_closed_connection() {
    let server = Server::start().await;
    let (mut used, mut fresh) = (Raw::connect(server.address).await, Raw::connect(server.address).await);
    let key = format!("Authorization: Bearer {}\r\n", crate::server::KEY);
    let ask = format!("GET /alpha/things/x HTTP/1.1\r\nHost: x\r\n{key}\r\n");
    used.send(&ask).await.unwrap();
    assert_eq!(used.reply().await.status, 200);
    server.trigger.fire();
    for raw in [&mut used, &mut fresh] {
        raw.send(&ask).await.unwrap();
        let reply = raw.reply().await;
        assert_eq!((reply.status, reply.json()["alpha"].as_str()), (503, Some("unavailable")));
        assert_eq!(reply.headers["connection"], "close");
        assert!(reply.headers.contains_key("retry-after"));
        assert_eq!(raw.rest().await, "");
    }
    server.task.await.unwrap();
}

#[tokio::test]
async fn a_request_in_progress_is_still_answered() {
    let server = Server::start().await;
    let mut raw = Raw::connect(server.address).await;
    let key = format!("Authorization: Bearer {}\r\n", crate::server::KEY);
    let head = format!(
        "POST /alpha/things HTTP/1.1\r\nHost: x\r\n{key}Content-Type: application/json\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\n"
    );
    raw.send(head).await.unwrap();
    assert_eq!(raw.reply().await.status, 100, "the handler waits for the body");
    server.trigger.fire();
    raw.send(r#"{"name":"x"}"#).await.unwrap();
    let reply = raw.reply().await;
    assert_eq!((reply.status, reply.headers.get("connection").map(String::as_str)), (201, Some("close")));
    server.task.await.unwrap();
}
