//! Turns in the view of clients: finding, cancelling and retrying them, and waiting for their outcome. [`crate::turns`]
//! runs turns.

mod cancel;
mod find;
pub mod outcome;
pub mod results;
mod retry;

pub use store::events::{Stage, StageKind};
