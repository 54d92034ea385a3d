//! Reads on PostgreSQL. They have their own connections, so that a queue of writes does not delay them.

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

/// Several statements read one snapshot. BEGIN costs no round trip, so a single statement has it too.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Pause between checks whether others wait for the place of a long read.
const LOOK: Duration = Duration::from_millis(50);

pub(crate) struct Readers {
    bounded: Pool<Slot>,
    long: Pool<Slot>,
    /// Time for which a long read keeps its place while others wait.
    stay: Duration,
}

impl Readers {
    /// Connections are made at their first use.
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

    /// The statement is cancelled when its caller is gone.
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

    /// Waits for the running reads.
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

/// Ends its transaction when the read is over, or when its caller is gone.
struct Snapshot(Lent<Slot>);

impl Drop for Snapshot {
    fn drop(&mut self) {
        if let Some(connection) = self.0.connection() {
            connection.leave();
        }
    }
}

/// Time for the server to end a cancelled statement, before the session is closed.
const CANCEL: Duration = Duration::from_secs(5);

/// A long read's slot. Dropped midway, it asks the server to cancel the statement. It returns the connection after the
/// statement has ended, because a late cancel request would hit the next user.
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
