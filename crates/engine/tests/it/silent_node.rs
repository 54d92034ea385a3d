//! One of several nodes dies or freezes within a transaction. PostgreSQL keeps its session and its locks.

use std::{sync::mpsc, time::Duration};

use domain::{Error, Kind, ThreadId, controls::Policy, message::Body};
use engine::{
    app::messages::Send,
    testing::{Choices, TestApp},
};
use futures_util::future::join_all;
use store::{Options, Store, op, testing::Cluster};
use tokio::{
    sync::oneshot,
    task::{JoinHandle, block_in_place},
    time::timeout,
};

/// Longer than the limits of waiting for a lock and of a silent session.
const SERVED: Duration = Duration::from_secs(20);
/// More than there are connections for writes.
const SENDS: usize = 20;

/// Locks the thread on another node, which is then silent until it is released.
async fn freeze_with(database: &str, thread: ThreadId) -> (mpsc::Sender<()>, JoinHandle<Result<(), Error>>) {
    let (locked, has_locked) = oneshot::channel();
    let (release, released) = mpsc::channel::<()>();
    let database = Some(database.to_owned());
    let frozen = tokio::spawn(async move {
        let folder = tempfile::tempdir().unwrap();
        let node = Store::open(Options { database, ..Options::new(folder.path()) }).await.unwrap();
        let lock = op(move |tx| {
            Box::pin(async move {
                let sql = "SELECT last_seq FROM threads WHERE id = ?1 /*pg FOR UPDATE */";
                tx.query::<i64>(sql, &[&thread]).await?;
                locked.send(()).unwrap();
                block_in_place(|| released.recv()).unwrap();
                tx.execute("UPDATE threads SET last_seq = 1000000 WHERE id = ?1", &[&thread]).await.map(drop)
            })
        });
        node.write(lock).await
    });
    has_locked.await.unwrap();
    (release, frozen)
}

/// Sends until the message is accepted, like a client that retries.
async fn insist(test: &TestApp, thread: ThreadId) {
    loop {
        match test.app.send(&test.caller, Send::new(thread, Body::text("x"), Policy::Queue)).await {
            Ok(_) => return,
            Err(error) => assert_eq!((error.kind, error.retry_after_s), (Kind::Unavailable, Some(1)), "{error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_that_falls_silent_holds_up_its_own_thread_and_that_for_seconds() {
    let url = Cluster::of_this_process().fresh_database().await;
    let database = Some(url.clone());
    let busy = TestApp::with(Choices { turns: 0, database: database.clone(), ..Choices::default() }).await;
    let [locked, other, due] = [busy.thread().await.id, busy.thread().await.id, busy.thread().await.id];
    busy.say(locked, "due, and then locked", Policy::Queue).await;
    let (release, frozen) = freeze_with(&url, locked).await;

    let test = TestApp::with(Choices { database, ..Choices::default() }).await;
    let sends = join_all((0..SENDS).map(|_| insist(&test, locked)));
    let others = async {
        tokio::task::yield_now().await;
        busy.say(due, "left to a node that is free", Policy::Queue).await;
        insist(&test, other).await;
        test.settle(due).await;
        test.settle(other).await;
    };
    let (served, sent) = tokio::join!(timeout(SERVED, others), timeout(2 * SERVED, sends));
    served.expect("threads that nobody has locked are served");
    sent.expect("the locked one is served when its session has ended");
    test.settle(locked).await;
    assert_eq!(test.messages(locked).await.len(), 2 * (1 + SENDS), "each is there once, and answered");

    release.send(()).unwrap();
    let late = frozen.await.unwrap().unwrap_err();
    assert_eq!(late.kind, Kind::Unavailable, "{late:?}");
}
