//! The binary as people and supervisors use it: started, asked, signalled, killed.

#![allow(clippy::unwrap_used, reason = "by it a test says what must hold")]

mod access;
mod agents;
mod bad_input;
mod chat_page;
mod clients;
mod commands;
mod cross_door;
mod dead_disk;
mod descriptors;
mod dev;
#[path = "../../src/dialects.rs"]
mod dialects;
mod dispatch;
mod documents;
mod doors;
mod draining;
mod external;
mod full_disk;
mod held;
mod inbox;
mod inputs;
mod kept;
mod keys;
mod memory;
mod models;
mod native_page;
mod probe;
mod process;
mod providers;
mod proxies;
mod quotas;
mod secrets;
mod settings;
mod spans;
mod starting;
mod structure;
mod turns;
mod webhooks;
