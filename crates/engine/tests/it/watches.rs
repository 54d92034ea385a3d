//! Credentials that become invalid while an answer is being sent.

use std::sync::atomic::Ordering;

use domain::{
    Code, Kind, ThreadId, Timestamp,
    agent::{Guests, Settings},
    caller::{Scopes, Subject},
    codes,
    controls::Policy,
};
use engine::{
    App,
    app::{access::keys::NewKey, messages::follow::Start, threads::ThreadPatch},
    services,
    testing::{Choices, TestApp},
    watches::Watch,
};
use tokio::time::{Duration, timeout};

use crate::outcome::code;

const DEAD: (Kind, Code) = (Kind::Unauthenticated, codes::UNAUTHORIZED);

/// Checks like the service, which may be in the middle of a round.
async fn is_over(app: &App, watch: &Watch) -> bool {
    app.run_now::<services::Credentials>().await.unwrap();
    watch.is_over()
}

async fn key(test: &TestApp, expires_at: Option<Timestamp>) -> (domain::KeyId, String) {
    let new = NewKey { name: "k".into(), scopes: Scopes::ALL, expires_at, ..NewKey::default() };
    let (key, text) = test.app.create_key(&test.caller, new, None).await.unwrap();
    (key.id, text)
}

#[tokio::test]
async fn a_reader_whose_key_is_revoked_is_told_nothing_more() {
    let choices = Choices::default();
    let limits = domain::Limits { credential_check_s: 1, ..choices.limits.clone() };
    let test = TestApp::with(Choices { limits, ..choices }).await;
    let thread = test.thread().await.id;
    let (id, text) = key(&test, None).await;
    let caller = test.app.authenticate(&text).await.unwrap();
    let mut reader = test.app.follow(&caller, thread, Start::Head).await.unwrap();
    let mut other = test.app.follow(&test.caller, thread, Start::Head).await.unwrap();
    test.say(thread, "hello", Policy::Queue).await;
    reader.next().await.unwrap().unwrap();
    test.settle(thread).await;
    test.app.revoke_key(&test.caller, id).await.unwrap();
    // The service detects it.
    timeout(Duration::from_secs(30), reader.watch().over()).await.expect("the reader is ended");
    test.say(thread, "secret", Policy::Queue).await;
    assert_eq!(code(reader.next().await), DEAD);
    other.next().await.unwrap().unwrap();
    assert!(!other.watch().is_over(), "whose key is good reads on");
}

#[tokio::test]
async fn a_key_and_every_token_that_hangs_on_it_die_together() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    let (id, text) = key(&test, None).await;
    let parent = test.app.authenticate(&text).await.unwrap();
    let enter = async |token: &str| test.app.authenticate(token).await.unwrap();
    let bearer = enter(&test.app.exchange_key(&text).await.unwrap().text).await;
    let guest = enter(&test.app.let_in(&parent, Subject::Thread(thread)).await.unwrap().text).await;
    let ticket = test.app.ticket(&guest, thread).await.unwrap();
    let reader = test.app.redeem_ticket(&ticket.text, thread).await.unwrap();
    let watches: Vec<Watch> = [parent, bearer, guest, reader].iter().map(|c| test.app.watch(c, Some(thread))).collect();
    for watch in &watches {
        assert!(!is_over(&test.app, watch).await);
    }
    test.app.revoke_key(&test.caller, id).await.unwrap();
    for watch in &watches {
        assert!(is_over(&test.app, watch).await);
    }
}

#[tokio::test]
async fn what_expires_ends_its_readers_and_a_ticket_ends_them_with_its_token() {
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { clock, ..Choices::default() }).await;
    let thread = test.thread().await.id;
    let (_, text) = key(&test, Some(test.app.clock().now().plus_s(60))).await;
    let short = test.app.authenticate(&text).await.unwrap();
    let token = test.app.let_in(&test.caller, Subject::Thread(thread)).await.unwrap();
    let guest = test.app.authenticate(&token.text).await.unwrap();
    let ticket = test.app.ticket(&guest, thread).await.unwrap();
    let reader = test.app.redeem_ticket(&ticket.text, thread).await.unwrap();
    let watch = |caller| test.app.watch(caller, Some(thread));
    let (of_key, of_ticket) = (watch(&short), watch(&reader));
    let move_to = |seconds: i64, at: Timestamp| us.store(at.plus_s(seconds).0, Ordering::SeqCst);
    move_to(-1, test.app.clock().now().plus_s(60));
    assert!(!is_over(&test.app, &of_key).await);
    move_to(0, ticket.expires_at);
    assert!(is_over(&test.app, &of_key).await, "expires_at of a key");
    move_to(-1, token.expires_at);
    assert!(!is_over(&test.app, &of_ticket).await, "a stream outlives its ticket");
    move_to(0, token.expires_at);
    assert!(is_over(&test.app, &of_ticket).await, "and dies with the token that it came from");
}

/// The reader of a guest without a key, by a ticket.
async fn guest(test: &TestApp) -> (ThreadId, Watch) {
    let settings = Settings { guests: Some(Guests::default()), ..Settings::default() };
    let agent = test.default_agent(settings).await.guest_id.unwrap();
    let (thread, token) = test.app.begin_as_guest(agent, None).await.unwrap();
    let guest = test.app.authenticate(&token.text).await.unwrap();
    let ticket = test.app.ticket(&guest, thread.id).await.unwrap();
    let reader = test.app.redeem_ticket(&ticket.text, thread.id).await.unwrap();
    (thread.id, test.app.watch(&reader, Some(thread.id)))
}

#[tokio::test]
async fn a_guests_reader_ends_when_the_agent_lets_nobody_in_and_when_the_thread_is_gone() {
    let test = TestApp::start().await;
    let (_, watch) = guest(&test).await;
    let (thread, other) = guest(&test).await;
    assert!(!is_over(&test.app, &other).await);
    test.app.delete_thread(&test.caller, thread).await.unwrap();
    assert!(is_over(&test.app, &other).await && !watch.is_over());
    test.default_agent(Settings::default()).await;
    assert!(is_over(&test.app, &watch).await);
}

#[tokio::test]
async fn a_bound_reader_ends_when_the_thread_is_out_of_its_sight() {
    let test = TestApp::start().await;
    let new = engine::app::agents::NewAgent { name: "support".into(), ..Default::default() };
    let own = test.app.create_agent(&test.caller, new, None).await.unwrap().id;
    let new = NewKey { name: "app".into(), scopes: Scopes::TALK, agent: Some(own), ..NewKey::default() };
    let (_, text) = test.app.create_key(&test.caller, new, None).await.unwrap();
    let program = test.app.authenticate(&text).await.unwrap();
    let thread = test.app.create_thread(&program, Default::default()).await.unwrap().id;
    let mut reader = test.app.follow(&program, thread, Start::Head).await.unwrap();
    assert!(!is_over(&test.app, &reader.watch()).await);
    let other = test.app.agent_by_name(&test.caller, "default").await.unwrap().id;
    let patch = ThreadPatch { agent: Some(other), ..ThreadPatch::default() };
    test.app.update_thread(&test.caller, thread, patch).await.unwrap();
    assert!(is_over(&test.app, &reader.watch()).await);
    assert_eq!(code(reader.next().await), DEAD);
}

#[tokio::test]
async fn readers_with_one_credential_are_asked_about_once() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    let mut watches = Vec::new();
    for _ in 0..50 {
        watches.push(test.app.watch(&test.caller, Some(thread)));
    }
    let mut fewest = u64::MAX;
    for _ in 0..10 {
        let before = test.ran().statements;
        test.app.run_now::<services::Credentials>().await.unwrap();
        fewest = fewest.min(test.ran().statements - before);
    }
    assert!(fewest <= 3, "one, beside what services run: {fewest}");
}
