//! Tags of the project, and those that threads carry.

use domain::caller::{Scope, Scopes};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    answers::fits,
    client::{Door, Refused, Reply},
    threads::project,
};

async fn define(door: &Door, body: Value) -> Reply {
    let path = format!("/api/v1/projects/{}/tags", project(door));
    let reply = Reply::of(door.post(&path).json(&body)).await;
    fits(&reply, "post", "/v1/projects/{projectId}/tags");
    reply
}

async fn set(door: &Door, body: Value) -> Reply {
    let path = format!("/api/v1/threads/{}/tags", door.thread.prefixed("jam_"));
    let reply = Reply::of(door.request(Method::PUT, &path).bearer_auth(&door.server.test.key).json(&body)).await;
    fits(&reply, "put", "/v1/threads/{threadId}/tags");
    reply
}

async fn known(door: &Door) -> Value {
    let reply = door.get(&format!("/api/v1/projects/{}/tags", project(door))).await;
    fits(&reply, "get", "/v1/projects/{projectId}/tags");
    reply.json()["items"].clone()
}

#[tokio::test]
async fn a_tag_is_made_recoloured_listed_and_carried() {
    let door = Door::open().await;
    assert_eq!(known(&door).await, json!([]));
    for color in ["default", "primary", "success", "warning", "destructive", "blue", "purple", "pink", "orange", "lime"]
    {
        assert_eq!(define(&door, json!({"name": "bug", "color": color})).await.json()["color"], color);
    }
    define(&door, json!({"name": "a-1", "color": "blue"})).await;
    let (bug, a1) = (json!({"name": "bug", "color": "lime"}), json!({"name": "a-1", "color": "blue"}));
    assert_eq!(known(&door).await, json!([a1, bug]));
    assert_eq!(set(&door, json!({"tags": ["bug", "a-1", "bug"]})).await.json(), json!({"tags": [a1, bug]}));
    let thread = door.get(&format!("/api/v1/threads/{}", door.thread)).await.json();
    assert_eq!(thread["tags"], json!([a1, bug]));
    assert_eq!(set(&door, json!({"tags": []})).await.json(), json!({"tags": []}));
}

#[tokio::test]
async fn a_wrong_tag_changes_nothing() {
    let door = Door::open().await;
    define(&door, json!({"name": "bug", "color": "blue"})).await;
    for (body, path) in [
        (json!({}), "name"),
        (json!({"name": "bug"}), "color"),
        (json!({"name": "Bug", "color": "blue"}), "name"),
        (json!({"name": "", "color": "blue"}), "name"),
        (json!({"name": "x".repeat(65), "color": "blue"}), "name"),
        (json!({"name": "bug", "color": "red"}), "color"),
        (json!({"name": "bug", "color": null}), "color"),
        (json!({"name": "bug", "color": "pink", "id": 1}), "id"),
    ] {
        define(&door, body).await.invalid(path);
    }
    for (body, path) in [
        (json!({}), "tags"),
        (json!({"tags": null}), "tags"),
        (json!({"tags": "bug"}), "tags"),
        (json!({"tags": ["bug", "other"]}), "tags.1"),
        (json!({"tags": ["bug", 1]}), "tags.1"),
        (json!({"tags": vec!["bug"; 21]}), "tags"),
        (json!({"tags": ["bug"], "more": 1}), "more"),
    ] {
        set(&door, body).await.invalid(path);
    }
    door.assert_untouched().await;
    assert_eq!(known(&door).await, json!([{"name": "bug", "color": "blue"}]));
    assert_eq!(set(&door, json!({"tags": vec!["bug"; 20]})).await.status, 200);
    let reads = door.server.test.new_key(Scopes::of(&[Scope::Read])).await;
    let path = format!("/api/v1/projects/{}/tags", project(&door));
    let body = json!({"name": "x", "color": "blue"});
    Reply::of(door.request(Method::POST, &path).bearer_auth(reads).json(&body)).await.refused(403, "forbidden");
}
