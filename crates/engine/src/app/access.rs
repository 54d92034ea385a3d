//! Who is asking, and what a credential lets them know and do.

pub mod audit;
pub(crate) mod auth;
pub(crate) mod bounds;
pub(crate) mod impersonation;
pub mod keys;
pub(crate) mod origins;
pub mod tokens;
mod watching;
