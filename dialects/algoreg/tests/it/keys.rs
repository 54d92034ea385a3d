//! Bearer and Basic, and what a key may do.

use domain::caller::{Scope, Scopes};
use engine::app::access::keys::NewKey;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::door::{Door, Reply};

fn post(door: &Door) -> RequestBuilder {
    let body = json!({"content": "Hello", "to": "ann@example.com"});
    door.client.post(format!("{}/api/v1/message", door.server.url)).json(&body)
}

#[tokio::test]
async fn a_key_comes_as_bearer_or_as_the_password_of_any_user() {
    let door = Door::open().await;
    let key = door.test().key.clone();
    assert_eq!(Reply::of(post(&door).bearer_auth(&key)).await.status, 204);
    for user in ["", "robot@company.com", "ümlaut"] {
        assert_eq!(Reply::of(post(&door).basic_auth(user, Some(&key))).await.status, 204, "{user}");
    }
    assert_eq!(Reply::of(post(&door).header("authorization", format!("bearer {key}"))).await.status, 204);
    let with_other_header = post(&door).bearer_auth(&key).header("x-api-key", "another door's");
    assert_eq!(Reply::of(with_other_header).await.status, 204);
    assert_eq!(door.threads().await.len(), 6);
}

#[tokio::test]
async fn every_bad_key_is_answered_alike() {
    let door = Door::open().await;
    let test = door.test();
    let key = test.key.clone();
    let new = NewKey { name: "revoked".into(), scopes: Scopes::ALL, ..NewKey::default() };
    let (revoked, secret) = test.app.create_key(&test.caller, new, None).await.unwrap();
    test.app.revoke_key(&test.caller, revoked.id).await.unwrap();
    let mut answers = Vec::new();
    for request in [
        post(&door),
        post(&door).header("authorization", &key),
        post(&door).header("authorization", "Bearer"),
        post(&door).header("authorization", "Bearer "),
        post(&door).header("authorization", format!("Token {key}")),
        post(&door).header("authorization", "Basic !!!"),
        post(&door).header("authorization", "Basic bm9jb2xvbg=="),
        post(&door).header("authorization", format!("Bearer {key}")).header("authorization", format!("Bearer {key}")),
        post(&door).bearer_auth(format!("{key}x")),
        post(&door).bearer_auth("x".repeat(300)),
        post(&door).bearer_auth(&secret),
        post(&door).basic_auth("robot", Some("wrong")),
        post(&door).basic_auth(&key, None::<&str>),
        post(&door).header("x-api-key", &key),
        door.client
            .post(format!("{}/api/v1/message?access_token={key}&api_key={key}", door.server.url))
            .json(&json!({})),
        door.client.post(format!("{}/api/v1/message", door.server.url)).body("not read before the key"),
    ] {
        let reply = Reply::of(request).await;
        reply.refused(401, "unauthorized");
        let challenges: Vec<_> =
            reply.headers.get_all("www-authenticate").iter().map(|v| v.to_str().unwrap()).collect();
        assert_eq!(challenges, [r#"Bearer realm="api""#, r#"Basic realm="api", charset="UTF-8""#]);
        answers.push(reply.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_eq!(door.threads().await, []);
}

#[tokio::test]
async fn a_key_needs_the_scope() {
    let door = Door::open().await;
    let thread = door.test().thread().await.id;
    let get = |key: &str| {
        let url = format!("{}/api/v1/thread/{thread}/messages", door.server.url);
        door.client.request(Method::GET, url).bearer_auth(key)
    };
    let reader = door.test().new_key(Scopes::of(&[Scope::Read])).await;
    let writer = door.test().new_key(Scopes::of(&[Scope::Write])).await;
    Reply::of(post(&door).bearer_auth(&reader)).await.refused(403, "forbidden");
    assert_eq!(door.threads().await.len(), 1);
    assert_eq!(Reply::of(get(&reader)).await.status, 200);
    assert_eq!(Reply::of(post(&door).bearer_auth(&writer)).await.status, 204);
    Reply::of(get(&writer)).await.refused(403, "forbidden");
}
