//! Pages end at their bytes, and searches read only their own project. Neither takes longer when other data grows.

use domain::{Limits, MessageId, ThreadId, controls::Policy, event::Entry, message::Message, thread::Ticket};
use engine::{
    app::{
        messages::{
            list::{From, Page},
            search::Search as Sought,
            sift::{Sift, Stretch},
        },
        threads::{NewThread, page},
        tickets::overview::Search,
    },
    testing::{Choices, TestApp},
};

async fn with(change: impl FnOnce(&mut Limits)) -> TestApp {
    let mut choices = Choices { turns: 0, ..Choices::default() };
    change(&mut choices.limits);
    TestApp::with(choices).await
}

/// A thread with messages of 1,000 characters each.
async fn filled(test: &TestApp, count: usize) -> (ThreadId, Vec<MessageId>) {
    let thread = test.thread().await.id;
    let mut said = Vec::new();
    for n in 0..count {
        said.push(test.say(thread, &format!("{n:01000}"), Policy::Queue).await.message.id);
    }
    (thread, said)
}

fn ids(messages: &[Message]) -> Vec<MessageId> {
    messages.iter().map(|message| message.id).collect()
}

#[tokio::test]
async fn a_page_ends_at_its_bytes_and_says_that_there_is_more() {
    let test = with(|limits| limits.page_bytes = 4_000).await;
    let (thread, said) = filled(&test, 6).await;
    let page = |from, limit| Page { from, limit, listed: true };
    for (from, limit, expected, more) in [
        (From::After(0), 10, said[..3].to_vec(), true),
        (From::After(0), 2, said[..2].to_vec(), true),
        (From::Before(None), 10, vec![said[5], said[4], said[3]], true),
    ] {
        let listed = test.app.list_messages(&test.caller, thread, page(from, limit)).await.unwrap();
        assert_eq!((ids(&listed.messages), listed.more), (expected, more), "{from:?}");
    }
    let last = test.app.message(&test.caller, thread, said[4]).await.unwrap().seq;
    let listed = test.app.list_messages(&test.caller, thread, page(From::After(last), 10)).await.unwrap();
    assert_eq!((ids(&listed.messages), listed.more), (vec![said[5]], false));
    let large = test.thread().await.id;
    test.say(large, &"x".repeat(9_000), Policy::Queue).await;
    let listed = test.app.list_messages(&test.caller, large, page(From::After(0), 10)).await.unwrap();
    assert_eq!((listed.messages.len(), listed.more), (1, false), "one at least");
}

#[tokio::test]
async fn what_stands_around_a_message_fits_a_page() {
    let test = with(|limits| limits.page_bytes = 6_500).await;
    let (thread, said) = filled(&test, 9).await;
    for (middle, each, expected, more) in
        [(4, 1, 3..6, true), (4, 9, 1..6, true), (8, 9, 4..9, false), (0, 9, 0..2, true), (4, 0, 4..5, true)]
    {
        let (page, has_more) = test.app.messages_around(&test.caller, thread, said[middle], each).await.unwrap();
        assert_eq!((ids(&page), has_more), (said[expected].to_vec(), more), "{middle} {each}");
    }
    let other = with(|limits| limits.page_bytes = 1).await;
    let (thread, said) = filled(&other, 3).await;
    let (page, more) = other.app.messages_around(&other.caller, thread, said[1], 9).await.unwrap();
    assert_eq!((ids(&page), more), (vec![said[1]], true), "the message itself is always shown");
}

#[tokio::test]
async fn a_log_is_sifted_look_by_look_until_it_ends() {
    let test = with(|limits| limits.search_scan = 4).await;
    let (thread, said) = filled(&test, 12).await;
    let rare = said[9];
    let is = move |entry: &Entry| entry.message.as_ref().is_some_and(|message| message.id == rare);
    for newest_first in [false, true] {
        let mut stretch = Some(Stretch { from: 1, to: 99 });
        let (mut found, mut looks) = (Vec::new(), 0);
        while let Some(next) = stretch {
            let sift = Sift { stretch: next, newest_first, every: false, limit: 9, bytes: 9_999, one_at_least: true };
            let sifted = test.app.sift_events(&test.caller, thread, sift, is).await.unwrap();
            assert!(!sifted.full);
            found.extend(sifted.entries.into_iter().filter_map(|entry| entry.message).map(|message| message.id));
            (stretch, looks) = (sifted.rest, looks + 1);
        }
        assert_eq!((found, looks), (vec![rare], 4), "thirteen entries, four at a look");
    }
    let sift = |limit, bytes| Sift {
        stretch: Stretch::above(1),
        newest_first: false,
        every: false,
        limit,
        bytes,
        one_at_least: true,
    };
    for (limit, bytes, taken, rest) in [(2, 9_999, 2, 4), (9, 1, 1, 3), (9, 2_500, 2, 4)] {
        let sifted = test.app.sift_events(&test.caller, thread, sift(limit, bytes), |_| true).await.unwrap();
        assert_eq!((sifted.entries.len(), sifted.full), (taken, true), "{limit} {bytes}");
        assert_eq!(sifted.rest, Some(Stretch { from: rest, to: i64::MAX }), "{limit} {bytes}");
    }
}

#[tokio::test]
async fn a_search_looks_at_its_own_project_whatever_others_say() {
    let test = with(|limits| limits.search_scan = 3).await;
    let (stranger, _) = test.other_project().await;
    let foreign = test.app.create_thread(&stranger, NewThread::default()).await.unwrap().id;
    let own = test.thread().await.id;
    test.say(own, "a needle", Policy::Queue).await;
    let mut last = None;
    for i in 0..20 {
        let send = engine::app::messages::Send::new(foreign, domain::message::Body::text("a needle"), Policy::Queue);
        test.app.send(&stranger, send).await.unwrap();
        if i % 10 == 0 {
            last = Some(test.say(own, "hay", Policy::Queue).await.message.id);
        }
    }
    let hits = test.app.search_messages(&test.caller, Sought::of("needle"), None, 10).await.unwrap();
    assert_eq!((hits.messages.len(), hits.next), (1, None), "three of its own were looked at, and there are no more");
    test.say(own, "hay", Policy::Queue).await;
    let hits = test.app.search_messages(&test.caller, Sought::of("needle"), None, 10).await.unwrap();
    assert_eq!(hits.messages, []);
    let next = hits.next.expect("a fourth message was not looked at");
    assert!(Some(next) < last, "the place is a message of its own");
    assert_eq!(
        test.app.search_messages(&test.caller, Sought::of("needle"), Some(next), 10).await.unwrap().messages.len(),
        1
    );
}

#[tokio::test]
async fn a_search_ends_at_the_bytes_that_it_looks_at_and_at_those_that_it_shows() {
    let test = with(|limits| (limits.search_bytes, limits.page_bytes) = (3_000, 1_000_000)).await;
    let (thread, said) = filled(&test, 6).await;
    let (mut found, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let hits = test.app.search_messages(&test.caller, Sought::of("000"), before, 10).await.unwrap();
        found.extend(ids(&hits.messages));
        (before, pages) = (hits.next, pages + 1);
        if before.is_none() {
            break;
        }
    }
    assert_eq!(found, said.iter().rev().copied().collect::<Vec<_>>());
    assert_eq!(pages, 2, "three a page");
    let small = with(|limits| limits.page_bytes = 2_500).await;
    let (other, said) = filled(&small, 6).await;
    assert_ne!(thread, other);
    let hits = small.app.search_messages(&small.caller, Sought::of("000"), None, 10).await.unwrap();
    assert_eq!((ids(&hits.messages), hits.next), (vec![said[5], said[4]], Some(said[4])));
    let hits = small.app.search_thread(&small.caller, other, Sought::of("000"), None, 10).await.unwrap();
    assert_eq!(hits.messages.len(), 2);
}

/// Threads of the project, made at once.
async fn many(test: &TestApp, count: usize) {
    let like = test.thread().await;
    let clock = test.app.clock().clone();
    let make = store::op(move |tx| {
        Box::pin(async move {
            for n in 0..count {
                let id = ThreadId(clock.id());
                let title = (n % 100 == 7).then(|| "Seven".to_owned());
                store::threads::insert(tx, &domain::thread::Thread { id, title, ..like.clone() }).await?;
            }
            Ok(())
        })
    });
    test.store().write(make).await.unwrap();
}

#[tokio::test]
async fn threads_are_counted_and_paged_by_number_across_stretches() {
    let test = with(|_| ()).await;
    many(&test, 2_399).await;
    let check = async |search: Search, offset, shown: usize, total| {
        let found = test.app.search_tickets(&test.caller, search.clone(), offset, 10).await.unwrap();
        assert_eq!((found.threads.len(), found.total), (shown, total), "{search:?} from {offset}");
        found.threads.into_iter().map(|one| one.last.thread.id).collect::<Vec<_>>()
    };
    let seven = || Search { title: Some("SEVEN".into()), ..Search::default() };
    let waiting = || Search { ticket: Some(Ticket::Waiting), ..Search::default() };
    let first = check(Search::default(), 0, 10, 2_400).await;
    assert!(first.is_sorted_by(|a, b| a > b), "the newest first");
    assert_eq!(check(waiting(), 0, 10, 2_400).await, first);
    check(Search::default(), 2_395, 5, 2_400).await;
    assert_eq!(check(waiting(), 1_990, 10, 2_400).await, check(Search::default(), 1_990, 10, 2_400).await);
    check(Search { ticket: Some(Ticket::Open), ..Search::default() }, 0, 0, 0).await;
    let all =
        [check(seven(), 0, 10, 24).await, check(seven(), 10, 10, 24).await, check(seven(), 20, 4, 24).await].concat();
    assert!(all.is_sorted_by(|a, b| a > b), "the newest first, and none twice");
    let search = page::Search { title: Some("even".into()), offset: 20, limit: 10, ..Default::default() };
    let (page, total) = test.app.page_threads(&test.caller, search).await.unwrap();
    assert_eq!((page.len(), total), (4, 24));
}

/// Steps of SQLite's machine that a read takes.
async fn steps<T>(test: &TestApp, read: impl Future<Output = T>) -> u64 {
    let before = test.ran().steps;
    read.await;
    test.ran().steps - before
}

#[tokio::test]
async fn a_page_by_number_takes_as_many_steps_in_a_long_thread_as_in_a_short_one() {
    let test = with(|_| ()).await;
    let (mut costs, project) = (Vec::new(), test.caller.project);
    for length in [300, 3_000] {
        let thread = test.thread().await.id;
        let clock = test.app.clock().clone();
        let write = store::op(move |tx| {
            Box::pin(async move {
                let mut head = store::threads::find(tx, project, thread).await?.unwrap();
                let mut entries = Vec::new();
                for seq in 2..2 + length {
                    let message = Message {
                        id: MessageId(clock.id()),
                        thread,
                        seq,
                        turn: None,
                        role: domain::message::Role::User,
                        author: domain::author::Author::Guest {},
                        at: head.last_at.plus_us(seq),
                        body: domain::message::Body::text("x"),
                    };
                    let event = domain::event::Event::MessageCreated {};
                    entries.push(Entry { thread, seq, at: message.at, turn: None, event, message: Some(message) });
                }
                (head.last_seq, head.listed) = (1 + length, length);
                store::log::append(tx, &head, &entries, 0).await
            })
        });
        test.store().write(write).await.unwrap();
        let (app, caller) = (&test.app, &test.caller);
        let first = steps(&test, async { app.correspondence(caller, thread, 0, 50).await.unwrap() }).await;
        let deep = steps(&test, async { app.correspondence(caller, thread, length - 51, 50).await.unwrap() }).await;
        costs.push((first, deep));
    }
    let [(first, deep), (first_of_long, deep_of_long)] = costs[..] else { unreachable!("two were measured") };
    assert!(first_of_long <= first + 50, "{costs:?}");
    assert!(deep_of_long <= deep + 128 * 20, "no further than from the last mark: {costs:?}");
}
