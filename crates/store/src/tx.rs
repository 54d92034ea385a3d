//! The transaction that an operation runs in.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use domain::{Error, Result};

use crate::{Bound, Fitted, FromRow, Params, postgres, sqlite};

/// Run after COMMIT.
pub(crate) type Hook = Box<dyn FnOnce() + Send>;

/// A transaction of either database. Statements are written once, in the text that SQLite reads: parameters are `?1`, `?2`
/// …, and `/*pg … */` is uncommented for PostgreSQL.
///
/// It owns its connection, so that it needs no lifetime and what borrows it can be sent between threads.
pub struct Tx {
    pub(crate) connection: Connection,
    /// The first statement that failed: the operation rolls back whatever it returns.
    failed: Option<Error>,
    hooks: Vec<Hook>,
    /// Whether a statement is under way. An operation that waits while none is waits for something foreign.
    flying: Arc<AtomicBool>,
    /// Set once nobody waits for the operation any more.
    abandoned: Arc<AtomicBool>,
    /// Text of the largest page that the operation has read: what looks through many keeps no more of each than it shows.
    pub(crate) fitted_bytes: u64,
    #[cfg(feature = "testing")]
    pub(crate) ran: crate::testing::Ran,
}

pub(crate) enum Connection {
    Sqlite(rusqlite::Connection),
    Postgres(postgres::Connection),
}

impl Tx {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection,
            failed: None,
            hooks: Vec::new(),
            flying: Arc::default(),
            abandoned: Arc::default(),
            fitted_bytes: 0,
            #[cfg(feature = "testing")]
            ran: Default::default(),
        }
    }

    /// Runs a statement and says how many rows it changed.
    pub async fn execute(&mut self, sql: &'static str, params: Params<'_>) -> Result<u64> {
        self.may_run()?;
        let done = match &mut self.connection {
            Connection::Sqlite(db) => sqlite::execute(db, sql, params),
            Connection::Postgres(db) => fly(&self.flying, db.execute(sql, params)).await,
        };
        self.count(sql);
        self.note(done)
    }

    /// Every row of the answer, in its order.
    pub async fn query<T: FromRow + Send>(&mut self, sql: &'static str, params: Params<'_>) -> Result<Vec<T>> {
        self.may_run()?;
        let done = match &mut self.connection {
            Connection::Sqlite(db) => sqlite::query(db, sql, params, usize::MAX),
            Connection::Postgres(db) => fly(&self.flying, db.query(sql, params, usize::MAX)).await,
        };
        self.count(sql);
        self.note(done)
    }

    /// The first row of the answer, if it has one.
    pub async fn query_opt<T: FromRow + Send>(&mut self, sql: &'static str, params: Params<'_>) -> Result<Option<T>> {
        self.may_run()?;
        let done = match &mut self.connection {
            Connection::Sqlite(db) => sqlite::query(db, sql, params, 1),
            Connection::Postgres(db) => fly(&self.flying, db.query(sql, params, 1)).await,
        };
        self.count(sql);
        self.note(done).map(|mut rows| rows.pop())
    }

    /// The first rows of the answer, as many as the bound lets through, and whether there were more. The statement asks for
    /// [`Bound::asked`] rows, and is a [`crate::fitting!`] where they may be large.
    pub(crate) async fn query_fitting<T: FromRow + Send>(
        &mut self,
        sql: &'static str,
        params: Params<'_>,
        bound: Bound,
    ) -> Result<Fitted<T>> {
        self.may_run()?;
        let done = match &mut self.connection {
            Connection::Sqlite(db) => sqlite::query_fitting(db, sql, params, bound),
            Connection::Postgres(db) => fly(&self.flying, db.query_fitting(sql, params, bound)).await,
        };
        self.count(sql);
        self.fitted_bytes = done.as_ref().map_or(0, |fitted| fitted.bytes().unsigned_abs()).max(self.fitted_bytes);
        self.note(done)
    }

    /// Statements that do not need one another's results, in order: one round trip on PostgreSQL.
    /// How many rows each changed.
    pub async fn execute_all(&mut self, all: &[(&'static str, Params<'_>)]) -> Result<Vec<u64>> {
        self.may_run()?;
        let done = match &mut self.connection {
            Connection::Sqlite(db) => all.iter().map(|(sql, params)| sqlite::execute(db, sql, params)).collect(),
            Connection::Postgres(db) => fly(&self.flying, db.execute_all(all)).await,
        };
        all.iter().for_each(|(sql, _)| self.count(sql));
        self.note(done)
    }

    /// Runs `hook` after COMMIT and before the caller is answered, on the thread that committed: it must be short, and may
    /// start tasks. Dropped without running when the operation rolls back, and in a read.
    ///
    /// On SQLite hooks run in the order of commits. On PostgreSQL two operations that commit at once may run theirs in
    /// either order.
    pub fn on_commit(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.hooks.push(Box::new(hook));
    }

    /// Nothing more runs behind a failed statement. PostgreSQL would refuse it; SQLite may have rolled back everything, and
    /// would run it outside of any transaction. Nor does anything for nobody.
    fn may_run(&self) -> Result<()> {
        if self.abandoned.load(Relaxed) {
            return Err(Error::unavailable("Nobody waits for the answer any more"));
        }
        self.failed.clone().map_or(Ok(()), Err)
    }

    #[cfg(feature = "testing")]
    fn count(&mut self, sql: &'static str) {
        self.ran.statements += 1;
        if let Connection::Sqlite(db) = &self.connection {
            let (scanned, steps) = sqlite::steps(db, sql);
            self.ran.scanned += scanned;
            self.ran.steps += steps;
        }
    }

    #[cfg(not(feature = "testing"))]
    fn count(&mut self, _sql: &'static str) {}

    fn note<T>(&mut self, done: Result<T>) -> Result<T> {
        if let Err(error) = &done
            && self.failed.is_none()
        {
            self.failed = Some(error.clone());
        }
        done
    }

    /// Forgets the operation before.
    pub(crate) fn reset(&mut self) {
        self.failed = None;
        self.hooks.clear();
        self.flying.store(false, Relaxed);
    }

    pub(crate) fn take_failure(&mut self) -> Option<Error> {
        let abandoned = self.flying.load(Relaxed).then(|| Error::internal("an operation dropped a statement midway"));
        self.failed.take().or(abandoned)
    }

    pub(crate) fn take_hooks(&mut self) -> Vec<Hook> {
        mem::take(&mut self.hooks)
    }

    /// Runs nothing more once `abandoned` is set.
    pub(crate) fn abandon_with(&mut self, abandoned: Arc<AtomicBool>) {
        self.abandoned = abandoned;
    }

    pub(crate) fn flying(&self) -> Arc<AtomicBool> {
        self.flying.clone()
    }
}

/// Marks the time in which a statement is under way. The mark stays when the statement is dropped midway.
async fn fly<T>(flying: &AtomicBool, statement: impl Future<Output = T>) -> T {
    flying.store(true, Relaxed);
    let done = statement.await;
    flying.store(false, Relaxed);
    done
}
