//! Converts between Algoreg's types and the domain's. One file for each noun.

pub mod customer;
pub mod email;
pub mod message;
pub mod thread;
pub mod token;

use domain::{Error, Result, ThreadId, codes};

/// A malformed id is the id of no thread.
///
/// # Errors
/// `not_found`.
pub fn thread_id(text: &str) -> Result<ThreadId> {
    ThreadId::parse(text).ok_or_else(thread_not_found)
}

pub fn thread_not_found() -> Error {
    Error::not_found(codes::THREAD_NOT_FOUND, "Thread")
}

pub fn message_not_found() -> Error {
    Error::not_found(codes::MESSAGE_NOT_FOUND, "Message")
}

pub fn customer_not_found() -> Error {
    Error::not_found(codes::CUSTOMER_NOT_FOUND, "Customer")
}
