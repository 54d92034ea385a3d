//! What goes over the wire, and nothing else: the vendor's document of 2026-08-19, with what its newest types have added to
//! what a client may send.
//!
//! Requests ignore fields that they do not know. Answers leave out what is null.

mod agent;
mod catalogue;
mod channel;
mod event;
mod image;
mod kept;
mod message;
mod page;
mod part;
mod sequence;
mod session;
mod tool;
mod trajectory;

pub use agent::*;
pub use catalogue::*;
pub use channel::*;
pub use event::*;
pub use image::*;
pub use kept::*;
pub use message::*;
pub use page::*;
pub use part::*;
pub use sequence::*;
pub use session::*;
pub use tool::*;
pub use trajectory::*;
