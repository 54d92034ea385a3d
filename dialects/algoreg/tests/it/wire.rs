//! The contract as it stands on the wire: of each operation an answer and a refusal, whole. `UPDATE_EXPECT=1` writes them anew.

mod people;
mod threads;

use std::path::Path;

pub use dialect_kit::testing::UNKNOWN;
use dialect_kit::testing::{Wire, unshown};
use reqwest::Method;
use serde_json::json;

use crate::door::Door;

const BASE: &str = "/api/v1";

async fn open() -> (Door, Wire) {
    let door = Door::open().await;
    let wire = Wire::new(&door.server, BASE, ("authorization", format!("Bearer {}", door.test().key)));
    let wire = wire.measuring(&["expires_at"]);
    (door, wire)
}

/// The id of a thread with a customer's message, its answer, and a tag.
async fn ticket(door: &Door) -> String {
    let thread = door.begin(json!({"from": "ann@example.com", "content": "Where is my order?"})).await.id;
    let tags = json!({"tag_codes": ["late"]});
    assert_eq!(door.ask(Method::POST, &format!("/api/v1/thread/{thread}"), tags).await.status, 204);
    thread.to_string()
}

/// The id of a new customer.
async fn customer(door: &Door) -> String {
    let ann = json!({"external_id": "c-7", "name": "Ann", "emails": ["ann@example.com"]});
    let made = door.ask(Method::POST, "/api/v1/customers", ann).await.json();
    made["id"].as_str().expect("an id").to_owned()
}

#[test]
fn every_operation_shows_an_answer_and_a_refusal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/wire");
    assert_eq!(unshown(&dialect_algoreg::Algoreg, BASE, &folder), [""; 0], "in wire/");
}
