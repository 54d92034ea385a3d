//! Turns as those see them who asked: finding, cancelling and retrying them, and waiting for their outcome. How turns run is in
//! [`crate::turns`].

mod cancel;
mod find;
pub mod outcome;
pub mod results;
mod retry;
