//! Browsers: which pages may ask, and which may read the answer.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::{
    chat::{SHOP, begin, guest_id, open},
    client::{Door, Refused, Reply},
};

fn preflight(door: &Door, path: &str, origin: &str) -> RequestBuilder {
    door.request(Method::OPTIONS, path)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization, content-type")
}

fn allowed(reply: &Reply) -> &str {
    reply.header("access-control-allow-origin")
}

#[tokio::test]
async fn a_listed_page_may_begin_write_and_read_what_is_wrong() {
    let door = open(|_| ()).await;
    let agent = guest_id(&door).await;
    let begun = door.request(Method::POST, "/api/v1/chat/threads").header("Origin", SHOP);
    let begun = Reply::of(begun.json(&json!({"agentId": agent}))).await;
    assert_eq!((begun.status, allowed(&begun), begun.header("vary")), (200, SHOP, "Origin"));
    let guest = begin(&door).await;
    let send = |body: &str| {
        let request = door.request(Method::POST, &format!("{}/messages", guest.path)).bearer_auth(&guest.token);
        request.header("Origin", SHOP).header("Content-Type", "application/json").body(body.to_owned())
    };
    for (body, status) in [(r#"{"message":"x"}"#, 200), (r#"{"message":""}"#, 400), ("{", 400)] {
        let reply = Reply::of(send(body)).await;
        assert_eq!((reply.status, allowed(&reply)), (status, SHOP), "{body}");
        assert!(reply.header("access-control-expose-headers").contains("retry-after"), "{reply:?}");
    }
    let ticket = door.request(Method::POST, &format!("{}/stream-ticket", guest.path)).bearer_auth(&guest.token);
    let ticket = Reply::of(ticket).await.json()["ticket"].as_str().expect("a ticket").to_owned();
    let path = format!("{}/stream?ticket={ticket}", guest.path);
    let stream = door.request(Method::GET, &path).header("Origin", SHOP).send().await.expect("an answer");
    let origin = stream.headers().get("access-control-allow-origin").and_then(|value| value.to_str().ok());
    assert_eq!((stream.status().as_u16(), origin), (200, Some(SHOP)));
    let elsewhere = Reply::of(door.request(Method::GET, &path).header("Origin", "https://evil.example")).await;
    elsewhere.refused(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_listed_page_may_read_that_its_token_is_no_good_or_its_rate_is_used_up() {
    let door = open(|limits| (limits.guest_requests_per_s, limits.guest_requests_burst) = (1, 20)).await;
    let guest = begin(&door).await;
    let from = |origin: &str| door.request(Method::GET, &guest.path).header("Origin", origin);
    for (origin, readable) in [(SHOP, SHOP), ("https://evil.example", ""), ("null", "")] {
        for request in [from(origin), from(origin).bearer_auth("tlt_forged"), from(origin).header("X-API-Key", "x")] {
            let reply = Reply::of(request).await;
            reply.refused(403, "FORBIDDEN");
            assert_eq!(allowed(&reply), readable, "{origin}");
        }
        let stream = door.request(Method::GET, &format!("{}/stream?ticket=tlt_old", guest.path));
        let reply = Reply::of(stream.header("Origin", origin)).await;
        reply.refused(403, "FORBIDDEN");
        assert_eq!(allowed(&reply), readable, "a ticket of {origin}");
    }
    let begun = door.request(Method::POST, "/api/v1/chat/threads").json(&json!({"agentId": guest_id(&door).await}));
    for request in [from(SHOP).bearer_auth(&guest.token), begun.header("Origin", SHOP)] {
        let mut refused = None;
        for _ in 0..60 {
            let reply = Reply::of(request.try_clone().expect("a body that is whole")).await;
            refused = refused.or(Some(reply).filter(|reply| reply.status == 429));
        }
        let refused = refused.expect("a refusal among sixty at once");
        assert_eq!(allowed(&refused), SHOP);
        assert!(refused.header("access-control-expose-headers").contains("retry-after"), "{refused:?}");
        assert!(!refused.header("retry-after").is_empty(), "{refused:?}");
    }
}

#[tokio::test]
async fn any_other_page_is_refused_without_an_effect_and_may_not_read_why() {
    let door = open(|_| ()).await;
    let (agent, guest) = (guest_id(&door).await, begin(&door).await);
    for origin in [
        "null",
        "https://shop.example.evil",
        "https://evil-shop.example",
        "http://shop.example",
        "https://SHOP.example",
    ] {
        let begun = door.request(Method::POST, "/api/v1/chat/threads").header("Origin", origin);
        let sent = door.request(Method::POST, &format!("{}/messages", guest.path)).bearer_auth(&guest.token);
        for request in
            [begun.json(&json!({"agentId": agent})), sent.header("Origin", origin).json(&json!({"message": "x"}))]
        {
            let reply = Reply::of(request).await;
            reply.refused(403, "FORBIDDEN");
            assert_eq!(allowed(&reply), "", "{origin}");
        }
        let asked = Reply::of(preflight(&door, "/api/v1/chat/threads", origin)).await;
        asked.refused(403, "FORBIDDEN");
        assert_eq!(allowed(&asked), "", "{origin}");
    }
    let twice =
        door.request(Method::GET, &guest.path).bearer_auth(&guest.token).header("Origin", SHOP).header("Origin", SHOP);
    Reply::of(twice).await.refused(403, "FORBIDDEN");
    let found = door.server.test.app.thread(&door.server.test.caller, guest.thread).await.expect("the thread");
    assert_eq!(found.last_seq, 1);
}

#[tokio::test]
async fn a_browser_is_told_before_what_a_listed_page_may_send() {
    let door = open(|_| ()).await;
    let guest = begin(&door).await;
    for (path, methods) in
        [("/api/v1/chat/threads".to_owned(), "POST"), (format!("{}/messages", guest.path), "GET, HEAD, POST")]
    {
        let reply = Reply::of(preflight(&door, &path, SHOP)).await;
        assert_eq!((reply.status, reply.body.as_str(), allowed(&reply)), (204, "", SHOP), "{reply:?}");
        assert_eq!(reply.header("access-control-allow-methods"), methods);
        assert!(reply.header("access-control-allow-headers").contains("authorization"), "{reply:?}");
    }
    let keyed = Reply::of(preflight(&door, &door.stream_path(), SHOP)).await;
    keyed.refused(405, "METHOD_NOT_ALLOWED");
    let plain = Reply::of(door.request(Method::OPTIONS, "/api/v1/chat/threads")).await;
    plain.refused(405, "METHOD_NOT_ALLOWED");
}
