//! Pictures in events have a URL of this server in place of their bytes.

use serde_json::json;

use crate::{
    client::{Door, Events},
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
