//! A provider of models that speaks every wire, and outlives the server.

use std::{fmt::Write, path::PathBuf, time::Duration};

use providers::testing::StrictPeer;
use tempfile::TempDir;

/// The wires, their base paths, and a model of the catalogue for each.
pub const WIRES: [(&str, &str, &str); 4] = [
    ("chat", "/v1", "gpt-5.4"),
    ("responses", "/v1", "gpt-5.5"),
    ("anthropic", "/v1", "claude-opus-4-8"),
    ("gemini", "/v1beta", "gemini-3-flash-preview"),
];
/// The pause before each event of an answer, so that a kill falls into an answer.
const PAUSE: Duration = Duration::from_millis(8);

/// The peer, and a file that tells the server of it.
pub struct Peer {
    peer: StrictPeer,
    folder: TempDir,
}

impl Peer {
    pub async fn start() -> Self {
        let (url, peer) = StrictPeer::start_slowly(PAUSE).await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let peer = Self { peer, folder };
        std::fs::write(peer.file(), configuration(&url)).expect("the folder is writable");
        peer
    }

    /// The server's configuration file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("threadline.toml")
    }

    /// The reasons of all requests that the peer has refused.
    pub fn complaints(&self) -> Vec<String> {
        self.peer.complaints()
    }
}

fn configuration(url: &str) -> String {
    let mut text = String::new();
    for (wire, path, model) in WIRES {
        let kind = match wire {
            "chat" | "responses" => format!("kind = \"openai\"\nwire = \"{wire}\""),
            kind => format!("kind = \"{kind}\""),
        };
        let provider = format!("[providers.{wire}]\n{kind}\nbase_url = \"{url}{path}\"");
        let route = format!("[models.\"{model}\"]\nprovider = \"{wire}\"\nmodel = \"one\"");
        writeln!(text, "{provider}\n{route}").expect("a text takes all");
    }
    text
}
