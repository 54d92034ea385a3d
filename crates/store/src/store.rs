//! The store: one handle for all that reads and writes.

use std::sync::Arc;

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

/// The open database, with the bytes of attachments beside it. A clone is the same store.
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
    Postgres { readers: postgres::Readers, writers: postgres::Writers, _lock: folder::Lock },
}

impl Store {
    /// Locks the data folder, opens the database and brings its schema up to date.
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
                (Database::Postgres { readers, writers, _lock: lock }, secret, has_others)
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

    /// Refuses new work, runs what waits, and closes the database for every clone.
    pub async fn close(self) {
        self.0.queue.close();
        match &self.0.database {
            Database::Sqlite { readers, .. } => {
                readers.close().await;
                let inner = self.0.clone();
                let joined = spawn_blocking(move || inner.join_writer()).await;
                joined.expect("joining does not panic");
            }
            Database::Postgres { readers, writers, .. } => {
                readers.close().await;
                writers.join().await;
            }
        }
    }

    /// The installation secret: 32 random bytes, the same for as long as the database lives.
    pub fn secret(&self) -> [u8; 32] {
        self.0.secret
    }

    /// Whether another process had the database open when this one began.
    pub fn is_shared(&self) -> bool {
        self.0.is_shared
    }

    /// Whether the database answers, and the data folder's disk can be read: not what memory keeps of it.
    ///
    /// # Errors
    /// Unavailable when one of them does not, or fails.
    pub async fn ready(&self) -> Result<()> {
        self.read(Ping).await?;
        self.0.disk.check().await
    }

    /// What has been run since the store was opened.
    #[cfg(feature = "testing")]
    pub fn ran(&self) -> crate::testing::Ran {
        self.0.tally.ran()
    }

    /// The bytes of attachments.
    pub fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    /// For what is printed; nothing may depend on it.
    pub fn is_postgres(&self) -> bool {
        matches!(self.0.database, Database::Postgres { .. })
    }
}

#[expect(
    clippy::manual_async_fn,
    reason = "without `+ Send` in words, futures over closures that hold a reference are not"
)]
impl Store {
    /// Runs `operation` in a transaction and answers after COMMIT. When the caller is gone before it begins it is not run;
    /// once begun it goes on.
    ///
    /// Writes that wait are taken in turn among those for whom they are ([`crate::on_behalf_of`]), and so are reads.
    ///
    /// Unavailable when the holder's share of the queue is full, the disk is full, the database is gone or others have locked what it needs for
    /// seconds: nothing was stored then, but where a connection was lost during COMMIT and the server could not be asked after
    /// it. The message then says that the outcome is unknown.
    pub fn write<O: Operation>(&self, operation: O) -> impl Future<Output = Result<O::Out>> + Send {
        async move {
            #[cfg(feature = "testing")]
            let operation = self.0.tally.write(operation);
            let (job, answer) = queued(operation);
            self.0.queue.push(job)?;
            answer.await.unwrap_or_else(|_| Err(closed()))
        }
    }

    /// Runs `operation` on one snapshot; it cannot write. For bounded reads: on SQLite it runs on the caller's thread.
    pub fn read<O: Operation>(&self, operation: O) -> impl Future<Output = Result<O::Out>> + Send {
        async move {
            #[cfg(feature = "testing")]
            let operation = self.0.tally.read(operation);
            let operation = Weighed(operation);
            let (out, bytes) = match &self.0.database {
                Database::Sqlite { readers, .. } => readers.read(operation).await,
                Database::Postgres { readers, .. } => readers.read(operation).await,
            }?;
            weigh(bytes).map(|()| out)
        }
    }

    /// As [`Self::read`], for what may take long (a search, an export): few at a time, on threads or connections of their own. It ends
    /// when its caller is gone, and is refused as unavailable when others have waited for its place too long.
    pub fn read_long<O: Operation>(&self, operation: O) -> impl Future<Output = Result<O::Out>> + Send {
        async move {
            #[cfg(feature = "testing")]
            let operation = self.0.tally.read(operation);
            let operation = Weighed(operation);
            let (out, bytes) = match &self.0.database {
                Database::Sqlite { readers, .. } => readers.read_long(operation).await,
                Database::Postgres { readers, .. } => readers.read_long(operation).await,
            }?;
            weigh(bytes).map(|()| out)
        }
    }
}

/// A read that also says how much text the largest of its pages had.
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

/// A long read has kept its place for as long as it may while others want it.
pub(crate) fn overstayed() -> Error {
    Error::unavailable("This takes long and others wait; ask for less, or try again")
}
