//! Between the wire and the domain, both ways. Pure.

mod controls;
mod sent;
mod shown;

pub use sent::{header_once, named_as_sent, origin, said};
pub use shown::{Place, message};
