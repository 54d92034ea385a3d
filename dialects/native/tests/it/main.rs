//! The native API over real HTTP, on a whole engine.

#![allow(clippy::unwrap_used, reason = "by it a test says what must hold")]

mod agents;
mod attachments;
mod bad_input;
mod beginnings;
mod credentials;
mod customers;
mod documents;
mod events;
mod exchanges;
mod external;
mod forks;
mod heads;
mod idempotency;
mod kept;
mod keys;
mod lists;
mod message_updates;
mod messages;
mod models;
mod origins;
mod people;
mod problems;
mod push;
mod receipts;
mod retries;
mod search;
mod send;
mod server;
mod snapshots;
mod sse;
mod streams;
mod tags;
mod threads;
mod tickets;
mod tokens;
mod tool_results;
mod turns;
mod variables;
mod verifier;
mod waits;
mod webhook_bytes;
mod webhook_refusals;
mod webhooks;
mod wire;
