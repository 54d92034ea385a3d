//! Tags: the project's, in their colours, and those that threads carry.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Api, each, keys, reply, text};

async fn put(api: &Api, name: &str, body: Value) -> crate::server::Reply {
    reply(api.request(Method::PUT, &format!("/tags/{name}")).json(&body)).await
}

#[tokio::test]
async fn a_project_knows_tags_in_colours() {
    let api = Api::start().await;
    assert_eq!(put(&api, "vip", json!({"color": "pink"})).await.is(200), json!({"name": "vip", "color": "pink"}));
    assert_eq!(put(&api, "late", json!({})).await.is(200)["color"], "default");
    assert_eq!(put(&api, "vip", json!({"color": "lime"})).await.is(200)["color"], "lime");
    let bare = reply(api.request(Method::PUT, "/tags/0-a_b")).await.is(200);
    assert_eq!(bare, json!({"name": "0-a_b", "color": "default"}));
    assert_eq!(each(&api.list("/tags").await, "name"), ["0-a_b", "late", "vip"]);
    for name in ["VIP", "-a", "a%20b", "%C3%A4", &"x".repeat(65), "a%00", "a%2Fb"] {
        assert_eq!(put(&api, name, json!({})).await.at_fault(), "name", "{name}");
    }
    for (body, at) in
        [(json!({"color": "red"}), "color"), (json!({"colour": "red"}), "colour"), (json!({"color": 1}), "color")]
    {
        assert_eq!(put(&api, "vip", body).await.at_fault(), at);
    }
    assert_eq!(api.list("/tags").await.len(), 3);
}

#[tokio::test]
async fn a_project_knows_as_many_tags_as_it_may() {
    let api = Api::limited(|limits| limits.project_tags = 2).await;
    for name in ["a", "b", "a"] {
        put(&api, name, json!({})).await.is(200);
    }
    assert_eq!(put(&api, "c", json!({})).await.refused(400), "too_many_tags");
    assert_eq!(api.list("/tags").await.len(), 2);
}

#[tokio::test]
async fn a_thread_carries_tags_and_is_found_by_them() {
    let api = Api::start().await;
    put(&api, "vip", json!({"color": "pink"})).await.is(200);
    let made = api.post("/threads", json!({"tags": ["vip", "Größe 42", "vip"]})).await.is(201);
    let path = format!("/threads/{}", text(&made["id"]));
    let both = json!([{"name": "Größe 42", "color": "default"}, {"name": "vip", "color": "pink"}]);
    assert_eq!(api.get(&path).await.is(200)["tags"], both);
    assert_eq!(made["tags"], both, "the answer to its making");
    let other = api.post("/threads", json!({"tags": ["late"]})).await.is(201)["id"].clone();
    for (query, expected) in [
        ("tag=vip", vec![&made["id"]]),
        ("tag=Gr%C3%B6%C3%9Fe%2042", vec![&made["id"]]),
        ("tag=late", vec![&other]),
        ("tag=late&ticket=open", vec![]),
        ("tag=VIP", vec![]),
        ("tag=", vec![]),
    ] {
        let found = each(&api.list(&format!("/threads?{query}")).await, "id");
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let changed = api.patch(&path, json!({"tags": ["late"]})).await.is(200);
    assert_eq!(changed["tags"], json!([{"name": "late", "color": "default"}]));
    let (found, pages) = api.pages("/threads?tag=late&limit=1").await;
    assert_eq!((each(&found, "id"), pages), (vec![other, made["id"].clone()], 2));
    assert_eq!(api.patch(&path, json!({"tags": null})).await.is(200)["tags"], json!([]));
    let said = api.list(&format!("{path}/events?types=thread.updated")).await;
    assert_eq!(each(&said, "data"), [json!({"changed": {"tags": ["late"]}}), json!({"changed": {"tags": []}})]);
    assert_eq!(keys(&said[0]), ["at", "data", "seq", "thread", "type"]);
}

#[tokio::test]
async fn tags_of_a_thread_are_bounded() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let many = |n: usize| (0..n).map(|i| format!("t{i}")).collect::<Vec<_>>();
    for (tags, at) in [
        (json!(many(51)), "tags"),
        (json!(["a", ""]), "tags.1"),
        (json!(["x".repeat(201)]), "tags.0"),
        (json!(["a\nb"]), "tags.0"),
        (json!("a"), "tags"),
        (json!([1]), "tags.0"),
    ] {
        assert_eq!(api.post("/threads", json!({"tags": tags})).await.at_fault(), at, "{tags}");
        assert_eq!(api.patch(&thread, json!({"tags": tags})).await.at_fault(), at, "{tags}");
    }
    assert_eq!((api.list("/threads").await.len(), api.last_seq(&thread).await), (1, 1));
    for body in [json!({"tags": many(50)}), json!({"tags": ["ü".repeat(200)]})] {
        api.patch(&thread, body.clone()).await.is(200);
        api.post("/threads", body).await.is(201);
    }
}
