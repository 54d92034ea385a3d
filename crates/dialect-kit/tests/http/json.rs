//! JSON bodies over the wire: what is refused is refused in the dialect's schema, and the next request works.

use serde_json::{Value, json};

use crate::{
    raw::Raw,
    server::{KEY, Server, limits},
};

async fn refusal(server: &Server, path: &str, content_type: Option<&str>, body: impl Into<Vec<u8>>) -> (u16, Value) {
    let mut request = server.post(path).body(body.into());
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    let reply = request.send().await.unwrap();
    let status = reply.status().as_u16();
    (status, reply.json().await.unwrap_or(Value::Null))
}

const JSON: Option<&str> = Some("application/json");

#[tokio::test]
async fn a_body_that_is_not_strict_json_is_refused() {
    let server = Server::start().await;
    let deep = format!(r#"{{"name":{}{}}}"#, "[".repeat(64), "]".repeat(64));
    let many = format!(r#"{{"name":[{}1]}}"#, "1,".repeat(100_000));
    for (body, code) in [
        (&b""[..], "invalid_json"),
        (b"{\"name\":\"x\"", "invalid_json"),
        (b"\xef\xbb\xbf{\"name\":\"x\"}", "invalid_json"),
        (b"{\"name\":\"\xff\"}", "invalid_json"),
        (b"{\"name\":\"x\"} x", "invalid_json"),
        (b"{\"name\":\"x\",\"name\":\"y\"}", "invalid_json"),
        (br#"{"name":"\u0000"}"#, "invalid_json"),
        (br#"{"name":"\ud800"}"#, "invalid_json"),
        (deep.as_bytes(), "invalid_json"),
        (many.as_bytes(), "invalid_parameter"),
        (b"[]", "invalid_parameter"),
        (br#"["x"]"#, "invalid_parameter"),
        (b"null", "invalid_parameter"),
        (br#"{"name":null}"#, "invalid_parameter"),
        (br#"{"name":5}"#, "invalid_parameter"),
        (br#"{"name":"x","count":256}"#, "invalid_parameter"),
        (br#"{"name":"x","count":-1}"#, "invalid_parameter"),
        (br#"{"name":"x","count":1.5}"#, "invalid_parameter"),
        (br#"{"name":"x","count":"1"}"#, "invalid_parameter"),
        (br#"{"name":"x","Name":"x"}"#, "invalid_parameter"),
    ] {
        let (status, answer) = refusal(&server, "/alpha/things", JSON, body).await;
        let shown: String = String::from_utf8_lossy(body).chars().take(80).collect();
        assert_eq!((status, answer["alpha"].as_str()), (400, Some(code)), "{shown}: {answer}");
        assert!(answer["message"].as_str().unwrap().len() < 400, "{shown}");
    }
    assert!(server.answers().await);
}

#[tokio::test]
async fn the_same_fault_has_each_dialects_own_status_and_schema() {
    let server = Server::start().await;
    let beta = |body: &'static str| {
        let request = server.request(reqwest::Method::POST, "/beta/things").header("x-beta-key", crate::server::KEY);
        request.header("content-type", "application/json").body(body).send()
    };
    let reply = beta(r#"{"name":"x","extra":1}"#).await.unwrap();
    assert_eq!(reply.status(), 422);
    let answer: Value = reply.json().await.unwrap();
    assert_eq!(answer["beta"]["fields"], json!({"extra": "unknown field"}));
    assert_eq!(beta("{").await.unwrap().status(), 422);
}

#[tokio::test]
async fn only_json_in_utf8_is_taken() {
    let server = Server::start().await;
    let body = r#"{"name":"x"}"#;
    for content_type in
        [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/json; charset=utf-16")]
    {
        let (status, answer) = refusal(&server, "/alpha/things", content_type, body).await;
        assert_eq!((status, answer["alpha"].as_str()), (415, Some("unsupported_media_type")), "{content_type:?}");
    }
    let compressed = server.post("/alpha/things").header("content-encoding", "gzip").json(&json!({"name": "x"}));
    assert_eq!(compressed.send().await.unwrap().status(), 415);
    for content_type in ["application/json", "application/json; charset=UTF-8", "application/x+json"] {
        let (status, _) = refusal(&server, "/alpha/things", Some(content_type), body).await;
        assert_eq!(status, 201, "{content_type}");
    }
}

#[tokio::test]
async fn a_body_is_taken_at_its_limit_and_refused_one_byte_past_it() {
    let server = Server::with(limits(|limits| (limits.body_bytes, limits.files_body_bytes) = (1_000, 400_000))).await;
    let sized = |bytes: usize| format!(r#"{{"name":"{}"}}"#, "x".repeat(bytes - 11));
    for (path, bytes, expected) in [
        ("/alpha/things", 1_000, 201),
        ("/alpha/things", 1_001, 413),
        ("/alpha/files", 1_001, 201),
        ("/alpha/files", 400_000, 201),
        ("/alpha/files", 400_001, 413),
    ] {
        let (status, answer) = refusal(&server, path, JSON, sized(bytes)).await;
        assert_eq!(status, expected, "{path} with {bytes}: {answer}");
    }
    assert!(server.answers().await);
}

#[tokio::test]
async fn a_body_may_be_left_out_where_it_is_optional() {
    let server = Server::start().await;
    let reply = async |request: reqwest::RequestBuilder| {
        request.send().await.unwrap().json::<Value>().await.unwrap()["sent"].clone()
    };
    assert_eq!(reply(server.post("/alpha/cancel")).await, json!(null));
    assert_eq!(reply(server.post("/alpha/cancel").json(&json!(null))).await, json!(false));
    assert_eq!(reply(server.post("/alpha/cancel").json(&json!({"name": "x"}))).await, json!(true));
    let (status, _) = refusal(&server, "/alpha/cancel", JSON, "{").await;
    assert_eq!(status, 400);
    let (status, _) = refusal(&server, "/alpha/cancel", Some("text/plain"), "x").await;
    assert_eq!(status, 415);
}

#[tokio::test]
async fn a_body_of_no_bytes_is_none_however_it_is_framed_or_called() {
    let server = Server::start().await;
    let mut raw = Raw::connect(server.address).await;
    for framing in ["Content-Length: 0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"] {
        for kind in ["", "Content-Type: text/plain\r\n", "Content-Type: application/json\r\n"] {
            let head = format!("POST /alpha/cancel HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n");
            raw.send(format!("{head}{kind}{framing}")).await.unwrap();
            let reply = raw.reply().await;
            assert_eq!((reply.status, reply.json()), (200, json!({"sent": null})), "{kind}{framing}");
        }
    }
}

#[tokio::test]
async fn a_fingerprint_follows_what_was_sent_and_not_how() {
    let server = Server::start().await;
    let of = async |path: &str, body: &'static str| {
        let request = server.post(path).header("content-type", "application/json").body(body);
        request.send().await.unwrap().json::<Value>().await.unwrap()["fingerprint"].clone()
    };
    let first = of("/alpha/things", r#"{"name":"x","count":1}"#).await;
    assert_eq!(first, of("/alpha/things", "{ \"count\": 1,\n \"name\": \"\\u0078\" }").await);
    assert_ne!(first, of("/alpha/things", r#"{"name":"x","count":2}"#).await);
    assert_ne!(first, of("/alpha/things?a=1", r#"{"name":"x","count":1}"#).await);
}

#[tokio::test]
async fn a_form_that_is_broken_or_too_large_is_refused_in_the_dialects_schema() {
    let server = Server::with(limits(|limits| limits.upload_bytes = 2_000)).await;
    let kind = Some("multipart/form-data; boundary=b");
    let form = |bytes: usize| {
        let data = "x".repeat(bytes);
        format!("--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n{data}\r\n--b--\r\n")
    };
    let (status, answer) = refusal(&server, "/alpha/multipart", kind, form(1_000)).await;
    assert_eq!((status, &answer["length"]), (200, &json!(1_000)));
    for (kind, body, status, code) in [
        (kind, form(3_000), 413, "payload_too_large"),
        (kind, "--b\r\nbroken".into(), 400, "invalid_multipart"),
        (Some("multipart/form-data"), form(10), 415, "unsupported_media_type"),
        (JSON, form(10), 415, "unsupported_media_type"),
    ] {
        let (got, answer) = refusal(&server, "/alpha/multipart", kind, body).await;
        assert_eq!((got, answer["alpha"].as_str()), (status, Some(code)), "{kind:?}");
    }
    assert!(server.answers().await);
}
