//! The contract as it stands on the wire: of each operation an answer and a refusal, whole. `UPDATE_EXPECT=1` writes them anew.

mod agents;
mod attachments;
mod catalogue;
mod external;
mod forks;
mod handling;
mod heads;
mod messages;
mod people;
mod project;
mod providers;
mod snapshots;
mod threads;
mod tickets;
mod tokens;
mod turns;
mod usage;
mod webhooks;

use std::{
    ops::{Deref, DerefMut},
    path::Path,
};

pub use dialect_kit::testing::UNKNOWN;
use dialect_kit::testing::{self, unshown};
use engine::{Targets, testing::Choices};
use serde_json::json;

use crate::server::{Api, BASE, text};

/// A server, and the client that holds its answers against the texts.
struct Wire {
    api: Api,
    client: testing::Wire,
}

impl Deref for Wire {
    type Target = testing::Wire;

    fn deref(&self) -> &testing::Wire {
        &self.client
    }
}

impl DerefMut for Wire {
    fn deref_mut(&mut self) -> &mut testing::Wire {
        &mut self.client
    }
}

impl Wire {
    async fn start() -> Self {
        Self::of(Api::with(Choices { webhook_targets: Targets::Any, ..Choices::default() }).await)
    }

    fn of(api: Api) -> Self {
        let bearer = format!("Bearer {}", api.test().key);
        let client = testing::Wire::new(&api.server, BASE, ("authorization", bearer));
        Self { api, client }
    }

    /// The id of a new thread.
    async fn thread(&self) -> String {
        text(&self.api.post("/threads", json!({"title": "Order 4711"})).await.is(201)["id"])
    }

    /// The ids of a message that was answered, and of its turn.
    async fn asked(&self, thread: &str) -> (String, String) {
        let sent = self.api.ask(&format!("/threads/{thread}"), "Where is it?").await;
        (text(&sent["message"]["id"]), text(&sent["turn"]["id"]))
    }
}

#[test]
fn every_operation_shows_an_answer_and_a_refusal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/wire");
    assert_eq!(unshown(&dialect_native::Native, BASE, &folder), [""; 0], "in wire/");
}
