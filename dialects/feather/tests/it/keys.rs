//! Who may: keys, scopes, ids and other projects.

use domain::caller::{Scope, Scopes};
use engine::app::access::keys::NewKey;
use reqwest::Method;
use serde_json::json;

use crate::client::{Door, Refused, Reply};

#[tokio::test]
async fn a_missing_or_bad_key_is_403_before_the_body_is_looked_at() {
    let door = Door::open().await;
    let test = &door.server.test;
    let own = &test.key;
    let new = NewKey { name: "gone".into(), scopes: Scopes::ALL, ..NewKey::default() };
    let (key, revoked) = test.app.create_key(&test.caller, new, None).await.expect("a key");
    test.app.revoke_key(&test.caller, key.id).await.expect("a key to revoke");
    let too_long = "x".repeat(300);
    let (cut, longer) = (&own[1..], format!("{own}x"));
    let (messages, stream) = (door.messages_path(), door.stream_path());
    let mut bodies = Vec::new();
    for (method, path) in [(Method::POST, &messages), (Method::GET, &stream)] {
        let request = || door.request(method.clone(), path).body("not json");
        let mut requests = vec![
            request(),
            request().bearer_auth(own),
            request().header("Authorization", own),
            request().header("X-API-Key", own).header("X-API-Key", own),
            door.request(method.clone(), &format!("{path}?api_key={own}&X-API-Key={own}")),
        ];
        for key in ["", cut, &longer, &revoked, &too_long, "Bearer", &format!("Bearer {own}")] {
            requests.push(request().header("X-API-Key", key));
        }
        for request in requests {
            let reply = Reply::of(request).await;
            reply.refused(403, "FORBIDDEN");
            bodies.push(reply.body);
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "nothing can be learned from the words: {bodies:?}");
    door.assert_untouched().await;
}

#[tokio::test]
async fn a_key_without_the_scope_is_403() {
    let door = Door::open().await;
    let test = &door.server.test;
    let (reads, writes) =
        (test.new_key(Scopes::of(&[Scope::Read])).await, test.new_key(Scopes::of(&[Scope::Write])).await);
    let send = |key: &str| {
        door.request(Method::POST, &door.messages_path()).header("X-API-Key", key).json(&json!({"message": "x"}))
    };
    Reply::of(send(&reads)).await.refused(403, "FORBIDDEN");
    for path in [door.messages_path(), door.stream_path()] {
        Reply::of(door.request(Method::GET, &path).header("X-API-Key", &writes)).await.refused(403, "FORBIDDEN");
    }
    door.assert_untouched().await;
    assert_eq!(Reply::of(send(&writes)).await.status, 200);
}

#[tokio::test]
async fn an_id_that_is_no_uuid_is_400() {
    let door = Door::open().await;
    let own = door.thread;
    for id in [
        own.prefixed("jam_"),
        own.prefixed("session_"),
        own.prefixed(""),
        format!("{own}0"),
        format!("{{{own}}}"),
        format!("urn:uuid:{own}"),
        format!("{own}%00"),
        format!("{own}%2f"),
        "x".into(),
        "%ff".into(),
    ] {
        let path = format!("/api/v1/threads/{id}");
        let sent = door.keyed(Method::POST, &format!("{path}/messages")).json(&json!({"message": "x"}));
        let listed = door.keyed(Method::GET, &format!("{path}/messages"));
        let followed = door.keyed(Method::GET, &format!("{path}/stream"));
        for request in [sent, listed, followed] {
            let message = Reply::of(request).await.bad();
            assert_eq!(message, "threadId: must be a UUID", "{id}");
        }
    }
    door.assert_untouched().await;
}

#[tokio::test]
async fn an_unknown_a_deleted_and_a_foreign_thread_are_answered_alike() {
    let door = Door::open().await;
    let test = &door.server.test;
    let (other, _) = test.other_project().await;
    let foreign = test.app.create_thread(&other, Default::default()).await.expect("a thread").id;
    let deleted = test.thread().await.id;
    test.app.delete_thread(&test.caller, deleted).await.expect("a thread to delete");
    let mut bodies = Vec::new();
    for id in [foreign.to_string(), deleted.to_string(), "0199a0b0-0000-7000-8000-000000000000".into()] {
        let path = format!("/api/v1/threads/{id}");
        let unseen = "0199a0b0-0000-7000-8000-000000000001";
        for request in [
            door.keyed(Method::POST, &format!("{path}/messages")).json(&json!({"message": "x"})),
            door.keyed(Method::GET, &format!("{path}/messages")),
            door.keyed(Method::GET, &format!("{path}/messages?cursor={unseen}")),
            door.keyed(Method::GET, &format!("{path}/stream")),
            door.keyed(Method::GET, &format!("{path}/stream")).header("Last-Event-ID", unseen),
        ] {
            bodies.push(Reply::of(request).await.body);
        }
    }
    bodies.dedup();
    assert_eq!(bodies, [r#"{"status":404,"message":"Thread not found","code":"NOT_FOUND","success":false}"#]);
    assert_eq!(test.app.thread(&other, foreign).await.expect("the thread").last_seq, 1);
}

#[tokio::test]
async fn too_many_requests_of_one_key_are_429_and_others_go_on() {
    let door = Door::with(|limits| (limits.requests_per_s, limits.requests_burst) = (1, 2)).await;
    let other = door.server.test.new_key(Scopes::ALL).await;
    let mut refused = None;
    for _ in 0..20 {
        let reply = door.list("").await;
        if reply.status != 200 {
            refused = Some(reply);
            break;
        }
    }
    let refused = refused.expect("a refusal among twenty at once");
    refused.refused(429, "TOO_MANY_REQUESTS");
    assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1), "{refused:?}");
    let request = door.request(Method::GET, &door.messages_path()).header("X-API-Key", other);
    assert_eq!(Reply::of(request).await.status, 200);
}
