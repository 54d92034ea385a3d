//! The contract as it stands on the wire: of each operation an answer and a refusal, whole. `UPDATE_EXPECT=1` writes them anew.

mod agents;
mod catalogue;
mod channel_messages;
mod channels;
mod messages;
mod sessions;

use std::path::Path;

use dialect_kit::testing::{Wire, unshown};
use domain::{ThreadId, controls::Policy, script::Reply};
use reqwest::multipart::{Form, Part};

use crate::{channels::Channel, client::Door};

const BASE: &str = "/v1";
/// A session that nobody has.
const UNKNOWN_SESSION: &str = "session_00000000000070008000000000000000";
/// No agent asks questions or waits for approvals in a form of their own.
const REFUSED_ALONE: [&str; 2] =
    ["POST /channels/{}/sessions/{}/question-answers", "POST /channels/{}/sessions/{}/tool-approvals"];

async fn open() -> (Door, Wire) {
    let door = Door::open().await;
    let wire = Wire::new(&door.server, BASE, ("authorization", door.server.test.key.clone()));
    (door, wire)
}

/// A channel, and a client with its key.
async fn in_channel(script: Vec<Reply>) -> (Channel, Wire) {
    let channel = Channel::open(script).await;
    let bearer = format!("Bearer {}", channel.key);
    let wire = Wire::new(&channel.door.server, BASE, ("authorization", bearer));
    (channel, wire)
}

/// Says something in the thread, and waits for the answer.
async fn said_in(door: &Door, thread: ThreadId) {
    door.server.test.say(thread, "Where is my order?", Policy::Queue).await;
    door.server.test.settle(thread).await;
}

/// A form with a file that begins as a picture does.
fn gif(name: &str) -> Form {
    let file = Part::text("GIF89a of a test").file_name(name.to_owned());
    Form::new().part("file", file)
}

#[test]
fn every_operation_shows_an_answer_and_a_refusal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/wire");
    assert_eq!(unshown(&dialect_everruns::Everruns::default(), BASE, &folder), REFUSED_ALONE, "in wire/");
}
