//! Hooks after COMMIT.

use std::sync::{Arc, Mutex};

use domain::{Error, Result, codes};
use futures_util::future::join_all;
use store::{Operation, Tx, op, testing::Scratch};

use crate::samples::{Insert, Names, hold, insert, names};

crate::on_both! {
    hooks_run_in_order_before_the_caller_is_answered
    the_hooks_of_a_rolled_back_operation_are_dropped
    a_hook_that_panics_hurts_nobody
    a_hook_may_start_a_task
    a_read_runs_no_hooks
    operations_that_were_run_again_have_one_effect_each
}

type Log = Arc<Mutex<Vec<&'static str>>>;

/// Inserts its name and has two hooks.
struct Hooked(&'static str, Log);

impl Operation for Hooked {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self(name, log) = self;
        let again = log.clone();
        tx.on_commit(move || log.lock().unwrap().push(name));
        tx.on_commit(move || again.lock().unwrap().push("then"));
        insert(tx, name).await
    }
}

async fn hooks_run_in_order_before_the_caller_is_answered(db: Scratch) {
    let db = db.another(|options| options.connections = 1).await;
    let log = Log::default();
    let held = hold(&db.store, "held").await;
    let writes = ["a", "b", "c"].map(|name| {
        let log = log.clone();
        let write = db.store.write(Hooked(name, log.clone()));
        async move {
            write.await.unwrap();
            let seen = log.lock().unwrap().clone();
            assert!(seen.contains(&name), "{name} was answered before its hook: {seen:?}");
        }
    });
    let (held, _) = tokio::join!(held.release(), join_all(writes));
    held.unwrap();
    assert_eq!(*log.lock().unwrap(), ["a", "then", "b", "then", "c", "then"]);
}

async fn the_hooks_of_a_rolled_back_operation_are_dropped(db: Scratch) {
    db.store.write(Insert("taken")).await.unwrap();
    let log = Log::default();
    db.store.write(Hooked("taken", log.clone())).await.unwrap_err();
    assert!(log.lock().unwrap().is_empty());
    assert_eq!(Arc::strong_count(&log), 1, "what a hook holds is free when the caller is answered");
}

async fn a_hook_that_panics_hurts_nobody(db: Scratch) {
    let log = Log::default();
    let pushes = log.clone();
    let panics = op(move |tx| {
        Box::pin(async move {
            tx.on_commit(|| panic!("on purpose"));
            tx.on_commit(move || pushes.lock().unwrap().push("after"));
            insert(tx, "a").await
        })
    });
    db.store.write(panics).await.unwrap();
    db.store.write(Insert("b")).await.unwrap();
    assert_eq!(*log.lock().unwrap(), ["after"]);
    assert_eq!(db.store.read(Names).await.unwrap(), ["a", "b"]);
}

async fn a_hook_may_start_a_task(db: Scratch) {
    let (started, has_started) = tokio::sync::oneshot::channel();
    let starts = op(move |tx| {
        Box::pin(async move {
            tx.on_commit(move || {
                tokio::spawn(async move { started.send(()).unwrap() });
            });
            insert(tx, "a").await
        })
    });
    db.store.write(starts).await.unwrap();
    has_started.await.unwrap();
}

async fn a_read_runs_no_hooks(db: Scratch) {
    let log = Log::default();
    let pushes = log.clone();
    let reads = op(move |tx| {
        Box::pin(async move {
            tx.on_commit(move || pushes.lock().unwrap().push("never"));
            names(tx).await
        })
    });
    db.store.read(reads).await.unwrap();
    db.store.read(Names).await.unwrap();
    assert!(log.lock().unwrap().is_empty());
    let _: Error = db.store.read(Insert("a")).await.unwrap_err();
}

/// A repeatable operation. It inserts its name, and then fails if configured so.
#[derive(Clone)]
struct Repeatable {
    name: &'static str,
    fails: bool,
    log: Log,
}

impl Operation for Repeatable {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { name, fails, log } = self;
        insert(tx, name).await?;
        tx.on_commit(move || log.lock().unwrap().push(name));
        if fails { Err(Error::conflict(codes::CUSTOMER_EXISTS, "not today")) } else { Ok(()) }
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}

async fn operations_that_were_run_again_have_one_effect_each(db: Scratch) {
    let db = db.another(|options| options.connections = 1).await;
    let log = Log::default();
    let held = hold(&db.store, "held").await;
    let repeatable = |name, fails| db.store.write(Repeatable { name, fails, log: log.clone() });
    let (first, other, refused, last, held) = tokio::join!(
        repeatable("a", false),
        db.store.write(Insert("b")),
        repeatable("c", true),
        repeatable("d", false),
        held.release(),
    );
    first.and(other).and(last).and(held).unwrap();
    assert_eq!(refused.unwrap_err().code, codes::CUSTOMER_EXISTS);
    assert_eq!(*log.lock().unwrap(), ["a", "d"]);
    assert_eq!(Arc::strong_count(&log), 1, "what was kept to run again is free when the callers are answered");
    assert_eq!(db.store.read(Names).await.unwrap(), ["a", "b", "d", "held"]);
}
