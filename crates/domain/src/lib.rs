//! The words of Threadline as types: threads, messages, turns, positions, errors, and the rule that says what a turn does next.
//!
//! Nothing here reads a clock, draws a random number, waits or touches a file: the same input gives the same output.

pub mod agent;
pub mod attachment;
pub mod author;
pub mod caller;
pub mod controls;
pub mod customer;
pub mod envelope;
pub mod error;
pub mod event;
pub mod fold;
pub mod id;
pub mod kept;
pub mod limits;
pub mod message;
pub mod model;
pub mod overrides;
pub mod participant;
pub mod position;
pub mod project;
pub mod receipt;
pub mod reminder;
pub mod script;
pub mod shares;
pub mod snapshot;
pub mod tag;
pub mod thread;
pub mod ticket;
pub mod time;
pub mod turn;
pub mod variables;
pub mod webhook;

pub use caller::Caller;
pub use error::{Error, Kind, Result};
pub use id::*;
pub use kept::{Kept, Map};
pub use limits::Limits;
pub use position::Position;
pub use time::Timestamp;
