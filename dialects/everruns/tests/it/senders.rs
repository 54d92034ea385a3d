//! Who may speak: keys in each form, and what the others get.

use domain::{
    Limits,
    caller::{Scope, Scopes},
};
use engine::app::access::keys::NewKey;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::client::{Answer, Door, said};

/// The three operations of a session.
fn operations(door: &Door, session: &str) -> Vec<RequestBuilder> {
    let path = |rest: &str| format!("/v1/sessions/{session}/{rest}");
    vec![
        door.request(Method::POST, &path("messages")).json(&said("x")),
        door.request(Method::GET, &path("messages")),
        door.request(Method::GET, &path("sse")),
    ]
}

fn sent_with(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

#[tokio::test]
async fn a_key_is_taken_raw_and_as_bearer() {
    let door = Door::open().await;
    let (session, _) = door.session().await;
    let key = &door.server.test.key;
    for value in [key.clone(), format!("Bearer {key}"), format!("bearer  {key}")] {
        for request in operations(&door, &session) {
            assert!(request.header("authorization", &value).send().await.unwrap().status().is_success(), "{value}");
        }
    }
}

#[tokio::test]
async fn what_the_sdks_send_beside_the_key_is_harmless() {
    let door = Door::open().await;
    let (session, _) = door.session().await;
    let more = [
        ("x-org-id", "org_00000000000000000000000000000001"),
        ("everruns-change-reason", "why%20not"),
        ("end-user", "u-1"),
        ("x-api-key", "another door's"),
    ];
    let request = door.post(&format!("/v1/sessions/{session}/messages")).json(&said("x"));
    assert_eq!(sent_with(request, &more).send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn every_bad_key_is_refused_alike_and_before_the_body_is_read() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let test = &door.server.test;
    let short_lived = NewKey { name: "gone".into(), scopes: Scopes::ALL, ..NewKey::default() };
    let (revoked, secret) = test.app.create_key(&test.caller, short_lived, None).await.unwrap();
    test.app.revoke_key(&test.caller, revoked.id).await.unwrap();
    let key = &test.key;
    let (half, basic, long) = (&key[..10], format!("Basic {key}"), "x".repeat(257));
    let (twice, spaced) = (format!("Bearer {key}"), format!("{key} {key}"));
    let bad: Vec<Vec<(&str, &str)>> = vec![
        vec![],
        vec![("authorization", "")],
        vec![("authorization", "Bearer")],
        vec![("authorization", "Bearer ")],
        vec![("authorization", half)],
        vec![("authorization", "evr_pat_0000000000000000000000")],
        vec![("authorization", &secret)],
        vec![("authorization", &basic)],
        vec![("authorization", &long)],
        vec![("authorization", &spaced)],
        vec![("authorization", key), ("authorization", key)],
        vec![("authorization", key), ("authorization", &twice)],
        vec![("x-api-key", key)],
    ];
    let mut bodies = Vec::new();
    for headers in &bad {
        for request in operations(&door, &session) {
            let answer = Answer::of(sent_with(request, headers).send().await.unwrap()).await;
            assert_eq!(
                (answer.status.as_u16(), answer.content_type.as_str()),
                (401, "application/problem+json"),
                "{headers:?}"
            );
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
            assert!(answer.headers.contains_key("x-request-id"));
            bodies.push(answer.text);
        }
        let unread = door.request(Method::POST, &format!("/v1/sessions/{session}/messages")).body("{not json");
        bodies.push(Answer::of(sent_with(unread, headers).send().await.unwrap()).await.text);
    }
    let by_query = door.request(Method::GET, &format!("/v1/sessions/{session}/messages?key={key}&authorization={key}"));
    bodies.push(Answer::of(by_query.send().await.unwrap()).await.text);
    let expected = json!({
        "title": "Unauthorized", "status": 401, "code": "unauthorized", "detail": "Missing or invalid API key",
        "error": {"code": "unauthorized", "message": "Missing or invalid API key"},
    });
    for body in bodies {
        assert_eq!(serde_json::from_str::<serde_json::Value>(&body).unwrap(), expected);
    }
    assert_eq!(door.last_seq(thread).await, 1);
}

#[tokio::test]
async fn a_key_does_only_what_it_may() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let reader = door.server.test.new_key(Scopes::of(&[Scope::Read])).await;
    let writer = door.server.test.new_key(Scopes::of(&[Scope::Write])).await;
    let statuses = async |key: &str| {
        let mut statuses = Vec::new();
        for request in operations(&door, &session) {
            statuses.push(request.header("authorization", key).send().await.unwrap().status().as_u16());
        }
        statuses
    };
    assert_eq!(statuses(&reader).await, [403, 200, 200]);
    assert_eq!(door.last_seq(thread).await, 1);
    assert_eq!(statuses(&writer).await, [201, 403, 403]);
    let picture =
        json!({"message": {"content": [{"type": "image", "base64": crate::create::png(), "media_type": "image/png"}]}});
    let sent = door.request(Method::POST, &format!("/v1/sessions/{session}/messages")).json(&picture);
    let sent = Answer::of(sent.header("authorization", &writer).send().await.unwrap()).await;
    assert_eq!(sent.json()["content"], picture["message"]["content"], "a writer is shown what it has sent");
    let refused = operations(&door, &session).swap_remove(0).header("authorization", &reader).send().await.unwrap();
    let refused = Answer::of(refused).await.json();
    assert_eq!((&refused["code"], &refused["title"]), (&json!("forbidden"), &json!("Forbidden")));
}

#[tokio::test]
async fn another_projects_session_is_an_unknown_one() {
    let door = Door::open().await;
    let (_, key) = door.server.test.other_project().await;
    let (session, thread) = door.session().await;
    let hex = "01933b5a000070008000000000000001";
    let unknown =
        [format!("session_{hex}"), format!("sess_{}", &hex[1..]), "01933b5a-0000-7000-8000-000000000001".into()];
    let expected = json!({
        "title": "Not Found", "status": 404, "code": "session_not_found", "detail": "Session not found",
        "error": {"code": "session_not_found", "message": "Session not found"},
    });
    for (id, key) in unknown.iter().map(|id| (id, &door.server.test.key)).chain([(&session, &key)]) {
        for request in operations(&door, id) {
            let answer = Answer::of(request.header("authorization", key).send().await.unwrap()).await;
            assert_eq!((answer.status.as_u16(), answer.json()), (404, expected.clone()), "{id}");
            assert_eq!(answer.text, expected_text(), "byte for byte");
        }
    }
    assert_eq!(door.last_seq(thread).await, 1);
}

fn expected_text() -> &'static str {
    concat!(
        r#"{"title":"Not Found","status":404,"code":"session_not_found","detail":"Session not found","#,
        r#""error":{"code":"session_not_found","message":"Session not found"}}"#
    )
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back_and_others_are_served() {
    let limits = Limits { requests_per_s: 1, requests_burst: 5, ..Limits::default() };
    let door = Door::limited(limits).await;
    let (session, _) = door.session().await;
    let other = door.server.test.new_key(Scopes::ALL).await;
    let path = format!("/v1/sessions/{session}/messages");
    let mut last = Answer::of(door.get(&path).send().await.unwrap()).await;
    for _ in 0..20 {
        last = Answer::of(door.get(&path).send().await.unwrap()).await;
    }
    assert_eq!((last.status.as_u16(), &last.json()["error"]["code"]), (429, &json!("rate_limited")));
    let seconds: u32 = last.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert_eq!(last.json()["retry_after_seconds"], seconds);
    let unharmed = door.request(Method::GET, &path).header("authorization", &other).send().await.unwrap();
    assert_eq!(unharmed.status(), 200);
}
