//! Neighbours: one uses all it can of a store, and another needs one thing.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use domain::{Kind, ProjectId, shares::Holder};
use futures_util::{FutureExt, future::join_all};
use store::{Store, on_behalf_of, op, testing::Scratch};
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};
use uuid::Uuid;

use crate::{
    reads::endless,
    samples::{Insert, Names, hold, hold_for, insert, names, stop_until},
};

crate::on_both! {
    a_write_is_in_the_next_commit_whatever_a_neighbour_has_queued
    a_full_share_of_the_queue_refuses_that_project_alone
    writes_of_a_projects_keys_come_in_turn
    long_reads_of_a_project_leave_a_place_for_another
    a_waiting_long_read_waits_for_one_place_of_a_neighbour
    a_long_read_gives_its_place_up_once_another_waits
    a_long_read_goes_on_while_nobody_else_waits
}

/// Operations of one commit on SQLite, at most.
const BATCH: usize = 256;

fn project(n: u128) -> Holder {
    Holder::project(ProjectId(Uuid::from_u128(n)))
}

/// The holders of commits, in order.
type Committed = Arc<Mutex<Vec<Holder>>>;

/// A write that records its commit.
async fn note(store: Store, holder: Holder, name: String, committed: Committed) {
    let write = op(move |tx| {
        Box::pin(async move {
            insert(tx, &name).await?;
            tx.on_commit(move || committed.lock().unwrap().push(holder));
            Ok(())
        })
    });
    on_behalf_of(holder, store.write(write)).await.unwrap();
}

/// Queues writes behind a held one, releases it, and returns the order of commits.
async fn committed(db: &Scratch, queued: impl Iterator<Item = Holder>) -> Vec<Holder> {
    let held = hold(&db.store, "held").await;
    let committed = Committed::default();
    let mut writes: Vec<_> = queued
        .enumerate()
        .map(|(n, holder)| Box::pin(note(db.store.clone(), holder, format!("w{n}"), committed.clone())))
        .collect();
    assert!(writes.iter_mut().all(|write| write.now_or_never().is_none()), "all wait");
    let (held, _) = tokio::join!(held.release(), join_all(writes));
    held.unwrap();
    committed.lock().unwrap().clone()
}

async fn a_write_is_in_the_next_commit_whatever_a_neighbour_has_queued(db: Scratch) {
    let db = db.another(|options| options.connections = 1).await;
    let order = committed(&db, std::iter::repeat_n(project(1), 2_000).chain([project(2), project(3)])).await;
    let at = |n| order.iter().position(|holder| *holder == project(n)).unwrap();
    // On SQLite, a commit has up to 256 operations and runs their hooks. On PostgreSQL, each write is a commit.
    let one_commit = if db.store.is_postgres() { 3 } else { BATCH };
    assert!(at(2) < one_commit && at(3) < one_commit, "another's write was the {}th and {}th", at(2), at(3));
    assert_eq!(order.len(), 2_002, "and nothing of the first is lost");
}

async fn writes_of_a_projects_keys_come_in_turn(db: Scratch) {
    let db = db.another(|options| options.connections = 1).await;
    let greedy = std::iter::repeat_n(project(1).within(1), 1_000);
    let order = committed(&db, greedy.chain([project(1).within(2)])).await;
    let at = order.iter().position(|holder| *holder == project(1).within(2)).unwrap();
    assert!(at < BATCH, "the other key's write was the {at}th");
}

async fn a_full_share_of_the_queue_refuses_that_project_alone(db: Scratch) {
    let db = db
        .another(|options| {
            options.connections = 1;
            options.write_queue = 8;
        })
        .await;
    let held = hold(&db.store, "held").await;
    let name = |n: usize| ["a", "b", "c", "d", "e", "f"][n];
    let mut waiting: Vec<_> =
        (0..6).map(|n| Box::pin(on_behalf_of(project(1), db.store.write(Insert(name(n)))))).collect();
    assert!(waiting.iter_mut().all(|write| write.now_or_never().is_none()));
    let refused = on_behalf_of(project(1), db.store.write(Insert("one more"))).await.unwrap_err();
    assert_eq!((refused.kind, refused.retry_after_s), (Kind::Unavailable, Some(1)));
    let mut other = Box::pin(on_behalf_of(project(2), db.store.write(Insert("another's"))));
    assert!((&mut other).now_or_never().is_none(), "it is taken in");
    let (held, waited, other) = tokio::join!(held.release(), join_all(waiting), other);
    assert!(held.is_ok() && other.is_ok() && waited.iter().all(Result::is_ok));
    assert_eq!(db.store.read(Names).await.unwrap(), ["a", "another's", "b", "c", "d", "e", "f", "held"]);
}

/// A long read that blocks midway.
struct Stopped {
    go_on: mpsc::Sender<()>,
    read: JoinHandle<domain::Result<()>>,
}

/// Starts a long read that blocks. Returns the receiver of its start signal.
fn stopping(store: &Store, holder: Holder) -> (oneshot::Receiver<()>, Stopped) {
    let (begun, has_begun) = oneshot::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let store = store.clone();
    let read = tokio::spawn(on_behalf_of(holder, async move {
        let read = op(move |tx| {
            Box::pin(async move {
                names(tx).await?;
                let _ = begun.send(());
                stop_until(|| assert!(goes_on.recv().is_err(), "it is dropped to let this go on"));
                Ok(())
            })
        });
        store.read_long(read).await
    }));
    (has_begun, Stopped { go_on, read })
}

impl Stopped {
    async fn end(self) {
        drop(self.go_on);
        self.read.await.unwrap().unwrap();
    }
}

/// Far longer than any step of this test.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(30), what).await.expect("it does not wait for what goes on")
}

async fn long_reads_of_a_project_leave_a_place_for_another(db: Scratch) {
    let (begun, first) = stopping(&db.store, project(1));
    begun.await.unwrap();
    let more: Vec<_> = (0..20).map(|_| stopping(&db.store, project(1)).1).collect();
    tokio::task::yield_now().await;
    soon(on_behalf_of(project(2), db.store.read_long(Names))).await.unwrap();
    first.end().await;
    let (going, reads): (Vec<_>, Vec<_>) = more.into_iter().map(|stopped| (stopped.go_on, stopped.read)).unzip();
    drop(going);
    for read in join_all(reads).await {
        read.unwrap().unwrap();
    }
}

async fn a_waiting_long_read_waits_for_one_place_of_a_neighbour(db: Scratch) {
    let (begun, first) = stopping(&db.store, project(1));
    begun.await.unwrap();
    let (begun, second) = stopping(&db.store, project(2));
    begun.await.unwrap();
    let mut waiting = Box::pin(on_behalf_of(project(1), db.store.read_long(Names)));
    let mut newcomer = Box::pin(on_behalf_of(project(3), db.store.read_long(Names)));
    assert!((&mut waiting).now_or_never().is_none() && (&mut newcomer).now_or_never().is_none());
    first.end().await;
    soon(newcomer).await.unwrap();
    soon(waiting).await.unwrap();
    second.end().await;
}

async fn a_long_read_gives_its_place_up_once_another_waits(db: Scratch) {
    let db = db
        .another(|options| {
            options.long_reads = 1;
            options.long_read = Duration::ZERO;
        })
        .await;
    let (begun, has_begun) = oneshot::channel();
    let store = db.store.clone();
    let greedy = tokio::spawn(on_behalf_of(project(1), async move { store.read_long(endless(begun)).await }));
    has_begun.await.unwrap();
    soon(on_behalf_of(project(2), db.store.read_long(Names))).await.unwrap();
    let refused = greedy.await.unwrap().unwrap_err();
    assert_eq!((refused.kind, refused.retry_after_s), (Kind::Unavailable, Some(1)));
}

async fn a_long_read_goes_on_while_nobody_else_waits(db: Scratch) {
    let db = db
        .another(|options| {
            options.long_reads = 1;
            options.long_read = Duration::ZERO;
        })
        .await;
    let (begun, stopped) = stopping(&db.store, project(1));
    begun.await.unwrap();
    let mut own = Box::pin(on_behalf_of(project(1), db.store.read_long(Names)));
    assert!((&mut own).now_or_never().is_none(), "its own project's next waits");
    stopped.end().await;
    own.await.unwrap();
}

/// On PostgreSQL, each write holds a connection while it waits for others' locks.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn writes_of_a_project_that_wait_for_locks_leave_connections_for_another() {
    let db = Scratch::postgres().await.another(|options| options.connections = 4).await;
    let names = ["a", "b", "c"];
    let mut held = Vec::new();
    for name in names {
        held.push(hold_for(project(1), &db.store, name).await);
    }
    let mut fourth = Box::pin(on_behalf_of(project(1), db.store.write(Insert("d"))));
    assert!((&mut fourth).now_or_never().is_none());
    soon(on_behalf_of(project(2), db.store.write(Insert("another's")))).await.unwrap();
    assert_eq!(db.store.read(Names).await.unwrap(), ["another's"]);
    for held in held {
        held.release().await.unwrap();
    }
    soon(fourth).await.unwrap();
}
