//! Capy's door on a real server: the contract to the letter, what is kept of it, and every refusal.

mod bytes;
mod client;
mod dispatch;
mod documents;
mod fields;
mod keys;
mod list;
mod send;
mod snapshots;
mod twice;
