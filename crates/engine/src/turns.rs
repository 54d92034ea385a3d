//! Runs turns: claims, steps and ends.
//!
//! A turn is held by a lease and an attempt number (fencing). Its worker writes under its attempt's number and stops
//! when the number has changed. No transaction is open while a model answers or a tool runs.

mod alert;
mod backlog;
mod built_in;
pub(crate) mod calling;
pub(crate) mod claim;
pub(crate) mod delta;
pub(crate) mod end;
pub mod external;
mod failing;
mod files;
mod fitting;
mod gate;
pub(crate) mod progress;
mod quote;
mod reason;
mod reserving;
pub(crate) mod results;
pub(crate) mod run;
mod said;
mod saying;
mod shown;
mod spending;
mod step;
mod summary;
mod switch;
mod tools;
mod transcript;
pub(crate) mod wanting;

pub(crate) use backlog::Backlog;
pub(crate) use run::Run;
