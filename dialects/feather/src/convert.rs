//! Converts between Feather's types and the domain's.

pub mod message;
pub mod thread;
