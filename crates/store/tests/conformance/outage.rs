//! PostgreSQL stops and comes back.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use domain::{Error, Kind, Result};
use futures_util::future::join_all;
use store::{
    Operation, Options, Store, Tx, op,
    testing::{Cluster, Scratch},
};

use crate::{
    proxy::{Cut, Proxy},
    samples::{Insert, Names, insert, stop_until},
};

/// A store on a connection that can be cut, with one connection for writes and one for reads.
async fn behind_a_proxy() -> (Proxy, Store, tempfile::TempDir) {
    let (proxy, folder) = (Proxy::start().await, tempfile::tempdir().unwrap());
    let url = proxy.url(&Cluster::of_this_process().fresh_database().await);
    let options = Options { database: Some(url), connections: 1, readers: 1, ..Options::new(folder.path()) };
    let store = Store::open(options).await.unwrap();
    (proxy, store, folder)
}

/// Retries until the store has reconnected, as the store itself asks.
async fn eventually<T, F: Future<Output = Result<T>>>(mut attempt: impl FnMut() -> F) -> T {
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(error) => assert_eq!((error.kind, error.retry_after_s), (Kind::Unavailable, Some(1)), "{error:?}"),
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_server_is_unavailable_and_found_again() {
    let (proxy, store, _folder) = behind_a_proxy().await;
    store.write(Insert("a")).await.unwrap();
    assert_eq!(store.read(Names).await.unwrap(), ["a"]);
    proxy.down();
    for _ in 0..3 {
        assert_eq!(store.write(Insert("b")).await.unwrap_err().kind, Kind::Unavailable);
        assert_eq!(store.read(Names).await.unwrap_err().kind, Kind::Unavailable);
    }
    proxy.up();
    eventually(|| store.write(Insert("c"))).await;
    assert_eq!(eventually(|| store.read(Names)).await, ["a", "c"]);
}

/// During an absence, each connection fails to reconnect. The first result counts for all of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_one_connection_has_found_again_is_there_for_all() {
    let (proxy, folder) = (Proxy::start().await, tempfile::tempdir().unwrap());
    let url = proxy.url(&Cluster::of_this_process().fresh_database().await);
    let store = Store::open(Options { database: Some(url), ..Options::new(folder.path()) }).await.unwrap();
    let names = || join_all((0..4).map(|_| store.read(Names)));
    let inserts = || join_all((0..8).map(|_| store.write(Insert("a"))));
    assert!(inserts().await.iter().any(Result::is_ok) && names().await.iter().all(Result::is_ok));
    proxy.down();
    for _ in 0..20 {
        assert!(inserts().await.iter().all(Result::is_err) && names().await.iter().all(Result::is_err));
    }
    proxy.up();
    eventually(|| store.read(Names)).await;
    assert!(names().await.iter().all(Result::is_ok));
    let writes = op(|tx| Box::pin(async move { tx.query::<i64>("SELECT COUNT(*) FROM projects", &[]).await }));
    let again = || op(|tx| Box::pin(async move { tx.query::<i64>("SELECT COUNT(*) FROM projects", &[]).await }));
    store.write(writes).await.unwrap();
    assert!(join_all((0..8).map(|_| store.write(again()))).await.iter().all(Result::is_ok));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_waits_for_a_server_that_is_starting_up() {
    let (proxy, folder) = (Proxy::start().await, tempfile::tempdir().unwrap());
    let url = proxy.url(&Cluster::of_this_process().fresh_database().await);
    proxy.starts_up(2);
    let store = Store::open(Options { database: Some(url), ..Options::new(folder.path()) }).await.unwrap();
    store.write(Insert("a")).await.unwrap();
    assert_eq!(proxy.starting(), 0);
}

/// Inserts its name, and counts how often that was committed.
#[derive(Clone)]
struct Counted(&'static str, Arc<AtomicU32>);

impl Operation for Counted {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self(name, commits) = self;
        tx.on_commit(move || _ = commits.fetch_add(1, SeqCst));
        insert(tx, name).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_found_to_be_done() {
    let (proxy, store, _folder) = behind_a_proxy().await;
    let commits = Arc::new(AtomicU32::new(0));
    store.write(Counted("a", commits.clone())).await.unwrap();
    proxy.cut_at_commit(Cut::Behind);
    store.write(Counted("b", commits.clone())).await.unwrap();
    assert_eq!(commits.load(SeqCst), 2, "the hooks have run, once");
    assert_eq!(eventually(|| store.read(Names)).await, ["a", "b"]);
    store.write(Insert("c")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_the_server_never_heard_of_may_be_tried_again() {
    let (proxy, store, _folder) = behind_a_proxy().await;
    let commits = Arc::new(AtomicU32::new(0));
    store.write(Insert("a")).await.unwrap();
    proxy.cut_at_commit(Cut::Before);
    let error = store.write(Counted("b", commits.clone())).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(!error.message.contains("unknown"), "{error:?}");
    assert_eq!(Arc::strong_count(&commits), 1, "what its hook holds is free");
    eventually(|| store.write(Counted("b", commits.clone()))).await;
    assert_eq!(commits.load(SeqCst), 1);
    assert_eq!(eventually(|| store.read(Names)).await, ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_a_server_that_stays_away_says_that_the_outcome_is_unknown() {
    let (proxy, store, _folder) = behind_a_proxy().await;
    store.write(Insert("a")).await.unwrap();
    proxy.cut_at_commit(Cut::BehindForGood);
    let error = store.write(Insert("b")).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.message.contains("outcome is unknown"), "{error:?}");
    proxy.up();
    assert_eq!(eventually(|| store.read(Names)).await, ["a", "b"], "here it had committed");
    eventually(|| store.write(Insert("c"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_the_server_ends_is_replaced() {
    let db = Scratch::postgres().await;
    let ends_itself = op(|tx| {
        Box::pin(async move {
            insert(tx, "a").await?;
            tx.query::<bool>("SELECT pg_terminate_backend(pg_backend_pid())", &[]).await.map(drop)
        })
    });
    assert_eq!(db.store.write(ends_itself).await.unwrap_err().kind, Kind::Unavailable);
    let ends_itself =
        op(|tx| Box::pin(async move { tx.query::<bool>("SELECT pg_terminate_backend(pg_backend_pid())", &[]).await }));
    assert_eq!(db.store.read(ends_itself).await.unwrap_err().kind, Kind::Unavailable);
    for name in ["b", "c", "d", "e", "f", "g", "h", "i", "j", "k"] {
        eventually(|| db.store.write(Insert(name))).await;
    }
    assert_eq!(eventually(|| db.store.read(Names)).await.len(), 10);
}

/// The COMMIT of a transaction with such an error reports success.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_behind_the_first_row_fails_the_operation() {
    let db = Scratch::postgres().await;
    let fails_late = op(|tx| {
        Box::pin(async move {
            insert(tx, "a").await?;
            let _ =
                tx.query_opt::<i64>("SELECT CAST(1 / (5000 - x) AS BIGINT) FROM generate_series(1, 9999) x", &[]).await;
            Ok(())
        })
    });
    assert_eq!(db.store.write(fails_late).await.unwrap_err().kind, Kind::Internal);
    assert!(db.store.read(Names).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_changes_under_prepared_statements_is_survived() {
    let db = Scratch::postgres().await.another(|options| (options.connections, options.readers) = (1, 1)).await;
    let all = || op(|tx| Box::pin(async move { tx.query::<i64>("SELECT * FROM changing", &[]).await }));
    let run = |sql: &'static str| op(move |tx| Box::pin(async move { tx.execute(sql, &[]).await }));
    db.store.write(run("CREATE TABLE changing (x BIGINT)")).await.unwrap();
    db.store.read(all()).await.unwrap();
    db.store.write(run("ALTER TABLE changing ADD COLUMN y BIGINT")).await.unwrap();
    assert_eq!(db.store.read(all()).await.unwrap_err().kind, Kind::Unavailable);
    db.store.read(all()).await.unwrap();
}

/// The server reports it in its own language.
#[tokio::test(flavor = "multi_thread")]
async fn a_stale_plan_is_known_by_its_code() {
    let db = Scratch::postgres().await.another(|options| options.connections = 1).await;
    let session = || op(|tx| Box::pin(async move { tx.query::<i64>("SELECT pg_backend_pid()", &[]).await }));
    let mut before = db.store.write(session()).await.unwrap();
    for sql in [
        "DO 'BEGIN RAISE EXCEPTION ''der Plan passt nicht mehr'' USING ERRCODE = ''0A000''; END'",
        "DO 'BEGIN RAISE EXCEPTION ''die Anweisung gibt es nicht'' USING ERRCODE = ''26000''; END'",
        "DO 'BEGIN RAISE EXCEPTION ''die Anweisung gibt es schon'' USING ERRCODE = ''42P05''; END'",
    ] {
        let fails = op(move |tx| Box::pin(async move { tx.execute(sql, &[]).await }));
        assert_eq!(db.store.write(fails).await.unwrap_err().kind, Kind::Unavailable);
        let after = db.store.write(session()).await.unwrap();
        assert_ne!(after, before, "its statements went with it");
        before = after;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_that_deadlock_one_commits_and_one_is_told_to_try_again() {
    let db = Scratch::postgres().await;
    db.store.write(Insert("a")).await.unwrap();
    db.store.write(Insert("b")).await.unwrap();
    let both_hold_one = std::sync::Arc::new(std::sync::Barrier::new(2));
    let crossing = |first: &'static str, second: &'static str| {
        let both_hold_one = both_hold_one.clone();
        let store = db.store.clone();
        let crosses = op(move |tx| {
            Box::pin(async move {
                let sql = "UPDATE projects SET created_at = created_at + 1 WHERE name = ?1";
                tx.execute(sql, &[&first]).await?;
                stop_until(|| _ = both_hold_one.wait());
                tx.execute(sql, &[&second]).await
            })
        });
        tokio::spawn(async move { store.write(crosses).await })
    };
    let (one, other) = tokio::join!(crossing("a", "b"), crossing("b", "a"));
    let (won, lost): (Vec<_>, Vec<_>) = [one.unwrap(), other.unwrap()].into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    let lost: &Error = lost[0].as_ref().unwrap_err();
    assert_eq!((lost.kind, lost.retry_after_s), (Kind::Unavailable, Some(1)), "{lost:?}");
}
