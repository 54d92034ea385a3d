//! The engine as a whole, on a real store.

#![expect(clippy::unwrap_used, reason = "a test that fails may say so by panicking")]

mod accepting;
mod admin;
mod agent_keys;
mod agents;
mod ages;
mod attachments;
mod backlog;
mod bounded;
mod client_tools;
mod correspondents;
mod damaged;
mod emails;
mod fairness;
mod folding;
mod following;
mod guests;
mod keyed;
mod leftovers;
mod life;
mod neighbours;
mod outbox;
mod outcome;
mod paging;
mod patience;
mod policies;
mod postgres;
mod quotas;
mod receipts;
mod reminders;
mod retries;
mod routes;
mod shutdown;
mod silent_node;
mod snapshots;
mod sources;
mod tags;
mod thread_search;
mod tokens;
mod transcripts;
mod turns;
mod unfinished;
mod variables;
mod watches;
mod windows;
