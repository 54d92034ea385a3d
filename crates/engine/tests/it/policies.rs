//! The policies of a message while a turn is open.

use domain::{
    Kind, codes,
    controls::Policy,
    event::{Event, Item},
    message::{Body, Role},
    script::Reply,
    turn::State,
};
use engine::{
    app::messages::Send,
    testing::{Choices, TestApp},
};

/// Streams two pieces with a pause between, long enough for a test to act in and short enough not to wait for.
fn slow() -> Vec<Reply> {
    vec![Reply { text: Some("first second".into()), chunks: Some(2), delay_ms: Some(150), ..Reply::default() }]
}

fn is_delta(item: &Item) -> bool {
    matches!(item, Item::Delta(_))
}

/// For each message its turn's number in the order of first mention, and its role.
async fn shape(test: &TestApp, thread: domain::ThreadId) -> Vec<(usize, Role)> {
    let mut turns = Vec::new();
    let messages = test.messages(thread).await;
    let mut number = |turn| match turns.iter().position(|t| *t == turn) {
        Some(at) => at + 1,
        None => {
            turns.push(turn);
            turns.len()
        }
    };
    messages.iter().map(|m| (number(m.turn), m.role)).collect()
}

#[tokio::test]
async fn queued_messages_are_answered_one_by_one_in_order() {
    let test = TestApp::start().await;
    test.script(slow()).await;
    let thread = test.thread().await.id;
    for text in ["a", "b", "c"] {
        test.say(thread, text, Policy::Queue).await;
    }
    assert_eq!(test.app.thread(&test.caller, thread).await.unwrap().run.queued, 2);
    test.settle(thread).await;
    use Role::{Agent, User};
    assert_eq!(shape(&test, thread).await, [(1, User), (2, User), (3, User), (1, Agent), (2, Agent), (3, Agent)]);
}

#[tokio::test]
async fn batched_messages_share_the_turn_that_waits() {
    let test = TestApp::start().await;
    test.script(slow()).await;
    let thread = test.thread().await.id;
    for text in ["a", "b", "c"] {
        test.say(thread, text, Policy::Batch).await;
    }
    test.settle(thread).await;
    use Role::{Agent, User};
    assert_eq!(shape(&test, thread).await, [(1, User), (2, User), (2, User), (1, Agent), (2, Agent)]);
}

#[tokio::test]
async fn a_steering_message_joins_the_running_turn_and_is_read_at_its_next_step() {
    let test = TestApp::start().await;
    test.script(slow()).await;
    let thread = test.thread().await.id;
    let first = test.say(thread, "a", Policy::Steer).await;
    test.until(thread, is_delta).await;
    let second = test.say(thread, "b", Policy::Steer).await;
    assert_eq!(second.turn, first.turn.map(|(id, _)| (id, State::Running)));
    test.settle(thread).await;
    use Role::{Agent, User};
    assert_eq!(shape(&test, thread).await, [(1, User), (1, User), (1, Agent), (1, Agent)]);
    let kinds = test.kinds(thread).await;
    assert_eq!(kinds.iter().filter(|k| **k == "step.started").count(), 2);
    assert_eq!(kinds.iter().filter(|k| **k == "turn.completed").count(), 1);
}

#[tokio::test]
async fn an_interrupting_message_cancels_and_what_was_shown_stays() {
    let test = TestApp::start().await;
    test.script(slow()).await;
    let thread = test.thread().await.id;
    test.say(thread, "a", Policy::Queue).await;
    let waiting = test.say(thread, "later", Policy::Queue).await;
    test.until(thread, is_delta).await;
    let urgent = test.say(thread, "now", Policy::Interrupt).await;
    test.settle(thread).await;
    let messages = test.messages(thread).await;
    let cut = messages.iter().find(|m| m.body.interrupted).expect("what was shown");
    assert_eq!((cut.body.plain_text().as_str(), cut.body.model.as_deref()), ("first ", Some("scripted")));
    let answered: Vec<_> = messages.iter().filter(|m| m.role == Role::Agent).map(|m| m.turn).collect();
    let (urgent, waiting) = (urgent.turn.map(|t| t.0), waiting.turn.map(|t| t.0));
    assert_eq!(answered[1..], [urgent, waiting], "the interrupting turn runs before those that waited");
    let kinds = test.kinds(thread).await;
    assert_eq!(kinds.iter().filter(|k| **k == "turn.cancelled").count(), 1);
    assert_eq!(kinds.iter().filter(|k| **k == "turn.completed").count(), 2);
}

#[tokio::test]
async fn an_interrupting_message_goes_before_a_turn_that_was_due_and_both_are_answered() {
    let test = TestApp::with(Choices { turns: 1, ..Choices::default() }).await;
    test.script(vec![Reply { hang: true, ..Reply::default() }]).await;
    let (busy, thread) = (test.thread().await.id, test.thread().await.id);
    test.say(busy, "keep the only worker", Policy::Queue).await;
    test.until(busy, |i| matches!(i, Item::Entry(e) if matches!(e.event, Event::StepStarted { .. }))).await;
    test.script(vec![Reply { echo: true, ..Reply::default() }]).await;
    test.say(thread, "first", Policy::Queue).await;
    test.say(thread, "urgent", Policy::Interrupt).await;
    test.app.keyed(None).stop_thread(&test.caller, busy).await.unwrap();
    test.settle(thread).await;
    let answers: Vec<String> =
        test.messages(thread).await.iter().filter(|m| m.role == Role::Agent).map(|m| m.body.plain_text()).collect();
    assert!(answers[0].contains("urgent") && answers[1].contains("first"), "{answers:?}");
}

#[tokio::test]
async fn a_message_that_will_not_wait_is_refused_without_effect() {
    let test = TestApp::start().await;
    test.script(vec![Reply { hang: true, ..Reply::default() }]).await;
    let thread = test.thread().await.id;
    test.say(thread, "a", Policy::Reject).await;
    let before = test.kinds(thread).await;
    let refused = test.app.send(&test.caller, Send::new(thread, Body::text("b"), Policy::Reject)).await.unwrap_err();
    assert_eq!((refused.kind, refused.code), (Kind::Conflict, codes::THREAD_BUSY));
    assert_eq!(test.kinds(thread).await, before);
}
