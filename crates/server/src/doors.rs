//! The doors of this binary. A new dialect is one line here.

use std::sync::Arc;

use dialect_kit::Dialect;

/// Every dialect, in the order in which they are asked. The first also answers what nobody claims.
pub fn all() -> Vec<Arc<dyn Dialect>> {
    vec![]
}
