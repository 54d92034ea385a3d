//! Capy's door on a real server: the contract to the letter, what is kept of it, and every refusal.

mod answers;
mod bytes;
mod client;
mod dispatch;
mod documents;
mod exchanges;
mod fields;
mod keys;
mod list;
mod polls;
mod projects;
mod send;
mod snapshots;
mod tags;
mod tasks;
mod thread_list;
mod threads;
mod twice;
mod usage;
mod wire;
