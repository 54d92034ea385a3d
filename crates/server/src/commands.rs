//! The commands that talk to a running server: a file for each noun.

pub mod agent;
mod expiry;
mod follow;
mod handling;
pub mod inbox;
pub mod key;
pub mod member;
pub mod model;
pub mod project;
pub mod search;
pub mod thread;
mod told;
pub mod usage;

/// Default number of listed things.
const LIST_MOST: usize = 1_000;
