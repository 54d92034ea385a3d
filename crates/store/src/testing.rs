//! Tools for tests: throw-away databases of both kinds, a disk that fills up, and a count of executed statements. The
//! server contains none of them.

mod cluster;
mod damage;
mod disk;
mod fingerprint;
mod scratch;
mod tally;

pub use cluster::Cluster;
pub use damage::{damage_message, damage_thread, damage_variables};
pub use disk::small_disk;
pub use fingerprint::{Fingerprint, Observer};
pub use scratch::Scratch;
pub use tally::Ran;

pub(crate) use tally::Tally;
