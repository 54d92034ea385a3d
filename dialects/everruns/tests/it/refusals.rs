//! Requests that are wrong before their fields are looked at, each refused in this dialect's schema and without effect.

use domain::Limits;
use reqwest::Method;
use serde_json::json;

use crate::client::{Answer, Door, said};

/// The refusal's status and code; it has the whole schema.
async fn refused(request: reqwest::RequestBuilder) -> (u16, String) {
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.content_type, "application/problem+json", "{answer:?}");
    assert!(answer.headers.contains_key("x-request-id"));
    let error = answer.json();
    assert_eq!(error["status"], answer.status.as_u16());
    assert!(error["title"].is_string() && error["detail"].is_string(), "{error}");
    assert_eq!(error["error"], json!({"code": error["code"], "message": error["detail"]}));
    (answer.status.as_u16(), error["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn ids_of_another_form() {
    let door = Door::open().await;
    let hex = "01933b5a000070008000000000000001";
    let bad = [
        "x".to_owned(),
        hex.to_owned(),
        format!("session_{}", &hex[2..]),
        format!("session_{hex}0"),
        format!("session_{}", hex.replace('a', "A")),
        format!("SESSION_{hex}"),
        format!("session-{hex}"),
        format!("jam_{hex}"),
        format!("message_{hex}"),
        format!("session_{}g", &hex[1..]),
        format!("session_{hex}%00"),
        format!("session_{hex}%2f"),
        format!("session_{hex}%20"),
        "..%2f..%2fetc".to_owned(),
        "%ff".to_owned(),
    ];
    for id in bad {
        for rest in ["messages", "sse"] {
            let path = format!("/v1/sessions/{id}/{rest}");
            assert_eq!(refused(door.get(&path)).await, (400, "invalid_id".into()), "{path}");
        }
        let send = door.post(&format!("/v1/sessions/{id}/messages")).json(&said("x"));
        assert_eq!(refused(send).await, (400, "invalid_id".into()), "{id}");
        assert_eq!(refused(door.get(&format!("/v1/images/{id}"))).await, (400, "invalid_id".into()), "{id}");
    }
}

#[tokio::test]
async fn methods_and_paths_that_do_not_exist() {
    let door = Door::open().await;
    let (session, _) = door.session().await;
    for prefix in ["/v1", "/api/v1"] {
        let path = |rest: &str| format!("{prefix}/sessions/{session}/{rest}");
        for (rest, method, allow) in [
            ("messages", Method::PUT, "GET, HEAD, POST"),
            ("messages", Method::DELETE, "GET, HEAD, POST"),
            ("messages", Method::PATCH, "GET, HEAD, POST"),
            ("sse", Method::POST, "GET, HEAD"),
        ] {
            let request = door.request(method, &path(rest)).header("authorization", &door.server.test.key);
            let answer = Answer::of(request.try_clone().unwrap().send().await.unwrap()).await;
            let mut allowed: Vec<&str> = answer.headers["allow"].to_str().unwrap().split(", ").collect();
            allowed.sort_unstable();
            assert_eq!(allowed.join(", "), allow);
            assert_eq!(refused(request).await, (405, "method_not_allowed".into()));
        }
        for rest in ["message", "messages/x", "messages/", "", "events/x"] {
            assert_eq!(refused(door.get(&path(rest))).await, (404, "not_found".into()), "{rest}");
        }
        assert_eq!(refused(door.get(&format!("{prefix}/agents/x/y"))).await, (404, "not_found".into()));
    }
    assert_eq!(refused(door.get("/v1/nothing")).await, (404, "not_found".into()));
}

#[tokio::test]
async fn bodies_that_are_no_json() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let path = format!("/v1/sessions/{session}/messages");
    let post = |body: Vec<u8>| door.post(&path).header("content-type", "application/json").body(body);
    let good = said("x").to_string();
    let text = |text: &str| format!(r#"{{"message":{{"content":[{{"type":"text","text":{text}}}]}}}}"#).into_bytes();
    let nested = format!(r#"{{"metadata":{}{}}}"#, "[".repeat(65), "]".repeat(65));
    let mut bom = b"\xef\xbb\xbf".to_vec();
    bom.extend(good.bytes());
    let bad: Vec<Vec<u8>> = vec![
        vec![],
        b"{".to_vec(),
        good[..good.len() - 1].into(),
        format!("{good}{good}").into(),
        format!("{good}x").into(),
        bom,
        good.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        b"{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"\xff\"}]}}".to_vec(),
        br#"{"message":{"content":[]},"message":{"content":[]}}"#.to_vec(),
        br#"{"message":{"content":[{"type":"text","text":"a","text":"b"}]}}"#.to_vec(),
        text(r#""a\u0000b""#),
        text(r#""\ud800""#),
        text(r#""\udc00x""#),
        text("NaN"),
        text("1e999"),
        nested.into(),
        "[".repeat(1_000_000).into(),
    ];
    for body in bad {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        assert_eq!(refused(post(body)).await, (400, "invalid_json".into()), "{shown}");
    }
    for body in ["null", "[]", "1", "\"x\"", "true"] {
        assert_eq!(refused(post(body.into())).await, (400, "invalid_parameter".into()), "{body}");
    }
    assert_eq!(refused(post(text("1e400"))).await.0, 400);
    let many = format!(r#"{{"message":{{"content":[{}0]}}}}"#, "0,".repeat(100_000));
    assert_eq!(refused(post(many.into())).await, (400, "invalid_parameter".into()));
    assert_eq!(door.last_seq(thread).await, 1);
    door.say(&session, "still works").await;
}

#[tokio::test]
async fn content_types_that_are_not_json() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let path = format!("/v1/sessions/{session}/messages");
    for bad in
        ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "application/jsonp", ""]
    {
        let request = door.post(&path).header("content-type", bad).body(said("x").to_string());
        assert_eq!(refused(request).await, (415, "unsupported_media_type".into()), "{bad}");
    }
    assert_eq!(refused(door.post(&path).body(said("x").to_string())).await.0, 415, "without any");
    assert_eq!(door.last_seq(thread).await, 1);
    let good = door.post(&path).header("content-type", "application/json; charset=UTF-8").body(said("x").to_string());
    assert_eq!(good.send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn bodies_that_are_too_large() {
    let door = Door::limited(Limits { files_body_bytes: 2_000, requests_per_s: 0, ..Limits::default() }).await;
    let (session, thread) = door.session().await;
    let path = format!("/v1/sessions/{session}/messages");
    let sized = |bytes: usize| {
        let empty = said("").to_string().len();
        said(&"x".repeat(bytes - empty)).to_string()
    };
    let post = |body: String| door.post(&path).header("content-type", "application/json").body(body);
    assert_eq!(post(sized(2_000)).send().await.unwrap().status(), 201);
    door.server.test.settle(thread).await;
    let before = door.last_seq(thread).await;
    assert_eq!(refused(post(sized(2_001))).await, (413, "payload_too_large".into()));
    assert_eq!(door.last_seq(thread).await, before);
}
