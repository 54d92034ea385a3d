//! A process with little memory, and all that can be asked of it at once: it stays within its budget, and others are served.

use std::{iter, net::SocketAddr};

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::process::{KEY, Server, Start, client};

const MEMORY_BYTES: u64 = 256 << 20;
const MIB: usize = 1 << 20;

#[tokio::test]
async fn the_worst_of_each_kind_at_once_stays_within_the_budget_and_others_are_served() {
    let server = Start::new("serve")
        .env("THREADLINE_BOOTSTRAP_KEY", KEY)
        .env("THREADLINE_MEMORY_BYTES", &MEMORY_BYTES.to_string())
        .env("THREADLINE_LIMITS_GUEST_REQUESTS_PER_S", "0")
        // A busy machine takes its time over all of it.
        .env("THREADLINE_LIMITS_BODY_WAIT_S", "600")
        .env("THREADLINE_LIMITS_READER_S", "600")
        .unwatched()
        .start();
    let other = Neighbour::of(&server);
    other.is_served(1).await;
    let large = large_thread(&server).await;
    let attack = Attack::begin(&server, &customer(&server).await, &large).await;
    other.is_served(20).await;
    let statuses = attack.finish().await;
    other.is_served(20).await;

    assert!(server.peak_bytes() < MEMORY_BYTES, "{} MiB", server.peak_bytes() >> 20);
    let known = [200, 201, 204, 400, 401, 413, 429, 503];
    assert!(statuses.iter().all(|status| known.contains(status)), "{statuses:?}");
    assert!(statuses.contains(&503), "there was more than there is room for: {statuses:?}");
    let again = client().get(format!("{}{large}", server.url)).bearer_auth(KEY).send().await.unwrap();
    assert_eq!(again.status(), 200, "what was taken is given back");
    assert!(again.text().await.unwrap().len() > 2 * MIB);
}

#[tokio::test]
async fn a_page_and_an_export_count_from_the_moment_they_are_read() {
    // A key may have 36 MiB of this.
    let server = Start::new("serve")
        .env("THREADLINE_BOOTSTRAP_KEY", KEY)
        .env("THREADLINE_MEMORY_BYTES", &(128 << 20).to_string())
        .env("THREADLINE_LIMITS_PIECE_BYTES", &(2 << 20).to_string())
        .env("THREADLINE_LIMITS_BODY_WAIT_S", "600")
        .start();
    let page = large_thread(&server).await;
    let thread = page.trim_end_matches("/messages").to_owned();
    let hex = thread.rsplit('/').next().expect("an id").replace('-', "");
    let export = format!("/v1/sessions/session_{hex}/export");
    let get = async |path: &str| {
        let answer = client().get(format!("{}{path}", server.url)).bearer_auth(KEY).send().await.unwrap();
        let (status, again) = (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
        // What breaks off is no answer.
        (status, again, answer.bytes().await.map_or(0, |body| body.len()))
    };
    for path in [&page, &export] {
        let (status, _, bytes) = get(path).await;
        assert!(status == 200 && bytes > 2 * MIB, "{path}: {status}, {bytes} bytes");
    }
    let length = 32 * MIB;
    let head = format!(
        "POST /api/v1/message HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    let address: SocketAddr = server.url.trim_start_matches("http://").parse().unwrap();
    let mut unfinished = TcpStream::connect(address).await.unwrap();
    unfinished.write_all(head.as_bytes()).await.unwrap();
    unfinished.write_all(&vec![b' '; length - 1]).await.unwrap();
    for path in [&page, &export] {
        let refused = loop {
            let (status, again, _) = get(path).await;
            if status != 200 {
                break (status, again);
            }
        };
        assert_eq!(refused, (503, true), "{path}");
    }
    assert_eq!(get(&thread).await.0, 200, "what is small is served");
    drop(unfinished);
    for path in [&page, &export] {
        while get(path).await.0 != 200 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_json_body_of_the_worst_shape_costs_no_more_than_is_taken_for_it() {
    let messages = "threads/{t}/messages";
    for (name, method, path, open, item, values, close) in [
        ("replies", Method::PATCH, "agents/default", r#"{"script":["#, "{}", 1, "]}"),
        ("tools", Method::PATCH, "agents/default", r#"{"tools":["#, r#"{"name":"a","kind":"client"}"#, 3, "]}"),
        ("parts", Method::POST, messages, r#"{"content":["#, r#"{"type":"text"}"#, 2, "]}"),
        ("texts", Method::POST, messages, r#"{"text":"x","tags":["#, r#""""#, 1, "]}"),
        ("kept", Method::POST, messages, r#"{"text":"x","metadata":{"a":["#, "[]", 1, "]}}"),
    ] {
        let count = (199_900 / values).min((MIB - 100) / (item.len() + 1));
        let body = format!("{open}{}{close}", vec![item; count].join(","));
        let server = Server::start();
        let url = format!("{}/threadline/v1/{}", server.url, path.replace("{t}", &server.thread()));
        let ask = async |body: String| {
            let request = client().request(method.clone(), &url).bearer_auth(KEY);
            request.header("content-type", "application/json").body(body).send().await.unwrap().status()
        };
        assert_eq!(ask(r#"{"unknown":1}"#.into()).await, StatusCode::BAD_REQUEST);
        let (before, length) = (server.peak_bytes(), body.len());
        assert_eq!(
            ask(body).await,
            StatusCode::BAD_REQUEST,
            "{name}: it is beyond a limit, which is seen when it is read"
        );
        let cost = server.peak_bytes() - before;
        // What a process takes from the system, it takes in large pieces.
        let taken = 4 * length + 320 * values * count + 2 * MIB;
        assert!(cost < taken as u64, "{name}: {cost} bytes where {taken} are taken for {length}");
    }
}

/// A thread whose page is large: the path of the page.
async fn large_thread(server: &Server) -> String {
    let messages = format!("/threadline/v1/threads/{}/messages", server.thread());
    for _ in 0..6 {
        let body = json!({"text": "x".repeat(900_000), "respond": false});
        let sent =
            client().post(format!("{}{messages}", server.url)).bearer_auth(KEY).json(&body).send().await.unwrap();
        assert_eq!(sent.status(), 201);
    }
    messages
}

/// A customer's token.
async fn customer(server: &Server) -> String {
    let body = json!({"external_id": "c-1", "emails": ["ann@example.com"]});
    let token = client().post(format!("{}/api/v1/chat/token", server.url)).bearer_auth(KEY).json(&body);
    let told: Value = token.send().await.unwrap().json().await.unwrap();
    told["token"].as_str().unwrap().to_owned()
}

/// Another project, which asks for little.
struct Neighbour {
    url: String,
    key: String,
}

impl Neighbour {
    fn of(server: &Server) -> Self {
        server.ask_json(&["project", "create", "other"]);
        let made = server.ask_json(&[
            "key",
            "create",
            "--name",
            "other",
            "--project",
            "other",
            "--scopes",
            "read,write,admin",
        ]);
        let key = made["secret"].as_str().unwrap().to_owned();
        Self { url: server.url.clone(), key }
    }

    async fn is_served(&self, times: usize) {
        let http = client();
        let threads = format!("{}/threadline/v1/threads", self.url);
        for _ in 0..times {
            let made = http.post(&threads).bearer_auth(&self.key).json(&json!({"title": "x".repeat(200)}));
            let made = made.send().await.unwrap();
            assert_eq!(made.status(), 201);
            let id = made.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
            let said = json!({"text": "y".repeat(50_000), "respond": false});
            let said = http.post(format!("{threads}/{id}/messages")).bearer_auth(&self.key).json(&said).send();
            assert_eq!(said.await.unwrap().status(), 201);
            let read = http.get(format!("{threads}/{id}/messages")).bearer_auth(&self.key).send().await.unwrap();
            assert_eq!(read.status(), 200);
            assert!(read.text().await.unwrap().len() > 50_000);
            let health = http.get(format!("{}/healthz", self.url)).send().await.unwrap();
            assert_eq!(health.status(), StatusCode::OK);
        }
    }
}

/// Requests whose last byte is still missing, and answers that nobody reads.
struct Attack {
    unfinished: Vec<TcpStream>,
    unread: Vec<TcpStream>,
}

impl Attack {
    async fn begin(server: &Server, customer: &str, large: &str) -> Self {
        let address: SocketAddr = server.url.trim_start_matches("http://").parse().unwrap();
        let values = format!("{{\"content\":[{}0]}}", "0,".repeat(199_000));
        let padded = format!("{values}{}", " ".repeat(MIB - values.len()));
        let nested = format!("{{\"content\":[{}0]}}", "[0],".repeat(MIB / 4 - 10));
        let file = format!(
            "{{\"content\":\"x\",\"from\":\"a@example.com\",\"attachments\":[{{\"file\":\"{}\",\"name\":\"a\"}}]}}",
            "YWFh".repeat(5 * MIB / 2)
        );
        let huge = "x".repeat(29 * MIB);
        let (json, key) = ("Content-Type: application/json", format!("Authorization: Bearer {KEY}"));
        let (token, bytes) = (format!("Authorization: Bearer {customer}"), "Content-Type: application/octet-stream");
        let bodies = [
            (40, "/api/v1/token", "X-No: key", json, padded.as_str()),
            (20, "/api/v1/message", &token, json, &padded),
            (20, "/api/v1/message", &token, json, &nested),
            (6, "/api/v1/message", &token, json, &huge),
            (6, "/api/v1/message", &key, json, &file),
            (8, "/threadline/v1/attachments?name=a", &key, bytes, &huge),
        ];
        let each = bodies.iter().flat_map(|body| iter::repeat_n(body, body.0));
        let unfinished = each.map(|(_, path, credential, kind, body)| async move {
            let length = body.len();
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\n{credential}\r\n{kind}\r\nContent-Length: {length}\r\n\r\n"
            );
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            // One that is refused may be closed before all of it is read.
            let _ = stream.write_all(&body.as_bytes()[..length - 1]).await;
            stream
        });
        let unfinished = join_all(unfinished).await;
        let unread = join_all((0..40).map(async |_| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let get = format!("GET {large} HTTP/1.1\r\nHost: x\r\n{key}\r\n\r\n");
            stream.write_all(get.as_bytes()).await.unwrap();
            stream.peek(&mut [0]).await.unwrap();
            stream
        }));
        Self { unfinished, unread: unread.await }
    }

    /// Sends what is missing, and reads how each was answered; 0: not at all.
    async fn finish(self) -> Vec<u16> {
        let answers = self.unfinished.into_iter().map(async |mut stream| {
            let _ = stream.write_all(b" ").await;
            status(stream).await
        });
        let statuses = join_all(answers).await;
        let read = join_all(self.unread.into_iter().map(status)).await;
        statuses.into_iter().filter(|status| *status > 0).chain(read).collect()
    }
}

async fn status(mut stream: TcpStream) -> u16 {
    let mut line = [0; 12];
    match stream.read_exact(&mut line).await {
        Ok(_) => String::from_utf8_lossy(&line[9..]).parse().unwrap(),
        Err(_) => 0,
    }
}
