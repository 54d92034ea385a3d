//! The contract as it stands on the wire: of each operation an answer and a refusal, whole. `UPDATE_EXPECT=1` writes them anew.

mod projects;
mod snapshots;
mod threads;

use std::path::Path;

pub use dialect_kit::testing::UNKNOWN;
use dialect_kit::testing::{Wire, unshown};
use domain::controls::Policy;

use crate::client::Door;

const BASE: &str = "/api/v1";
/// A thread that nobody has.
const UNKNOWN_JAM: &str = "jam_00000000000070008000000000000000";
/// There are no tasks yet, so that none is found.
const REFUSED_ALONE: [&str; 1] = ["GET /tasks/{}"];

async fn open() -> (Door, Wire) {
    let door = Door::open().await;
    let bearer = format!("Bearer {}", door.server.test.key);
    let wire = Wire::new(&door.server, BASE, ("authorization", bearer));
    (door, wire)
}

/// A message in the thread of the door, and its answer.
async fn said(door: &Door) {
    door.server.test.say(door.thread, "Where is my order?", Policy::Queue).await;
    door.server.test.settle(door.thread).await;
}

#[test]
fn every_operation_shows_an_answer_and_a_refusal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/wire");
    assert_eq!(unshown(&dialect_capy::Capy, BASE, &folder), REFUSED_ALONE, "in wire/");
}
