//! Readers: everything beyond a position, exactly once, in order.

use domain::{Kind, Position, event::Item, script::Reply, turn::Policy};
use engine::{app::following::Start, testing::TestApp};

/// Reads to the first terminal entry; the positions in the order of arrival.
async fn read_on(test: &TestApp, thread: domain::ThreadId, start: Start) -> Vec<Position> {
    let mut reader = test.app.follow(&test.caller, thread, start).await.unwrap();
    let mut seen = Vec::new();
    loop {
        for item in reader.next().await.unwrap().unwrap() {
            seen.push(item.position());
            if matches!(&*item, Item::Entry(e) if e.event.ended().is_some()) {
                return seen;
            }
        }
    }
}

#[tokio::test]
async fn a_reader_that_resumes_anywhere_gets_exactly_the_rest() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    test.say(thread, "hello", Policy::Queue).await;
    let last = test.settle(thread).await.last_seq;
    let all: Vec<i64> = (1..=last).collect();
    for after in 0..last {
        let seen = read_on(&test, thread, Start::Beyond(Position::entry(after))).await;
        let seqs: Vec<i64> = seen.iter().map(|p| p.seq).collect();
        assert_eq!(seqs, all[after as usize..], "after {after}");
    }
}

#[tokio::test]
async fn many_readers_of_one_thread_see_the_same_entries_while_it_is_written() {
    let test = TestApp::start().await;
    test.script(vec![Reply { text: Some("a b c d".into()), chunks: Some(4), delay_ms: Some(20), ..Reply::default() }])
        .await;
    let thread = test.thread().await.id;
    let reading = (0..50).map(|_| read_on(&test, thread, Start::Beyond(Position::START)));
    let (seen, _) = tokio::join!(futures_util::future::join_all(reading), test.say(thread, "go", Policy::Queue));
    for positions in &seen {
        assert!(positions.windows(2).all(|w| w[0] < w[1]), "in order, once: {positions:?}");
        let entries: Vec<i64> = positions.iter().filter(|p| p.n == 0).map(|p| p.seq).collect();
        assert_eq!(entries, (1..=entries.len() as i64).collect::<Vec<_>>(), "without gaps");
    }
}

#[tokio::test]
async fn a_position_beyond_the_head_is_refused_and_the_head_itself_is_not() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    test.say(thread, "hello", Policy::Queue).await;
    let last = test.settle(thread).await.last_seq;
    let at = |position| test.app.follow(&test.caller, thread, Start::Beyond(position));
    assert!(at(Position::entry(last)).await.is_ok());
    assert!(at(Position::delta(last - 1, 57)).await.is_ok(), "pruned: goes on with the next entry");
    for beyond in [Position::entry(last + 1), Position::delta(last, 1)] {
        let refused = at(beyond).await.err().map(|e| e.kind);
        assert_eq!(refused, Some(Kind::Invalid), "{beyond}");
    }
}

#[tokio::test]
async fn a_stream_ends_when_its_thread_is_deleted() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    let mut reader = test.app.follow(&test.caller, thread, Start::Head).await.unwrap();
    let (end, deleted) = tokio::join!(reader.next(), test.app.delete_thread(&test.caller, thread));
    deleted.unwrap();
    assert_eq!(end.unwrap(), None);
    let gone = test.app.thread(&test.caller, thread).await.unwrap_err();
    assert_eq!(gone.kind, Kind::NotFound);
}
