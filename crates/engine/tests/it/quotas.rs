//! Stored amounts of projects, and their limits.

use std::{path::Path, time::Duration};

use domain::{
    Caller, Code, Kind, Limits, Map, ProjectId, ThreadId,
    agent::{Guests, Settings},
    codes,
    controls::Policy,
    message::{Body, Part},
    overrides::Overrides,
    project::Stored,
    script::Reply,
};
use engine::{
    app::{
        agents::NewAgent,
        messages::{Send, Sent, amend::MessagePatch},
        threads::{
            NewThread, ThreadPatch,
            fork::{Begun, NewFork},
        },
        tickets::file::{Email, NewFile},
    },
    quotas::Quota,
    services,
    testing::{Choices, TestApp},
};
use futures_util::stream;
use serde_json::json;
use store::{op, testing::Cluster};
use tokio::time::timeout;

use crate::{
    emails::{email, file},
    outcome::{code, origin},
};

const REFUSED: (Kind, Code) = (Kind::Forbidden, codes::QUOTA_EXCEEDED);

/// No worker answers, and small steps.
fn choices(limits: Limits) -> Choices {
    let limits = Limits { bulk_rows: 2, ..limits };
    Choices { limits, turns: 0, ..Choices::default() }
}

fn may_store(bytes: i64) -> Choices {
    choices(Limits { project_stored_bytes: bytes.try_into().unwrap(), ..Choices::default().limits })
}

fn unlimited() -> Choices {
    choices(Choices::default().limits)
}

/// An engine that has counted the existing data.
/// Waits for the count that every start begins. Another count beside the test's writes could miss one of them, or count it twice, until
/// the next.
async fn counted(choices: Choices) -> TestApp {
    let test = TestApp::with(choices).await;
    while !test.app.quota(test.caller.project).is_counted {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    test
}

fn stored(test: &TestApp, project: ProjectId) -> Stored {
    let Quota { stored, is_counted, .. } = test.app.quota(project);
    assert!(is_counted);
    stored
}

async fn send(test: &TestApp, caller: &Caller, thread: ThreadId, text: &str) -> domain::Result<Sent> {
    test.app.send(caller, Send::new(thread, Body::text(text), Policy::Queue)).await
}

async fn new_thread(test: &TestApp, caller: &Caller) -> domain::Result<ThreadId> {
    Ok(test.app.create_thread(caller, NewThread::default()).await?.id)
}

fn map(json: &str) -> Map {
    serde_json::from_str(json).unwrap()
}

async fn upload(test: &TestApp, bytes: &str) -> domain::Result<domain::attachment::Attachment> {
    test.app.upload(&test.caller, "a.txt", stream::iter([Ok(bytes.to_owned())]), None).await
}

/// Everything by which a project's stored amounts grow or shrink.
async fn live(test: &TestApp) {
    let caller = &test.caller;
    let overrides = Overrides { instructions: Some("Be brief".into()), ..Overrides::default() };
    let extras = map(r#"{"a":"Grüße"}"#);
    let variables = [("name".to_owned(), "Ann".to_owned())].into_iter().collect();
    let metadata = map(r#"{"k":"v"}"#);
    let rich = NewThread { metadata, overrides, extras, variables, tags: vec!["t".into()], ..NewThread::default() };
    let rich = test.app.create_thread(caller, rich).await.unwrap().id;
    let patch = ThreadPatch {
        metadata: Some(map(r#"{"k":"a longer value"}"#)),
        locale: Some(Some("de".into())),
        more_variables: [("other".to_owned(), "x".to_owned())].into_iter().collect(),
        ..ThreadPatch::default()
    };
    test.app.update_thread(caller, rich, patch).await.unwrap();
    let only_extras = ThreadPatch { extras: map(r#"{"a":"b","c":[1,2,3]}"#), ..ThreadPatch::default() };
    test.app.update_thread(caller, rich, only_extras).await.unwrap();
    for text in ["a", "bb", "ccc", "Grüße"] {
        send(test, caller, rich, text).await.unwrap();
        test.app.keyed(None).stop_thread(caller, rich).await.unwrap();
    }
    let sent = send(test, caller, rich, "again").await.unwrap();
    test.app.keyed(None).stop_thread(caller, rich).await.unwrap();
    test.app.keyed(None).retry_turn(caller, rich, sent.turn.unwrap().0).await.unwrap();
    test.app.keyed(None).stop_thread(caller, rich).await.unwrap();

    let with_file = NewFile { name: "a.txt".into(), bytes: b"twelve bytes".to_vec() };
    let filed = file(test, Email { files: vec![with_file], ..email(json!({"to": ["ann@example.com"]})) }).await;
    let reworded = MessagePatch { text: Some("Hello again".into()), ..MessagePatch::default() };
    test.app.update_message(caller, Some(filed.thread), filed.message, reworded).await.unwrap();
    let twice = MessagePatch { text: Some("Hello once more".into()), ..MessagePatch::default() };
    test.app.update_message(caller, Some(filed.thread), filed.message, twice).await.unwrap();

    upload(test, "four").await.unwrap();
    upload(test, "four").await.unwrap();
    let picture = "\u{89}PNG".chars().map(|c| c as u8).chain(*b"\r\n\x1a\n\0\0\0\rIHDR").collect::<Vec<u8>>();
    let picture = test.app.upload_image(caller, "a.png", None, stream::iter([Ok(picture)]), None).await.unwrap();
    test.app.delete_image(caller, picture.id).await.unwrap();

    let half =
        test.app.begin_fork(caller, rich, NewFork { origin: origin("k", "f"), ..NewFork::default() }).await.unwrap();
    assert!(matches!(half, Begun::Part(_)), "it takes many steps");
    let noted = stored(test, caller.project);
    test.app.run_now::<services::Stored>().await.unwrap();
    assert_eq!(stored(test, caller.project), noted, "a fork that is being made counts, too");
    test.app.fork_thread(caller, rich, NewFork { origin: origin("k", "f"), ..NewFork::default() }).await.unwrap();
    let gone = new_thread(test, caller).await.unwrap();
    send(test, caller, gone, "soon gone").await.unwrap();
    test.app.delete_thread(caller, gone).await.unwrap();
    test.app.run_now::<services::Unfinished>().await.unwrap();
    let guests = Settings { guests: Some(Guests::default()), ..Settings::default() };
    let agent = NewAgent { id: None, name: "open".into(), settings: guests };
    let agent = test.app.create_agent(caller, agent, None).await.unwrap();
    test.app.begin_as_guest(agent.guest_id.unwrap(), None).await.unwrap();
    let (other, _) = test.other_project().await;
    send(test, &other, new_thread(test, &other).await.unwrap(), "another's").await.unwrap();
}

async fn what_was_noted_is_what_is_counted(database: Option<String>) {
    let test = counted(Choices { database: database.clone(), ..unlimited() }).await;
    live(&test).await;
    let noted = stored(&test, test.caller.project);
    assert_eq!(noted.threads, 4, "rich, of the e-mail, a fork, a guest's");
    test.app.run_now::<services::Stored>().await.unwrap();
    assert_eq!(stored(&test, test.caller.project), noted);

    let folder = Some(test.stop().await);
    let test = counted(Choices { database, folder, ..unlimited() }).await;
    assert_eq!(stored(&test, test.caller.project), noted, "after a start");
    // A store after its migration, while one thread changes.
    let forget = op(|tx| Box::pin(tx.execute("UPDATE threads SET stored_bytes = NULL", &[])));
    test.store().write(forget).await.unwrap();
    test.app.run_now::<services::Stored>().await.unwrap();
    assert_eq!(stored(&test, test.caller.project), noted, "of a store of before");
}

#[tokio::test]
async fn what_was_noted_is_what_is_counted_on_sqlite() {
    what_was_noted_is_what_is_counted(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_noted_is_what_is_counted_on_postgres() {
    what_was_noted_is_what_is_counted(Some(Cluster::of_this_process().fresh_database().await)).await;
}

#[tokio::test]
async fn a_thread_of_before_is_counted_with_all_of_its_entries() {
    let test = counted(unlimited()).await;
    let thread = new_thread(&test, &test.caller).await.unwrap();
    for i in 0..1_100 {
        let unanswered = Send { respond: false, ..Send::new(thread, Body::text(format!("{i}")), Policy::Queue) };
        test.app.send(&test.caller, unanswered).await.unwrap();
    }
    let noted = stored(&test, test.caller.project);
    let forget = op(|tx| Box::pin(tx.execute("UPDATE threads SET stored_bytes = NULL", &[])));
    test.store().write(forget).await.unwrap();
    let folder = Some(test.stop().await);
    let test = counted(Choices { folder, ..unlimited() }).await;
    assert_eq!(stored(&test, test.caller.project), noted);
}

/// The stored bytes of a message with this text.
async fn size_of(test: &TestApp, thread: ThreadId, text: &str) -> i64 {
    let before = stored(test, test.caller.project).bytes;
    send(test, &test.caller, thread, text).await.unwrap();
    stored(test, test.caller.project).bytes - before
}

async fn the_last_byte_is_taken_and_the_next_refused(database: Option<String>) {
    let on = |choices: Choices, folder| Choices { database: database.clone(), folder, ..choices };
    let test = counted(on(unlimited(), None)).await;
    let thread = new_thread(&test, &test.caller).await.unwrap();
    let one = size_of(&test, thread, "hello").await;
    let used = stored(&test, test.caller.project).bytes;
    let (other, key) = test.other_project().await;
    let theirs = new_thread(&test, &other).await.unwrap();

    let test = counted(on(may_store(used + one - 1), Some(test.stop().await))).await;
    let log = test.kinds(thread).await;
    assert_eq!(code(send(&test, &test.caller, thread, "hello").await), REFUSED, "a byte is missing");
    assert_eq!(test.kinds(thread).await, log, "it had no effect");

    let test = counted(on(may_store(used + one), Some(test.stop().await))).await;
    let last = Send { origin: origin("k", "a"), ..Send::new(thread, Body::text("hello"), Policy::Queue) };
    let sent = test.app.send(&test.caller, last.clone()).await.unwrap();
    assert_eq!(stored(&test, test.caller.project).bytes, used + one);
    let next = Send { origin: origin("n", "a"), ..last.clone() };
    assert_eq!(code(test.app.send(&test.caller, next).await), REFUSED);
    assert_eq!(code(send(&test, &test.caller, thread, "h").await), REFUSED);
    assert_eq!(code(new_thread(&test, &test.caller).await), REFUSED);
    assert_eq!(code(test.app.file_email(&test.caller, email(json!({"to": ["a@example.com"]}))).await), REFUSED);
    let patch = ThreadPatch { title: Some(Some("A title".into())), ..ThreadPatch::default() };
    assert_eq!(code(test.app.update_thread(&test.caller, thread, patch).await), REFUSED);
    let replay = test.app.send(&test.caller, last).await.unwrap();
    assert_eq!((replay.message.id, replay.replayed), (sent.message.id, true), "a repeat is answered as ever");

    let other = test.app.authenticate(&key).await.unwrap_or(other);
    send(&test, &other, theirs, "hello").await.expect("another project is not touched");

    test.app.keyed(None).stop_thread(&test.caller, thread).await.expect("a cancel is taken");
    assert_eq!(code(test.app.fork_thread(&test.caller, thread, NewFork::default()).await), REFUSED);
    test.app.close_thread(&test.caller, thread, None).await.expect("and a close");
    assert_eq!(test.messages(thread).await.len(), 2, "and reads");
    test.app.delete_thread(&test.caller, thread).await.expect("and a deletion");
    test.app.run_now::<services::Unfinished>().await.unwrap();
    // The service may have begun the last step by itself, and then ends it by itself.
    timeout(Duration::from_secs(60), async {
        while stored(&test, test.caller.project) != Stored::default() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
    .expect("nothing is left of a deleted thread");
    send(&test, &test.caller, new_thread(&test, &test.caller).await.unwrap(), "hello").await.unwrap();
}

#[tokio::test]
async fn the_last_byte_is_taken_and_the_next_refused_on_sqlite() {
    the_last_byte_is_taken_and_the_next_refused(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_byte_is_taken_and_the_next_refused_on_postgres() {
    the_last_byte_is_taken_and_the_next_refused(Some(Cluster::of_this_process().fresh_database().await)).await;
}

#[tokio::test]
async fn the_last_thread_is_taken_and_the_next_refused() {
    let test = counted(choices(Limits { project_threads: 2, ..Choices::default().limits })).await;
    let first = new_thread(&test, &test.caller).await.unwrap();
    let keyed = NewThread { origin: origin("k", "a"), ..NewThread::default() };
    let second = test.app.create_thread(&test.caller, keyed.clone()).await.unwrap().id;
    assert_eq!(code(new_thread(&test, &test.caller).await), REFUSED);
    assert_eq!(code(test.app.fork_thread(&test.caller, first, NewFork::default()).await), REFUSED);
    assert_eq!(code(test.app.file_email(&test.caller, email(json!({"to": ["a@example.com"]}))).await), REFUSED);
    assert_eq!(test.app.create_thread(&test.caller, keyed).await.unwrap().id, second, "a repeat is answered as ever");
    send(&test, &test.caller, first, "there is room in those that there are").await.unwrap();
    let (other, _) = test.other_project().await;
    new_thread(&test, &other).await.expect("another project is not touched");
    test.app.delete_thread(&test.caller, first).await.unwrap();
    test.app.fork_thread(&test.caller, second, NewFork::default()).await.expect("a place is free again");
    assert_eq!(code(new_thread(&test, &test.caller).await), REFUSED);
}

#[tokio::test]
async fn an_accepted_message_is_answered_beyond_the_quota() {
    let test = counted(unlimited()).await;
    let thread = new_thread(&test, &test.caller).await.unwrap();
    let one = size_of(&test, thread, "hello").await;
    test.app.keyed(None).stop_thread(&test.caller, thread).await.unwrap();
    let reply = Reply { text: Some("a long answer ".repeat(100)), ..Reply::default() };
    test.script(vec![reply]).await;
    let used = stored(&test, test.caller.project).bytes;
    let folder = Some(test.stop().await);
    // With a worker the turn's first entries belong to the accept.
    let test = counted(Choices { folder, turns: 4, ..may_store(used + one + 400) }).await;
    send(&test, &test.caller, thread, "hello").await.unwrap();
    test.settle(thread).await;
    assert_eq!(test.messages(thread).await.last().unwrap().body.plain_text(), "a long answer ".repeat(100));
    assert!(stored(&test, test.caller.project).bytes > used + one + 400);
    assert_eq!(code(send(&test, &test.caller, thread, "hello").await), REFUSED);
}

/// How many files with bytes lie in the data folder.
fn files(test: &TestApp) -> usize {
    let entries = |path: &Path| std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries(&test.folder.path().join("attachments")).map(|folder| entries(&folder).count()).sum()
}

#[tokio::test]
async fn attachments_count_each_and_leave_nothing_when_refused() {
    let test = counted(may_store(1_000)).await;
    let (first, second) = ("a".repeat(400), "b".repeat(600));
    upload(&test, &first).await.unwrap();
    let keyed =
        |bytes: &str| test.app.upload(&test.caller, "b", stream::iter([Ok(bytes.to_owned())]), origin("k", "u"));
    let last = keyed(&second).await.unwrap();
    assert_eq!((stored(&test, test.caller.project).bytes, files(&test)), (1_000, 2));
    assert_eq!(code(upload(&test, "c").await), REFUSED);
    assert_eq!(code(upload(&test, &first).await), REFUSED, "what is there already counts again");
    let own = NewFile { name: "c".into(), bytes: b"c".to_vec() };
    let with_file = Email { files: vec![own], ..email(json!({"to": ["a@example.com"]})) };
    assert_eq!(code(test.app.file_email(&test.caller, with_file).await), REFUSED);
    assert_eq!(keyed(&second).await.unwrap().id, last.id, "a repeat is answered as ever");
    assert_eq!(files(&test), 2, "refused bytes are not kept");
}

#[tokio::test]
async fn a_message_counts_with_its_files() {
    let test = counted(unlimited()).await;
    let thread = new_thread(&test, &test.caller).await.unwrap();
    let before = stored(&test, test.caller.project).bytes;
    let attachment = test.app.prepare_attachment(&test.caller, "a", vec![b'a'; 5_000]).await.unwrap();
    let part =
        Part::File { attachment: attachment.id, name: "a".into(), media_type: "text/plain".into(), size_bytes: 5_000 };
    let body = Body { content: vec![part], ..Body::default() };
    let message = Send { attachments: vec![attachment], ..Send::new(thread, body, Policy::Queue) };
    test.app.send(&test.caller, message).await.unwrap();
    let grown = stored(&test, test.caller.project).bytes - before;
    assert!((5_001..6_000).contains(&grown), "{grown}");
}

#[tokio::test]
async fn a_fork_of_many_steps_has_room_for_all_of_it_or_is_not_begun() {
    let test = counted(unlimited()).await;
    let thread = new_thread(&test, &test.caller).await.unwrap();
    for text in ["a", "b", "c", "d", "e"] {
        send(&test, &test.caller, thread, text).await.unwrap();
        test.app.keyed(None).stop_thread(&test.caller, thread).await.unwrap();
    }
    let used = stored(&test, test.caller.project).bytes;
    let test = counted(Choices { folder: Some(test.stop().await), ..may_store(2 * used - 1) }).await;
    assert_eq!(code(test.app.begin_fork(&test.caller, thread, NewFork::default()).await.map(drop)), REFUSED);
    assert_eq!(stored(&test, test.caller.project), Stored { threads: 1, bytes: used }, "it had no effect");
    let test = counted(Choices { folder: Some(test.stop().await), ..may_store(2 * used) }).await;
    let fork = test.app.fork_thread(&test.caller, thread, NewFork::default()).await.unwrap();
    assert_eq!(test.messages(fork.id).await.len(), 5);
    assert_eq!(stored(&test, test.caller.project).threads, 2);
}

#[tokio::test]
async fn a_project_is_told_before_it_has_used_all() {
    let test = counted(choices(Limits { project_threads: 5, ..Choices::default().limits })).await;
    for _ in 0..3 {
        new_thread(&test, &test.caller).await.unwrap();
    }
    assert_eq!(test.app.quota_notice(test.caller.project), None);
    let fourth = new_thread(&test, &test.caller).await.unwrap();
    assert_eq!(test.app.quota_notice(test.caller.project).as_deref(), Some("threads=4/5"));
    let Quota { threads_most, bytes_most, .. } = test.app.quota(test.caller.project);
    assert_eq!((threads_most, bytes_most), (Some(5), None));
    test.app.delete_thread(&test.caller, fourth).await.unwrap();
    assert_eq!(test.app.quota_notice(test.caller.project), None);
}
