//! External agents: turns that the user's own program claims, and what its calls make of them.

mod budgets;
mod calls;
mod holds;
mod keys;
pub mod program;
mod signals;
mod tools;
