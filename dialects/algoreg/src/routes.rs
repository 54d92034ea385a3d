//! The handlers: decode, convert, call, encode.

pub mod attachments;
pub mod customers;
pub mod messages;
pub mod threads;
pub mod tokens;
