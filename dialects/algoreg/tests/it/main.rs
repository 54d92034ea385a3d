//! Algoreg's contract over real HTTP, on a real engine.

mod attachments;
mod create;
mod door;
mod keys;
mod list;
mod paths;
mod refusals;
mod reminders;
mod twice;
