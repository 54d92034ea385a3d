//! Reads: one snapshot, no writing.

use std::{sync::mpsc, time::Duration};

use domain::Result;
use futures_util::{FutureExt, future::join_all};
use store::{Operation, Store, Tx, op, testing::Scratch};
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

use crate::samples::{Insert, Names, names, stop_until};

crate::on_both! {
    several_statements_of_a_read_see_one_state
    a_long_read_sees_one_state_and_holds_nobody_up
    a_read_cannot_write
    a_read_that_fails_or_panics_leaves_nothing_behind
    a_read_dropped_midway_leaves_nothing_behind
    more_reads_than_connections_take_turns
    long_reads_whose_callers_are_gone_hold_nobody_up
}

/// Reads the names twice. Between the two reads it signals its start and waits for a release.
struct Twice(oneshot::Sender<()>, mpsc::Receiver<()>);

impl Operation for Twice {
    type Out = (Vec<String>, Vec<String>);

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let first = names(tx).await?;
        self.0.send(()).unwrap();
        stop_until(|| self.1.recv().unwrap());
        Ok((first, names(tx).await?))
    }
}

/// Starts the read by `how`. Returns when it is between its statements.
async fn halfway<F>(
    store: &Store,
    how: impl FnOnce(Store, Twice) -> F,
) -> (mpsc::Sender<()>, JoinHandle<Result<(Vec<String>, Vec<String>)>>)
where
    F: Future<Output = Result<(Vec<String>, Vec<String>)>> + Send + 'static,
{
    let (begun, has_begun) = oneshot::channel();
    let (go_on, goes_on) = mpsc::channel();
    let read = tokio::spawn(how(store.clone(), Twice(begun, goes_on)));
    has_begun.await.unwrap();
    (go_on, read)
}

async fn several_statements_of_a_read_see_one_state(db: Scratch) {
    db.store.write(Insert("a")).await.unwrap();
    let (go_on, read) = halfway(&db.store, |store, twice| async move { store.read(twice).await }).await;
    db.store.write(Insert("b")).await.unwrap();
    go_on.send(()).unwrap();
    let (first, second) = read.await.unwrap().unwrap();
    assert_eq!((first.as_slice(), second.as_slice()), (&["a".to_owned()][..], &["a".to_owned()][..]));
    assert_eq!(db.store.read(Names).await.unwrap(), ["a", "b"]);
}

async fn a_long_read_sees_one_state_and_holds_nobody_up(db: Scratch) {
    let db = db.another(|options| options.readers = 1).await;
    db.store.write(Insert("a")).await.unwrap();
    let (go_on, read) = halfway(&db.store, |store, twice| async move { store.read_long(twice).await }).await;
    db.store.write(Insert("b")).await.unwrap();
    assert_eq!(db.store.read(Names).await.unwrap(), ["a", "b"]);
    go_on.send(()).unwrap();
    let (first, second) = read.await.unwrap().unwrap();
    assert_eq!((first.len(), second.len()), (1, 1));
}

async fn a_read_cannot_write(db: Scratch) {
    db.store.read(Insert("a")).await.unwrap_err();
    db.store.read_long(Insert("b")).await.unwrap_err();
    assert!(db.store.read(Names).await.unwrap().is_empty());
}

async fn a_read_that_fails_or_panics_leaves_nothing_behind(db: Scratch) {
    let db = db.another(|options| options.readers = 1).await;
    let panics = op(|tx| {
        Box::pin(async move {
            if names(tx).await?.is_empty() {
                panic!("on purpose");
            }
            Ok(())
        })
    });
    db.store.read(panics).await.unwrap_err();
    let fails = op(|tx| Box::pin(async move { tx.query::<String>("SELECT name FROM no_such_table", &[]).await }));
    db.store.read(fails).await.unwrap_err();
    // An open snapshot would not see this.
    db.store.write(Insert("a")).await.unwrap();
    assert_eq!(db.store.read(Names).await.unwrap(), ["a"]);
}

async fn a_read_dropped_midway_leaves_nothing_behind(db: Scratch) {
    let db = db.another(|options| options.readers = 1).await;
    for _ in 0..3 {
        // After one poll, the statement runs on PostgreSQL, and is done on SQLite.
        let _ = db.store.read(Names).now_or_never();
    }
    db.store.write(Insert("a")).await.unwrap();
    assert_eq!(db.store.read(Names).await.unwrap(), ["a"]);
}

async fn more_reads_than_connections_take_turns(db: Scratch) {
    let db = db.another(|options| options.readers = 2).await;
    db.store.write(Insert("a")).await.unwrap();
    let reads = (0..50).map(|i| {
        let store = db.store.clone();
        tokio::spawn(async move { if i % 5 == 0 { store.read_long(Names).await } else { store.read(Names).await } })
    });
    for read in join_all(reads).await {
        assert_eq!(read.unwrap().unwrap(), ["a"]);
    }
}

/// Waits until `reads` have started, then drops them. More would wait for their connections.
async fn hang_up_on<O: Operation>(store: &Store, read: impl Fn(oneshot::Sender<()>) -> O) {
    for _ in 0..2 {
        let (begun, has_begun) = oneshot::channel();
        let (store, read) = (store.clone(), read(begun));
        let caller = tokio::spawn(async move { store.read_long(read).await.map(drop) });
        has_begun.await.unwrap();
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
    }
}

async fn long_reads_whose_callers_are_gone_hold_nobody_up(db: Scratch) {
    db.store.write(Insert("a")).await.unwrap();
    hang_up_on(&db.store, |begun| {
        op(|tx| {
            Box::pin(async move {
                begun.send(()).unwrap();
                loop {
                    names(tx).await?;
                }
                #[expect(unreachable_code, reason = "it says what the read would be of")]
                Ok(())
            })
        })
    })
    .await;
    let next = timeout(Duration::from_secs(30), db.store.read_long(Names)).await;
    assert_eq!(next.expect("a connection is free").unwrap(), ["a"]);
}

/// Starts an endless statement.
pub fn endless(begun: oneshot::Sender<()>) -> impl Operation<Out = Vec<i64>> {
    op(|tx| {
        Box::pin(async move {
            let _ = begun.send(());
            let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT 1 - x FROM n) SELECT CAST(COUNT(*) AS BIGINT) FROM n";
            tx.query::<i64>(endless, &[]).await
        })
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_long_statement_of_sqlite_ends_with_its_caller() {
    let db = Scratch::sqlite().await;
    hang_up_on(&db.store, endless).await;
    let next = timeout(Duration::from_secs(30), db.store.read_long(Names)).await;
    assert!(next.expect("a connection is free").unwrap().is_empty());
}

/// Waits until this many endless statements run on the server.
async fn until_running(store: &Store, wanted: i64) {
    let running = || {
        let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM pg_stat_activity WHERE datname = current_database()
                   AND state = 'active' AND query LIKE 'WITH RECURSIVE%'";
        op(move |tx| Box::pin(async move { tx.query_opt::<i64>(sql, &[]).await }))
    };
    let reached = async { while store.read(running()).await.unwrap() != Some(wanted) {} };
    timeout(Duration::from_secs(30), reached).await.expect("the statements begin, or end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_long_statement_of_postgres_is_cancelled_when_its_caller_is_gone() {
    let db = Scratch::postgres().await.another(|options| options.long_reads = 1).await;
    let (begun, _) = oneshot::channel();
    let store = db.store.clone();
    let caller = tokio::spawn(async move { store.read_long(endless(begun)).await.map(drop) });
    until_running(&db.store, 1).await;
    caller.abort();
    until_running(&db.store, 0).await;
    assert!(db.store.read_long(Names).await.unwrap().is_empty(), "and its connection goes on");
}
