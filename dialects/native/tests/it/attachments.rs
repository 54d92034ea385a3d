//! Attachments: uploaded both ways, downloaded safely and by range.

use reqwest::{
    Method, RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::{
    server::{Api, Reply, keys, reply, text},
    threads::uuid_of_nobody,
};

/// A picture of one transparent pixel.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

/// SHA-256 of `hello`.
const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

async fn raw(api: &Api, name: &str, bytes: &'static [u8]) -> Value {
    reply(api.request(Method::POST, &format!("/attachments?name={name}")).body(bytes)).await.is(201)
}

fn form(api: &Api, form: Form) -> RequestBuilder {
    api.request(Method::POST, "/attachments").multipart(form)
}

fn file(name: &str, bytes: &'static [u8]) -> Part {
    Part::bytes(bytes).file_name(name.to_owned())
}

async fn content(api: &Api, attachment: &Value, headers: &[(&str, &str)]) -> (Reply, Vec<u8>) {
    let path = format!("/attachments/{}/content", text(&attachment["id"]));
    let request =
        headers.iter().fold(api.request(Method::GET, &path), |request, (name, value)| request.header(*name, *value));
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.bytes().await.unwrap().to_vec();
    (Reply { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }, bytes)
}

#[tokio::test]
async fn a_file_is_uploaded_as_a_body_or_as_a_form() {
    let api = Api::start().await;
    let bare = raw(&api, "%D1%86%D1%96%D0%BD%D0%B0.txt", b"hello").await;
    assert_eq!(keys(&bare), ["created_at", "id", "media_type", "name", "sha256", "size_bytes"]);
    assert_eq!((&bare["name"], &bare["media_type"]), (&json!("ціна.txt"), &json!("text/plain")));
    assert_eq!((&bare["size_bytes"], &bare["sha256"]), (&json!(5), &json!(HELLO)));
    let formed = reply(form(&api, Form::new().part("file", file("a.png", PNG)))).await.is(201);
    assert_eq!((&formed["name"], &formed["media_type"]), (&json!("a.png"), &json!("image/png")));
    for attachment in [bare, formed] {
        assert_eq!(api.get(&format!("/attachments/{}", text(&attachment["id"]))).await.is(200), attachment);
    }
    assert_eq!(raw(&api, "", b"").await["name"], "file");
}

#[tokio::test]
async fn what_the_bytes_are_counts_and_not_what_is_claimed() {
    let api = Api::start().await;
    let lying = file("a.png", b"<script>alert(1)</script>").mime_str("image/png").unwrap();
    let stored = reply(form(&api, Form::new().part("file", lying))).await.is(201);
    assert_ne!(stored["media_type"], "image/png");
    let thread = api.thread().await;
    let body = json!({"content": [{"type": "image", "attachment": stored["id"]}]});
    let refused = api.post(&format!("{thread}/messages"), body).await;
    assert_eq!((refused.at_fault(), refused.refused(400)), ("content.0".into(), "image_not_found".into()));
}

#[tokio::test]
async fn names_lose_what_is_dangerous_about_them() {
    let api = Api::start().await;
    for (sent, kept) in [
        ("..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("C%3A%5Cboot.ini", "boot.ini"),
        ("a%0D%0AX-Evil%3A%201.txt", "aX-Evil: 1.txt"),
        ("a%22%3B.txt", "a\";.txt"),
        (".htaccess", "htaccess"),
    ] {
        let stored = raw(&api, sent, b"x").await;
        assert_eq!(stored["name"], kept, "{sent}");
        assert_eq!(content(&api, &stored, &[]).await.0.status, 200);
    }
}

#[tokio::test]
async fn a_name_is_taken_at_its_limit_and_refused_beyond_it() {
    let api = Api::start().await;
    let most = "a".repeat(255);
    assert_eq!(raw(&api, &most, b"x").await["name"], most);
    let long = format!("{most}a");
    let bare = reply(api.request(Method::POST, &format!("/attachments?name={long}")).body("x")).await;
    let formed = reply(form(&api, Form::new().part("file", file(&long, b"x")))).await;
    for refused in [bare, formed] {
        assert_eq!((refused.at_fault(), refused.refused(400)), ("name".into(), "invalid_parameter".into()));
    }
}

#[tokio::test]
async fn a_file_that_the_client_has_is_not_sent_again_and_another_is_not_taken_for_it() {
    let api = Api::start().await;
    let stored = raw(&api, "a.txt", b"hello").await;
    let (tag, other) = (format!("\"{HELLO}\""), "\"zz\"");
    let weak = format!("W/{tag}");
    let list = format!("{other}, {tag}");
    for (headers, status) in [
        (vec![("if-none-match", &*tag)], 304),
        (vec![("if-none-match", &*weak)], 304),
        (vec![("if-none-match", "*")], 304),
        (vec![("if-none-match", &*list), ("range", "bytes=0-1")], 304),
        (vec![("if-none-match", other)], 200),
        (vec![("if-match", other)], 412),
        (vec![("if-match", &*weak)], 412),
        (vec![("if-match", ""), ("range", "bytes=0-1")], 412),
        (vec![("if-match", other), ("if-none-match", &*tag)], 412),
        (vec![("if-match", &*list)], 200),
        (vec![("if-match", "*"), ("range", "bytes=0-1")], 206),
    ] {
        let (answer, bytes) = content(&api, &stored, &headers).await;
        assert_eq!(answer.status.as_u16(), status, "{headers:?}");
        match status {
            304 => assert_eq!((bytes.len(), answer.header("etag"), answer.header("content-length")), (0, &*tag, "")),
            412 => assert_eq!(answer.refused(412), "precondition_failed"),
            _ => assert!(!bytes.is_empty()),
        }
    }
}

#[tokio::test]
async fn a_download_is_never_opened_in_our_name() {
    let api = Api::start().await;
    let stored = raw(&api, "%D1%86%22.html", b"<script>alert(1)</script>").await;
    let (answer, bytes) = content(&api, &stored, &[]).await;
    assert_eq!((answer.status.as_u16(), &bytes[..]), (200, &b"<script>alert(1)</script>"[..]));
    for (name, value) in [
        ("content-disposition", "attachment; filename=\"__.html\"; filename*=UTF-8''%D1%86%22.html"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private, no-cache"),
        ("accept-ranges", "bytes"),
        ("content-length", "25"),
        ("content-type", &*text(&stored["media_type"])),
        ("etag", &*format!("\"{}\"", text(&stored["sha256"]))),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let head = api.request(Method::HEAD, &format!("/attachments/{}/content", text(&stored["id"])));
    let head = reply(head).await;
    assert_eq!((head.status.as_u16(), head.header("content-length"), &*head.text), (200, "25", ""));
}

#[tokio::test]
async fn a_range_is_a_part_of_the_file() {
    let api = Api::start().await;
    let stored = raw(&api, "a.txt", b"hello").await;
    let tag = format!("\"{HELLO}\"");
    for (headers, status, bytes, range) in [
        (vec![("range", "bytes=0-1")], 206, "he", "bytes 0-1/5"),
        (vec![("range", "bytes=3-")], 206, "lo", "bytes 3-4/5"),
        (vec![("range", "bytes=-2")], 206, "lo", "bytes 3-4/5"),
        (vec![("range", "bytes=1-999")], 206, "ello", "bytes 1-4/5"),
        (vec![("range", "bytes=0-1"), ("if-range", &*tag)], 206, "he", "bytes 0-1/5"),
        (vec![("range", "bytes=0-1"), ("if-range", "\"other\"")], 200, "hello", ""),
        (vec![("range", "bytes=0-1,3-4")], 200, "hello", ""),
        (vec![("range", "bytes=3-1")], 200, "hello", ""),
        (vec![("range", "pages=1")], 200, "hello", ""),
    ] {
        let (answer, got) = content(&api, &stored, &headers).await;
        assert_eq!((answer.status.as_u16(), &*String::from_utf8_lossy(&got)), (status, bytes), "{headers:?}");
        assert_eq!(
            (answer.header("content-range"), answer.header("content-length")),
            (range, &*bytes.len().to_string())
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    for beyond in ["bytes=5-", "bytes=-0", "bytes=9-10"] {
        let (answer, _) = content(&api, &stored, &[("range", beyond)]).await;
        assert_eq!(answer.refused(416), "range_not_satisfiable", "{beyond}");
        assert_eq!(answer.header("content-range"), "bytes */5");
    }
}

#[tokio::test]
async fn a_file_as_large_as_allowed_is_taken_and_one_byte_more_is_not() {
    let api = Api::limited(|limits| limits.upload_bytes = 100_000).await;
    let upload = |length: usize| api.request(Method::POST, "/attachments?name=x").body(vec![b'x'; length]);
    let stored = reply(upload(100_000)).await.is(201);
    let (_, bytes) = content(&api, &stored, &[]).await;
    assert_eq!(bytes, vec![b'x'; 100_000]);
    assert_eq!(reply(upload(100_001)).await.refused(413), "payload_too_large");
    let pieces = futures_util::stream::iter((0..2).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 50_001])));
    let chunked = api.request(Method::POST, "/attachments?name=x").body(reqwest::Body::wrap_stream(pieces));
    assert_eq!(reply(chunked).await.refused(413), "payload_too_large");
    let large = Form::new().part("file", Part::bytes(vec![b'x'; 100_001]).file_name("x"));
    assert_eq!(reply(form(&api, large)).await.refused(413), "payload_too_large");
}

#[tokio::test]
async fn a_form_has_one_file_and_nothing_else() {
    let api = Api::start().await;
    let good = || file("a.txt", b"hello");
    for wrong in [
        Form::new().part("upload", good()),
        Form::new().text("title", "x").part("file", good()),
        Form::new().part("file", good()).text("title", "x"),
        Form::new().part("file", good()).part("file", good()),
    ] {
        let refused = reply(form(&api, wrong).header("Idempotency-Key", "key")).await;
        assert_eq!(refused.at_fault(), "file");
    }
    let named = api.request(Method::POST, "/attachments?name=x").multipart(Form::new().part("file", good()));
    assert_eq!(reply(named).await.at_fault(), "name");
    let broken = api.request(Method::POST, "/attachments").header("content-type", "multipart/form-data; boundary=x");
    assert_eq!(reply(broken.body("--x\r\nbroken")).await.refused(400), "invalid_multipart");
    let unbounded = api.request(Method::POST, "/attachments").header("content-type", "multipart/form-data");
    assert_eq!(reply(unbounded.body("x")).await.refused(415), "unsupported_media_type");
    // Nothing of all that has spent the key.
    let stored = form(&api, Form::new().part("file", good())).header("Idempotency-Key", "key");
    reply(stored).await.is(201);
}

#[tokio::test]
async fn an_attachment_of_another_project_is_unknown() {
    let api = Api::start().await;
    let (_, foreign) = api.test().other_project().await;
    let theirs = api.bare(Method::POST, "/threadline/v1/attachments?name=x").bearer_auth(foreign).body("x");
    let theirs = text(&reply(theirs).await.is(201)["id"]);
    for below in ["", "/content"] {
        let of = |id: &str| format!("/attachments/{id}{below}");
        let unknown = api.get(&of(&uuid_of_nobody())).await;
        assert_eq!(unknown.refused(404), "attachment_not_found");
        for id in [&*theirs, "x", "%00", "..%2Fx"] {
            assert_eq!(api.get(&of(id)).await.text, unknown.text, "{id}");
        }
    }
}
