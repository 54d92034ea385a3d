//! Authentication: each dialect's own header, before the body is read, and the same error for every invalid key.

use domain::{caller::Scopes, shares::Holder};
use reqwest::Method;

use crate::{
    raw::Raw,
    server::{KEY, Server},
};

#[tokio::test]
async fn every_bad_key_gets_the_same_answer() {
    let server = Server::start().await;
    let mut answers = Vec::new();
    let basic = "Basic eDp0bF90ZXN0X2Jvb3RzdHJhcF9rZXlfb2ZfYWxsX3Njb3Blcw==";
    let good = format!("Bearer {KEY}");
    let long = format!("Bearer {}", "k".repeat(4_000));
    for values in [
        &[][..],
        &[""],
        &["Bearer"],
        &["Bearer "],
        &["Bearer nobody"],
        &[KEY],
        &[basic],
        &[&long],
        &[&good, &good],
        &["Bearer tl_test bootstrap"],
    ] {
        let mut request = server.request(Method::GET, "/alpha/things/x").header("x-request-id", "same");
        for value in values {
            request = request.header("authorization", *value);
        }
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status(), 401, "{values:?}");
        answers.push(reply.bytes().await.unwrap());
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert!(server.answers().await);
}

#[tokio::test]
async fn a_dialect_takes_only_its_own_header() {
    let server = Server::start().await;
    let beta = |header: &str, value: String| {
        let body = serde_json::json!({"name": "x"});
        server.request(Method::POST, "/beta/things").header(header, value).json(&body).send()
    };
    assert_eq!(beta("authorization", format!("Bearer {KEY}")).await.unwrap().status(), 403);
    assert_eq!(beta("x-beta-key", KEY.into()).await.unwrap().status(), 200);
    let in_query = server.request(Method::GET, &format!("/alpha/things/x?key={KEY}&access_token={KEY}"));
    assert_eq!(in_query.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_bad_key_is_refused_before_any_of_the_body_has_come() {
    let server = Server::start().await;
    let mut raw = Raw::connect(server.address).await;
    raw.send("POST /alpha/things HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n").await.unwrap();
    assert_eq!(raw.reply().await.status, 401);
}

#[tokio::test]
async fn the_handler_sees_who_called() {
    let server = Server::start().await;
    let mut keys = Vec::new();
    let other_key = server.test.new_key(Scopes::ALL).await;
    for key in [KEY, &other_key] {
        let request = server.request(Method::POST, "/alpha/things").bearer_auth(key);
        let made: serde_json::Value =
            request.json(&serde_json::json!({"name": "x"})).send().await.unwrap().json().await.unwrap();
        assert!(made["spellings"]["beta"].as_str().unwrap().starts_with("beta_"), "{made}");
        keys.push(made["key"].clone());
    }
    assert_ne!(keys[0], keys[1]);
}

#[tokio::test]
async fn a_public_operation_needs_no_key() {
    let server = Server::start().await;
    assert_eq!(server.request(Method::GET, "/alpha/open").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_another_is_replaced() {
    let server = Server::start().await;
    for (sent, kept) in [
        ("abc-DEF_1.2", true),
        (&*"x".repeat(64), true),
        (&*"x".repeat(65), false),
        ("", false),
        ("a b", false),
        ("a\"b", false),
    ] {
        let reply = server.get("/alpha/things/x").header("x-request-id", sent).send().await.unwrap();
        let id = reply.headers()["x-request-id"].to_str().unwrap();
        assert_eq!(id == sent, kept, "{sent:?} became {id:?}");
        assert!(kept || id.len() == 36, "{id}");
    }
    let made: serde_json::Value = server
        .post("/alpha/things")
        .header("x-request-id", "mine")
        .json(&serde_json::json!({"name": "x"}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(made["request"], "mine");
}

#[tokio::test]
async fn a_request_and_its_body_are_made_on_behalf_of_who_sent_it() {
    let server = Server::start().await;
    let caller = format!("{:?}", Holder::of(&server.test.caller));
    let keyed = server.get("/alpha/whose").send().await.unwrap().text().await.unwrap();
    assert_eq!(keyed, format!("{caller} {caller}"));
    let address = format!("{:?}", Holder::address(std::net::Ipv4Addr::LOCALHOST.to_bits().into()));
    let open = server.request(Method::GET, "/alpha/open/whose").send().await.unwrap().text().await.unwrap();
    assert_eq!(open, format!("{address} {address}"));
}
