//! The native API over real HTTP, on a whole engine.

#![allow(clippy::unwrap_used, reason = "by it a test says what must hold")]

mod agents;
mod attachments;
mod bad_input;
mod documents;
mod events;
mod idempotency;
mod keys;
mod lists;
mod messages;
mod origins;
mod people;
mod problems;
mod schema;
mod search;
mod send;
mod server;
mod snapshots;
mod sse;
mod streams;
mod threads;
mod tool_results;
mod turns;
mod verifier;
mod waits;
mod webhook_refusals;
mod webhooks;
