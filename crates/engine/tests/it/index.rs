//! The index of searches: it changes no result.

use std::sync::Arc;

use domain::{
    Limits, MessageId, ThreadId,
    controls::Policy,
    event::{Event, Item},
    fold,
    message::Body,
    script::Reply,
};
use engine::{
    app::{
        messages::{
            amend::MessagePatch,
            search::{Only, Search},
        },
        threads::{Filter, NewThread, ThreadPatch, fork::NewFork, page},
        tickets::file::{Email, Filed},
    },
    services::{Index, Unfinished},
    testing::{Choices, TestApp},
};
use serde_json::json;
use store::{op, testing::Cluster};
use tempfile::TempDir;

use crate::emails::{email, file};

/// Texts are indexed at once, when a test says so.
fn limits() -> Limits {
    Limits { search_lag_s: 0, ..Choices::default().limits }
}

async fn on(database: Option<String>) -> TestApp {
    TestApp::with(Choices { turns: 0, limits: limits(), database, ..Choices::default() }).await
}

async fn on_postgres() -> TestApp {
    on(Some(Cluster::of_this_process().fresh_database().await)).await
}

async fn reopened(folder: Arc<TempDir>) -> TestApp {
    let folder = Some(folder);
    TestApp::with(Choices { turns: 0, limits: limits(), folder, ..Choices::default() }).await
}

async fn index(test: &TestApp) -> u64 {
    test.app.run_now::<Index>().await.unwrap()
}

/// The indexed texts of a thread, or of all.
async fn rows(test: &TestApp, thread: Option<ThreadId>) -> i64 {
    let count = op(move |tx| {
        Box::pin(async move {
            tx.query_opt("SELECT COUNT(*) FROM search_rows WHERE thread_id = ?1 OR ?1 IS NULL", &[&thread]).await
        })
    });
    test.store().read(count).await.unwrap().unwrap_or(0)
}

/// The texts of all pages of three.
async fn found(test: &TestApp, sought: &str) -> Vec<String> {
    let (mut texts, mut before) = (Vec::new(), None);
    loop {
        let hits = test.app.search_messages(&test.caller, Search::of(sought), before, 3).await.unwrap();
        texts.extend(hits.messages.iter().map(|message| message.body.plain_text()));
        before = hits.next;
        if before.is_none() {
            return texts;
        }
    }
}

async fn found_threads(test: &TestApp, sought: &str) -> Vec<ThreadId> {
    let (mut threads, mut from) = (Vec::new(), None);
    loop {
        let found = test.app.threads_that_say(&test.caller, Filter::default(), sought, from, 2).await.unwrap();
        threads.extend(found.threads.iter().map(|thread| thread.id));
        from = found.next;
        if from.is_none() {
            return threads;
        }
    }
}

async fn titled(test: &TestApp, sought: &str) -> Vec<ThreadId> {
    let filter = Filter { title: Some(sought.into()), ..Filter::default() };
    let (mut threads, mut before) = (Vec::new(), None);
    loop {
        let found = test.app.list_threads(&test.caller, filter.clone(), before, 2).await.unwrap();
        threads.extend(found.threads.iter().map(|thread| thread.id));
        before = found.next;
        if before.is_none() {
            break;
        }
    }
    let search = page::Search { title: Some(sought.into()), limit: 1_000, ..Default::default() };
    let (numbered, total) = test.app.page_threads(&test.caller, search).await.unwrap();
    assert_eq!(numbered.iter().map(|one| one.thread.id).collect::<Vec<_>>(), threads, "by number: {sought}");
    assert_eq!(total, threads.len() as i64);
    threads
}

async fn named(test: &TestApp, title: &str) -> ThreadId {
    let new = NewThread { title: Some(title.into()), ..NewThread::default() };
    test.app.create_thread(&test.caller, new).await.unwrap().id
}

/// Characters of many alphabets: with case, without, of several characters when folded, combining, beyond 16 bits.
const ALPHABETS: [&str; 9] = [
    "aAbB ",
    "äÄßẞéÉ e\u{301}\u{308}",
    "σΣςΑαΟ ",
    "iIİı\u{307}ĳĲ",
    "жЖяЯёЁ ",
    "漢字かなカナ",
    "ก็ไทย한글\u{1112}\u{1161}",
    "🇩🇪🇫🇷👩\u{200d}🚀𐐀𐐨",
    "0149%_\\\"'()*-:^&. \u{a0}Kk\u{212a}",
];

/// A generator with a seed, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn text(&mut self) -> String {
        let one = ALPHABETS[self.below(ALPHABETS.len())];
        let length = 1 + self.below(24);
        let mut text = String::from("x");
        for _ in 0..length {
            let from: Vec<char> = match self.below(8) {
                0 => ALPHABETS[self.below(ALPHABETS.len())].chars().collect(),
                _ => one.chars().collect(),
            };
            text.push(from[self.below(from.len())]);
        }
        text
    }

    /// A piece of one of the texts, now and then in other case.
    fn piece(&mut self, texts: &[String]) -> String {
        let text: Vec<char> = texts[self.below(texts.len())].chars().collect();
        let from = self.below(text.len());
        let piece: String = text[from..(from + 1 + self.below(8)).min(text.len())].iter().collect();
        match self.below(3) {
            0 => piece.to_uppercase(),
            1 => piece.to_lowercase(),
            _ => piece,
        }
    }
}

/// Fills the server with texts, a part of them indexed, and compares each search with a plain comparison of all texts.
async fn finds_what_a_comparison_finds(test: &TestApp, seed: u64) {
    let mut random = Random(seed);
    let (mut texts, mut threads) = (Vec::new(), Vec::new());
    for i in 0..12 {
        let title = random.text();
        threads.push((named(test, &title).await, title, Vec::new()));
        for _ in 0..10 {
            let (text, at) = (random.text(), random.below(threads.len()));
            test.say(threads[at].0, &text, Policy::Queue).await;
            threads[at].2.push(text.clone());
            texts.push(text);
        }
        if i == 4 || i == 8 {
            index(test).await;
        }
    }
    assert!((80..=100).contains(&rows(test, None).await), "some are indexed, some are not");
    for _ in 0..150 {
        let sought = random.piece(&texts);
        if sought.trim().is_empty() {
            continue;
        }
        let folded = fold::fold(&sought);
        let has = |text: &String| fold::contains(text, &folded);
        let expected: Vec<&String> = texts.iter().rev().filter(|text| has(text)).collect();
        assert_eq!(found(test, &sought).await.iter().collect::<Vec<_>>(), expected, "{sought:?} of seed {seed}");
        let all = || threads.iter().rev();
        let of = all().filter(|(_, title, said)| has(title) || said.iter().any(has)).map(|(id, ..)| *id);
        assert_eq!(found_threads(test, &sought).await, of.collect::<Vec<_>>(), "threads: {sought:?} of seed {seed}");
        let of = all().filter(|(_, title, _)| has(title)).map(|(id, ..)| *id);
        assert_eq!(titled(test, &sought).await, of.collect::<Vec<_>>(), "titles: {sought:?} of seed {seed}");
    }
}

#[tokio::test]
async fn a_search_finds_what_a_comparison_of_all_texts_finds_on_sqlite() {
    for seed in [1, 20_261_201] {
        finds_what_a_comparison_finds(&on(None).await, seed).await;
    }
}

#[tokio::test]
async fn a_search_finds_what_a_comparison_of_all_texts_finds_on_postgres() {
    for seed in [1, 20_261_201] {
        finds_what_a_comparison_finds(&on_postgres().await, seed).await;
    }
}

#[tokio::test]
async fn the_index_spares_the_texts_that_it_leaves_out() {
    let limits = Limits { search_scan: 3, ..limits() };
    let test = TestApp::with(Choices { turns: 0, limits, ..Choices::default() }).await;
    let thread = named(&test, "hay").await;
    test.say(thread, "a needle", Policy::Queue).await;
    for _ in 0..20 {
        let other = named(&test, "hay").await;
        test.say(other, "hay", Policy::Queue).await;
    }
    let search = async || test.app.search_messages(&test.caller, Search::of("needle"), None, 10).await.unwrap();
    assert_eq!(search().await.messages, [], "the needle lies beyond the messages of a page");
    index(&test).await;
    let hits = search().await;
    assert_eq!((hits.messages.len(), hits.next), (1, None), "the first page has it, and is the last");
    let said = test.app.threads_that_say(&test.caller, Filter::default(), "needle", None, 10).await.unwrap();
    assert_eq!((said.threads.len(), said.next), (1, None));
    assert_eq!(index(&test).await, 0, "nothing is left to index");
}

#[tokio::test]
async fn a_death_in_the_middle_indexes_nothing_twice_and_leaves_nothing_out() {
    let test = on(None).await;
    let thread = named(&test, "The title").await;
    for i in 0..150 {
        test.say(thread, &format!("message {i}."), Policy::Queue).await;
    }
    test.app.one_round::<Index>().await.unwrap();
    assert_eq!(rows(&test, None).await, 65, "one step: 64 messages, and the title");
    let test = reopened(test.stop().await).await;
    assert_eq!(found(&test, "message 7.").await, ["message 7."], "indexed");
    assert_eq!(found(&test, "message 149.").await, ["message 149."], "not yet");
    index(&test).await;
    let test = reopened(test.stop().await).await;
    assert_eq!((index(&test).await, rows(&test, None).await), (0, 151), "once each");
    for i in [0, 63, 64, 127, 128, 149] {
        let text = format!("message {i}.");
        assert_eq!(found(&test, &text).await, [&*text]);
    }
}

#[tokio::test]
async fn a_deleted_threads_texts_leave_the_index_with_its_entries() {
    for test in [on(None).await, on_postgres().await] {
        let (gone, kept) = (named(&test, "A needle").await, named(&test, "Hay").await);
        for _ in 0..200 {
            test.say(gone, "a needle", Policy::Queue).await;
        }
        test.say(kept, "a needle that stays", Policy::Queue).await;
        index(&test).await;
        assert_eq!(rows(&test, Some(gone)).await, 201);
        test.app.delete_thread(&test.caller, gone).await.unwrap();
        assert_eq!(found(&test, "needle").await, ["a needle that stays"], "gone at once");
        assert_eq!((found_threads(&test, "needle").await, titled(&test, "needle").await), (vec![kept], vec![]));
        test.app.run_now::<Unfinished>().await.unwrap();
        assert_eq!((rows(&test, Some(gone)).await, rows(&test, None).await), (0, 2));
        assert_eq!(index(&test).await, 0, "nor does it come back");
    }
}

#[tokio::test]
async fn a_changed_text_is_found_as_it_stands_before_and_after_it_is_indexed() {
    let test = on(None).await;
    let (to, mut former) =
        (email(json!({"to": ["ann@example.com"], "subject": "Before"})), Body::text("the former words"));
    former.envelope.clone_from(&to.body.envelope);
    let Filed { thread, message, .. } = file(&test, Email { body: former, ..to }).await;
    index(&test).await;
    let reworded = MessagePatch { text: Some("the later words".into()), ..MessagePatch::default() };
    test.app.update_message(&test.caller, Some(thread), message, reworded).await.unwrap();
    let patch = ThreadPatch { title: Some(Some("After".into())), ..ThreadPatch::default() };
    test.app.update_thread(&test.caller, thread, patch).await.unwrap();
    for indexed in [false, true] {
        assert_eq!(found(&test, "former").await, Vec::<String>::new(), "{indexed}");
        assert_eq!(found(&test, "later").await, ["the later words"], "{indexed}");
        assert_eq!((titled(&test, "before").await, titled(&test, "after").await), (vec![], vec![thread]), "{indexed}");
        assert_eq!(found_threads(&test, "after").await, [thread], "{indexed}");
        assert_eq!(index(&test).await, u64::from(!indexed) * 2);
        assert_eq!(rows(&test, None).await, 2, "in place of the former");
    }
}

#[tokio::test]
async fn an_answer_that_ends_after_the_index_has_passed_it_is_found() {
    let limits = limits();
    let test = TestApp::with(Choices { limits, ..Choices::default() }).await;
    test.script(vec![Reply { text: Some("a slow answer".into()), hang: true, ..Reply::default() }]).await;
    let slow = test.thread().await.id;
    let turn = test.say(slow, "Hello", Policy::Queue).await.turn.unwrap().0;
    test.until(slow, |item| matches!(item, Item::Delta(_))).await;
    // Of another agent's thread, with a newer id than the answer has.
    let quick = named(&test, "quick").await;
    test.take(quick).await;
    test.say(quick, "a newer message", Policy::Queue).await;
    index(&test).await;
    test.app.keyed(None).cancel_turn(&test.caller, slow, turn).await.unwrap();
    test.until(slow, |item| matches!(item, Item::Entry(e) if matches!(e.event, Event::TurnCancelled { .. }))).await;
    for step in ["before", "after"] {
        assert_eq!(found(&test, "slow answer").await, ["a slow answer"], "{step} it is indexed");
        assert_eq!(found_threads(&test, "slow answer").await, [slow], "{step} it is indexed");
        index(&test).await;
    }
}

#[tokio::test]
async fn a_fork_of_many_steps_is_found_once_it_is_whole() {
    let limits = Limits { bulk_rows: 2, ..limits() };
    let test = TestApp::with(Choices { turns: 0, limits, ..Choices::default() }).await;
    let thread = named(&test, "The tree").await;
    test.take(thread).await;
    for i in 0..6 {
        test.say(thread, &format!("leaf {i}"), Policy::Queue).await;
    }
    let engine::app::threads::fork::Begun::Part(fork) =
        test.app.begin_fork(&test.caller, thread, NewFork::default()).await.unwrap()
    else {
        panic!("a fork of many steps")
    };
    named(&test, "A newer one").await;
    index(&test).await;
    assert_eq!(found(&test, "leaf 0").await, ["leaf 0"]);
    test.app.fork_thread(&test.caller, thread, NewFork::default()).await.unwrap();
    while test.app.thread(&test.caller, fork).await.is_err() {
        test.store().write(op(|tx| Box::pin(store::forks::bring_forward(tx, domain::Timestamp(0))))).await.unwrap();
        test.app.run_now::<Unfinished>().await.unwrap();
    }
    for step in ["before", "after"] {
        assert_eq!(found(&test, "leaf 0").await.len(), 3, "{step} all is indexed");
        assert_eq!(titled(&test, "the tree").await.len(), 3, "{step} all is indexed");
        index(&test).await;
    }
}

#[tokio::test]
async fn another_projects_texts_neither_are_found_nor_count() {
    let test = on(None).await;
    let (stranger, _) = test.other_project().await;
    let foreign = test.app.create_thread(&stranger, NewThread::default()).await.unwrap().id;
    let own = test.thread().await.id;
    test.say(own, "the needle", Policy::Queue).await;
    for _ in 0..30 {
        let send = engine::app::messages::Send::new(foreign, domain::message::Body::text("the needle"), Policy::Queue);
        test.app.send(&stranger, send).await.unwrap();
    }
    index(&test).await;
    let before = test.ran();
    assert_eq!(found(&test, "needle").await, ["the needle"]);
    let few = test.ran().steps - before.steps;
    assert_eq!(test.app.search_messages(&stranger, Search::of("needle"), None, 99).await.unwrap().messages.len(), 30);
    let many = test.ran().steps - before.steps - few;
    assert!(few * 4 < many, "a search reads its own project's lists: {few} steps, {many}");
}

#[tokio::test]
async fn a_filter_leaves_out_other_threads_authors_and_times() {
    let test = on(None).await;
    let (one, other) = (test.thread().await, test.thread().await.id);
    let first = test.say(one.id, "a needle", Policy::Queue).await.message;
    let second = test.say(other, "a needle", Policy::Queue).await.message;
    let member = test.take(other).await;
    let third = test.reply(other, &member, "a needle").await;
    for indexed in [false, true] {
        let ids = async |only: Only| -> Vec<MessageId> {
            let search = Search { text: "needle".into(), only };
            let hits = test.app.search_messages(&test.caller, search, None, 10).await.unwrap();
            hits.messages.iter().map(|message| message.id).collect()
        };
        let [a, b, c] = [first.id, second.id, third.id];
        let person = Some(domain::handling::Handling::Person);
        let none = Some(domain::CustomerId(one.id.0));
        for (only, expected) in [
            (Only::default(), vec![c, b, a]),
            (Only { agent: Some(one.agent), ..Only::default() }, vec![c, b, a]),
            (Only { agent: Some(domain::AgentId(one.id.0)), ..Only::default() }, vec![]),
            (Only { handling: person, ..Only::default() }, vec![c, b]),
            (Only { customer: none, ..Only::default() }, vec![]),
            (Only { author: Some(domain::author::Kind::Member), ..Only::default() }, vec![c]),
            (Only { author: Some(domain::author::Kind::Key), ..Only::default() }, vec![b, a]),
            (Only { since: Some(second.at), ..Only::default() }, vec![c, b]),
            (Only { until: Some(second.at), ..Only::default() }, vec![a]),
        ] {
            assert_eq!(ids(only.clone()).await, expected, "{only:?}, indexed: {indexed}");
        }
        index(&test).await;
    }
}
