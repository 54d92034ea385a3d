//! Accepting a message: one transaction, one effect.

use std::sync::Arc;

use domain::{
    Kind, Limits, ThreadId,
    author::Author,
    caller::{Scope, Scopes},
    codes,
    controls::Policy,
    message::{Body, Part, Role},
    turn::State,
};
use engine::{
    Origin, OriginKind,
    app::{messages::Send, people::members::NewMember},
    testing::{Choices, TestApp},
};
use uuid::Uuid;

fn keyed(thread: ThreadId, key: &str, body: u8) -> Send {
    let origin = Origin::new(OriginKind::Client, "", key, [body; 32]);
    Send { origin: Some(origin), ..Send::new(thread, Body::text("once"), Policy::Queue) }
}

#[tokio::test]
async fn a_message_is_answered_by_one_turn() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    let sent = test.say(thread, "hello there", Policy::Queue).await;
    assert_eq!(sent.turn.map(|(_, state)| state), Some(State::Running), "a free worker takes it in the accept itself");
    let settled = test.settle(thread).await;
    let kinds = test.kinds(thread).await;
    assert_eq!(
        kinds,
        ["thread.created", "message.created", "turn.started", "step.started", "message.completed", "turn.completed"]
    );
    assert_eq!(settled.last_seq, 6);
    let messages = test.messages(thread).await;
    assert_eq!(messages[1].role, Role::Agent);
    assert!(messages[1].body.plain_text().contains("hello there"));
    let times: Vec<_> = test.log(thread).await.iter().map(|e| e.at).collect();
    assert!(times.windows(2).all(|w| w[0] < w[1]), "times only grow: {times:?}");
}

#[tokio::test]
async fn twenty_at_once_with_one_key_are_one_message() {
    let test = Arc::new(TestApp::start().await);
    let thread = test.thread().await.id;
    let sends: Vec<_> = (0..20)
        .map(|_| {
            let test = test.clone();
            tokio::spawn(async move { test.app.send(&test.caller, keyed(thread, "k", 1)).await.unwrap() })
        })
        .collect();
    let mut ids = Vec::new();
    for send in sends {
        ids.push(send.await.unwrap().message.id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    test.settle(thread).await;
    assert_eq!(test.messages(thread).await.len(), 2);
    let reused = test.app.send(&test.caller, keyed(thread, "k", 2)).await.unwrap_err();
    assert_eq!((reused.kind, reused.code), (Kind::Conflict, codes::ORIGIN_KEY_REUSED));
    assert_eq!(test.messages(thread).await.len(), 2);
}

#[tokio::test]
async fn a_replay_is_found_before_the_thread_is_found_closed() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    let first = test.app.send(&test.caller, keyed(thread, "k", 1)).await.unwrap();
    test.settle(thread).await;
    test.app.close_thread(&test.caller, thread, None).await.unwrap();
    let replay = test.app.send(&test.caller, keyed(thread, "k", 1)).await.unwrap();
    assert!(replay.replayed);
    assert_eq!((replay.message.id, replay.message.seq), (first.message.id, first.message.seq));
    let refused = test.app.send(&test.caller, keyed(thread, "other", 1)).await.unwrap_err();
    assert_eq!((refused.kind, refused.code), (Kind::Conflict, codes::THREAD_CLOSED));
    let again = test.app.send(&test.caller, keyed(thread, "other", 1)).await.unwrap_err();
    assert_eq!(again.code, codes::THREAD_CLOSED, "a refused request has not used its key");
}

#[tokio::test]
async fn another_projects_thread_is_as_unknown_as_none() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    let (other, _) = test.other_project().await;
    let before = test.kinds(thread).await;
    let foreign = test.app.send(&other, Send::new(thread, Body::text("x"), Policy::Queue)).await.unwrap_err();
    let nowhere = ThreadId(Uuid::from_u128(7));
    let unknown = test.app.send(&other, Send::new(nowhere, Body::text("x"), Policy::Queue)).await.unwrap_err();
    assert_eq!(format!("{foreign:?}"), format!("{unknown:?}"));
    assert_eq!(test.kinds(thread).await, before);
}

#[tokio::test]
async fn speaking_for_a_member_needs_the_scope_and_a_member_and_leaves_a_trail() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    let member = NewMember { email: "Ada@Example.com".into(), ..NewMember::default() };
    let member = test.app.create_member(&test.caller, member, None).await.unwrap();
    let as_ada =
        |email: &str| Send { impersonate: Some(email.into()), ..Send::new(thread, Body::text("x"), Policy::Queue) };
    let plain = test.new_key(Scopes::of(&[Scope::Read, Scope::Write])).await;
    let plain = test.app.authenticate(&plain).await.unwrap();
    let refused = test.app.send(&plain, as_ada("ada@example.com")).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Forbidden);
    let nobody = test.app.send(&test.caller, as_ada("bob@example.com")).await.unwrap_err();
    assert_eq!((nobody.kind, nobody.code), (Kind::Invalid, codes::MEMBER_NOT_FOUND));
    let trail = async || test.app.list_audit(&test.caller, None, 10).await.unwrap();
    assert_eq!(trail().await.len(), 1, "the member was made, and a refusal leaves no trail");
    let sent = test.app.send(&test.caller, as_ada("ADA@example.com")).await.unwrap();
    let (email, impersonated_by) = ("ada@example.com".into(), Some(test.caller.key));
    let said_by = Author::Member { member: member.id, email, name: member.name.clone(), impersonated_by };
    assert_eq!(sent.message.author, said_by);
    let trail = trail().await;
    assert_eq!((trail.len(), trail[0].member, trail[0].message), (2, Some(member.id), Some(sent.message.id)));
}

#[tokio::test]
async fn without_free_workers_messages_wait_and_are_answered_when_one_is_free() {
    let test = TestApp::with(Choices { turns: 1, ..Choices::default() }).await;
    let mut threads = Vec::new();
    for i in 0..20 {
        let thread = test.thread().await.id;
        test.say(thread, &format!("number {i}"), Policy::Queue).await;
        threads.push(thread);
    }
    for thread in threads {
        test.settle(thread).await;
        assert_eq!(test.kinds(thread).await.last(), Some(&"turn.completed"));
    }
}

#[tokio::test]
async fn a_paused_agent_and_a_message_that_wants_no_answer_start_no_turn() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    let quiet = Send { respond: false, ..Send::new(thread, Body::text("note"), Policy::Queue) };
    assert_eq!(test.app.send(&test.caller, quiet).await.unwrap().turn, None);
    test.default_agent(domain::agent::Settings { paused: true, ..Default::default() }).await;
    assert_eq!(test.say(thread, "anyone?", Policy::Queue).await.turn, None);
    assert_eq!(test.kinds(thread).await, ["thread.created", "message.created", "message.created"]);
}

#[tokio::test]
async fn too_many_waiting_turns_are_said_and_dropped_nowhere() {
    let limits = Limits { queued_turns: 2, requests_per_s: 0, ..Limits::default() };
    let test = TestApp::with(Choices { limits, turns: 0, ..Choices::default() }).await;
    let thread = test.thread().await.id;
    test.say(thread, "1", Policy::Queue).await;
    test.say(thread, "2", Policy::Queue).await;
    let full = test.app.send(&test.caller, Send::new(thread, Body::text("3"), Policy::Queue)).await.unwrap_err();
    assert_eq!(full.kind, Kind::RateLimited);
    assert!(full.retry_after_s.is_some());
    assert_eq!(test.messages(thread).await.len(), 2);
}

#[tokio::test]
async fn an_attachment_that_is_not_the_projects_is_refused_without_effect() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    let (other, _) = test.other_project().await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0".to_vec();
    let theirs =
        test.app.upload(&other, "a.png", futures_util::stream::iter([domain::Result::Ok(png)]), None).await.unwrap();
    let content = vec![Part::ImageFile { attachment: theirs.id, filename: None }];
    let send = Send::new(thread, Body { content, ..Body::default() }, Policy::Queue);
    let refused = test.app.send(&test.caller, send).await.unwrap_err();
    assert_eq!((refused.kind, refused.code), (Kind::Invalid, codes::IMAGE_NOT_FOUND));
    assert_eq!(test.kinds(thread).await, ["thread.created"]);
}
