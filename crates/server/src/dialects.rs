//! The dialects of this binary, for the server and for every test. A new one is a line here.

use std::sync::Arc;

use dialect_algoreg::Algoreg;
use dialect_capy::Capy;
use dialect_everruns::Everruns;
use dialect_feather::Feather;
use dialect_kit::Contract;
use dialect_native::Native;
/// An event of each type, as the native API shows it.
pub use dialect_native::examples;

/// Every dialect, in the order in which they are asked. The first also answers what nobody claims.
pub fn all() -> Vec<Arc<dyn Contract>> {
    vec![Arc::new(Native), Arc::new(Capy), Arc::new(Feather), Arc::new(Algoreg), Arc::new(Everruns::default())]
}

/// Their names, in the same order.
pub fn names() -> Vec<&'static str> {
    all().iter().map(|dialect| dialect.name()).collect()
}
