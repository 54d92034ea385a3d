//! People: members of a project, customers, guests and end users.

pub mod arrivals;
pub mod contacts;
pub mod customers;
pub mod end_users;
pub mod faces;
pub mod frames;
pub mod guests;
pub mod identities;
pub mod members;
pub mod serving;
pub mod widget;
