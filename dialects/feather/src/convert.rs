//! Converts between Feather's types and the domain's.

pub mod face;
pub mod message;
pub mod thread;
pub mod widget;
