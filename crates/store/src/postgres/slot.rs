//! A place for one connection, which is filled when it is needed and again when the connection was lost.

use std::{sync::Arc, time::Duration};

use domain::{Error, Result};
use tokio::time::Instant;

use super::{address::Address, connection::Connection};
use crate::{Tx, tx};

const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

pub(super) struct Slot {
    address: Arc<Address>,
    tx: Option<Tx>,
    /// Not before this instant is the next try.
    again_at: Option<Instant>,
    pause: Duration,
}

impl Slot {
    pub(super) fn empty(address: Arc<Address>) -> Self {
        Self { address, tx: None, again_at: None, pause: PAUSE_MIN }
    }

    /// A transaction on a connection that lives, as far as one can know. Refuses at once between tries.
    pub(super) async fn ready(&mut self) -> Result<&mut Tx> {
        let lives = self.tx.as_mut().is_some_and(|tx| !connection(tx).is_lost());
        if !lives {
            self.tx = None;
            self.tx = Some(self.connect().await?);
        }
        Ok(self.tx.as_mut().expect("filled above"))
    }

    /// The connection, if there is one.
    pub(super) fn connection(&mut self) -> Option<&mut Connection> {
        self.tx.as_mut().map(connection)
    }

    /// Ends the session.
    pub(super) fn hang_up(&mut self) {
        self.tx = None;
    }

    async fn connect(&mut self) -> Result<Tx> {
        let unreachable = || Error::unavailable("The database is not reachable, try again");
        if self.again_at.is_some_and(|at| Instant::now() < at) {
            return Err(unreachable());
        }
        match self.address.connect().await {
            Ok(client) => {
                (self.again_at, self.pause) = (None, PAUSE_MIN);
                Ok(Tx::new(tx::Connection::Postgres(Connection::new(client))))
            }
            Err(error) => {
                tracing::warn!("{error}");
                self.again_at = Some(Instant::now() + self.pause);
                self.pause = (self.pause * 2).min(PAUSE_MAX);
                Err(unreachable().with_source(error))
            }
        }
    }
}

/// A transaction's own connection.
pub(super) fn connection(tx: &mut Tx) -> &mut Connection {
    match &mut tx.connection {
        tx::Connection::Postgres(connection) => connection,
        tx::Connection::Sqlite(_) => unreachable!("a slot is filled with connections of PostgreSQL"),
    }
}
