//! Between Feather's words and the domain's.

pub mod message;
pub mod thread;
