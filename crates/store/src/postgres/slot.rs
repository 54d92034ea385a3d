//! A slot for one connection, filled on demand and again after a loss.

use std::sync::Arc;

use domain::{Error, Result};
use tokio::time::Instant;

use super::{address::Address, connection::Connection};
use crate::{Tx, tx};

pub(super) struct Slot {
    address: Arc<Address>,
    tx: Option<Tx>,
}

impl Slot {
    pub(super) fn empty(address: Arc<Address>) -> Self {
        Self { address, tx: None }
    }

    /// A transaction on a live connection, as far as is known. Refuses at once between two tries.
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
        let absence = &self.address.absence;
        if !absence.may_try(Instant::now()) {
            return Err(unreachable());
        }
        match self.address.connect().await {
            Ok(client) => {
                if let Some(away) = absence.ended(Instant::now()) {
                    tracing::info!(away_ms = away.as_millis(), "PostgreSQL at {} is back", self.address.server);
                }
                Ok(Tx::new(tx::Connection::Postgres(Connection::new(client))))
            }
            Err(error) => {
                if absence.is_news(Instant::now()) {
                    tracing::warn!("{error}");
                }
                Err(unreachable().with_source(error))
            }
        }
    }
}

/// The connection of a transaction.
pub(super) fn connection(tx: &mut Tx) -> &mut Connection {
    match &mut tx.connection {
        tx::Connection::Postgres(connection) => connection,
        tx::Connection::Sqlite(_) => unreachable!("a slot is filled with connections of PostgreSQL"),
    }
}
