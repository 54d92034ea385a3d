//! The contract as it stands on the wire: of each operation an answer and a refusal, whole. `UPDATE_EXPECT=1` writes them anew.

mod chat;
mod guest;
mod threads;
mod visit;
mod widget;

use std::path::Path;

pub use dialect_kit::testing::UNKNOWN;
use dialect_kit::testing::{Wire, unshown};
use domain::{ThreadId, controls::Policy};
use reqwest::RequestBuilder;

use crate::{
    chat::{Guest, SHOP, begin},
    client::Door,
};

const BASE: &str = "/api/v1";
/// A thread of text messages cannot be begun here.
const REFUSED_ALONE: [&str; 1] = ["POST /threads"];

fn wire(door: &Door) -> Wire {
    Wire::new(&door.server, BASE, ("x-api-key", door.server.test.key.clone())).measuring(&["windowExpiresIn"])
}

async fn open() -> (Door, Wire) {
    let door = Door::open().await;
    let wire = wire(&door);
    (door, wire)
}

/// The ids of a message and of its answer.
async fn said(door: &Door, thread: ThreadId) -> (String, String) {
    let test = &door.server.test;
    test.say(thread, "Where is my order?", Policy::Queue).await;
    test.settle(thread).await;
    let messages = test.messages(thread).await;
    (messages[0].id.to_string(), messages[1].id.to_string())
}

/// A guest on a page of the shop.
struct Visit {
    door: Door,
    guest: Guest,
    wire: Wire,
}

impl Visit {
    async fn begin() -> Self {
        let door = crate::chat::open(|_| ()).await;
        let guest = begin(&door).await;
        let wire = wire(&door);
        Self { door, guest, wire }
    }

    fn thread(&self) -> String {
        self.guest.thread.to_string()
    }

    /// A request with the guest's token.
    fn request(&self, operation: &str, ids: &[&str]) -> RequestBuilder {
        self.wire.bare(operation, ids).bearer_auth(&self.guest.token).header("origin", SHOP)
    }
}

#[test]
fn every_operation_shows_an_answer_and_a_refusal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/wire");
    assert_eq!(unshown(&dialect_feather::Feather, BASE, &folder), REFUSED_ALONE, "in wire/");
}
