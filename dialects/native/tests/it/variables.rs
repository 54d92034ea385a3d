//! Variables of threads.

use domain::script::Reply as Scripted;
use serde_json::json;

use crate::server::{Api, each, text};

#[tokio::test]
async fn variables_are_set_shown_and_filled_in() {
    let api = Api::start().await;
    let recites = Scripted { recite: true, ..Scripted::default() };
    api.test().script(vec![recites]).await;
    api.patch("/agents/default", json!({"instructions": "You help {{name}} in {{city}}."})).await.is(200);
    let made = api.post("/threads", json!({"variables": {"name": "Ann", "city": "Kyiv"}})).await.is(201);
    let path = format!("/threads/{}", text(&made["id"]));
    assert_eq!(made["variables"], json!({"name": "Ann", "city": "Kyiv"}));
    assert_eq!(api.get(&path).await.is(200), made);
    assert_eq!(api.list("/threads").await, [made]);
    let changed = api.patch(&path, json!({"variables": {"name": "Bob"}})).await.is(200);
    assert_eq!(changed["variables"], json!({"name": "Bob"}), "in place of all that there were");
    api.ask(&path, "x").await;
    let answer = api.list(&format!("{path}/messages")).await.pop().unwrap();
    assert_eq!(answer["content"][0]["text"], "You help Bob in {{city}}.");
    let bare = api.patch(&path, json!({"variables": null})).await.is(200);
    assert_eq!(bare.get("variables"), None);
    let last = bare["last_seq"].clone();
    assert_eq!(api.patch(&path, json!({"variables": {}})).await.is(200)["last_seq"], last, "nothing has changed");
    let said = api.list(&format!("{path}/events?types=thread.updated")).await;
    assert_eq!(
        each(&said, "data"),
        [json!({"changed": {"variables": {"name": "Bob"}}}), json!({"changed": {"variables": {}}}),]
    );
}

#[tokio::test]
async fn variables_that_cannot_be_are_refused() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let many = |n: usize| (0..n).map(|i| (format!("v{i}"), json!("x"))).collect::<serde_json::Map<_, _>>();
    for (variables, at) in [
        (json!({"": "x"}), "variables"),
        (json!({"a{": "x"}), "variables"),
        (json!({"x".repeat(65): "x"}), "variables"),
        (json!({"a": 1}), "variables.a"),
        (json!(["a"]), "variables"),
        (json!(many(101)), "variables"),
        (json!({"a": "x".repeat(65_536)}), "variables"),
    ] {
        assert_eq!(api.post("/threads", json!({"variables": variables})).await.at_fault(), at);
        assert_eq!(api.patch(&thread, json!({"variables": variables})).await.at_fault(), at);
    }
    assert_eq!((api.list("/threads").await.len(), api.last_seq(&thread).await), (1, 1));
    api.patch(&thread, json!({"variables": many(100)})).await.is(200);
}
