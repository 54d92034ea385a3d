//! Readers of a thread with an unfinished message get every piece of it.

use domain::{Limits, Position, ThreadId, controls::Policy, event::Item, script::Reply};
use engine::{
    app::messages::follow::Start,
    testing::{Choices, TestApp},
};

/// Reads from the start until `last`. Returns the deltas in the order of arrival.
async fn deltas_up_to(test: &TestApp, thread: ThreadId, last: Position) -> Vec<Position> {
    let mut reader = test.app.follow(&test.caller, thread, Start::Beyond(Position::START)).await.expect("a thread");
    let mut seen = Vec::new();
    while reader.position() < last {
        seen.extend(reader.next().await.expect("items").expect("a thread").iter().map(|item| item.position()));
    }
    assert!(seen.windows(2).all(|w| w[0] < w[1]), "in order, once");
    seen.retain(|position| position.n > 0);
    seen
}

/// A thread whose turn has said `pieces` and is then silent. Returns the positions of its deltas.
async fn speaking(test: &TestApp, pieces: u32) -> (ThreadId, Vec<Position>) {
    let text = "x".repeat(pieces as usize);
    let reply = Reply { text: Some(text), chunks: Some(pieces), hang: true, ..Reply::default() };
    test.script(vec![reply]).await;
    let thread = test.thread().await.id;
    test.say(thread, "talk", Policy::Queue).await;
    test.until(thread, |i| matches!(i, Item::Delta(d) if d.offset + d.text.len() as i64 == i64::from(pieces))).await;
    let shown = test.app.unfinished(&test.caller, thread).await.expect("a thread");
    (thread, shown.iter().map(|delta| Position::delta(delta.seq, delta.n)).collect())
}

#[tokio::test]
async fn what_a_turn_is_saying_is_not_left_out_between_many_entries() {
    let test = TestApp::start().await;
    let (thread, shown) = speaking(&test, 1).await;
    for _ in 0..300 {
        test.say(thread, "and then", Policy::Queue).await;
    }
    let last = test.app.thread(&test.caller, thread).await.unwrap().last_seq;
    assert_eq!(deltas_up_to(&test, thread, Position::entry(last)).await, shown);
}

#[tokio::test]
async fn what_a_turn_is_saying_is_not_left_out_when_it_is_in_many_pieces() {
    let limits = Limits { delta_bytes: 1, requests_per_s: 0, ..Limits::default() };
    let test = TestApp::with(Choices { limits, ..Choices::default() }).await;
    let (thread, shown) = speaking(&test, 300).await;
    assert_eq!(shown.len(), 300);
    test.say(thread, "and then", Policy::Queue).await;
    let last = test.app.thread(&test.caller, thread).await.unwrap().last_seq;
    assert_eq!(deltas_up_to(&test, thread, Position::entry(last)).await, shown);
}
