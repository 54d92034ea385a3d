//! Files within a message.

use domain::{Limits, message::Part};
use engine::testing::Choices;
use reqwest::Method;
use serde_json::{Value, json};

use crate::door::{Door, Reply};

fn with(attachments: Value) -> Value {
    json!({"content": "See", "from": "ann@example.com", "attachments": attachments})
}

#[tokio::test]
async fn bytes_come_back_as_they_were_sent() {
    let door = Door::open().await;
    let png = "iVBORw0KGgoAAAANSUhEUg==";
    let thread = door
        .begin(with(json!([
            {"file": png, "name": "../pictures/\"a\".txt"},
            {"file": "Pz8+", "name": "C:\\docs\\b.txt"},
            {"file": png, "name": "again.png"},
        ])))
        .await;
    let listed = door.list(thread.id, "").await;
    let files = listed["messages"][0]["attachments"].as_array().expect("attachments").clone();
    for (file, (name, mime, kind, size)) in files.iter().zip([
        ("\"a\".txt", "image/png", "image", 16),
        ("b.txt", "text/plain", "text", 3),
        ("again.png", "image/png", "image", 16),
    ]) {
        let id = file["id"].as_str().expect("an id");
        let expected = json!({
            "attachment_movements": {"movements": [], "total": 0}, "file_mime": mime, "file_name": name,
            "file_not_dangerous": null, "file_size": size, "file_type": kind, "id": id,
        });
        assert_eq!(*file, expected);
    }
    assert_eq!(listed["messages"][0]["content"], "See", "what is among the attachments is not named in the text");
    let message = &door.messages(thread.id).await[0];
    let Part::File { attachment, .. } = &message.body.content[2] else { panic!("{:?}", message.body.content) };
    let test = door.test();
    let stored = test.app.attachment(&test.caller, *attachment).await.unwrap();
    let mut bytes = Vec::new();
    let mut file = test.app.attachment_bytes(&stored, None).await.unwrap();
    tokio::io::AsyncReadExt::read_to_end(&mut file, &mut bytes).await.unwrap();
    assert_eq!(bytes, b"??>");
}

#[tokio::test]
async fn a_message_may_be_files_alone() {
    let door = Door::open().await;
    let body = json!({"from": "ann@example.com", "attachments": [{"file": "YQ==", "name": "a"}]});
    let thread = door.begin(body).await;
    let listed = door.list(thread.id, "").await;
    assert_eq!((&listed["messages"][0]["content"], &listed["total"]), (&json!(""), &json!(2)));
}

#[tokio::test]
async fn what_is_no_file_is_refused_and_leaves_nothing() {
    let door = Door::open().await;
    let named = |name: &str| json!([{"file": "YQ==", "name": "good.txt"}, {"file": "YQ==", "name": name}]);
    let filed = |file: &str| json!([{"file": "YQ==", "name": "good.txt"}, {"file": file, "name": "a.txt"}]);
    for (attachments, code, field) in [
        (filed(""), "attachment_invalid", "attachments.1.file"),
        (filed("YQ"), "attachment_invalid", "attachments.1.file"),
        (filed("YQ="), "attachment_invalid", "attachments.1.file"),
        (filed("YR=="), "attachment_invalid", "attachments.1.file"),
        (filed("YQ==YQ=="), "attachment_invalid", "attachments.1.file"),
        (filed("YWFh\nYWFh"), "attachment_invalid", "attachments.1.file"),
        (filed(" YQ=="), "attachment_invalid", "attachments.1.file"),
        (filed("-_-_"), "attachment_invalid", "attachments.1.file"),
        (filed("data:text/plain;base64,YQ=="), "attachment_invalid", "attachments.1.file"),
        (named(""), "attachment_invalid", "attachments.1.name"),
        (named("  "), "attachment_invalid", "attachments.1.name"),
        (named("a\r\nSet-Cookie: b"), "attachment_invalid", "attachments.1.name"),
        (named("a\u{2028}b"), "attachment_invalid", "attachments.1.name"),
        (named(&"x".repeat(300)), "attachment_invalid", "attachments.1.name"),
        (json!([{"file": "YQ=="}]), "invalid_parameter", "attachments.0.name"),
        (json!([{"name": "a"}]), "invalid_parameter", "attachments.0.file"),
        (json!([{"file": null, "name": "a"}]), "invalid_parameter", "attachments.0.file"),
        (json!([{"file": 1, "name": "a"}]), "invalid_parameter", "attachments.0.file"),
        (json!([["YQ==", "a"]]), "invalid_parameter", "attachments.0"),
        (json!([null]), "invalid_parameter", "attachments.0"),
        (json!({"file": "YQ==", "name": "a"}), "invalid_parameter", "attachments"),
        (json!("YQ=="), "invalid_parameter", "attachments"),
        (json!(vec![json!({"file": "YQ==", "name": "a"}); 21]), "invalid_parameter", "attachments"),
    ] {
        let shown = attachments.to_string();
        let message = door.post(with(attachments)).await.refused(400, code);
        assert!(message.starts_with(&format!("{field}: ")), "{shown}: {message}");
    }
    assert_eq!(door.threads().await, []);
    let stored = std::fs::read_dir(door.test().folder.path().join("attachments")).unwrap();
    let stored: Vec<_> = stored.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(stored, ["incoming"], "no bytes are kept for a message that cannot be");
}

#[tokio::test]
async fn too_much_is_too_large() {
    let limits = Limits { files_body_bytes: 4_096, upload_bytes: 1_000, requests_per_s: 0, ..Limits::default() };
    let door = Door::with(Choices { limits, ..Choices::default() }).await;
    let file = |bytes: usize| with(json!([{"file": "YWFh".repeat(bytes / 3), "name": "a"}]));
    door.create(file(999)).await;
    let before = door.threads().await;
    door.post(file(1_002)).await.refused(413, "payload_too_large");
    door.post(file(4_095)).await.refused(413, "payload_too_large");
    assert_eq!(door.threads().await.len(), before.len());
    let mut body = json!({"content": "", "from": "ann@example.com"});
    body["content"] = json!("x".repeat(4_096 - body.to_string().len()));
    door.create(body.clone()).await;
    body["content"] = json!(format!("{}x", body["content"].as_str().unwrap()));
    door.post(body).await.refused(413, "payload_too_large");
}

#[tokio::test]
async fn files_travel_in_bodies_larger_than_other_bodies_may_be() {
    let door = Door::open().await;
    let thread = door.begin(with(json!([{"file": "YWFh".repeat(1_000_000), "name": "a.txt"}]))).await;
    assert_eq!(door.list(thread.id, "").await["messages"][0]["attachments"][0]["file_size"], 3_000_000);
}

#[tokio::test]
async fn a_file_is_downloaded_whole_or_in_part_and_run_nowhere() {
    let door = Door::open().await;
    let thread = door.begin(with(json!([{"file": "PGI+aGk8L2I+", "name": "a \"b\".html"}]))).await.id;
    let id = door.list(thread, "").await["messages"][0]["attachments"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/attachment/{id}");
    let whole = Reply::of(door.request(Method::GET, &path)).await;
    assert_eq!((whole.status, whole.text.as_str()), (200, "<b>hi</b>"));
    assert!(whole.header("content-disposition").unwrap().starts_with("attachment; "));
    assert_eq!(whole.header("x-content-type-options"), Some("nosniff"));
    let part = Reply::of(door.request(Method::GET, &path).header("range", "bytes=3-4")).await;
    assert_eq!((part.status, part.text.as_str(), part.header("content-range")), (206, "hi", Some("bytes 3-4/9")));
    let beyond = Reply::of(door.request(Method::GET, &path).header("range", "bytes=9-")).await;
    beyond.refused(416, "range_not_satisfiable");
    assert_eq!(beyond.header("content-range"), Some("bytes */9"));
    let tag = whole.header("etag").unwrap();
    for (name, value, status) in [("if-none-match", tag, 304), ("if-match", "\"zz\"", 412), ("if-match", tag, 200)] {
        let reply = Reply::of(door.request(Method::GET, &path).header(name, value)).await;
        assert_eq!(reply.status, status, "{name}: {value}");
    }
    let (_, key) = door.test().other_project().await;
    let foreign = door.client.get(format!("{}{path}", door.server.url)).bearer_auth(key);
    let foreign = Reply::of(foreign).await;
    foreign.refused(404, "attachment_not_found");
    for unknown in ["01933b5a-0000-7000-8000-000000000001", "x", "%2e%2e%2f"] {
        let reply = Reply::of(door.request(Method::GET, &format!("/api/v1/attachment/{unknown}"))).await;
        reply.refused(404, "attachment_not_found");
        assert_eq!(reply.text, foreign.text);
    }
}
