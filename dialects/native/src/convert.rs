//! Between the wire and the domain. Pure functions.

pub mod agent;
pub mod event;
pub mod external;
mod formats;
pub mod message;
pub mod part;
pub mod send;
pub mod thread;
pub mod tool_results;
pub mod turn;
pub mod usage;
