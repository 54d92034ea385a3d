//! Callers that leave, queues that are full, stores that close.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use domain::Kind;
use futures_util::FutureExt;
use store::{op, testing::Scratch};

use crate::samples::{Insert, Names, hold, insert};

crate::on_both! {
    an_operation_whose_caller_is_gone_is_not_run
    an_operation_that_has_begun_commits_without_its_caller
    a_full_queue_refuses_and_loses_nothing
    closing_runs_what_waits_and_refuses_what_comes
}

async fn an_operation_whose_caller_is_gone_is_not_run(db: Scratch) {
    let db = db.another(|options| options.connections = 1).await;
    let held = hold(&db.store, "held").await;
    let ran = Arc::new(AtomicBool::new(false));
    let seen = ran.clone();
    let hung_up = db.store.write(op(move |tx| {
        seen.store(true, SeqCst);
        Box::pin(insert(tx, "gone"))
    }));
    assert!(hung_up.now_or_never().is_none(), "it is queued behind the held one, and dropped here");
    held.release().await.unwrap();
    db.store.write(Insert("later")).await.unwrap();
    assert_eq!(db.store.read(Names).await.unwrap(), ["held", "later"]);
    assert!(!ran.load(SeqCst));
}

async fn an_operation_that_has_begun_commits_without_its_caller(db: Scratch) {
    let db = db.another(|options| options.connections = 1).await;
    hold(&db.store, "begun").await.abandon().await;
    db.store.write(Insert("later")).await.unwrap();
    assert_eq!(db.store.read(Names).await.unwrap(), ["begun", "later"]);
}

async fn a_full_queue_refuses_and_loses_nothing(db: Scratch) {
    let db = db
        .another(|options| {
            options.connections = 1;
            options.write_queue = 3;
        })
        .await;
    let held = hold(&db.store, "held").await;
    let mut waiting: Vec<_> = ["a", "b"].map(|name| Box::pin(db.store.write(Insert(name)))).into();
    assert!(waiting.iter_mut().all(|write| write.now_or_never().is_none()));
    let refused = db.store.write(Insert("c")).await.unwrap_err();
    assert_eq!((refused.kind, refused.retry_after_s), (Kind::Unavailable, Some(1)));
    let (held, waited) = tokio::join!(held.release(), futures_util::future::join_all(waiting));
    assert!(held.is_ok() && waited.iter().all(Result::is_ok));
    assert_eq!(db.store.read(Names).await.unwrap(), ["a", "b", "held"]);
}

async fn closing_runs_what_waits_and_refuses_what_comes(db: Scratch) {
    let db = db.another(|options| options.connections = 1).await;
    let held = hold(&db.store, "held").await;
    let other = db.store.clone();
    let mut waiting = Box::pin(other.write(Insert("waiting")));
    assert!((&mut waiting).now_or_never().is_none());
    let mut closing = Box::pin(db.store.clone().close());
    assert!((&mut closing).now_or_never().is_none());
    let (held, waited, ()) = tokio::join!(held.release(), waiting, closing);
    assert!(held.is_ok() && waited.is_ok());
    assert_eq!(other.write(Insert("late")).await.unwrap_err().kind, Kind::Unavailable);
    assert_eq!(other.read(Names).await.unwrap_err().kind, Kind::Unavailable);
    drop(other);
    let (reopened, _folder) = db.reopen(|_| {}).await;
    assert_eq!(reopened.unwrap().read(Names).await.unwrap(), ["held", "waiting"]);
}
