//! The chat page of `examples/chat`, run by Node with a browser's rules for pages of another origin.

use std::path::Path;

use dialect_kit::testing::node;
use serde_json::json;

use crate::{
    bad_input::world::{Api, text},
    process::{KEY, Ran, Server, Start, program},
};

/// Where the page comes from.
const ORIGIN: &str = "http://localhost:8000";

#[tokio::test]
async fn the_chat_page_talks_with_the_agent_and_comes_back() {
    let server: Server = Start::new("serve").env("THREADLINE_BOOTSTRAP_KEY", KEY).start();
    let api = Api { server: &server, key: KEY };
    let agent = api.patch("agents/default", json!({"guests": {"origins": [ORIGIN]}})).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut page = program(node().to_str().expect("UTF-8"));
    page.arg(root.join("tests/chat/page.mjs")).env("CHAT_PAGE", root.join("examples/chat/index.html"));
    page.env("CHAT_URL", &server.url).env("CHAT_ORIGIN", ORIGIN).env("CHAT_KEY", KEY);
    page.env("CHAT_AGENT", text(&agent["guest_id"]));
    let ran = tokio::task::spawn_blocking(move || Ran::of(&mut page)).await.expect("it runs");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}
