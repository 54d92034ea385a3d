//! Algoreg's contract over real HTTP, on a real engine.

mod attachments;
mod callbacks;
mod create;
mod customers;
mod door;
mod exchanges;
mod keys;
mod list;
mod paths;
mod refusals;
mod reminders;
mod threads;
mod tokens;
mod twice;
mod updates;
mod wire;
