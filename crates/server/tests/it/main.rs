//! The binary as people and supervisors use it: started, asked, signalled, killed.

mod agents;
mod commands;
mod dev;
mod documents;
mod draining;
mod keys;
mod process;
mod settings;
mod starting;
mod structure;
