//! Threads: creating, finding, changing and deleting them.

pub mod begin;
pub mod beside;
pub(crate) mod close;
mod delete;
mod export;
mod find;
pub mod fork;
pub mod heads;
pub(crate) mod make;
pub(crate) mod numbering;
pub mod overrides;
pub mod page;
pub mod search;
pub(crate) mod tags;
pub(crate) mod update;
pub(crate) mod variables;
pub(crate) mod windows;

pub use store::threads::Filter;

pub use self::{make::NewThread, update::ThreadPatch};
