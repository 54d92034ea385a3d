//! The store: one handle for all reads and writes.

use std::sync::{Arc, Mutex, PoisonError};

use domain::{Error, Result};
use tokio::task::spawn_blocking;

use crate::{
    Blobs, OpenError, Operation, Options, Tx,
    behalf::weigh,
    disk::Disk,
    folder,
    job::queued,
    postgres,
    queue::{Entrance, queue},
    sqlite,
};

/// The open database, with the bytes of attachments. A clone is the same store.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    queue: Entrance,
    database: Database,
    blobs: Blobs,
    disk: Disk,
    secret: [u8; 32],
    is_shared: bool,
    #[cfg(feature = "testing")]
    tally: crate::testing::Tally,
}

enum Database {
    Sqlite { readers: sqlite::Readers, writer: sqlite::Writer },
    Postgres { readers: postgres::Readers, writers: postgres::Writers, lock: Mutex<Option<folder::Lock>> },
}

impl Store {
    /// Locks the data folder, opens the database and migrates its schema.
    pub async fn open(options: Options) -> Result<Self, OpenError> {
        let lock = folder::lock(&options.data)?;
        let data = options.data.clone();
        let blobs = Blobs::open(&data)?;
        let (queue, jobs) = queue(options.write_queue);
        let (database, secret, is_shared) = match options.database.clone() {
            None => {
                let opened = spawn_blocking(move || sqlite::open(&options, jobs, lock)).await;
                let (readers, writer, secret) = opened.expect("opening does not panic")?;
                (Database::Sqlite { readers, writer }, secret, false)
            }
            Some(url) => {
                let (readers, writers, postgres::Found { secret, has_others }) =
                    postgres::open(&url, &options, jobs).await?;
                (Database::Postgres { readers, writers, lock: Mutex::new(Some(lock)) }, secret, has_others)
            }
        };
        blobs.belong_to(&data, &secret);
        Ok(Self(Arc::new(Inner {
            queue,
            database,
            blobs,
            disk: Disk::of(&data),
            secret,
            is_shared,
            #[cfg(feature = "testing")]
            tally: Default::default(),
        })))
    }

    /// Refuses new work, runs waiting work, and closes the database for every clone.
    pub async fn close(self) {
        self.0.queue.close();
        match &self.0.database {
            Database::Sqlite { readers, .. } => {
                readers.close().await;
                let inner = self.0.clone();
                let joined = spawn_blocking(move || inner.join_writer()).await;
                joined.expect("joining does not panic");
            }
            Database::Postgres { readers, writers, lock } => {
                readers.close().await;
                writers.join().await;
                // Clones of a closed store may live on: they must not keep the folder from the next one.
                drop(lock.lock().unwrap_or_else(PoisonError::into_inner).take());
            }
        }
    }

    /// The installation secret: 32 random bytes, constant for the life of the database.
    pub fn secret(&self) -> [u8; 32] {
        self.0.secret
    }

    /// Tells whether another process had the database open at the start.
    pub fn is_shared(&self) -> bool {
        self.0.is_shared
    }

    /// Checks that the database answers, and that the data folder's disk can be read past the page cache.
    ///
    /// # Errors
    /// `unavailable` if one of them fails or does not answer.
    pub async fn ready(&self) -> Result<()> {
        self.read(Ping).await?;
        self.0.disk.check().await
    }

    /// Operations and statements since the store was opened.
    #[cfg(feature = "testing")]
    pub fn ran(&self) -> crate::testing::Ran {
        self.0.tally.ran()
    }

    /// The bytes of attachments.
    pub fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    /// Tells whether several servers may have the database open.
    pub fn is_postgres(&self) -> bool {
        matches!(self.0.database, Database::Postgres { .. })
    }
}

#[expect(
    clippy::manual_async_fn,
    reason = "without `+ Send` in words, futures over closures that hold a reference are not"
)]
impl Store {
    /// Runs `operation` in a transaction and answers after COMMIT. If the caller is gone before the start, the
    /// operation is skipped. A started operation runs to its end.
    ///
    /// Waiting operations take turns by holder ([`crate::on_behalf_of`]).
    ///
    /// # Errors
    /// `unavailable` if the holder's share of the queue is full, the disk is full, the database is gone, or others hold
    /// a needed lock for seconds. Nothing is stored then, with one exception: if the connection is lost during COMMIT
    /// and the server cannot be asked, the message says that the outcome is unknown.
    pub fn write<O: Operation>(&self, operation: O) -> impl Future<Output = Result<O::Out>> + Send {
        async move {
            #[cfg(feature = "testing")]
            let operation = self.0.tally.write(operation);
            let (job, answer) = queued(operation);
            self.0.queue.push(job)?;
            answer.await.unwrap_or_else(|_| Err(closed()))
        }
    }

    /// Runs `operation` on one snapshot, without writes. For bounded reads: on SQLite, it runs on the caller's thread.
    pub fn read<O: Operation>(&self, operation: O) -> impl Future<Output = Result<O::Out>> + Send {
        async move {
            #[cfg(feature = "testing")]
            let operation = self.0.tally.read(operation);
            let operation = Weighed(operation);
            let (out, bytes) = match &self.0.database {
                Database::Sqlite { readers, .. } => readers.read(operation).await,
                // In a box, because each caller's future would keep a place for this one, which is large.
                Database::Postgres { readers, .. } => Box::pin(readers.read(operation)).await,
            }?;
            weigh(bytes).map(|()| out)
        }
    }

    /// Like [`Self::read`], for long reads such as a search or an export. Few run at once, on their own threads or
    /// connections. The read ends when its caller is gone, and fails as unavailable when others have waited too long.
    pub fn read_long<O: Operation>(&self, operation: O) -> impl Future<Output = Result<O::Out>> + Send {
        async move {
            #[cfg(feature = "testing")]
            let operation = self.0.tally.read(operation);
            let operation = Weighed(operation);
            let (out, bytes) = match &self.0.database {
                Database::Sqlite { readers, .. } => readers.read_long(operation).await,
                Database::Postgres { readers, .. } => Box::pin(readers.read_long(operation)).await,
            }?;
            weigh(bytes).map(|()| out)
        }
    }
}

/// A read that also returns the text size of its largest page.
struct Weighed<O>(O);

impl<O: Operation> Operation for Weighed<O> {
    type Out = (O::Out, u64);

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        tx.fitted_bytes = 0;
        let out = self.0.run(tx).await?;
        Ok((out, tx.fitted_bytes))
    }
}

struct Ping;

impl Operation for Ping {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        tx.query_opt::<i64>("SELECT COUNT(*) FROM installation", &[]).await.map(drop)
    }
}

impl Inner {
    fn join_writer(&self) {
        if let Database::Sqlite { writer, .. } = &self.database {
            writer.join();
        }
    }
}

pub(crate) fn closed() -> Error {
    Error::unavailable("The server is stopping")
}

/// The error of a long read whose place others wait for.
pub(crate) fn overstayed() -> Error {
    Error::unavailable("The request took too long while others waited; narrow it, or try again")
}
