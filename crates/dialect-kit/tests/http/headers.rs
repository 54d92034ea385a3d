//! Headers of every answer, and unknown names in a query.

use reqwest::{Method, Response};
use serde_json::Value;

use crate::{
    raw::Raw,
    server::{KEY, Server},
    streams,
};

fn header<'a>(reply: &'a Response, name: &str) -> &'a str {
    reply.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn every_answer_is_no_page_and_is_kept_by_nobody_who_should_not() {
    let server = Server::start().await;
    for (method, path, status) in [
        (Method::GET, "/alpha/things/x", 200),
        (Method::HEAD, "/alpha/things/x", 200),
        (Method::GET, "/alpha/nothing", 404),
        (Method::PUT, "/alpha/things/x", 405),
        (Method::GET, "/alpha/broken", 500),
        (Method::GET, "/alpha/bare", 400),
        (Method::GET, "/healthz", 200),
        (Method::GET, "/openapi/alpha.json", 200),
        (Method::GET, "/", 200),
    ] {
        let reply = server.request(method, path).bearer_auth(KEY).send().await.unwrap();
        assert_eq!(reply.status(), status, "{path}");
        assert_eq!(header(&reply, "x-content-type-options"), "nosniff", "{path}");
        assert!(header(&reply, "content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert_eq!(header(&reply, "cache-control"), "no-store", "{path}");
    }
    let tagged = server.get("/alpha/tagged").send().await.unwrap();
    assert_eq!(header(&tagged, "cache-control"), "private, no-cache");
    let public = server.get("/alpha/public").send().await.unwrap();
    assert_eq!(header(&public, "cache-control"), "public, max-age=31536000, immutable");
    let (_raw, head) = streams::open(&server).await;
    for field in ["x-content-type-options: nosniff", "content-security-policy: default-src", "cache-control: no-store"]
    {
        assert!(head.contains(field), "{field} in {head}");
    }
}

#[tokio::test]
async fn an_unmodified_answer_has_no_length_whatever_the_method() {
    let server = Server::start().await;
    for method in ["GET", "HEAD"] {
        let mut raw = Raw::connect(server.address).await;
        let head = format!("{method} /alpha/tagged HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n");
        raw.send(format!("{head}If-None-Match: *\r\n\r\n")).await.unwrap();
        let reply = raw.reply().await;
        assert_eq!(reply.status, 304, "{method}");
        assert_eq!(reply.headers.get("content-length"), None, "{method}");
        assert!(reply.headers.contains_key("etag"), "{method}");
    }
}

#[tokio::test]
async fn names_that_a_query_should_not_have_are_told_where_they_are_not_refused() {
    let server = Server::start().await;
    for (query, ignored) in [
        ("limit=7", ""),
        ("limit=7&utm=1&utm=2", "utm"),
        ("b%2Cb=1&limit=7&Limit=8&&", "b%2Cb, Limit"),
        ("x=%ff&limit=7", "x"),
    ] {
        let reply = server.get(&format!("/alpha/things?{query}")).send().await.unwrap();
        assert_eq!(header(&reply, "x-threadline-ignored"), ignored, "{query}");
    }
    let refused = server.get("/alpha/things?limit=x&utm=1").send().await.unwrap();
    assert_eq!((refused.status().as_u16(), header(&refused, "x-threadline-ignored")), (400, "utm"));
    let many: String = (0..100).map(|n| format!("&n{n}=1")).collect();
    let reply = server.get(&format!("/alpha/things/x?{many}")).send().await.unwrap();
    assert_eq!(header(&reply, "x-threadline-ignored"), "n0, n1, n2, n3, n4, n5, n6, n7, n8, n9");
    let strict = async |query: &str| {
        let path = format!("/alpha/beta/1?{query}");
        server.request(Method::GET, &path).header("x-beta-key", KEY).send().await.unwrap()
    };
    assert_eq!(strict("").await.status(), 200);
    let reply = strict("utm=1").await;
    assert_eq!(reply.status(), 422);
    assert_eq!(reply.json::<Value>().await.unwrap()["beta"]["fields"]["utm"], "unknown parameter");
    assert_eq!(strict("%ff=1").await.status(), 422);
}

#[tokio::test]
async fn the_root_lists_the_documents() {
    let server = Server::start().await;
    for path in ["/", "/docs", "/openapi", "/openapi.json"] {
        let list: Value = server.request(Method::GET, path).send().await.unwrap().json().await.unwrap();
        for dialect in ["alpha", "beta"] {
            let document = list["openapi"][dialect].as_str().unwrap();
            let reply = server.request(Method::GET, document).send().await.unwrap();
            assert_eq!(reply.status(), 200, "{path}: {document}");
        }
        assert!(list["read_on"].is_string(), "{path}");
    }
}
