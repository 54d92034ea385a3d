//! The transaction of an operation.

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

/// A transaction on either database. Statements are written once, in SQLite's form: parameters are `?1`, `?2` …, and
/// `/*pg … */` is uncommented for PostgreSQL.
///
/// It owns its connection, so that it needs no lifetime, and its borrowers can move between threads.
pub struct Tx {
    pub(crate) connection: Connection,
    /// The first failed statement. The operation then rolls back, whatever it returns.
    failed: Option<Error>,
    hooks: Vec<Hook>,
    /// True while a statement runs. An operation that waits without one waits for something foreign.
    flying: Arc<AtomicBool>,
    /// Set when the caller has stopped waiting.
    abandoned: Arc<AtomicBool>,
    /// Text size of the largest page that the operation has read. A scan over many rows keeps no more than it shows.
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

    /// Runs a statement and returns the number of changed rows.
    pub async fn execute(&mut self, sql: &'static str, params: Params<'_>) -> Result<u64> {
        self.may_run()?;
        let done = match &mut self.connection {
            Connection::Sqlite(db) => sqlite::execute(db, sql, params),
            Connection::Postgres(db) => fly(&self.flying, db.execute(sql, params)).await,
        };
        self.count(sql);
        self.note(done)
    }

    /// All rows of the answer, in order.
    pub async fn query<T: FromRow + Send>(&mut self, sql: &'static str, params: Params<'_>) -> Result<Vec<T>> {
        self.may_run()?;
        let done = match &mut self.connection {
            Connection::Sqlite(db) => sqlite::query(db, sql, params, usize::MAX),
            Connection::Postgres(db) => fly(&self.flying, db.query(sql, params, usize::MAX)).await,
        };
        self.count(sql);
        self.note(done)
    }

    /// The first row of the answer, if there is one.
    pub async fn query_opt<T: FromRow + Send>(&mut self, sql: &'static str, params: Params<'_>) -> Result<Option<T>> {
        self.may_run()?;
        let done = match &mut self.connection {
            Connection::Sqlite(db) => sqlite::query(db, sql, params, 1),
            Connection::Postgres(db) => fly(&self.flying, db.query(sql, params, 1)).await,
        };
        self.count(sql);
        self.note(done).map(|mut rows| rows.pop())
    }

    /// The first rows of the answer within the bound, and whether more follow. The statement asks for [`Bound::asked`]
    /// rows. If rows may be large, it is a [`crate::fitting!`] statement.
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

    /// Runs independent statements in order, in one round trip on PostgreSQL. Returns the number of changed rows of
    /// each.
    pub async fn execute_all(&mut self, all: &[(&'static str, Params<'_>)]) -> Result<Vec<u64>> {
        self.may_run()?;
        let done = match &mut self.connection {
            Connection::Sqlite(db) => all.iter().map(|(sql, params)| sqlite::execute(db, sql, params)).collect(),
            Connection::Postgres(db) => fly(&self.flying, db.execute_all(all)).await,
        };
        all.iter().for_each(|(sql, _)| self.count(sql));
        self.note(done)
    }

    /// Runs `hook` after COMMIT and before the caller is answered, on the committing thread. The hook must be short and
    /// may start tasks. It is dropped without running if the operation rolls back, and in a read.
    ///
    /// On SQLite, hooks run in the order of commits. On PostgreSQL, the hooks of concurrent commits may run in either
    /// order.
    pub fn on_commit(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.hooks.push(Box::new(hook));
    }

    /// Refuses statements after a failed one. PostgreSQL would refuse them. SQLite may have rolled back everything, and
    /// would run them outside of any transaction. Also refuses statements for a caller that is gone.
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

    /// Forgets the previous operation.
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

    /// Refuses further statements once `abandoned` is set.
    pub(crate) fn abandon_with(&mut self, abandoned: Arc<AtomicBool>) {
        self.abandoned = abandoned;
    }

    pub(crate) fn flying(&self) -> Arc<AtomicBool> {
        self.flying.clone()
    }
}

/// Marks the time while a statement runs. The mark stays if the statement is dropped midway.
async fn fly<T>(flying: &AtomicBool, statement: impl Future<Output = T>) -> T {
    flying.store(true, Relaxed);
    let done = statement.await;
    flying.store(false, Relaxed);
    done
}
