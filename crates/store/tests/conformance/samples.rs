//! Operations for the cases: rows of `projects`, which have a unique name.

use std::sync::{
    atomic::{AtomicU64, Ordering::Relaxed},
    mpsc,
};

use domain::{ProjectId, Result, shares::Holder};
use store::{Operation, Store, Tx, on_behalf_of, op};
use tokio::{sync::oneshot, task::JoinHandle};
use uuid::Uuid;

/// An id that no other row has.
pub fn id() -> Uuid {
    // Not 0, which means nobody.
    static LAST: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u128(LAST.fetch_add(1, Relaxed).into())
}

/// Blocks the thread until `released`. An operation may only await its transaction, so it cannot wait in another way.
/// Other work of the thread continues elsewhere.
pub fn stop_until(released: impl FnOnce()) {
    tokio::task::block_in_place(released);
}

/// Inserts a project; a name that is taken breaks the unique index.
pub struct Insert(pub &'static str);

impl Operation for Insert {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        insert(tx, self.0).await
    }
}

pub async fn insert(tx: &mut Tx, name: &str) -> Result<()> {
    let sql = "INSERT INTO projects (id, name, created_at) VALUES (?1, ?2, ?3)";
    tx.execute(sql, &[&ProjectId(id()), &name, &0_i64]).await.map(drop)
}

/// The names of all projects, in order.
pub struct Names;

impl Operation for Names {
    type Out = Vec<String>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<String>> {
        names(tx).await
    }
}

pub async fn names(tx: &mut Tx) -> Result<Vec<String>> {
    tx.query("SELECT name FROM projects ORDER BY name", &[]).await
}

/// A held operation. On a store with one connection, nothing else runs meanwhile.
pub struct Held {
    release: mpsc::Sender<()>,
    write: JoinHandle<Result<()>>,
}

/// Inserts `name` and blocks until it is released.
pub async fn hold(store: &Store, name: &'static str) -> Held {
    hold_for(Holder::server(), store, name).await
}

/// As [`hold`], on behalf of `holder`.
pub async fn hold_for(holder: Holder, store: &Store, name: &'static str) -> Held {
    let (begun, has_begun) = oneshot::channel();
    let (release, released) = mpsc::channel();
    let store = store.clone();
    let stopping = op(move |tx| {
        Box::pin(async move {
            insert(tx, name).await?;
            begun.send(()).unwrap();
            stop_until(|| released.recv().unwrap());
            Ok(())
        })
    });
    let write = tokio::spawn(on_behalf_of(holder, async move { store.write(stopping).await }));
    has_begun.await.unwrap();
    Held { release, write }
}

impl Held {
    /// Lets it go on, and waits for its answer.
    pub async fn release(self) -> Result<()> {
        self.release.send(()).unwrap();
        self.write.await.unwrap()
    }

    /// Drops its caller, then releases it.
    pub async fn abandon(self) {
        self.write.abort();
        assert!(self.write.await.unwrap_err().is_cancelled());
        self.release.send(()).unwrap();
    }
}
