//! The handlers: decode, convert, call, encode.

pub mod messages;
pub mod threads;
