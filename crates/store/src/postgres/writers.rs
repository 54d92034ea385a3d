//! The writers: each takes one operation from the queue and commits it before the next.
//!
//! Never several in one transaction: they would lock threads in any order, and deadlock.

use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use futures_util::future::join_all;
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinHandle,
};

use super::{
    address::Address,
    connection::Uncommitted,
    outcome::outcome,
    slot::{Slot, connection},
};
use crate::{job::Job, store::Item};

/// Said in full: a server's own defaults may be others. The transaction's number is for when the answer of its COMMIT is lost.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT txid_current()";

/// A write waits this long for what others have locked. Else as many writes to one thread as there are writers would keep all
/// others from being written for as long as whoever has locked it says nothing. Only writes: a migration waits for the others.
const PATIENCE: &str = "SET lock_timeout = '5s'";

type Queue = Arc<Mutex<mpsc::Receiver<Item>>>;

pub(crate) struct Writers(StdMutex<Vec<JoinHandle<()>>>);

impl Writers {
    /// Starts `n` writers. They end when the queue is closed and empty.
    pub(super) fn start(address: &Arc<Address>, n: usize, queue: mpsc::Receiver<Item>) -> Self {
        let queue = Arc::new(Mutex::new(queue));
        let address = Arc::new(address.with_setup(PATIENCE));
        let tasks = (0..n.max(1)).map(|_| tokio::spawn(work(Slot::empty(address.clone()), queue.clone())));
        Self(StdMutex::new(tasks.collect()))
    }

    /// Waits until all have ended.
    pub(crate) async fn join(&self) {
        let tasks = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for ended in join_all(tasks).await {
            if let Err(error) = ended {
                tracing::error!("a writer of the database failed: {error}");
            }
        }
    }
}

async fn work(mut slot: Slot, queue: Queue) {
    while let Some(item) = next(&queue).await {
        if let Item::Run(job) = item {
            run(&mut slot, job).await;
        }
    }
}

async fn next(queue: &Queue) -> Option<Item> {
    let mut queue = queue.lock().await;
    let item = queue.recv().await;
    // Here, under the lock: another writer would hold it while it waits for more.
    if let Some(Item::Close) = item {
        queue.close();
    }
    item
}

async fn run(slot: &mut Slot, mut job: Box<dyn Job>) {
    if job.is_abandoned() {
        return;
    }
    let tx = match slot.ready().await {
        Ok(tx) => tx,
        Err(error) => return job.answer(Err(error)),
    };
    connection(tx).begin_with_next(BEGIN);
    if job.run(tx).await.is_err() {
        connection(tx).rollback().await;
        return job.answer(Ok(()));
    }
    let committed = match connection(tx).commit().await {
        Ok(()) => Ok(()),
        Err(Uncommitted::Unanswered(Some(transaction), error)) => outcome(slot, transaction, error).await,
        Err(Uncommitted::Refused(error) | Uncommitted::Unanswered(None, error)) => Err(error),
    };
    job.answer(committed);
}
