//! Messages: accepting, changing and reading them.

pub(crate) mod accept;
pub mod amend;
pub mod beside;
pub mod follow;
pub mod list;
pub mod receipts;
pub mod search;
pub(crate) mod send;
pub mod sift;

pub use self::send::{Send, Sent, WhenClosed};
