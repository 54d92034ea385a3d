//! Members, projects, the audit trail, and what the installation offers and allows.

use domain::{
    Limits,
    caller::{Scope, Scopes},
};
use reqwest::Method;
use serde_json::json;

use crate::{
    server::{Api, each, reply, text},
    threads::uuid_of_nobody,
};

#[tokio::test]
async fn members_come_and_go() {
    let api = Api::start().await;
    let made = api.post("/members", json!({"email": "Ann@Example.com", "name": "Ann"})).await.is(201);
    assert_eq!((&made["email"], &made["name"]), (&json!("ann@example.com"), &json!("Ann")));
    let path = format!("/members/{}", text(&made["id"]));
    assert_eq!(api.get(&path).await.is(200), made);
    let again = api.post("/members", json!({"email": "ANN@example.com"})).await;
    assert_eq!(again.refused(409), "member_exists");
    api.post("/members", json!({"email": "bob@example.com"})).await.is(201);
    let (all, pages) = api.pages("/members?limit=1").await;
    assert_eq!((each(&all, "email"), pages), (vec!["ann@example.com".into(), "bob@example.com".into()], 2));
    api.delete(&path).await.is(204);
    for path in [path, format!("/members/{}", uuid_of_nobody()), "/members/x".into()] {
        assert_eq!(api.get(&path).await.refused(404), "member_not_found");
        assert_eq!(api.delete(&path).await.refused(404), "member_not_found");
    }
    for (body, at) in [
        (json!({}), "email"),
        (json!({"email": ""}), "email"),
        (json!({"email": "ann"}), "email"),
        (json!({"email": "Ann <ann@example.com>"}), "email"),
        (json!({"email": "ann@example.com\r\nBcc: eve@example.com"}), "email"),
        (json!({"email": format!("{}@example.com", "x".repeat(320))}), "email"),
        (json!({"email": "c@d.e", "name": " "}), "name"),
        (json!({"email": "c@d.e", "name": "x".repeat(65)}), "name"),
        (json!({"email": "c@d.e", "role": "owner"}), "role"),
    ] {
        assert_eq!(api.post("/members", body.clone()).await.at_fault(), at, "{body}");
    }
    assert_eq!(api.list("/members").await.len(), 1);
}

#[tokio::test]
async fn projects_are_made_by_who_administers_the_installation() {
    let api = Api::start().await;
    let made = api.post("/projects", json!({"name": "shop"})).await.is(201);
    assert_eq!(api.post("/projects", json!({"name": "shop"})).await.refused(409), "project_name_taken");
    for name in ["", "Shop", "a b", &"x".repeat(65)] {
        assert_eq!(api.post("/projects", json!({"name": name})).await.at_fault(), "name");
    }
    assert_eq!(each(&api.list("/projects").await, "name"), ["default", "shop"]);
    let body = json!({"name": "first", "scopes": ["read", "write", "admin", "impersonate"], "project": made["id"]});
    let key = text(&api.post("/keys", body).await.is(201)["secret"]);
    let theirs = |method, path: &str| api.bare(method, &format!("/threadline/v1{path}")).bearer_auth(&key);
    let listed = reply(theirs(Method::GET, "/projects")).await.is(200);
    assert_eq!(each(listed["data"].as_array().unwrap(), "name"), ["shop"]);
    let refused = reply(theirs(Method::POST, "/projects").json(&json!({"name": "more"}))).await;
    assert_eq!(refused.refused(403), "forbidden");
    assert_eq!(reply(theirs(Method::GET, "/agents/default")).await.is(200)["number"], 1);
}

#[tokio::test]
async fn the_audit_trail_is_read_newest_first_by_admins() {
    let api = Api::start().await;
    let thread = api.thread().await;
    api.post("/members", json!({"email": "ann@example.com"})).await.is(201);
    let mut sent = Vec::new();
    for _ in 0..3 {
        let body = json!({"text": "x", "respond": false, "author": {"member": "ann@example.com"}});
        sent.insert(0, api.post(&format!("{thread}/messages"), body).await.is(201)["message"]["id"].clone());
    }
    let (trail, pages) = api.pages("/audit?limit=2").await;
    assert_eq!((each(&trail, "message"), pages), (sent, 2));
    let key = api.test().new_key(Scopes::of(&[Scope::Read, Scope::Write, Scope::Impersonate])).await;
    let refused = api.bare(Method::GET, "/threadline/v1/audit").bearer_auth(key);
    assert_eq!(reply(refused).await.refused(403), "forbidden");
}

#[tokio::test]
async fn every_limit_is_listed_with_its_value_default_and_meaning() {
    let api = Api::limited(|limits: &mut Limits| limits.parts = 7).await;
    let limits = api.list("/limits").await;
    assert_eq!(limits.len(), Limits::TABLE.len());
    for (shown, (name, default, meaning)) in limits.iter().zip(Limits::TABLE) {
        let value = match *name {
            "parts" => 7,
            "requests_per_s" | "project_requests_per_s" | "guest_requests_per_s" | "failed_keys_per_s" => 0,
            _ => *default,
        };
        assert_eq!(*shown, json!({"name": name, "value": value, "default": default, "meaning": meaning}));
    }
}
