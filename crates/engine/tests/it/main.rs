//! The engine as a whole, on a real store.

mod accepting;
mod admin;
mod agents;
mod attachments;
mod following;
mod life;
mod outcome;
mod policies;
mod snapshots;
mod turns;
