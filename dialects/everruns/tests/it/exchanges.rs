//! Recorded exchanges.

use std::sync::Arc;

use dialect_everruns::Everruns;
use dialect_kit::testing::check;

#[tokio::test]
async fn recorded_exchanges_are_answered_as_recorded() {
    check(vec![Arc::new(Everruns::default())], concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures")).await;
}
