//! Recorded exchanges.

use std::sync::Arc;

use dialect_algoreg::Algoreg;
use dialect_kit::testing::check;

#[tokio::test]
async fn recorded_exchanges_are_answered_as_recorded() {
    check(vec![Arc::new(Algoreg)], concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures")).await;
}
