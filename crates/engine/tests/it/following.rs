//! Readers: everything after a position, exactly once, in order.

use std::{
    sync::{Arc, Barrier},
    time::Duration,
};

use domain::{Kind, Limits, Position, controls::Policy, event::Item, script::Reply, shares::Holder};
use engine::{
    app::messages::follow::Start,
    testing::{Choices, TestApp},
};
use futures_util::FutureExt;
use store::op;
use tokio::{task::block_in_place, time::timeout};

/// Reads to the first terminal entry. Returns the positions in the order of arrival.
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

#[tokio::test]
async fn a_reader_is_given_large_messages_a_few_at_a_time() {
    const MESSAGES: usize = 60;
    let test = TestApp::with(Choices { turns: 0, ..Choices::default() }).await;
    let thread = test.thread().await.id;
    let mut live = test.app.follow(&test.caller, thread, Start::Beyond(Position::START)).await.unwrap();
    let text = "x".repeat(300_000);
    for _ in 0..MESSAGES {
        test.say(thread, &text, Policy::Queue).await;
    }
    let mut late = test.app.follow(&test.caller, thread, Start::Beyond(Position::START)).await.unwrap();
    for reader in [&mut live, &mut late] {
        let (mut seqs, mut messages) = (Vec::new(), 0);
        while messages < MESSAGES {
            let items = reader.next().await.unwrap().unwrap();
            let entries: Vec<_> =
                items.iter().filter_map(|i| if let Item::Entry(entry) = &**i { Some(entry) } else { None }).collect();
            let large = entries.iter().filter(|entry| entry.message.is_some()).count();
            assert!(large * text.len() <= 4 << 20, "{large} at once");
            messages += large;
            seqs.extend(entries.iter().map(|entry| entry.seq));
        }
        assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>(), "each once, in order");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_reader_far_behind_does_not_hold_up_those_who_are_not() {
    let limits = Limits { tail_items: 4, requests_per_s: 0, ..Limits::default() };
    let test = TestApp::with(Choices { turns: 0, limits, ..Choices::default() }).await;
    let thread = test.thread().await.id;
    for text in ["a", "b", "c", "d", "e", "f"] {
        test.say(thread, text, Policy::Queue).await;
    }
    let mut late = test.app.follow(&test.caller, thread, Start::Beyond(Position::START)).await.unwrap();
    let mut live = test.app.follow(&test.caller, thread, Start::Head).await.unwrap();
    assert!(live.next().now_or_never().is_none(), "it has read all that there is");

    // As many as there are connections for reading.
    let (all_read, go_on) = (Arc::new(Barrier::new(5)), Arc::new(Barrier::new(5)));
    let reads: Vec<_> = (0..4)
        .map(|_| {
            let (store, all_read, go_on) = (test.store().clone(), all_read.clone(), go_on.clone());
            let waits = op(move |_| {
                Box::pin(async move {
                    block_in_place(|| {
                        all_read.wait();
                        go_on.wait();
                    });
                    Ok(())
                })
            });
            tokio::spawn(async move { store.read(waits).await })
        })
        .collect();
    block_in_place(|| all_read.wait());
    let mut reading = Box::pin(late.next());
    assert!((&mut reading).now_or_never().is_none(), "it waits for the store");
    test.say(thread, "g", Policy::Queue).await;
    let told = timeout(Duration::from_secs(20), live.next()).await;
    block_in_place(|| go_on.wait());
    assert_eq!(told.expect("what is committed is told").unwrap().unwrap().len(), 1);
    assert_eq!(reading.await.unwrap().unwrap()[0].position(), Position::entry(1));
    for read in reads {
        read.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_reader_far_behind_waits_for_memory_and_takes_little_when_there_is_little() {
    let test = TestApp::with(Choices { turns: 0, ..Choices::default() }).await;
    let thread = test.thread().await.id;
    for _ in 0..100 {
        test.say(thread, &"x".repeat(4_096), Policy::Queue).await;
    }
    let mut reader = test.app.follow(&test.caller, thread, Start::Beyond(Position::START)).await.unwrap();
    let (memory, holder) = (test.app.memory(), Holder::of(&test.caller));
    // All that the project may have. One piece is as large as a small batch.
    let small = memory.take(holder, 65_536).unwrap();
    let sizes = (12..32).rev().map(|power| 1 << power);
    let others: Vec<_> = sizes.filter_map(|size| memory.take(holder, size).ok()).collect();
    let waiting = engine::on_behalf_of(holder, reader.next());
    assert!(timeout(Duration::from_millis(100), waiting).await.is_err(), "there is no room");

    drop(small);
    let few = engine::on_behalf_of(holder, reader.next()).await.unwrap().unwrap();
    assert!((1..=32).contains(&few.len()), "{} items without room for more", few.len());

    drop(others);
    let many = engine::on_behalf_of(holder, reader.next()).await.unwrap().unwrap();
    assert!(many.len() > 32, "{} items", many.len());
    assert!(memory.lent() > 32 * 4_096, "{} bytes are lent", memory.lent());
    assert_eq!(many[0].position().seq, few.last().unwrap().position().seq + 1);
    drop(reader);
    assert_eq!(memory.lent(), 0);
}
