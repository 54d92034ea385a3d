//! Converts between the wire and the domain, in both directions. Pure.

pub mod agents;
pub mod catalogue;
pub mod channels;
mod controls;
mod extras;
mod sent;
pub mod sessions;
mod shown;
pub mod tools;

pub use sent::{header_once, named_as_sent, origin, said};
pub use shown::{Place, message};
