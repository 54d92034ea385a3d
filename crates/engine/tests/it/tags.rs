//! Tags of projects and threads.

use domain::{
    Kind, Limits, ThreadId,
    caller::{Scope, Scopes},
    codes,
    controls::Policy,
    event::Event,
    tag::{Color, Tag},
};
use engine::{
    app::threads::Filter,
    testing::{Choices, TestApp},
};
use uuid::Uuid;

use crate::outcome::{at_fault, code};

fn tag(name: &str, color: Color) -> Tag {
    Tag { name: name.into(), color }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn a_thread_carries_the_tags_that_were_set_last() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    test.app.define_tag(&test.caller, tag("bug", Color::Destructive)).await.unwrap();
    let set = |given: &[&str], known| test.app.set_thread_tags(&test.caller, thread, names(given), known);
    assert_eq!(set(&["bug", "bug"], true).await.unwrap(), [tag("bug", Color::Destructive)]);
    let both = [tag("Of its own", Color::Default), tag("bug", Color::Destructive)];
    assert_eq!(set(&["bug", "Of its own"], false).await.unwrap(), both);
    let found = test.app.thread(&test.caller, thread).await.unwrap();
    assert_eq!((found.tags.as_slice(), found.last_seq), (&both[..], 3), "an entry for each change");
    let Event::ThreadUpdated { changed } = test.log(thread).await.pop().unwrap().event else { panic!("an update") };
    assert_eq!(domain::Kept::from(changed).text(), r#"{"tags":["Of its own","bug"]}"#);
    assert_eq!(set(&["Of its own", "bug"], false).await.unwrap(), both);
    assert_eq!(test.app.thread(&test.caller, thread).await.unwrap().last_seq, 3, "nothing has changed");
    assert_eq!(set(&[], true).await.unwrap(), []);
}

#[tokio::test]
async fn a_tag_is_recoloured_for_every_thread_that_carries_it() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    test.app.define_tag(&test.caller, tag("bug", Color::Blue)).await.unwrap();
    test.app.set_thread_tags(&test.caller, thread, names(&["bug"]), true).await.unwrap();
    test.app.define_tag(&test.caller, tag("bug", Color::Lime)).await.unwrap();
    assert_eq!(test.app.list_tags(&test.caller).await.unwrap(), [tag("bug", Color::Lime)]);
    assert_eq!(test.app.thread(&test.caller, thread).await.unwrap().tags, [tag("bug", Color::Lime)]);
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let test = TestApp::with(Choices {
        limits: Limits { project_tags: 1, tags: 2, tag_chars: 3, ..Limits::default() },
        ..Choices::default()
    })
    .await;
    let (thread, (other, _)) = (test.thread().await.id, test.other_project().await);
    test.app.define_tag(&test.caller, tag("a", Color::Blue)).await.unwrap();
    test.app.define_tag(&other, tag("b", Color::Blue)).await.unwrap();
    for name in ["", "A", "a b", "ä"] {
        assert_eq!(at_fault(test.app.define_tag(&test.caller, tag(name, Color::Blue)).await), "name", "{name:?}");
    }
    assert_eq!(
        code(test.app.define_tag(&test.caller, tag("b", Color::Blue)).await),
        (Kind::Invalid, codes::TOO_MANY_TAGS)
    );
    assert!(
        test.app.define_tag(&test.caller, tag("a", Color::Pink)).await.is_ok(),
        "one that is known is not one more"
    );
    let set = |given: &[&str], known| test.app.set_thread_tags(&test.caller, thread, names(given), known);
    assert_eq!(at_fault(set(&["a", "b"], true).await), "tags.1", "another project's is unknown");
    assert_eq!(code(set(&["b"], true).await), (Kind::Invalid, codes::TAG_NOT_FOUND));
    assert_eq!(at_fault(set(&["a", "b", "c"], false).await), "tags");
    assert_eq!(at_fault(set(&["a", "abcd"], false).await), "tags.1");
    assert_eq!(at_fault(set(&["a\nb"], false).await), "tags.0");
    assert_eq!(at_fault(set(&[" "], false).await), "tags.0");
    let reads = test.app.authenticate(&test.new_key(Scopes::of(&[Scope::Read])).await).await.unwrap();
    assert_eq!(code(test.app.set_thread_tags(&reads, thread, names(&["a"]), true).await).0, Kind::Forbidden);
    assert_eq!(code(test.app.define_tag(&reads, tag("a", Color::Blue)).await).0, Kind::Forbidden);
    for (caller, id) in [(&other, thread), (&test.caller, ThreadId(Uuid::nil()))] {
        let refused = test.app.set_thread_tags(caller, id, names(&["a"]), false).await;
        assert_eq!(code(refused), (Kind::NotFound, codes::THREAD_NOT_FOUND));
    }
    let found = test.app.thread(&test.caller, thread).await.unwrap();
    assert_eq!((found.tags.len(), found.last_seq), (0, 1));
    assert_eq!(test.app.list_tags(&test.caller).await.unwrap(), [tag("a", Color::Pink)]);
}

#[tokio::test]
async fn threads_are_found_by_tag_and_by_who_wrote() {
    let test = TestApp::start().await;
    let (first, second) = (test.thread().await.id, test.thread().await.id);
    test.app.set_thread_tags(&test.caller, first, names(&["x"]), false).await.unwrap();
    let colleague = test.app.authenticate(&test.new_key(Scopes::ALL).await).await.unwrap();
    let send = |thread| engine::app::messages::Send::new(thread, domain::message::Body::text("hi"), Policy::Queue);
    test.app.send(&colleague, send(second)).await.unwrap();
    test.say(second, "hello", Policy::Queue).await;
    test.settle(second).await;
    let found = async |filter| {
        let found = test.app.list_threads(&test.caller, filter, None, 10).await.unwrap().threads;
        found.into_iter().map(|t| t.id).collect::<Vec<_>>()
    };
    let (own, theirs) = (Some(test.caller.key.0), Some(colleague.key.0));
    assert_eq!(found(Filter { tag: Some("x".into()), ..Filter::default() }).await, [first]);
    assert_eq!(found(Filter { begun_by: theirs, ..Filter::default() }).await, [second]);
    assert_eq!(found(Filter { begun_by: own, ..Filter::default() }).await, []);
    assert_eq!(found(Filter { participant: own, ..Filter::default() }).await, [second]);
    let thread = test.app.thread(&test.caller, second).await.unwrap();
    let wrote: Vec<_> = thread.participants.iter().map(|p| Some(p.id)).collect();
    assert_eq!(wrote, [theirs, own], "the agent is none of them");
}
