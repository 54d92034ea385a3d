//! A server of ours that is configured with providers.

use std::{fmt::Write, sync::Arc};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    bad_input::world::Api,
    process::{KEY, Server, Start, write},
};

/// The configuration file, beside the data.
const FILE: &str = "threadline.toml";

/// Dollars for a million tokens of each model.
const PRICES: &str = "prices = { input = \"2\", output = \"10\", cache_read = \"0.5\" }";

/// A provider that speaks a wire.
pub struct Lead<'l> {
    /// The wire. The provider and an agent have this name.
    pub wire: &'l str,
    pub base_url: String,
    /// Names of the agents, of their models in the catalogue, and most tokens of an answer.
    pub agents: Vec<(String, &'static str, u64)>,
}

/// Starts a server with these providers. `times`: lines that each provider has beside the others. `model`: the
/// providers' name of the model.
pub async fn server(leads: &[Lead<'_>], model: &str, times: &str) -> Server {
    let server = of_file(&file(leads, model, times));
    let api = Api { server: &server, key: KEY };
    for (agent, name, _) in leads.iter().flat_map(|lead| &lead.agents) {
        api.post("agents", json!({"name": agent, "model": name})).await;
    }
    server
}

/// Starts a server with this text as its configuration file.
pub fn of_file(text: &str) -> Server {
    let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
    write(&folder, FILE, text);
    start(folder)
}

/// Starts a server on a folder that has a configuration file, and data if a server has run on it.
pub fn start(folder: Arc<TempDir>) -> Server {
    let file = folder.path().join(FILE);
    Start::on("serve", folder)
        .env("THREADLINE_BOOTSTRAP_KEY", KEY)
        .env("THREADLINE_CONFIG", file.to_str().expect("UTF-8"))
        .start()
}

fn file(leads: &[Lead<'_>], model: &str, times: &str) -> String {
    // More than any test has at once, so that no turn waits for one whose model is silent.
    let mut text = "turns = 256\n".to_owned();
    for Lead { wire, base_url, agents } in leads {
        let kind = match *wire {
            "chat" | "responses" => format!("kind = \"openai\"\nwire = \"{wire}\""),
            kind => format!("kind = \"{kind}\""),
        };
        writeln!(text, "[providers.{wire}]\n{kind}\nbase_url = \"{base_url}\"\n{times}").expect("a text takes all");
        for (_, name, output) in agents {
            let route = format!("[models.\"{name}\"]\nprovider = \"{wire}\"\nmodel = \"{model}\"");
            writeln!(text, "{route}\noutput = {output}\n{PRICES}").expect("a text takes all");
        }
    }
    text
}
