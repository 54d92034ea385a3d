//! Refusals, whatever is refused: whole problems of RFC 9457, and no effect.

use std::sync::atomic::Ordering;

use engine::testing::{Choices, TestApp};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::{
    server::{Api, BASE, keys, reply, text},
    threads::uuid_of_nobody,
};

#[tokio::test]
async fn a_problem_says_what_the_standard_wants() {
    let api = Api::start().await;
    let answer = api.get(&format!("/threads/{}", uuid_of_nobody())).await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(
        answer.is(404),
        json!({
            "type": "about:blank", "title": "Not Found", "status": 404, "detail": "Thread not found",
            "code": "thread_not_found",
        })
    );
    let field = api.post("/members", json!({})).await.is(400);
    assert_eq!(keys(&field), ["code", "detail", "errors", "status", "title", "type"]);
    assert_eq!(field["errors"], json!([{"path": "email", "message": "required"}]));
    let named = api.request(Method::GET, "/threads/x").header("x-request-id", "mine-1");
    assert_eq!(reply(named).await.header("x-request-id"), "mine-1");
}

#[tokio::test]
async fn without_a_good_key_nobody_is_let_in_and_all_hear_the_same() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let good = format!("Bearer {}", api.test().key);
    let cases: Vec<Vec<(&str, String)>> = vec![
        vec![],
        vec![("authorization", String::new())],
        vec![("authorization", "Bearer".into())],
        vec![("authorization", "Bearer ".into())],
        vec![("authorization", "Bearer nobody".into())],
        vec![("authorization", format!("{good}x"))],
        vec![("authorization", format!("Bearer {}", "x".repeat(257)))],
        vec![("authorization", good.replace("Bearer", "Basic"))],
        vec![("authorization", api.test().key.clone())],
        vec![("authorization", good.clone()), ("authorization", good.clone())],
        vec![("x-api-key", api.test().key.clone())],
    ];
    let mut bodies = Vec::new();
    for headers in &cases {
        for (method, path) in [(Method::GET, "/threads".to_owned()), (Method::POST, format!("{thread}/messages"))] {
            let with = |request: RequestBuilder, (name, value): &(&str, String)| request.header(*name, value);
            let request = headers.iter().fold(api.bare(method, &format!("{BASE}{path}")), with);
            let refused = reply(request.json(&json!({"text": "x"}))).await;
            assert_eq!(refused.refused(401), "unauthorized", "{headers:?}");
            assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"threadline\"");
            bodies.push(refused.text);
        }
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    let in_query = format!("{BASE}/threads?key={0}&access_token={0}", api.test().key);
    assert_eq!(reply(api.bare(Method::GET, &in_query)).await.text, bodies[0]);
    assert_eq!(api.last_seq(&thread).await, 1);
    let beside = api.request(Method::GET, "/threads").header("x-api-key", "ignored here");
    reply(beside).await.is(200);
}

#[tokio::test]
async fn a_key_that_has_expired_is_as_one_that_never_was() {
    let (clock, now) = TestApp::manual_clock();
    let api = Api::with(Choices { clock, ..Choices::default() }).await;
    let ends = domain::Timestamp(now.load(Ordering::SeqCst)).plus_s(60).to_string();
    let made = api.post("/keys", json!({"name": "e", "scopes": ["read"], "expires_at": ends})).await.is(201);
    let with = |key: String| reply(api.bare(Method::GET, "/threadline/v1/threads").bearer_auth(key));
    with(text(&made["secret"])).await.is(200);
    now.fetch_add(60_000_000, Ordering::SeqCst);
    let refused = with(text(&made["secret"])).await;
    assert_eq!(refused.refused(401), "unauthorized");
    assert_eq!(refused.text, with("nobody".into()).await.text);
}

#[tokio::test]
async fn another_projects_thread_is_byte_for_byte_an_unknown_one() {
    let api = Api::start().await;
    let (theirs, thread) = (api.test().other_project().await.1, api.thread().await);
    api.ask(&thread, "x").await;
    let before = api.last_seq(&thread).await;
    let unknown = format!("/threads/{}", uuid_of_nobody());
    let operations: [(Method, &str, Option<serde_json::Value>); 13] = [
        (Method::GET, "", None),
        (Method::PATCH, "", Some(json!({"title": "x"}))),
        (Method::DELETE, "", None),
        (Method::POST, "/close", Some(json!({}))),
        (Method::POST, "/reopen", None),
        (Method::POST, "/cancel", None),
        (Method::POST, "/messages", Some(json!({"text": "x"}))),
        (Method::GET, "/messages", None),
        (Method::GET, "/messages?order=desc&before=5", None),
        (Method::GET, "/events", None),
        (Method::GET, "/events?after=2&wait=5", None),
        (Method::GET, "/turns", None),
        (Method::POST, "/tool-results", Some(json!({"results": [{"tool_call_id": "c", "result": 1}]}))),
    ];
    for (method, below, body) in operations {
        let ask = |thread: &str| {
            let request = api.bare(method.clone(), &format!("{BASE}{thread}{below}")).bearer_auth(&theirs);
            reply(match &body {
                Some(body) => request.json(body),
                None => request,
            })
        };
        let (foreign, nobody, malformed) = (ask(&thread).await, ask(&unknown).await, ask("/threads/x").await);
        assert_eq!(foreign.refused(404), "thread_not_found", "{method} {below}");
        assert_eq!((&foreign.text, &malformed.text), (&nobody.text, &nobody.text), "{method} {below}");
    }
    let stream = api.bare(Method::GET, &format!("{BASE}{thread}/events")).bearer_auth(&theirs);
    assert_eq!(reply(stream.header("accept", "text/event-stream")).await.refused(404), "thread_not_found");
    assert_eq!(api.last_seq(&thread).await, before);
}

#[tokio::test]
async fn ids_of_the_wrong_form_are_unknown() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let id = thread.trim_start_matches("/threads/");
    for bad in [
        "x",
        &id.replace('-', ""),
        &format!("{id}0"),
        &id[1..],
        &format!("jam_{}", id.replace('-', "")),
        &format!("%7B{id}%7D"),
        &format!("{id}%00"),
        &format!("%2f{id}"),
        &format!("..%2f{id}"),
        "%ff",
        "%",
    ] {
        assert_eq!(api.get(&format!("/threads/{bad}")).await.refused(404), "thread_not_found", "{bad}");
    }
    assert_eq!(api.get(&format!("/threads/{}", id.to_uppercase())).await.is(200)["id"], id);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems_everywhere() {
    let api = Api::start().await;
    for path in
        ["/x", "/nowhere", "/threadline", "/threadline/v1", "/threadline/v2/threads", "/threadline/v1/thread", "//"]
    {
        let with_key = api.bare(Method::GET, path).bearer_auth(&api.test().key);
        assert_eq!(reply(with_key).await.refused(404), "not_found", "{path}");
        assert_eq!(reply(api.bare(Method::POST, path)).await.refused(404), "not_found", "{path}");
    }
    let thread = api.thread().await;
    for (method, path, allow) in [
        (Method::PUT, "/threads", "GET, HEAD, POST"),
        (Method::DELETE, "/threads", "GET, HEAD, POST"),
        (Method::POST, &*thread, "GET, HEAD, PATCH, DELETE"),
        (Method::GET, &*format!("{thread}/close"), "POST"),
        (Method::POST, &*format!("{thread}/events"), "GET, HEAD"),
    ] {
        let refused = reply(api.request(method, path)).await;
        assert_eq!(refused.refused(405), "method_not_allowed", "{path}");
        assert_eq!(refused.header("allow"), allow, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_json_is_refused_and_has_no_effect() {
    let api = Api::limited(|limits| limits.body_bytes = 10_000).await;
    let thread = api.thread().await;
    let deep = |levels: usize| {
        let (open, close) = (r#"{"a":"#.repeat(levels), "}".repeat(levels));
        format!(r#"{{"text":"x","respond":false,"metadata":{open}1{close}}}"#)
    };
    let padded = |length: usize| {
        let body = json!({"text": "x", "respond": false, "tags": []}).to_string();
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    for path in [format!("{thread}/messages"), "/threads".into(), "/agents".into(), format!("{thread}/tool-results")] {
        let send = |content_type: &'static str, body: Vec<u8>| {
            reply(api.request(Method::POST, &path).header("content-type", content_type).body(body))
        };
        for body in [
            &b"{"[..],
            b"{}}",
            b"\xef\xbb\xbf{}",
            b"\xff\xfe{\0}\0",
            b"{\"text\":\"\xff\"}",
            b"{\"text\":\"\\ud800\"}",
            b"{\"text\":\"a\\u0000b\"}",
            b"{\"text\":\"x\",\"text\":\"y\"}",
            b"{\"text\":1e999}",
            b"NaN",
            b"{'text':'x'}",
        ] {
            let refused = send("application/json", body.to_vec()).await;
            assert_eq!(refused.refused(400), "invalid_json", "{path} {}", String::from_utf8_lossy(body));
        }
        for body in ["[]", "1", "\"x\"", "null", "true"] {
            let refused = send("application/json", body.into()).await;
            assert_eq!(refused.refused(400), "invalid_parameter", "{path} {body}");
        }
        assert_eq!(send("application/json", deep(64).into()).await.refused(400), "invalid_json");
        for wrong in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "json"] {
            assert_eq!(send(wrong, b"{}".to_vec()).await.refused(415), "unsupported_media_type", "{path} {wrong}");
        }
        assert_eq!(send("application/json", padded(10_001).into()).await.refused(413), "payload_too_large");
    }
    assert_eq!((api.last_seq(&thread).await, api.list("/threads").await.len()), (1, 1));
    let at_limit = api.request(Method::POST, &format!("{thread}/messages")).header("content-type", "application/json");
    reply(at_limit.body(padded(10_000))).await.is(201);
    let at_depth = api.request(Method::POST, &format!("{thread}/messages")).header("content-type", "application/json");
    reply(at_depth.body(deep(62))).await.is(201);
}

#[tokio::test]
async fn too_many_requests_of_one_key_are_refused_and_others_go_on() {
    let api = Api::limited(|limits| (limits.requests_per_s, limits.requests_burst) = (1, 3)).await;
    let (_, other) = api.test().other_project().await;
    let mut refused = None;
    for _ in 0..10 {
        let answer = api.get("/threads").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("more than the burst");
    assert_eq!(refused.refused(429), "rate_limited");
    assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1));
    reply(api.bare(Method::GET, &format!("{BASE}/threads")).bearer_auth(other)).await.is(200);
}

#[tokio::test]
async fn each_operation_asks_for_its_scope() {
    use domain::caller::{Scope, Scopes};
    let api = Api::start().await;
    let thread = api.thread().await;
    let key = |scope: Scope| api.test().new_key(Scopes::of(&[scope]));
    let (read, write, admin) = (key(Scope::Read).await, key(Scope::Write).await, key(Scope::Admin).await);
    let state = json!({"cookies": [], "origins": []});
    for (needs, method, path, body) in [
        ("read", Method::GET, "/threads", None),
        ("read", Method::GET, &*thread, None),
        ("read", Method::GET, &*format!("{thread}/events"), None),
        ("write", Method::POST, "/threads", Some(json!({}))),
        ("write", Method::PATCH, &*thread, Some(json!({"title": "x"}))),
        ("write", Method::POST, &*format!("{thread}/messages"), Some(json!({"text": "x", "respond": false}))),
        ("write", Method::POST, &*format!("{thread}/close"), None),
        ("write", Method::POST, &*format!("{thread}/reopen"), None),
        ("write", Method::POST, &*format!("{thread}/cancel"), None),
        ("write", Method::POST, "/browser-snapshots", Some(json!({"name": "s", "storage_state": state}))),
        ("write", Method::POST, "/attachments?name=x", None),
        ("admin", Method::POST, "/agents", Some(json!({"name": "a"}))),
        ("admin", Method::POST, "/members", Some(json!({"email": "a@b.c"}))),
        ("admin", Method::GET, "/keys", None),
        ("admin", Method::GET, "/audit", None),
        ("read", Method::GET, "/origins", None),
        ("admin", Method::PUT, "/origins", Some(json!({"origins": []}))),
    ] {
        for (has, key) in [("read", &read), ("write", &write), ("admin", &admin)] {
            let request = api.bare(method.clone(), &format!("{BASE}{path}")).bearer_auth(key);
            let answer = reply(match &body {
                Some(body) => request.json(body),
                None => request,
            });
            let answer = answer.await;
            match has == needs {
                true => assert!(answer.status.is_success(), "{method} {path} with {has}: {}", answer.text),
                false => assert_eq!(answer.refused(403), "forbidden", "{method} {path} with {has}"),
            }
        }
    }
}
