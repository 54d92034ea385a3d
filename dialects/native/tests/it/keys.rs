//! Keys: made, told once, revoked.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    server::{Api, each, keys, reply, text},
    threads::uuid_of_nobody,
};

async fn with_key(api: &Api, key: &str, method: Method, path: &str) -> crate::server::Reply {
    reply(api.bare(method, &format!("/threadline/v1{path}")).bearer_auth(key)).await
}

#[tokio::test]
async fn a_keys_secret_is_in_the_answer_that_makes_it_and_nowhere_else() {
    let api = Api::start().await;
    let body =
        json!({"name": "CI", "scopes": ["write", "read"], "prefix": "capy", "expires_at": "2999-01-01T00:00:00+02:00"});
    let mut made = api.post("/keys", body).await.is(201);
    assert_eq!(keys(&made), ["created_at", "expires_at", "id", "name", "prefix", "scopes", "secret"]);
    assert_eq!((&made["scopes"], &made["prefix"]), (&json!(["read", "write"]), &json!("capy")));
    assert_eq!(made["expires_at"], "2998-12-31T22:00:00.000000Z");
    let secret = text(&made["secret"]);
    let hex = text(&made["id"]).replace('-', "");
    assert!(secret.starts_with(&format!("capy_{hex}_")), "{secret}");
    assert_eq!(with_key(&api, &secret, Method::GET, "/threads").await.status, 200);
    assert_eq!(with_key(&api, &secret, Method::GET, "/keys").await.refused(403), "forbidden");
    made.as_object_mut().unwrap().remove("secret");
    let path = format!("/keys/{}", text(&made["id"]));
    assert_eq!(api.get(&path).await.is(200), made);
    assert_eq!(api.list("/keys").await[1], made);
    assert!(!api.get("/keys").await.text.contains(&secret));
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once() {
    let api = Api::start().await;
    let made = api.post("/keys", json!({"name": "k", "scopes": ["read"]})).await.is(201);
    let (path, secret) = (format!("/keys/{}", text(&made["id"])), text(&made["secret"]));
    assert_eq!(with_key(&api, &secret, Method::GET, "/threads").await.status, 200);
    let revoked = api.delete(&path).await.is(200);
    assert!(revoked["revoked_at"].is_string());
    assert_eq!(with_key(&api, &secret, Method::GET, "/threads").await.refused(401), "unauthorized");
    assert_eq!(api.delete(&path).await.is(200), revoked);
    for path in [format!("/keys/{}", uuid_of_nobody()), "/keys/x".into()] {
        assert_eq!(api.get(&path).await.refused(404), "key_not_found");
        assert_eq!(api.delete(&path).await.refused(404), "key_not_found");
    }
}

#[tokio::test]
async fn a_key_gives_no_more_than_it_has() {
    let api = Api::start().await;
    let body = json!({"name": "admin", "scopes": ["read", "admin"]});
    let admin = text(&api.post("/keys", body).await.is(201)["secret"]);
    let make = |scopes: Value| {
        let request = api.bare(Method::POST, "/threadline/v1/keys").bearer_auth(&admin);
        reply(request.json(&json!({"name": "k", "scopes": scopes})))
    };
    assert_eq!(make(json!(["write"])).await.refused(403), "forbidden");
    make(json!(["read"])).await.is(201);
}

#[tokio::test]
async fn a_key_of_one_agent_says_so_and_is_none_here() {
    let api = Api::start().await;
    let agent = api.post("/agents", json!({"name": "support", "instructions": "Help."})).await.is(201);
    let id = text(&agent["id"]);
    for named in [id.as_str(), "support"] {
        let body = json!({"name": "app", "scopes": ["read", "write"], "prefix": "evr_ak", "agent": named});
        let made = api.post("/keys", body).await.is(201);
        assert_eq!(made["agent"], agent["id"]);
        assert_eq!(api.get(&format!("/keys/{}", text(&made["id"]))).await.is(200)["agent"], agent["id"]);
        let secret = text(&made["secret"]);
        assert!(secret.starts_with("evr_ak_"), "{secret}");
        for path in ["/threads", "/agents", "/keys", "/agents/support"] {
            assert_eq!(with_key(&api, &secret, Method::GET, path).await.refused(401), "unauthorized", "{path}");
        }
    }
    let key = |scopes: Value, agent: Value| json!({"name": "k", "scopes": scopes, "agent": agent});
    assert_eq!(api.post("/keys", key(json!(["read"]), json!("nobody"))).await.at_fault(), "agent");
    assert_eq!(api.post("/keys", key(json!(["read"]), json!(uuid_of_nobody()))).await.at_fault(), "agent");
    assert_eq!(api.post("/keys", key(json!(["read", "admin"]), json!("support"))).await.at_fault(), "scopes");
    assert_eq!(api.post("/keys", key(json!(["read"]), json!(5))).await.at_fault(), "agent");
    assert_eq!(api.list("/keys").await.len(), 3);
}

#[tokio::test]
async fn what_a_key_cannot_be_is_refused() {
    let api = Api::start().await;
    for (body, path) in [
        (json!({"scopes": ["read"]}), "name"),
        (json!({"name": "", "scopes": ["read"]}), "name"),
        (json!({"name": "a\nb", "scopes": ["read"]}), "name"),
        (json!({"name": "x".repeat(65), "scopes": ["read"]}), "name"),
        (json!({"name": "k"}), "scopes"),
        (json!({"name": "k", "scopes": []}), "scopes"),
        (json!({"name": "k", "scopes": ["root"]}), "scopes.0"),
        (json!({"name": "k", "scopes": "read"}), "scopes"),
        (json!({"name": "k", "scopes": ["read"], "prefix": "A"}), "prefix"),
        (json!({"name": "k", "scopes": ["read"], "prefix": "x".repeat(17)}), "prefix"),
        (json!({"name": "k", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"}), "expires_at"),
        (json!({"name": "k", "scopes": ["read"], "expires_at": "tomorrow"}), "expires_at"),
        (json!({"name": "k", "scopes": ["read"], "expires_at": 5}), "expires_at"),
        (json!({"name": "k", "scopes": ["read"], "project": "x"}), "project"),
    ] {
        assert_eq!(api.post("/keys", body.clone()).await.at_fault(), path, "{body}");
    }
    let elsewhere = json!({"name": "k", "scopes": ["read"], "project": uuid_of_nobody()});
    assert_eq!(api.post("/keys", elsewhere).await.refused(404), "project_not_found");
    assert_eq!(each(&api.list("/keys").await, "name"), ["bootstrap"]);
}
