//! PostgreSQL: one transaction for each operation, over a fixed number of connections.

mod absence;
mod address;
mod connection;
mod failure;
mod migrate;
mod open;
mod outcome;
mod readers;
mod sessions;
mod slot;
mod statement;
mod writers;

pub(crate) use connection::Connection;
pub(crate) use open::{Found, open};
pub(crate) use readers::Readers;
pub(crate) use writers::Writers;
