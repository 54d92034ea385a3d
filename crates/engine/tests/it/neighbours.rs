//! One project searches, exports and forks as much as it can. Another's request waits for one place and one commit of
//! it.

use std::{future::Future, sync::mpsc};

use domain::{Caller, Limits, ThreadId, controls::Policy, message::Body, shares::Holder};
use engine::{
    app::{
        messages::{
            Send,
            list::{From, Page},
        },
        threads::{
            NewThread,
            fork::{Begun, NewFork},
        },
    },
    on_behalf_of,
    testing::{Choices, TestApp},
};
use futures_util::FutureExt;
use store::{forks, op, threads};
use tokio::{sync::oneshot, task::JoinHandle};

fn holder(caller: &Caller) -> Holder {
    Holder::project(caller.project)
}

/// A long read that runs until the test releases it.
struct Reading {
    go_on: mpsc::Sender<()>,
    read: JoinHandle<domain::Result<()>>,
}

async fn reading(test: &TestApp, caller: &Caller) -> Reading {
    let (begun, has_begun) = oneshot::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let (store, holder) = (test.store().clone(), holder(caller));
    let read = tokio::spawn(on_behalf_of(holder, async move {
        let read = op(move |tx| {
            Box::pin(async move {
                threads::exists(tx, ThreadId(uuid::Uuid::nil())).await?;
                let _ = begun.send(());
                tokio::task::block_in_place(|| assert!(goes_on.recv().is_err(), "it is dropped to let this go on"));
                Ok(())
            })
        });
        store.read_long(read).await
    }));
    has_begun.await.unwrap();
    Reading { go_on, read }
}

async fn thread_of(test: &TestApp, caller: &Caller, messages: usize) -> ThreadId {
    let thread = test.app.create_thread(caller, NewThread::default()).await.unwrap().id;
    for i in 0..messages {
        say(test, caller, thread, &format!("message {i}")).await;
    }
    thread
}

async fn say(test: &TestApp, caller: &Caller, thread: ThreadId, text: &str) {
    let unanswered = Send { respond: false, ..Send::new(thread, Body::text(text), Policy::Queue) };
    on_behalf_of(holder(caller), test.app.send(caller, unanswered)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn searches_exports_and_forks_wait_for_a_place_and_nothing_else_does() {
    let test = TestApp::start().await;
    let (greedy, other) = (test.caller.clone(), test.other_project().await.0);
    let (long, theirs) = (thread_of(&test, &greedy, 3).await, thread_of(&test, &other, 3).await);
    let busy = [reading(&test, &greedy).await, reading(&test, &other).await];
    let app = &test.app;
    let page = Page { from: From::After(0), limit: 10, listed: false };
    let as_greedy = holder(&greedy);
    let mut search = Box::pin(on_behalf_of(as_greedy, app.search_messages(&greedy, "message", None, 10)));
    let mut export = Box::pin(on_behalf_of(as_greedy, app.next_messages(&greedy, long, page)));
    let mut fork = Box::pin(on_behalf_of(as_greedy, app.fork_thread(&greedy, long, NewFork::default())));
    let is_waiting = (&mut search).now_or_never().is_none()
        && (&mut export).now_or_never().is_none()
        && (&mut fork).now_or_never().is_none();
    assert!(is_waiting, "both places are taken");
    say(&test, &other, theirs, "a send waits for none of them").await;
    assert_eq!(app.list_messages(&other, theirs, page).await.unwrap().messages.len(), 4, "nor does a read");
    let (newcomer, _) = test.other_project().await;
    let mut third = Box::pin(on_behalf_of(holder(&newcomer), app.search_messages(&newcomer, "message", None, 10)));
    assert!((&mut third).now_or_never().is_none());
    let [first, second] = busy;
    drop(first.go_on);
    third.await.expect("the first place that is given back is the newcomer's");
    drop(second.go_on);
    assert_eq!(search.await.unwrap().messages.len(), 3);
    assert_eq!(export.await.unwrap().messages.len(), 3);
    assert_eq!(test.messages(fork.await.unwrap().id).await.len(), 3);
    for read in [first.read, second.read] {
        read.await.unwrap().unwrap();
    }
}

/// The number of copied messages of the fork.
async fn copied(test: &TestApp, fork: ThreadId) -> i64 {
    let read = op(move |tx| Box::pin(async move { threads::share(tx, fork).await }));
    test.store().read(read).await.unwrap().expect("a thread in the making")
}

/// The number of the fork's commits while `what` runs.
async fn commits_beside(test: &TestApp, fork: ThreadId, what: impl Future<Output = ()>) -> i64 {
    let before = copied(test, fork).await;
    what.await;
    copied(test, fork).await - before
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_send_waits_for_one_commit_of_a_neighbours_fork() {
    let limits = Limits { bulk_rows: 1, ..Choices::default().limits };
    let test = TestApp::with(Choices { limits, turns: 0, ..Choices::default() }).await;
    let (greedy, other) = (test.caller.clone(), test.other_project().await.0);
    let (long, theirs) = (thread_of(&test, &greedy, 400).await, thread_of(&test, &other, 0).await);
    let Begun::Part(fork) = test.app.begin_fork(&greedy, long, key()).await.unwrap() else {
        panic!("it takes many steps")
    };
    let (app, caller) = (test.app.clone(), greedy.clone());
    // A replay with the key continues the fork.
    let making =
        tokio::spawn(on_behalf_of(holder(&greedy), async move { app.fork_thread(&caller, long, key()).await }));
    while copied(&test, fork).await < 10 {
        tokio::task::yield_now().await;
    }
    for _ in 0..10 {
        // The step in progress as the send arrives, the one in the same commit, and one between each count and the
        // send.
        let commits = commits_beside(&test, fork, say(&test, &other, theirs, "hello")).await;
        assert!(commits <= 4, "it waited for {commits} commits");
    }
    assert!(copied(&test, fork).await < 400, "the fork went on all the while");
    assert_eq!(making.await.unwrap().unwrap().id, fork);
    let gone = op(move |tx| Box::pin(async move { Ok(forks::lock(tx, fork).await?.is_none()) }));
    assert!(test.store().write(gone).await.unwrap());
}

fn key() -> NewFork {
    NewFork { origin: crate::outcome::origin("fork", "it"), ..NewFork::default() }
}
