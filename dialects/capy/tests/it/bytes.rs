//! Bodies that are no JSON, or not what they say they are: a clear error in Capy's shape and no effect.

use reqwest::header::CONTENT_TYPE;

use crate::client::{Door, Refused, Reply};

async fn send(door: &Door, content_type: &'static str, body: impl Into<reqwest::Body>) -> Reply {
    Reply::of(door.post(&door.message_path()).header(CONTENT_TYPE, content_type).body(body)).await
}

#[tokio::test]
async fn what_is_no_json_is_422() {
    let door = Door::open().await;
    let deep = format!("{{\"message\":\"x\",\"extra\":{}1{}}}", "[".repeat(70), "]".repeat(70));
    for body in [
        &b""[..],
        b" ",
        b"{",
        b"{\"message\":\"x\"",
        b"{\"message\":\"x\"} {}",
        b"{\"message\":\"x\"}\0",
        b"{\"message\":\"\xff\"}",
        b"\xef\xbb\xbf{\"message\":\"x\"}",
        b"\xff\xfe{\x00}\x00",
        b"{\"message\":\"x\",\"message\":\"y\"}",
        b"{\"message\":\"x\",\"mess\\u0061ge\":\"y\"}",
        b"{\"message\":\"a\\u0000b\"}",
        b"{\"message\":\"\\ud800\"}",
        b"{\"message\":\"a\nb\"}",
        b"{'message':'x'}",
        b"{\"message\":\"x\",\"model\":1e999}",
        b"message=x",
        deep.as_bytes(),
    ] {
        send(&door, "application/json", body.to_vec()).await.invalid("");
    }
    door.assert_untouched().await;
}

#[tokio::test]
async fn another_content_type_or_charset_is_415() {
    let door = Door::open().await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json; charset=utf-16",
        "application/json; charset=latin1",
        "",
        "json",
    ] {
        send(&door, content_type, r#"{"message":"x"}"#).await.refused(415, "unsupported_media_type");
    }
    let bare = door.post(&door.message_path()).body(r#"{"message":"x"}"#);
    Reply::of(bare).await.refused(415, "unsupported_media_type");
    door.assert_untouched().await;
    for content_type in ["application/json; charset=UTF-8", "APPLICATION/JSON", "application/vnd.api+json"] {
        assert_eq!(send(&door, content_type, r#"{"message":"x"}"#).await.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn a_body_one_byte_past_the_limit_is_413() {
    let door = Door::with(|limits| limits.body_bytes = 4_096).await;
    let empty = r#"{"message":""}"#.len();
    let of = |bytes: usize| format!(r#"{{"message":"{}"}}"#, "x".repeat(bytes - empty));
    send(&door, "application/json", of(4_097)).await.refused(413, "payload_too_large");
    let piecewise = reqwest::Body::wrap_stream(futures_util::stream::iter([Ok::<_, std::io::Error>(of(4_097))]));
    send(&door, "application/json", piecewise).await.refused(413, "payload_too_large");
    door.assert_untouched().await;
    assert_eq!(send(&door, "application/json", of(4_096)).await.status, 200);
}

#[tokio::test]
async fn a_list_of_100_001_elements_is_refused() {
    let door = Door::open().await;
    let many = "\"\",".repeat(100_000);
    let body = format!(r#"{{"message":"x","browserSnapshotIds":[{many}""]}}"#);
    send(&door, "application/json", body).await.invalid("browserSnapshotIds.0");
    door.assert_untouched().await;
}
