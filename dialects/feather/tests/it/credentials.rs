//! Keys, tokens and tickets that die while a stream is open.

use std::sync::{Arc, atomic::Ordering};

use dialect_feather::Feather;
use domain::{
    agent::{Guests, Settings},
    caller::{Scopes, Subject},
};
use engine::{
    app::access::keys::NewKey,
    services,
    testing::{Choices, TestApp},
};
use reqwest::Method;
use serde_json::json;

use crate::{
    chat::{Guest, SHOP, begin, open},
    client::{Door, Events},
};

async fn follow(door: &Door, guest: &Guest) -> Events {
    let path = format!("{}/stream?ticket={}", guest.path, guest.ticket(door).await);
    Events::of(door.request(Method::GET, &path).send().await.expect("an answer"))
}

#[tokio::test]
async fn a_stream_ends_when_its_key_is_revoked() {
    let door = Door::with(|limits| limits.credential_check_s = 1).await;
    let test = &door.server.test;
    let new = NewKey { name: "k".into(), scopes: Scopes::ALL, ..NewKey::default() };
    let (key, text) = test.app.create_key(&test.caller, new, None).await.expect("a key");
    let request = door.request(Method::GET, &door.stream_path()).header("X-API-Key", text);
    let mut dying = Events::of(request.send().await.expect("an answer"));
    test.app.revoke_key(&test.caller, key.id).await.expect("a key to revoke");
    assert_eq!(dying.next().await, None);
}

#[tokio::test]
async fn a_stream_outlives_its_ticket_and_dies_with_the_token() {
    let (clock, us) = TestApp::manual_clock();
    let door = Door::of(Choices { clock, ..Choices::default() }, vec![Arc::new(Feather)]).await;
    let test = &door.server.test;
    let guests = Some(Guests { origins: vec![SHOP.into()], ..Guests::default() });
    test.default_agent(Settings { guests, ..Settings::default() }).await;
    let guest = begin(&door).await;
    let began = test.app.clock().now();
    let mut stream = follow(&door, &guest).await;
    let limits = test.app.limits();
    let pass = async |seconds: u64| {
        us.store(began.plus_s(seconds as i64).0, Ordering::SeqCst);
        test.app.run_now::<services::Credentials>().await.expect("the store answers");
    };
    pass(limits.ticket_s + 1).await;
    guest.call(&door, Method::POST, "/messages", Some(&json!({"message": "hello"}))).await;
    assert_eq!(stream.message().await.1["messageBody"], "hello", "the ticket is dead, its stream is not");
    pass(limits.guest_token_s).await;
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_guests_stream_and_token_end_when_the_agent_lets_nobody_in() {
    let door = open(|limits| limits.credential_check_s = 1).await;
    let test = &door.server.test;
    let guest = begin(&door).await;
    let mut stream = follow(&door, &guest).await;
    // Whom a key has let in hangs on the key.
    let token = test.app.let_in(&test.caller, Subject::Thread(guest.thread)).await.expect("a token").text;
    let keyed = Guest { path: guest.path.clone(), thread: guest.thread, token };
    test.default_agent(Settings::default()).await;
    assert_eq!(stream.next().await, None);
    assert_eq!(guest.call(&door, Method::GET, "", None).await.status, 403);
    assert_eq!(keyed.call(&door, Method::GET, "", None).await.status, 200);
}

#[tokio::test]
async fn a_stream_ends_with_its_thread() {
    let door = open(|_| ()).await;
    let guest = begin(&door).await;
    let mut stream = follow(&door, &guest).await;
    let test = &door.server.test;
    test.app.delete_thread(&test.caller, guest.thread).await.expect("a thread to delete");
    assert_eq!(stream.next().await, None);
}
