//! What Feather's door takes.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{World, shows, text, uuid};
use crate::process::KEY;

fn keyed(world: &World, method: Method, path: &str) -> RequestBuilder {
    world.request(method, path).header("x-api-key", KEY)
}

#[tokio::test]
async fn every_field_that_feathers_door_takes_is_seen_natively() {
    let world = World::start();
    let agent = world.native("/agents/default").await["id"].clone();
    let new = json!({"agentId": agent, "metadata": {"page": "cart"}, "variables": {"name": "Ann"}});
    let made = world.taken(keyed(&world, Method::POST, "/api/v1/threads/web").json(&new)).await;
    let thread = uuid(&made["thread"]["id"]);
    let path = format!("/api/v1/threads/{thread}");
    let patch = json!({"metadata": {"step": "pay"}, "variables": {"city": "Kyiv"}});
    world.taken(keyed(&world, Method::PATCH, &path).json(&patch)).await;
    let shown = world.native(&format!("/threads/{thread}")).await;
    shows(
        &shown,
        json!({
            "agent": agent, "metadata": {"page": "cart", "step": "pay"}, "variables": {"name": "Ann", "city": "Kyiv"},
            "window": {"length_s": 7_200},
        }),
    );
    let sent =
        world.taken(keyed(&world, Method::POST, &format!("{path}/messages")).json(&json!({"message": "Hi"}))).await;
    world.ended(&thread, 1).await;
    let messages = world.messages(&thread).await;
    shows(
        &messages[0],
        json!({"id": sent["messageId"], "door": "feather", "content": [{"type": "text", "text": "Hi"}]}),
    );
    assert_eq!(messages[1]["receipt"], json!({"standing": "sent"}));
    let read = format!("{path}/messages/{}/read", text(&messages[1]["id"]));
    world.taken(keyed(&world, Method::POST, &read)).await;
    let receipt = &world.messages(&thread).await[1]["receipt"];
    assert!(receipt["standing"] == "read" && receipt["read_at"].is_string(), "{receipt}");
    world
        .taken(keyed(&world, Method::PATCH, &format!("{path}/close")).json(&json!({"reason": "NOT_INTERESTED"})))
        .await;
    shows(
        &world.native(&format!("/threads/{thread}")).await,
        json!({"state": "closed", "closed": {"by": "person", "reason": "NOT_INTERESTED"}}),
    );
}

#[tokio::test]
async fn what_a_guest_says_is_seen_natively() {
    let world = World::start();
    let guests = json!({"guests": {"origins": ["https://shop.example"]}});
    world.tell(Method::PATCH, "/agents/default", guests).await;
    let agent = world.native("/agents/default").await["guest_id"].clone();
    let new = world.request(Method::POST, "/api/v1/chat/threads").json(&json!({"agentId": agent}));
    let let_in: Value = world.taken(new).await;
    let thread = uuid(&let_in["threadId"]);
    let say = world.request(Method::POST, &format!("/api/v1/chat/threads/{thread}/messages"));
    world.taken(say.bearer_auth(text(&let_in["token"])).json(&json!({"message": "Hi"}))).await;
    world.ended(&thread, 1).await;
    let expected = json!({"author": {"kind": "guest"}, "content": [{"type": "text", "text": "Hi"}], "door": "feather"});
    shows(&world.messages(&thread).await[0], expected);
}
