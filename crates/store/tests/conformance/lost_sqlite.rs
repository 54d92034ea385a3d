//! Transactions of SQLite that cannot begin, or do not last.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use domain::{Error, Kind, Result, codes};
use futures_util::future::join_all;
use rusqlite::Connection;
use store::{op, testing::Scratch};

use crate::samples::{Insert, Names, hold, insert};

#[tokio::test]
async fn every_caller_hears_that_a_transaction_could_not_begin() {
    let db = Scratch::sqlite().await;
    let other = Connection::open(db.options.data.join("threadline.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writes = ["a", "b", "c"].map(|name| db.store.write(Insert(name)));
    for refused in join_all(writes).await {
        assert_eq!(refused.unwrap_err().kind, Kind::Unavailable);
    }
    other.execute_batch("ROLLBACK").unwrap();
    db.store.write(Insert("d")).await.unwrap();
    assert_eq!(db.store.read(Names).await.unwrap(), ["d"]);
}

/// As a full disk may do, at any statement.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_transaction_is_lost_for_the_whole_batch_and_nobody_else() {
    let db = Scratch::sqlite().await;
    let held = hold(&db.store, "held").await;
    let hooks_run = Arc::new(AtomicBool::new(false));
    let seen = hooks_run.clone();
    let hooked = op(move |tx| {
        Box::pin(async move {
            tx.on_commit(move || seen.store(true, SeqCst));
            insert(tx, "a").await
        })
    });
    let loses = op(|tx| {
        Box::pin(async move {
            tx.execute("ROLLBACK", &[]).await?;
            Err::<(), Error>(Error::conflict(codes::CUSTOMER_EXISTS, "its own error"))
        })
    });
    let (held, before, lost, after) =
        tokio::join!(held.release(), db.store.write(hooked), db.store.write(loses), db.store.write(Insert("b")));
    held.unwrap();
    for refused in [before, lost, after] {
        assert_eq!(refused.unwrap_err().kind, Kind::Unavailable);
    }
    assert!(!hooks_run.load(SeqCst));
    db.store.write(Insert("c")).await.unwrap();
    assert_eq!(db.store.read(Names).await.unwrap(), ["c", "held"]);
}

#[tokio::test]
async fn nothing_runs_behind_a_failed_statement() {
    let db = Scratch::sqlite().await;
    let goes_on: Result<()> = db
        .store
        .write(op(|tx| {
            Box::pin(async move {
                tx.execute("ROLLBACK", &[]).await?;
                let _ = tx.execute("a statement that fails", &[]).await;
                let _ = insert(tx, "outside of any transaction").await;
                Ok(())
            })
        }))
        .await;
    goes_on.unwrap_err();
    assert!(db.store.read(Names).await.unwrap().is_empty());
}
