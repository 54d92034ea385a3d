//! Pictures: uploaded, within messages, and in events, where a URL of this server is in place of their bytes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Door, Events},
    create::{PNG, png},
};

#[tokio::test]
async fn an_event_names_where_the_bytes_are() {
    let door = Door::open().await;
    let (session, _) = door.session().await;
    let content =
        json!([{"type": "image", "base64": png(), "media_type": "image/png"}, {"type": "text", "text": "look"}]);
    let sent = door.send(&session, &json!({"message": {"content": content}})).await;
    assert_eq!(sent.status, 201, "{sent:?}");
    let event = Events::open(&door, &session, "").await.event().await;
    let part = &event["data"]["message"]["content"][0];
    assert_eq!((&part["type"], &part["media_type"]), (&json!("image"), &json!("image/png")));
    assert!(part.get("base64").is_none());
    let url = part["url"].as_str().unwrap();
    for prefix in ["", "/api"] {
        let reply = door.get(&format!("{prefix}{url}")).send().await.unwrap();
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.headers()["content-type"], "image/png");
        assert_eq!(reply.headers()["x-content-type-options"], "nosniff");
        assert_eq!(reply.bytes().await.unwrap(), PNG);
    }
    let (_, key) = door.server.test.other_project().await;
    let foreign = door.request(reqwest::Method::GET, url).header("authorization", key).send().await.unwrap();
    assert_eq!(foreign.status(), 404);
    assert_eq!(door.request(reqwest::Method::GET, url).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn only_pictures_are_images() {
    let door = Door::open().await;
    let test = &door.server.test;
    let text = futures_util::stream::iter([Ok(b"plain".as_slice())]);
    let id = test.app.upload(&test.caller, "a.txt", text, None).await.unwrap().id;
    for id in [id.prefixed("img_"), "img_01933b5a00007000800000000000001".into()] {
        let reply = door.get(&format!("/v1/images/{id}")).send().await.unwrap();
        assert_eq!(reply.status(), 404);
        let error: serde_json::Value = reply.json().await.unwrap();
        assert_eq!(error["error"], json!({"code": "image_not_found", "message": "Image not found"}));
    }
}

fn form(bytes: &[u8], name: &str) -> reqwest::multipart::Form {
    let file = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    reqwest::multipart::Form::new().part("file", file)
}

async fn upload(door: &Door, path: &str, form: reqwest::multipart::Form) -> Answer {
    Answer::of(door.post(path).multipart(form).send().await.unwrap()).await
}

#[tokio::test]
async fn an_uploaded_picture_is_listed_named_by_messages_and_deleted() {
    let door = Door::open().await;
    let (session, _) = door.session().await;
    let first = upload(&door, "/v1/images", form(PNG, "a.png")).await;
    assert_eq!(first.status, 201, "{first:?}");
    let by_query = upload(&door, &format!("/api/v1/images?session_id={session}"), form(PNG, "../b.png")).await.json();
    let by_field = reqwest::multipart::Form::new().text("session_id", session.clone());
    let file = reqwest::multipart::Part::bytes(PNG.to_vec()).file_name("c.png");
    let by_field = upload(&door, "/v1/images", by_field.part("file", file)).await.json();
    let listed = door.did(Method::GET, "/v1/images", Value::Null, 200).await;
    let shown: Vec<_> = listed.as_array().unwrap().iter().map(|i| (i["id"].clone(), i["metadata"].clone())).collect();
    let own = json!({"session_id": session});
    let expected =
        [(by_field["id"].clone(), own.clone()), (by_query["id"].clone(), own), (first.json()["id"].clone(), json!({}))];
    assert_eq!(shown, expected);
    assert_eq!(
        (&by_query["filename"], &by_query["content_type"], &by_query["size_bytes"]),
        (&json!("b.png"), &json!("image/png"), &json!(PNG.len()))
    );
    assert_eq!(door.did(Method::GET, "/v1/images?limit=1&offset=1", Value::Null, 200).await[0]["id"], by_query["id"]);

    let id = by_query["id"].as_str().unwrap();
    let content = json!([{"type": "image_file", "image_id": id}, {"type": "image", "base64": png()}]);
    assert_eq!(door.send(&session, &json!({"message": {"content": content}})).await.status, 201);
    let within = door.did(Method::GET, "/v1/images?limit=1", Value::Null, 200).await[0]["id"].clone();
    for id in [id, within.as_str().unwrap()] {
        door.did(Method::DELETE, &format!("/v1/images/{id}"), Value::Null, 204).await;
        for method in [Method::DELETE, Method::GET] {
            assert_eq!(
                door.did(method, &format!("/v1/images/{id}"), Value::Null, 404).await["code"],
                "image_not_found"
            );
        }
    }
    let kept = &door.list(&session).await[0]["content"];
    assert_eq!(kept[0], json!({"type": "image_file", "image_id": id}));
    assert_eq!(kept[1], json!({"type": "image", "media_type": "image/png"}), "its bytes are gone");
}

#[tokio::test]
async fn a_picture_that_the_client_has_is_not_sent_again() {
    let door = Door::open().await;
    let image = upload(&door, "/v1/images", form(PNG, "a.png")).await.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/images/{image}");
    let whole = door.get(&path).send().await.unwrap();
    let tag = whole.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(whole.headers()["cache-control"], "private, no-cache");
    for (name, value, status) in [
        ("if-none-match", &*tag, 304),
        ("if-none-match", "\"zz\"", 200),
        ("if-match", &tag, 200),
        ("if-match", "\"zz\"", 412),
        ("range", "bytes=0-3", 206),
    ] {
        let reply = door.get(&path).header(name, value).send().await.unwrap();
        assert_eq!(reply.status(), status, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_pictures_name_beyond_its_limit_is_refused() {
    let door = Door::open().await;
    assert_eq!(upload(&door, "/v1/images", form(PNG, &"a".repeat(255))).await.status, 201);
    assert_eq!(upload(&door, "/v1/images", form(PNG, &"a".repeat(256))).await.status, 400);
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_not_kept() {
    let door =
        Door::limited(domain::Limits { upload_bytes: 4_000, requests_per_s: 0, ..domain::Limits::default() }).await;
    let other = reqwest::multipart::Form::new().text("other", "x");
    let big = [PNG, &[0; 4_000]].concat();
    for (form, status) in [
        (form(b"plain", "a.png"), 400),
        (form(b"", "a.png"), 400),
        (other, 400),
        (reqwest::multipart::Form::new(), 400),
        (form(&big, "a.png"), 413),
    ] {
        let answer = upload(&door, "/v1/images", form).await;
        assert_eq!(
            (answer.status.as_u16(), answer.content_type.as_str()),
            (status, "application/problem+json"),
            "{answer:?}"
        );
    }
    for (query, status) in [("session_id=x", 400), ("session_id=session_01933b5a0000700080000000000000ff", 404)] {
        assert_eq!(upload(&door, &format!("/v1/images?{query}"), form(PNG, "a.png")).await.status, status, "{query}");
    }
    assert_eq!(door.call(Method::POST, "/v1/images", Some(&json!({}))).await.status, 415);
    assert_eq!(door.did(Method::GET, "/v1/images", Value::Null, 200).await, json!([]));
    for bad in ["limit=0", "limit=1001", "offset=-1"] {
        door.did(Method::GET, &format!("/v1/images?{bad}"), Value::Null, 400).await;
    }
    let (_, stranger) = door.server.test.other_project().await;
    let own = upload(&door, "/v1/images", form(PNG, "a.png")).await.json()["id"].as_str().unwrap().to_owned();
    let foreign = door.request(Method::DELETE, &format!("/v1/images/{own}")).header("authorization", &stranger);
    assert_eq!(foreign.send().await.unwrap().status(), 404);
    assert_eq!(door.get(&format!("/v1/images/{own}")).send().await.unwrap().status(), 200);
}
