//! Bad input: a clear error in Algoreg's schema, and no effect.

use domain::{Limits, controls::Policy, thread::Thread};
use engine::testing::Choices;
use reqwest::Method;
use serde_json::{Value, json};

use crate::door::{Door, Reply};

/// A door with one thread, and the thread as it must stay.
async fn with_thread() -> (Door, Thread) {
    let door = Door::open().await;
    let thread = door.begin(json!({"content": "1", "to": "ann@example.com"})).await;
    (door, thread)
}

#[track_caller]
fn unchanged(now: Vec<Thread>, before: &Thread) {
    assert_eq!(now.as_slice(), std::slice::from_ref(before), "a refused request has no effect");
}

#[tokio::test]
async fn the_field_at_fault_is_named() {
    let (door, thread) = with_thread().await;
    let many: Vec<String> = (0..51).map(|i| format!("a{i}@b")).collect();
    let long = |chars: usize| "x".repeat(chars);
    let faults: Vec<(&str, Value)> = vec![
        ("content", json!(null)),
        ("content", json!("")),
        ("content", json!(1)),
        ("content", json!(["x"])),
        ("content", json!({"text": "x"})),
        ("priority", json!("1")),
        ("priority", json!(1.5)),
        ("priority", json!(1.0)),
        ("priority", json!(true)),
        ("priority", json!(9_223_372_036_854_775_808_u64)),
        ("read", json!("true")),
        ("read", json!(1)),
        ("delivery", json!(1)),
        ("delivery", json!(true)),
        ("delivery", json!(["mail"])),
        ("delivery", json!(long(70_000))),
        ("ext_msg_id", json!("")),
        ("ext_msg_id", json!(" ")),
        ("ext_msg_id", json!(7)),
        ("ext_msg_id", json!(long(256))),
        ("ext_msg_id", json!("a\r\nb")),
        ("ext_msg_id", json!("a\u{2028}b")),
        ("reply_to_ext_msg_id", json!("")),
        ("reply_to_ext_msg_id", json!(long(256))),
        ("reply_to_ext_msg_id", json!("a\nb")),
        ("mailbox_id", json!("")),
        ("mailbox_id", json!(1)),
        ("mailbox_id", json!("a\nb")),
        ("mailbox_id", json!(long(321))),
        ("from_customer_id", json!("")),
        ("from_customer_id", json!(1)),
        ("from_customer_id", json!(long(256))),
        ("subject", json!(1)),
        ("subject", json!("Hi\r\nBcc: eve@example.com")),
        ("subject", json!("Hi\u{2028}")),
        ("subject", json!(long(999))),
        ("from", json!("")),
        ("from", json!("nobody")),
        ("from", json!("a@b, c@d")),
        ("from", json!("ann@example.com\r\nBcc: eve@example.com")),
        ("from", json!(["ann@example.com"])),
        ("to", json!("")),
        ("to", json!(" ")),
        ("to", json!(",")),
        ("to", json!("ann@example.com,,ann@example.com")),
        ("to", json!("nobody")),
        ("to", json!("ann@example.com\r\nBcc: eve@example.com")),
        ("to", json!("ann@example.com\nBcc: eve@example.com")),
        ("to", json!("ann@example.com\u{2028}")),
        ("to", json!("team: ann@example.com;")),
        ("to", json!("team: ann@example.com, bob@example.com;")),
        ("to", json!(["ann@example.com"])),
        ("to", json!(many.join(","))),
        ("cc", json!("ann@example.com;\rx@y")),
        ("cc", json!("boss@bank.com <ann@example.com>")),
        ("bcc", json!(1)),
        ("bcc", json!(long(400))),
    ];
    for (field, value) in faults {
        let mut body = json!({"content": "2", "thread_id": thread.id.to_string()});
        body[field] = value;
        let shown: String = body.to_string().chars().take(200).collect();
        let message = door.post(body).await.refused(400, "invalid_parameter");
        assert!(message.starts_with(&format!("{field}: ")), "{shown}: {message}");
        assert!(message.len() < 400, "{message}");
    }
    let one_thousand: Vec<String> = (0..1_000).map(|i| format!("a{i}@b")).collect();
    let crowd = json!({"content": "2", "to": "ann@example.com", "bcc": one_thousand.join(";")});
    door.post(crowd).await.refused(400, "invalid_parameter");
    let nobody = door.post(json!({"content": "to nobody", "subject": "x"})).await;
    assert!(nobody.refused(400, "invalid_parameter").starts_with("to: "));
    unchanged(door.threads().await, &thread);
}

#[tokio::test]
async fn an_email_to_nobody_is_refused() {
    let door = Door::open().await;
    let test = door.test();
    let thread = test.thread().await.id;
    test.say(thread, "from a program", Policy::Queue).await;
    let before = test.settle(thread).await;
    let reply = door.post(json!({"content": "Hello?", "thread_id": thread.to_string()})).await;
    assert!(reply.refused(400, "invalid_parameter").starts_with("to: "), "{}", reply.text);
    unchanged(door.threads().await, &before);
    door.create(json!({"content": "Hello", "thread_id": thread.to_string(), "to": "ann@example.com"})).await;
    door.create(json!({"content": "To everybody who takes part", "thread_id": thread.to_string()})).await;
}

#[tokio::test]
async fn an_unknown_thread_is_not_found_whatever_its_id() {
    let (door, thread) = with_thread().await;
    let (stranger, key) = door.test().other_project().await;
    let theirs = door.test().app.create_thread(&stranger, Default::default()).await.unwrap();
    let mut answers = Vec::new();
    for id in [
        theirs.id.to_string(),
        "01933b5a-0000-7000-8000-000000000001".into(),
        "01933b5a000070008000000000000001".into(),
        format!("jam_{}", thread.id.0.simple()),
        format!("{}%00", thread.id),
        format!(" {}", thread.id),
        "../x".into(),
        String::new(),
    ] {
        let reply = door.post(json!({"content": "2", "thread_id": id})).await;
        assert_eq!(reply.refused(404, "thread_not_found"), "Thread not found", "{id}");
        answers.push(reply.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "byte for byte the same");
    door.post(json!({"content": "2", "thread_id": 7})).await.refused(400, "invalid_parameter");
    let request = door.client.post(format!("{}/api/v1/message", door.server.url)).bearer_auth(key);
    let reply = Reply::of(request.json(&json!({"content": "2", "thread_id": thread.id.to_string()}))).await;
    reply.refused(404, "thread_not_found");
    unchanged(door.threads().await, &thread);
    assert_eq!(door.test().log(thread.id).await.len() as i64, thread.last_seq);
}

#[tokio::test]
async fn bytes_that_are_no_json_are_refused() {
    let (door, thread) = with_thread().await;
    let deep = format!(r#"{{"content":"x","x":{}{}}}"#, "[".repeat(70), "]".repeat(70));
    let bodies: Vec<Vec<u8>> = vec![
        b"".into(),
        b" ".into(),
        b"{".into(),
        br#"{"content":"x""#.into(),
        br#"{"content":"x"} {}"#.into(),
        br#"{"content":"x"}x"#.into(),
        br#"{"content":"x","content":"y"}"#.into(),
        br#"{"content":"a\u0000b"}"#.into(),
        br#"{"content":"\ud800"}"#.into(),
        b"{\"content\":\"\xff\"}".into(),
        b"\xef\xbb\xbf{\"content\":\"x\"}".into(),
        br#"{"priority":1e999}"#.into(),
        b"content=x".into(),
        deep.into_bytes(),
    ];
    for body in bodies {
        let request = door.request(Method::POST, "/api/v1/message").header("content-type", "application/json");
        Reply::of(request.body(body)).await.refused(400, "invalid_json");
    }
    for body in [json!([]), json!("x"), json!(null), json!(1), json!([{"content": "x"}])] {
        door.post(body).await.refused(400, "invalid_parameter");
    }
    let elements = json!({"content": "x", "to": vec!["a@b"; 100_001]});
    door.post(elements).await.refused(400, "invalid_parameter");
    unchanged(door.threads().await, &thread);
}

#[tokio::test]
async fn only_json_in_utf8_is_taken() {
    let (door, thread) = with_thread().await;
    let body = r#"{"content":"x","to":"ann@example.com"}"#;
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"] {
        let request = door.request(Method::POST, "/api/v1/message").header("content-type", content_type);
        Reply::of(request.body(body)).await.refused(415, "unsupported_media_type");
    }
    Reply::of(door.request(Method::POST, "/api/v1/message").body(body)).await.refused(415, "unsupported_media_type");
    unchanged(door.threads().await, &thread);
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let limits = Limits { requests_per_s: 1, requests_burst: 0, ..Limits::default() };
    let door = Door::with(Choices { limits, ..Choices::default() }).await;
    let body = || json!({"content": "x", "from": "ann@example.com"});
    let mut taken = 0;
    let refused = loop {
        let reply = door.post(body()).await;
        match reply.status {
            204 => taken += 1,
            _ => break reply,
        }
    };
    refused.refused(429, "rate_limited");
    let wait: u32 = refused.header("retry-after").expect("Retry-After").parse().expect("seconds");
    assert!(wait >= 1);
    assert_eq!(door.threads().await.len(), taken);
    let other = door.test().new_key(domain::caller::Scopes::ALL).await;
    let request = door.client.post(format!("{}/api/v1/message", door.server.url)).bearer_auth(other);
    assert_eq!(Reply::of(request.json(&body())).await.status, 204, "others are unharmed");
}
