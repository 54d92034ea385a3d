//! The model's server, one for all tests, and our server in front of it.

use std::time::{Duration, Instant};

use dialect_kit::testing::python;
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

use super::{
    configuration::{self, Lead},
    program::{Program, path},
};
use crate::process::{Server, client};

/// The wires that the model's server speaks, each with a name of the catalogue that leads to the model, and with another
/// for long answers. The agents are named after the wire: `chat`, `long-chat`.
const LEADS: [(&str, &str, &str); 3] = [
    ("chat", "gpt-5.4", "gpt-5.4-mini"),
    ("responses", "gpt-5.5", "gpt-5.5-pro"),
    ("anthropic", "claude-opus-4-8", "claude-opus-4-7"),
];
pub const WIRES: [&str; 3] = [LEADS[0].0, LEADS[1].0, LEADS[2].0];
/// Most tokens of an answer, but of a long one.
pub const OUTPUT_MAX: u64 = 40;
const LONG_OUTPUT_MAX: u64 = 500;
/// A busy machine needs minutes for what an idle one does in seconds.
const PATIENCE: Duration = Duration::from_secs(300);

/// The model's server.
pub struct Smol(Program);

/// The model's server, for one test at a time: its slots and their caches are the test's own meanwhile.
pub async fn smol() -> MutexGuard<'static, Smol> {
    static SMOL: OnceCell<Mutex<Smol>> = OnceCell::const_new();
    SMOL.get_or_init(async || Mutex::new(Smol::start().await)).await.lock().await
}

impl Smol {
    async fn start() -> Self {
        let template = path("smol.jinja");
        let smol = Self(Program::start(&python(), "server.py", &[template.to_str().expect("UTF-8")]));
        let since = Instant::now();
        while smol.get("health").await.is_none() {
            assert!(since.elapsed() < PATIENCE, "the model is not loaded: {}", smol.0.said());
            Self::moment().await;
        }
        smol
    }

    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The body of a successful answer.
    async fn get(&self, path: &str) -> Option<Value> {
        let answer = client().get(format!("{}/{path}", self.0.url)).send().await.ok()?.error_for_status().ok()?;
        answer.json().await.ok()
    }

    /// Number of answers that the model gives at present.
    pub async fn busy(&self) -> usize {
        let slots = self.get("slots").await.expect("the slots");
        slots.as_array().expect("a list").iter().filter(|slot| slot["is_processing"] == true).count()
    }

    /// The pause between two looks at a server that tells no events.
    pub async fn moment() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    /// Our server with this one as its provider.
    pub async fn behind(&self) -> Server {
        let leads = LEADS.map(|(wire, name, long)| Lead {
            wire,
            base_url: format!("{}/v1", self.0.url),
            agents: vec![(wire.into(), name, OUTPUT_MAX), (format!("long-{wire}"), long, LONG_OUTPUT_MAX)],
        });
        let seconds = PATIENCE.as_secs();
        let times = format!("first_byte_s = {seconds}\nfirst_token_s = {seconds}\nsilence_s = {seconds}");
        configuration::server(&leads, "smol", &times).await
    }
}
