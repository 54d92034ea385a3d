//! The writers. Each takes one operation from the queue and commits it before the next.
//!
//! A transaction never contains several operations: they would lock threads in any order, and deadlock.

use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use domain::shares::{Holder, Place, Pool};
use futures_util::future::join_all;
use tokio::{
    sync::{Mutex, Notify},
    task::JoinHandle,
};

use super::{
    address::Address,
    connection::Uncommitted,
    outcome::outcome,
    slot::{Slot, connection},
};
use crate::{job::Job, queue::Queue};

/// Complete, because a server's defaults may differ. The transaction's number serves when the answer of COMMIT is lost.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT txid_current()";

/// Longest wait of a write for locks of others. Without it, as many writes to one locked thread as there are writers
/// would stop all writes. It applies to writes only; a migration waits for the others.
const PATIENCE: &str = "SET lock_timeout = '5s'";

pub(crate) struct Writers(StdMutex<Vec<JoinHandle<()>>>);

/// The state that all writers share.
struct Shared {
    queue: Mutex<Queue>,
    /// A place for each writer, divided by shares. Writes that wait for a lock of their own project delay no other
    /// project.
    connections: Pool,
    /// Notified when a place is free, because a waiting party may use it.
    freed: Notify,
}

impl Writers {
    /// Starts `n` writers. They end when the queue is closed and empty.
    pub(super) fn start(address: &Arc<Address>, n: usize, queue: Queue) -> Self {
        let (n, queue) = (n.max(1), Mutex::new(queue));
        let shared = Arc::new(Shared { queue, connections: Pool::new(n), freed: Notify::new() });
        let address = Arc::new(address.with_setup(PATIENCE));
        let tasks = (0..n).map(|_| tokio::spawn(work(Slot::empty(address.clone()), shared.clone())));
        Self(StdMutex::new(tasks.collect()))
    }

    /// Waits until all writers have ended.
    pub(crate) async fn join(&self) {
        let tasks = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for ended in join_all(tasks).await {
            if let Err(error) = ended {
                tracing::error!("a writer of the database failed: {error}");
            }
        }
    }
}

async fn work(mut slot: Slot, shared: Arc<Shared>) {
    while let Some((job, place)) = shared.next().await {
        run(&mut slot, job).await;
        drop(place);
        shared.freed.notify_one();
    }
}

impl Shared {
    /// The next job whose party may have a connection. One writer waits for it, and the others wait for that writer.
    async fn next(&self) -> Option<(Box<dyn Job>, Place)> {
        let mut queue = self.queue.lock().await;
        let mut is_open = true;
        loop {
            queue.take_in();
            let freed = self.freed.notified();
            let may = |party| self.connections.try_take(Holder { party, within: None }, 1);
            if let Some(next) = queue.next(may) {
                return Some(next);
            }
            if !is_open && queue.is_empty() {
                return None;
            }
            tokio::select! {
                open = queue.wait(), if is_open => is_open = open,
                () = freed => {}
            }
        }
    }
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
