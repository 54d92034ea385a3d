//! Reads on PostgreSQL: connections of their own, so that a queue of writes does not hold them up.

use std::sync::Arc;

use domain::Result;

use super::{
    address::Address,
    slot::{Slot, connection},
};
use crate::{
    Operation,
    operation::attempt,
    pool::{Lent, Pool},
    store::closed,
};

/// Several statements see one state. BEGIN costs no round trip, so a single statement gets it too.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Long reads at the same time.
const LONG: usize = 2;

pub(crate) struct Readers {
    bounded: Pool<Slot>,
    long: Pool<Slot>,
}

impl Readers {
    /// Connections are made when they are first needed.
    pub(super) fn new(address: &Arc<Address>, bounded: usize) -> Self {
        let slots = |n: usize| Pool::new((0..n).map(|_| Slot::empty(address.clone())).collect());
        Self { bounded: slots(bounded.max(1)), long: slots(LONG) }
    }

    pub(crate) async fn read<O: Operation>(&self, operation: O) -> Result<O::Out> {
        read_on(&self.bounded, operation).await
    }

    pub(crate) async fn read_long<O: Operation>(&self, operation: O) -> Result<O::Out> {
        read_on(&self.long, operation).await
    }

    /// Waits for the reads that run.
    pub(crate) async fn close(&self) {
        self.bounded.close().await;
        self.long.close().await;
    }
}

async fn read_on<O: Operation>(pool: &Pool<Slot>, operation: O) -> Result<O::Out> {
    let mut snapshot = Snapshot(pool.take().await.ok_or_else(closed)?);
    let tx = snapshot.0.ready().await?;
    connection(tx).begin_with_next(BEGIN);
    attempt(operation, tx).await
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
