//! The database: SQLite in a folder, or PostgreSQL, behind one text of SQL. No other crate contains a statement.
//!
//! - the store and its transactions: `store`, `options`, `open_error`, `operation`, `job`, `tx`
//! - fairness: `behalf`, `queue`, `pool`
//! - values and rows: `value`, `row`, `json`, `participants`; answers of bounded size: `fitting`
//! - the two databases: `sqlite`, `postgres`; the schema: `migrations`
//! - files: `folder` (the lock, and files for the owner alone), `blobs` (the bytes of attachments), `disk` (tests whether the disk can be read)
//! - throw-away databases for tests: `testing`
//! - statements, one module a noun: the public modules

pub mod agent_changes;
pub mod agents;
pub mod attachments;
pub mod audit;
pub mod blocks;
pub mod budgets;
pub mod clock_steps;
pub mod credentials;
pub mod customers;
pub mod deliveries;
pub mod delivery_attempts;
pub mod deltas;
pub mod events;
pub mod external_turns;
pub mod extras;
pub mod fits;
pub mod forks;
pub mod guests;
pub mod handling;
pub mod key_agents;
pub mod keys;
pub mod log;
pub mod members;
pub mod messages;
pub mod origin_keys;
pub mod origins;
pub mod overrides;
pub mod owners;
pub mod planted;
pub mod projects;
pub mod providers;
pub mod receipts;
pub mod reminders;
pub mod removals;
pub mod routes;
pub mod saved_replies;
pub mod search;
pub mod secrets;
pub mod seen;
pub mod sign_ins;
pub mod snapshots;
pub mod step_usage;
pub mod stored;
pub mod tags;
pub mod threads;
pub mod tickets;
pub mod tool_calls;
pub mod tool_secrets;
pub mod turns;
pub mod usage;
pub mod usage_sums;
pub mod variables;
pub mod webhook_backlogs;
pub mod webhooks;
pub mod windows;

#[cfg(feature = "testing")]
pub mod testing;

mod behalf;
mod blobs;
mod disk;
mod fitting;
mod folder;
mod job;
mod json;
mod migrations;
mod open_error;
mod operation;
mod options;
mod participants;
mod pool;
mod postgres;
mod queue;
mod row;
mod sqlite;
mod store;
mod tx;
mod value;

pub use behalf::{Scale, at_once_on_behalf_of, at_once_weighed_by, holder, on_behalf_of, weighed_by};
pub use blobs::{Blob, Blobs, Upload};
pub use domain::{Error, Result};
pub use fitting::{Bound, Fitted};
pub use folder::keep_private;
pub use json::{Json, json};
pub use open_error::OpenError;
pub use operation::{BoxFuture, Operation, op};
pub use options::Options;
pub use row::{FromRow, Row};
pub use store::Store;
pub use tx::Tx;
pub use value::{Column, Mismatch, Param, Params, Value};

pub(crate) use fitting::fitting;
pub(crate) use row::word;
