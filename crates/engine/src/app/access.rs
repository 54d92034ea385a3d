//! Access: authentication, and the rights of a credential.

pub mod audit;
pub(crate) mod auth;
pub(crate) mod bounds;
pub(crate) mod identity;
pub(crate) mod impersonation;
pub mod keys;
pub(crate) mod origins;
pub(crate) mod renewal;
pub mod sign_ins;
pub mod tokens;
mod watching;
