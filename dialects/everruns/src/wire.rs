//! What goes over the wire, and nothing else: the vendor's document of 2026-08-19, with what its newest types have added to
//! what a client may send.
//!
//! Requests ignore fields that they do not know. Answers leave out what is null.

mod event;
mod message;
mod part;

pub use event::*;
pub use message::*;
pub use part::*;
