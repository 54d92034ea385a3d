//! SQLite: one writer on a thread of its own, readers beside it.

mod checkpoints;
mod connection;
mod failure;
mod migrate;
mod open;
mod readers;
mod statement;
mod writer;

pub(crate) use open::open;
pub(crate) use readers::Readers;
#[cfg(feature = "testing")]
pub(crate) use statement::steps;
pub(crate) use statement::{column, execute, query, query_fitting, text_bytes};
pub(crate) use writer::Writer;
