//! Reads on PostgreSQL: connections of their own, so that a queue of writes does not hold them up.

use std::{sync::Arc, time::Duration};

use domain::Result;
use tokio::{
    runtime::Handle,
    time::{sleep, timeout},
};

use super::{
    address::Address,
    slot::{Slot, connection},
};
use crate::{
    Operation, Options,
    operation::attempt,
    pool::{Lent, Pool, Wanted},
    store::{closed, overstayed},
};

/// Several statements see one state. BEGIN costs no round trip, so a single statement gets it too.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// How often a long read that has had its time looks whether others wait for its place.
const LOOK: Duration = Duration::from_millis(50);

pub(crate) struct Readers {
    bounded: Pool<Slot>,
    long: Pool<Slot>,
    /// How long a long read keeps its place while others wait for it.
    stay: Duration,
}

impl Readers {
    /// Connections are made when they are first needed.
    pub(super) fn new(address: &Arc<Address>, options: &Options) -> Self {
        let slots = |n: usize| Pool::new((0..n.max(1)).map(|_| Slot::empty(address.clone())).collect());
        Self { bounded: slots(options.readers), long: slots(options.long_reads), stay: options.long_read }
    }

    pub(crate) async fn read<O: Operation>(&self, operation: O) -> Result<O::Out> {
        let mut snapshot = Snapshot(self.bounded.take().await.ok_or_else(closed)?);
        let tx = snapshot.0.ready().await?;
        connection(tx).begin_with_next(BEGIN);
        attempt(operation, tx).await
    }

    /// Its statement is cancelled when its caller is gone.
    pub(crate) async fn read_long<O: Operation>(&self, operation: O) -> Result<O::Out> {
        let lent = self.long.take().await.ok_or_else(closed)?;
        let wanted = lent.wanted();
        let mut cancelled = Cancelled(Some(lent));
        let done = {
            let tx = cancelled.slot().ready().await?;
            connection(tx).begin_with_next(BEGIN);
            let read = attempt(operation, tx);
            tokio::select! {
                done = read => Some(done),
                () = overstays(self.stay, wanted) => None,
            }
        };
        match done {
            Some(done) => {
                cancelled.leave();
                done
            }
            None => Err(overstayed()),
        }
    }

    /// Waits for the reads that run.
    pub(crate) async fn close(&self) {
        self.bounded.close().await;
        self.long.close().await;
    }
}

async fn overstays(stay: Duration, wanted: Wanted) {
    sleep(stay).await;
    while !wanted.by_others() {
        sleep(LOOK).await;
    }
}

/// Ends its transaction when the read is over, and when its caller is gone midway.
struct Snapshot(Lent<Slot>);

impl Drop for Snapshot {
    fn drop(&mut self) {
        if let Some(connection) = self.0.connection() {
            connection.leave();
        }
    }
}

/// How long the server may take to end a statement that is cancelled, before its session is given up.
const CANCEL: Duration = Duration::from_secs(5);

/// A long read's slot. Dropped midway, it asks the server to end the statement, and gives the connection back once it has ended: a
/// request to cancel that came late would hit whoever has the connection next.
struct Cancelled(Option<Lent<Slot>>);

impl Cancelled {
    fn slot(&mut self) -> &mut Slot {
        self.0.as_mut().expect("taken when it is left or dropped")
    }

    fn leave(mut self) {
        self.0.take().map(Snapshot);
    }
}

impl Drop for Cancelled {
    fn drop(&mut self) {
        let Some(mut lent) = self.0.take() else { return };
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            let Some(connection) = lent.connection() else { return };
            if timeout(CANCEL, connection.cancel()).await.is_err() {
                lent.hang_up();
            }
        });
    }
}
