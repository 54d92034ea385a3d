//! Where a stream without a position begins.

use std::sync::atomic::Ordering;

use dialect_everruns::Everruns;
use domain::{agent::Settings, controls::Policy};
use engine::testing::{Choices, TestApp};

use crate::client::{Door, Events, calls, kinds, tool};

#[tokio::test]
async fn a_client_that_sends_and_then_listens_sees_the_whole_turn() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    door.say(&session, "one").await;
    door.server.test.settle(thread).await;
    let second = door.say(&session, "two").await;
    door.server.test.settle(thread).await;
    let events = Events::open(&door, &session, "").await.until("session.idled").await;
    assert_eq!(events[0]["data"]["message"]["id"], second["id"], "the newest message, and nothing of the turn before");
    assert_eq!(kinds(&events)[..2], ["input.message", "turn.started"]);
}

#[tokio::test]
async fn a_client_that_listens_first_does_not_see_an_old_turn() {
    let (clock, us) = TestApp::manual_clock();
    let door = Door::with(Choices { clock, ..Choices::default() }, Everruns::default()).await;
    let (session, thread) = door.session().await;
    door.say(&session, "old").await;
    door.server.test.settle(thread).await;
    us.fetch_add(9_999_999, Ordering::SeqCst);
    let fresh = Events::open(&door, &session, "").await.event().await;
    assert_eq!(fresh["type"], "input.message", "ended less than 10 s ago");
    us.fetch_add(1_000_000, Ordering::SeqCst);
    let mut stream = Events::open(&door, &session, "").await;
    let new = door.say(&session, "new").await;
    let events = stream.until("session.idled").await;
    assert_eq!((&events[0]["type"], &events[0]["data"]["message"]["id"]), (&"input.message".into(), &new["id"]));
}

#[tokio::test]
async fn however_old_a_turn_is_that_is_open_it_is_seen_from_its_message_on() {
    let (clock, us) = TestApp::manual_clock();
    let door = Door::with(Choices { clock, ..Choices::default() }, Everruns::default()).await;
    door.agent(vec![calls(&["there"])], vec![tool("there", domain::agent::ToolKind::Client)]).await;
    let (session, _) = door.session().await;
    door.say(&session, "go").await;
    us.fetch_add(3_600_000_000, Ordering::SeqCst);
    let events = Events::open(&door, &session, "").await.until("tool.call_requested").await;
    assert_eq!(events[0]["type"], "input.message");
}

#[tokio::test]
async fn an_empty_session_and_one_whose_agent_is_paused_are_followed_live() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let mut stream = Events::open(&door, &session, "").await;
    door.server.test.default_agent(Settings { paused: true, ..Settings::default() }).await;
    door.say(&session, "to a person").await;
    assert_eq!(stream.event().await["type"], "input.message");
    let mut later = Events::open(&door, &session, "").await;
    door.server.test.default_agent(Settings::default()).await;
    door.server.test.say(thread, "to the agent", Policy::Queue).await;
    let seen = later.until("session.idled").await;
    assert_eq!(kinds(&seen).iter().filter(|kind| **kind == "input.message").count(), 1);
}
