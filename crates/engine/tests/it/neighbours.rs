//! One project searches, exports and forks as much as it can. Another's request waits for one place and one commit of
//! it.

use std::{pin::pin, sync::mpsc};

use domain::{Caller, Limits, ThreadId, controls::Policy, message::Body, shares::Holder};
use engine::{
    app::{
        messages::{
            Send,
            list::{From, Page},
            search::Search as Sought,
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
use store::{Operation, Tx, op, threads};
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
    let mut search = Box::pin(on_behalf_of(as_greedy, app.search_messages(&greedy, Sought::of("message"), None, 10)));
    let mut export = Box::pin(on_behalf_of(as_greedy, app.next_messages(&greedy, long, page)));
    let mut fork = Box::pin(on_behalf_of(as_greedy, app.fork_thread(&greedy, long, NewFork::default())));
    let is_waiting = (&mut search).now_or_never().is_none()
        && (&mut export).now_or_never().is_none()
        && (&mut fork).now_or_never().is_none();
    assert!(is_waiting, "both places are taken");
    say(&test, &other, theirs, "a send waits for none of them").await;
    assert_eq!(app.list_messages(&other, theirs, page).await.unwrap().messages.len(), 4, "nor does a read");
    let (newcomer, _) = test.other_project().await;
    let mut third =
        Box::pin(on_behalf_of(holder(&newcomer), app.search_messages(&newcomer, Sought::of("message"), None, 10)));
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

/// Reads the number of copied messages of a fork, before any step of the fork in the same commit.
#[derive(Clone)]
struct Copied(ThreadId);

impl Operation for Copied {
    type Out = i64;

    async fn run(self, tx: &mut Tx) -> domain::Result<i64> {
        Ok(threads::share(tx, self.0).await?.expect("a thread in the making"))
    }

    /// SQLite runs repeatable operations of a commit first. A send is one, too; a step of a fork is none.
    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}

/// The commit under way: a write that runs until the test releases it. Its answer is the number of copied messages.
async fn writing(test: &TestApp, caller: &Caller, fork: ThreadId) -> (mpsc::Sender<()>, JoinHandle<i64>) {
    let (begun, has_begun) = oneshot::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let (store, holder) = (test.store().clone(), holder(caller));
    let write = op(move |tx| {
        Box::pin(async move {
            let copied = Copied(fork).run(tx).await?;
            let _ = begun.send(());
            assert!(goes_on.recv().is_err(), "it is dropped to let this go on");
            Ok(copied)
        })
    });
    let write = tokio::spawn(on_behalf_of(holder, async move { store.write(write).await.unwrap() }));
    has_begun.await.unwrap();
    (go_on, write)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_send_waits_for_one_commit_of_a_neighbours_fork() {
    let limits = Limits { bulk_rows: 1, ..Choices::default().limits };
    let test = TestApp::with(Choices { limits, turns: 0, ..Choices::default() }).await;
    let (greedy, other) = (test.caller.clone(), test.other_project().await.0);
    let (long, theirs) = (thread_of(&test, &greedy, 100).await, thread_of(&test, &other, 0).await);
    let Begun::Part(fork) = test.app.begin_fork(&greedy, long, key()).await.unwrap() else {
        panic!("it takes many steps")
    };
    let copied = async |caller: &Caller| on_behalf_of(holder(caller), test.store().write(Copied(fork))).await.unwrap();
    // A replay with the key continues the fork. Each of its steps waits until the test polls it.
    let mut making = pin!(on_behalf_of(holder(&greedy), test.app.fork_thread(&greedy, long, key())));
    while copied(&greedy).await < 10 {
        assert!((&mut making).now_or_never().is_none());
    }
    for _ in 0..10 {
        let before = copied(&greedy).await;
        let (go_on, under_way) = writing(&test, &greedy, fork).await;
        assert!((&mut making).now_or_never().is_none(), "the next step is queued before the send");
        let sent = async {
            let at_send = copied(&other);
            tokio::join!(say(&test, &other, theirs, "hello"), at_send).1
        };
        let mut sent = pin!(sent);
        assert!((&mut sent).now_or_never().is_none(), "the send waits for the commit under way");
        drop(go_on);
        let at_send = tokio::select! {
            at_send = &mut sent => at_send,
            _ = &mut making => panic!("the fork has more steps"),
        };
        assert_eq!((under_way.await.unwrap(), at_send), (before, before), "no commit of the fork lies between");
        assert!(copied(&greedy).await > before, "the fork goes on all the while");
    }
    assert_eq!(making.await.unwrap().id, fork);
    assert_eq!(test.messages(fork).await.len(), 100);
}

fn key() -> NewFork {
    NewFork { origin: crate::outcome::origin("fork", "it"), ..NewFork::default() }
}
