//! Members who are signed in at the console, and act in their own name.

use domain::{
    Caller, KeyId, MemberId, SignInId,
    author::Author,
    caller::{Scopes, SignedIn},
    controls::Policy,
    message::Body,
};
use engine::{
    app::{
        handling::{ask::Ask, assign::Assign, note::NewNote, reply::Reply, take::Take},
        messages::Send,
    },
    testing::TestApp,
};
use uuid::Uuid;

use super::{ANN, BEN, team};

/// A member without the scope `impersonate`, who is signed in.
async fn signed_in(test: &TestApp, email: &str) -> (Caller, MemberId) {
    let member = test.app.member_of_address(&test.caller, email).await.unwrap().unwrap().id;
    let sign_in = Some(SignedIn { id: SignInId(Uuid::nil()), member: Some(member) });
    let key = KeyId(Uuid::nil());
    (Caller { key, scopes: Scopes::TALK, sign_in, ..test.caller.clone() }, member)
}

#[tokio::test]
async fn a_member_who_is_signed_in_acts_in_the_own_name_alone() {
    let test = team().await;
    let thread = test.thread().await.id;
    let (ann, id) = signed_in(&test, ANN).await;
    let app = test.app.keyed(None);
    let other = app.take_thread(&ann, thread, Take { member: BEN.into(), force: false }).await.unwrap_err();
    assert_eq!(other.kind, domain::Kind::Forbidden);
    let note = NewNote { member: BEN.into(), text: "x".into(), ..NewNote::default() };
    assert_eq!(app.note(&ann, thread, note).await.unwrap_err().kind, domain::Kind::Forbidden);
    let ask = Ask { member: Some(BEN.into()), reason: "x".into(), ..Ask::default() };
    assert_eq!(app.ask_for_person(&ann, thread, ask).await.unwrap_err().kind, domain::Kind::Forbidden);
    let found = test.app.thread(&test.caller, thread).await.unwrap();
    assert_eq!((found.last_seq, found.people.holder()), (1, None), "what was refused has no effect");

    let send = Send::new(thread, Body::text("I am Ann"), Policy::Queue);
    let reply = Reply { member: id.to_string(), send, seen: 1, keep: false, force: false };
    let said = app.reply(&ann, thread, reply).await.unwrap();
    let Author::Member { member, impersonated_by, .. } = said.author else { panic!("{:?}", said.author) };
    assert_eq!((member, impersonated_by), (id, None));
    let assign = Assign { member: id.to_string(), assignee: Some(BEN.into()) };
    assert!(app.assign(&ann, thread, assign).await.is_ok(), "to name another one is no act in the name");
    let reader = Caller { scopes: Scopes::of(&[domain::caller::Scope::Read]), ..ann };
    assert!(app.take_thread(&reader, thread, Take { member: id.to_string(), force: true }).await.is_err());
}
