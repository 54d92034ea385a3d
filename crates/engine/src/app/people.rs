//! People: those of a project, and those who write to it.

pub mod customers;
pub mod end_users;
pub mod guests;
pub mod members;
pub mod serving;
