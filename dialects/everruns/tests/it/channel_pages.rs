//! Channels in browsers: pages of the origins that the project lists, with a token of the person who looks at them.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{
    channels::{Channel, id, is, refused},
    client::{Answer, said, text},
    create::{PNG, png},
};

const SHOP: &str = "https://shop.example.com";

/// Status and the origin that may read the answer.
async fn shown(request: RequestBuilder) -> (u16, Option<String>) {
    let answer = Answer::of(request.send().await.unwrap()).await;
    let origin = answer.headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap().to_owned());
    (answer.status.as_u16(), origin)
}

#[tokio::test]
async fn pages_that_the_project_lists_speak_to_channels_with_a_token() {
    let channel = Channel::open(vec![text("ok")]).await;
    let test = &channel.door.server.test;
    let token = is(channel.post("/runtime-auth").header("end-user", "ann"), 200).await;
    let token = token["access_token"].as_str().unwrap();
    let page = |method: Method, path: &str, origin: &str| channel.as_key(token, method, path).header("origin", origin);
    let preflight = |origin: &str, path: &str| {
        let asked = channel.door.request(Method::OPTIONS, path).header("origin", origin);
        asked.header("access-control-request-method", "POST").header("access-control-request-headers", "authorization")
    };
    let sessions = "/v1/channels/support/sessions";
    assert_eq!(shown(preflight(SHOP, sessions)).await, (403, None), "no origin is listed at first");
    assert_eq!(shown(page(Method::GET, "/sessions", SHOP)).await, (200, None));
    test.app.set_origins(&test.caller, vec![SHOP.into()]).await.unwrap();
    let shop = Some(SHOP.to_owned());
    for path in [sessions, "/api/v1/channels/support/sessions"] {
        let answer = Answer::of(preflight(SHOP, path).send().await.unwrap()).await;
        assert_eq!(answer.status, 204, "{answer:?}");
        assert_eq!(answer.headers["access-control-allow-origin"], SHOP);
        assert_eq!(answer.headers["access-control-allow-methods"], "GET, HEAD, POST");
        assert!(answer.headers["access-control-allow-headers"].to_str().unwrap().contains("authorization"));
    }
    let made = Answer::of(page(Method::POST, "/sessions", SHOP).json(&json!({})).send().await.unwrap()).await;
    assert_eq!((made.status.as_u16(), &made.headers["access-control-allow-origin"]), (201, &SHOP.parse().unwrap()));
    let session = id(&made.json());
    let messages = format!("/sessions/{session}/messages");
    assert_eq!(shown(page(Method::POST, &messages, SHOP).json(&said("x"))).await, (201, shop.clone()));
    channel.settle(&session).await;
    assert_eq!(shown(page(Method::GET, &messages, SHOP)).await, (200, shop.clone()));
    let stream = page(Method::GET, &format!("/sessions/{session}/sse"), SHOP).send().await.unwrap();
    assert_eq!(stream.headers()["access-control-allow-origin"], SHOP);
    let unknown = page(Method::GET, "/sessions/session_01933b5a000070008000000000000001", SHOP);
    assert_eq!(shown(unknown).await, (404, shop), "what went wrong, too");
    for origin in ["https://other.example.com", "null", "https://shop.example.com.evil.example"] {
        assert_eq!(shown(page(Method::GET, "/sessions", origin)).await, (200, None), "{origin}");
        assert_eq!(refused(preflight(origin, sessions)).await, (403, "origin_not_allowed".into()), "{origin}");
    }
    assert_eq!(refused(preflight(SHOP, "/v1/sessions")).await.0, 405, "the rest is for programs");
}

#[tokio::test]
async fn a_channels_messages_are_listed_with_the_bytes_of_their_pictures() {
    let channel = Channel::open(vec![text("nice")]).await;
    let token = is(channel.post("/runtime-auth").header("end-user", "ann"), 200).await;
    let token = token["access_token"].as_str().unwrap();
    let session = id(&is(channel.as_key(token, Method::POST, "/sessions").json(&json!({})), 201).await);
    let path = format!("/sessions/{session}/messages");
    let content = json!([{"type": "text", "text": "look"}, {"type": "image", "base64": png()}]);
    is(channel.as_key(token, Method::POST, &path).json(&json!({"message": {"content": content}})), 201).await;
    channel.settle(&session).await;
    let of_ann = is(channel.as_key(token, Method::GET, &path), 200).await;
    let picture = &of_ann["data"][0]["content"][1];
    assert_eq!((&picture["media_type"], &picture["base64"]), (&json!("image/png"), &json!(png())));
    assert_eq!(of_ann["data"][1]["content"], json!([{"type": "text", "text": "nice"}]));
    assert!(!PNG.is_empty());
    let by_program: Value = is(channel.get(&path).header("end-user", "ann"), 200).await;
    assert_eq!(by_program["data"], json!(channel.door.list(&session).await));
    assert_eq!(of_ann, by_program);
}

#[tokio::test]
async fn a_page_of_events_is_whole_however_large_since_a_short_one_is_taken_for_the_last() {
    let channel = Channel::open(vec![text("ok")]).await;
    let paused = domain::agent::Settings { paused: true, ..Default::default() };
    let agent = channel.door.server.test.app.agent_by_name(&channel.door.server.test.caller, "support").await.unwrap();
    let pause = move |draft: &mut engine::app::agents::Draft| draft.settings = paused;
    channel.door.server.test.app.update_agent(&channel.door.server.test.caller, agent.id, pause).await.unwrap();
    let session = id(&is(channel.post("/sessions").json(&json!({})), 201).await);
    let large = "x".repeat(900_000);
    for _ in 0..6 {
        is(channel.post(&format!("/sessions/{session}/messages")).json(&said(&large)), 201).await;
    }
    let page = async |query: &str| {
        let page = is(channel.get(&format!("/sessions/{session}/events?{query}")), 200).await;
        let events = page["data"].as_array().unwrap().clone();
        // The derived events have none, and are not counted.
        events.iter().filter_map(|event| event["sequence"].as_i64()).collect::<Vec<_>>()
    };
    assert_eq!(page("").await, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(page("limit=6").await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(page("after_sequence=1&limit=5").await, [2, 3, 4, 5, 6]);
}
