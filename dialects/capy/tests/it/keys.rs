//! Who may: keys, scopes, members and other projects.

use domain::caller::{Scope, Scopes};
use engine::app::{access::keys::NewKey, people::members::NewMember};
use reqwest::{Method, header::AUTHORIZATION};
use serde_json::json;

use crate::client::{Door, Refused, Reply};

async fn send_as(door: &Door, key: &str, body: serde_json::Value) -> Reply {
    Reply::of(door.request(Method::POST, &door.message_path()).bearer_auth(key).json(&body)).await
}

#[tokio::test]
async fn a_missing_or_bad_key_is_401_before_the_body_is_looked_at() {
    let door = Door::open().await;
    let test = &door.server.test;
    let own = &test.key;
    let revoked = {
        let new = NewKey { name: "gone".into(), scopes: Scopes::ALL, ..NewKey::default() };
        let (key, text) = test.app.create_key(&test.caller, new, None).await.expect("a key");
        test.app.revoke_key(&test.caller, key.id).await.expect("a key to revoke");
        text
    };
    let mut bodies = Vec::new();
    for value in [
        None,
        Some(String::new()),
        Some("Bearer".into()),
        Some("Bearer ".into()),
        Some(own.clone()),
        Some(format!("Basic {own}")),
        Some(format!("Bearer {own}x")),
        Some(format!("Bearer {}", &own[1..])),
        Some(format!("Bearer {own} {own}")),
        Some(format!("Bearer {revoked}")),
        Some(format!("Bearer {}", "x".repeat(300))),
    ] {
        for (method, path) in [(Method::POST, door.message_path()), (Method::GET, door.messages_path())] {
            let mut request = door.request(method, &path).body("not json");
            if let Some(value) = &value {
                request = request.header(AUTHORIZATION, value);
            }
            let reply = Reply::of(request).await;
            reply.refused(401, "unauthorized");
            assert_eq!(reply.header("www-authenticate"), "Bearer");
            bodies.push(reply.body);
        }
    }
    let twice = door
        .request(Method::GET, &door.messages_path())
        .bearer_auth(own)
        .header(AUTHORIZATION, format!("Bearer {own}"));
    bodies.push(Reply::of(twice).await.body);
    let in_query = door.request(Method::GET, &format!("{}?access_token={own}&api_key={own}", door.messages_path()));
    bodies.push(Reply::of(in_query).await.body);
    let as_other_header =
        door.request(Method::POST, &door.message_path()).header("x-api-key", own).json(&json!({"message": "x"}));
    bodies.push(Reply::of(as_other_header).await.body);
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "nothing can be learned from the words: {bodies:?}");
    door.assert_untouched().await;
}

#[tokio::test]
async fn another_doors_header_is_ignored_here() {
    let door = Door::open().await;
    let request = door.post(&door.message_path()).header("x-api-key", "of another door").json(&json!({"message": "x"}));
    assert_eq!(Reply::of(request).await.status, 200);
}

#[tokio::test]
async fn a_key_without_the_scope_is_403() {
    let door = Door::open().await;
    let test = &door.server.test;
    let (reads, writes) =
        (test.new_key(Scopes::of(&[Scope::Read])).await, test.new_key(Scopes::of(&[Scope::Write])).await);
    send_as(&door, &reads, json!({"message": "x"})).await.refused(403, "forbidden");
    Reply::of(door.request(Method::GET, &door.messages_path()).bearer_auth(&writes)).await.refused(403, "forbidden");
    door.assert_untouched().await;
    assert_eq!(send_as(&door, &writes, json!({"message": "x"})).await.status, 200);
}

#[tokio::test]
async fn only_a_key_with_the_scope_speaks_for_a_member() {
    let door = Door::open().await;
    let test = &door.server.test;
    let new = NewMember { email: "ann@example.com".into(), ..NewMember::default() };
    test.app.create_member(&test.caller, new, None).await.expect("a member");
    let (other, _) = test.other_project().await;
    let new = NewMember { email: "lee@example.com".into(), ..NewMember::default() };
    test.app.create_member(&other, new, None).await.expect("a member of another project");
    let (all, plain) = (test.key.clone(), test.new_key(Scopes::of(&[Scope::Read, Scope::Write, Scope::Admin])).await);
    let body = |email: &str| json!({"message": "x", "impersonateUserEmail": email});
    send_as(&door, &plain, body("ann@example.com")).await.refused(403, "forbidden");
    send_as(&door, &plain, body("nobody@example.com")).await.refused(403, "forbidden");
    for stranger in ["nobody@example.com", "lee@example.com"] {
        send_as(&door, &all, body(stranger)).await.invalid("impersonateUserEmail");
    }
    door.assert_untouched().await;
    assert_eq!(send_as(&door, &all, body("ann@example.com")).await.status, 200);
}

#[tokio::test]
async fn an_unknown_a_foreign_and_a_malformed_id_are_answered_alike() {
    let door = Door::open().await;
    let test = &door.server.test;
    let (other, _) = test.other_project().await;
    let foreign = test.app.create_thread(&other, Default::default()).await.expect("a thread").id;
    let deleted = test.thread().await.id;
    test.app.delete_thread(&test.caller, deleted).await.expect("a thread to delete");
    let own = door.thread;
    let mut bodies = Vec::new();
    for id in [
        "jam_0199a0b0000070008000000000000000".into(),
        "0199a0b0-0000-7000-8000-000000000000".into(),
        foreign.prefixed("jam_"),
        foreign.to_string(),
        deleted.prefixed("jam_"),
        "jam_123".into(),
        "x".into(),
        own.prefixed("JAM_"),
        own.prefixed("jam_").to_uppercase(),
        own.prefixed("session_"),
        own.prefixed(""),
        format!("{}0", own.prefixed("jam_")),
        format!("{}%00", own.prefixed("jam_")),
        format!("{}%2f", own.prefixed("jam_")),
        format!("%20{}", own.prefixed("jam_")),
        "%ff".into(),
    ] {
        let sent = Reply::of(door.post(&format!("/api/v1/threads/{id}/message")).json(&json!({"message": "x"}))).await;
        let listed = door.get(&format!("/api/v1/threads/{id}/messages")).await;
        for reply in [sent, listed] {
            reply.refused(404, "not_found");
            bodies.push(reply.body);
        }
    }
    bodies.dedup();
    assert_eq!(bodies, [r#"{"error":{"code":"not_found","message":"Thread not found"}}"#]);
    assert_eq!(test.app.thread(&other, foreign).await.expect("the thread").last_seq, 1);
    door.assert_untouched().await;
}

#[tokio::test]
async fn too_many_requests_of_one_key_are_429_and_others_go_on() {
    let door = Door::with(|limits| (limits.requests_per_s, limits.requests_burst) = (1, 2)).await;
    let other = door.server.test.new_key(Scopes::ALL).await;
    let mut refused = None;
    for _ in 0..20 {
        let reply = door.send(&json!({"message": "x"})).await;
        match reply.status {
            200 => continue,
            _ => refused = Some(reply),
        }
        break;
    }
    let refused = refused.expect("a refusal among twenty at once");
    refused.refused(429, "too_many_requests");
    assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1), "{refused:?}");
    assert_eq!(send_as(&door, &other, json!({"message": "x"})).await.status, 200);
}

#[tokio::test]
async fn a_thread_with_too_many_waiting_turns_is_429() {
    let door = Door::with(|limits| limits.queued_turns = 1).await;
    let test = &door.server.test;
    test.script(vec![domain::script::Reply { hang: true, ..Default::default() }]).await;
    for _ in 0..2 {
        assert_eq!(door.send(&json!({"message": "x"})).await.status, 200);
    }
    let before = door.found().await.last_seq;
    let reply = door.send(&json!({"message": "x", "messageId": "kept-out"})).await;
    reply.refused(429, "too_many_requests");
    assert!(!reply.header("retry-after").is_empty());
    assert_eq!(door.found().await.last_seq, before);
    test.app.keyed(None).stop_thread(&test.caller, door.thread).await.expect("a thread to stop");
    assert_eq!(
        door.send(&json!({"message": "another", "messageId": "kept-out"})).await.status,
        200,
        "a refusal keeps no key"
    );
    test.app.keyed(None).stop_thread(&test.caller, door.thread).await.expect("a thread to stop");
}
