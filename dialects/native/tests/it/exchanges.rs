//! Recorded exchanges.

use std::sync::Arc;

use dialect_kit::testing::check;
use dialect_native::Native;

#[tokio::test]
async fn recorded_exchanges_are_answered_as_recorded() {
    check(vec![Arc::new(Native)], concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures")).await;
}
