//! The operations: what a door, the command line or a service may ask for.
//!
//! Each is one transaction. A room for each noun.

pub mod access;
pub mod agents;
pub mod attachments;
pub mod keyed;
pub mod messages;
pub mod people;
pub mod projects;
pub mod reminders;
pub mod snapshots;
pub mod threads;
pub mod tickets;
pub mod turns;
pub mod usage;
pub mod webhooks;
