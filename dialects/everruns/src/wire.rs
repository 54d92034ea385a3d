//! The bodies on the wire, by the vendor's document of 2026-08-19, plus the fields that its newest types let a client
//! send.
//!
//! Requests ignore unknown fields. Answers omit null fields.

mod agent;
mod catalogue;
mod channel;
mod event;
mod event_query;
mod image;
mod kept;
mod message;
mod page;
mod part;
mod sequence;
mod session;
mod tool;
mod trajectory;
mod usage;

pub use agent::*;
pub use catalogue::*;
pub use channel::*;
pub use event::*;
pub use event_query::*;
pub use image::*;
pub use kept::*;
pub use message::*;
pub use page::*;
pub use part::*;
pub use sequence::*;
pub use session::*;
pub use tool::*;
pub use trajectory::*;
pub use usage::*;
