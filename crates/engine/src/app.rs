//! The operations that dialects, the command line and services call.
//!
//! Each is one transaction. Each noun has a module.

pub mod access;
pub mod agents;
pub mod attachments;
pub mod checks;
pub mod external;
pub mod handling;
pub mod keyed;
pub mod messages;
pub mod models;
pub mod own_provider;
pub mod people;
pub mod projects;
pub mod reminders;
pub mod routes;
pub mod saved_replies;
pub mod search_index;
pub mod secrets;
pub mod snapshots;
pub mod switches;
pub mod system;
pub mod threads;
pub mod tickets;
pub mod turns;
pub mod usage;
pub mod webhooks;
