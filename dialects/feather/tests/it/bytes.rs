//! Bodies that are no JSON, or not what they say they are: a clear error in Feather's shape and no effect.

use reqwest::{Method, header::CONTENT_TYPE};

use crate::client::{Door, Refused, Reply};

async fn send(door: &Door, content_type: &'static str, body: impl Into<reqwest::Body>) -> Reply {
    Reply::of(door.keyed(Method::POST, &door.messages_path()).header(CONTENT_TYPE, content_type).body(body)).await
}

#[tokio::test]
async fn what_is_no_json_is_400() {
    let door = Door::open().await;
    let deep = format!("{{\"message\":\"x\",\"extra\":{}1{}}}", "[".repeat(70), "]".repeat(70));
    for body in [
        &b""[..],
        b"{",
        b"{\"message\":\"x\"",
        b"{\"message\":\"x\"}x",
        b"{\"message\":\"\xff\"}",
        b"\xef\xbb\xbf{\"message\":\"x\"}",
        b"{\"message\":\"x\",\"message\":\"y\"}",
        b"{\"message\":\"x\",\"extra\":{\"a\":1,\"a\":2}}",
        b"{\"message\":\"a\\u0000b\"}",
        b"{\"message\":\"x\",\"extra\":\"\\u0000\"}",
        b"{\"message\":\"\\udc00\"}",
        b"{\"message\":\"x\",\"extra\":1e999}",
        b"message=x",
        deep.as_bytes(),
    ] {
        send(&door, "application/json", body.to_vec()).await.bad();
    }
    door.assert_untouched().await;
}

/// Every operation that takes a body, with the path and whatever credential it takes.
async fn with_bodies(door: &Door) -> Vec<(Method, String, (&'static str, String))> {
    let guest = crate::chat::begin(door).await;
    let (key, token) =
        (("X-API-Key", door.server.test.key.clone()), ("Authorization", format!("Bearer {}", guest.token)));
    let thread = format!("/api/v1/threads/{}", door.thread);
    vec![
        (Method::POST, "/api/v1/threads/web".into(), key.clone()),
        (Method::PATCH, thread.clone(), key.clone()),
        (Method::PATCH, format!("{thread}/close"), key.clone()),
        (Method::POST, door.messages_path(), key),
        (Method::POST, "/api/v1/chat/threads".into(), ("X-Nothing", String::new())),
        (Method::POST, format!("{}/messages", guest.path), token),
    ]
}

#[tokio::test]
async fn no_operation_takes_a_broken_body_or_another_content_type() {
    let door = crate::chat::open(|limits| limits.body_bytes = 4_096).await;
    let test = &door.server.test;
    let operations = with_bodies(&door).await;
    let before = test.app.list_threads(&test.caller, Default::default(), None, 10).await.expect("threads").threads;
    let large = format!(r#"{{"message":"{}"}}"#, "x".repeat(4_096));
    for (method, path, (name, value)) in operations {
        for (content_type, body, status, code) in [
            ("application/json", "", 400, "BAD_REQUEST"),
            ("application/json", "{", 400, "BAD_REQUEST"),
            ("application/json", "[]", 400, "BAD_REQUEST"),
            ("application/json", "null", 400, "BAD_REQUEST"),
            ("application/json", r#"{"a":1,"a":1}"#, 400, "BAD_REQUEST"),
            ("application/json", r#"{"a":"\u0000"}"#, 400, "BAD_REQUEST"),
            ("application/json", large.as_str(), 413, "PAYLOAD_TOO_LARGE"),
            ("text/plain", "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
            ("application/json; charset=utf-16", "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ] {
            let request = door.request(method.clone(), &path).header(name, &value);
            let reply = Reply::of(request.header(CONTENT_TYPE, content_type).body(body.to_owned())).await;
            assert_eq!(reply.status, status, "{method} {path}: {body:.20}: {reply:?}");
            reply.refused(status, code);
        }
    }
    let after = test.app.list_threads(&test.caller, Default::default(), None, 10).await.expect("threads").threads;
    assert_eq!(after, before);
}

#[tokio::test]
async fn another_content_type_or_charset_is_415() {
    let door = Door::open().await;
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", ""] {
        send(&door, content_type, r#"{"message":"x"}"#).await.refused(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let bare = door.keyed(Method::POST, &door.messages_path()).body(r#"{"message":"x"}"#);
    Reply::of(bare).await.refused(415, "UNSUPPORTED_MEDIA_TYPE");
    door.assert_untouched().await;
}

#[tokio::test]
async fn a_body_one_byte_past_the_limit_is_413() {
    let door = Door::with(|limits| limits.body_bytes = 4_096).await;
    let empty = r#"{"message":""}"#.len();
    let of = |bytes: usize| format!(r#"{{"message":"{}"}}"#, "x".repeat(bytes - empty));
    send(&door, "application/json", of(4_097)).await.refused(413, "PAYLOAD_TOO_LARGE");
    door.assert_untouched().await;
    assert_eq!(send(&door, "application/json", of(4_096)).await.status, 200);
}
