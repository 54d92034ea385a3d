//! The dialect over real HTTP, on a whole engine.

#![allow(clippy::unwrap_used, reason = "by it a test says what must hold")]

mod agents;
mod catalogue;
mod channel_pages;
mod channels;
mod claims;
mod client;
mod configured;
mod create;
mod documents;
mod events;
mod exchanges;
mod failures;
mod fields;
mod forks;
mod history;
mod images;
mod kept;
mod list;
mod positions;
mod refusals;
mod resume;
mod scopes;
mod sdk;
mod senders;
mod sessions;
mod shapes;
mod starts;
mod trajectories;
mod usage;
mod waiting;
mod wire;
