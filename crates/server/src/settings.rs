//! The settings: one table of all settings, and the values of a process.
//!
//! A setting comes from a flag, else from the environment, else from the configuration file, else from its default.

use std::path::PathBuf;

use console::Setting;
use dialect_kit::Proxies;
use domain::Limits;
use engine::{Keys, Targets};
use providers::Routes;

use crate::failure::Result;

pub mod flags;
mod kind;
mod layers;
mod machine;
mod markdown;
mod models;
mod nearest;
mod section;
mod show;
mod table;

pub use kind::without_password;
pub use layers::{Layers, Origin};
pub use markdown::write_pages;
pub use models::times;
pub use show::show;

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people on a terminal, JSON otherwise.
    Auto,
    Human,
    Json,
}

/// The settings of a server.
pub struct Server {
    /// `host:port`.
    pub listen: String,
    pub data: PathBuf,
    /// `postgres://…`; absent: SQLite in the data folder.
    pub database: Option<String>,
    pub turns: usize,
    /// Memory budget of the process.
    pub memory_bytes: u64,
    pub webhook_targets: Targets,
    /// Allowed targets of links and pictures in messages.
    pub link_targets: Targets,
    /// Allowed targets of projects' own providers.
    pub provider_targets: Targets,
    /// Allowed targets of HTTP tools.
    pub tool_targets: Targets,
    /// True if a former model name stands for the agent's own model.
    pub former_models: bool,
    /// Base URL of a collector of OpenTelemetry.
    pub otlp_endpoint: Option<String>,
    /// The address by which browsers reach the server, without a slash at its end.
    pub public_url: Option<String>,
    /// The address of the chat pages, without a slash at its end.
    pub widget_url: Option<String>,
    /// Proxies that are trusted for client addresses.
    pub trusted_proxies: Proxies,
    pub bootstrap_key: Option<String>,
    pub sealing_key: Option<Keys>,
    /// In place of `sealing_key`.
    pub sealing_key_file: Option<PathBuf>,
    /// A filter of tracing-subscriber.
    pub log: String,
    pub log_format: LogFormat,
    /// The providers of models, and where the public names lead.
    pub routes: Routes,
    pub limits: Limits,
    /// All settings, as people may see them.
    pub shown: Vec<Setting>,
}

/// The settings of a command that talks to a running server.
pub struct Remote {
    pub url: String,
    /// With its source.
    pub key: Option<(String, Origin)>,
    /// The folder with the key of `threadline dev`.
    pub data: PathBuf,
}

impl Server {
    /// # Errors
    /// Usage: an unknown name or an invalid value, with its source.
    pub fn load(flags: &flags::ServerFlags) -> Result<Self> {
        let layers = Layers::load(flags.given(), true)?;
        let limits = layers.limits();
        Ok(Self {
            listen: layers.text("listen"),
            data: layers.text("data").into(),
            database: layers.optional("database"),
            turns: usize::try_from(layers.count("turns")).expect("the table bounds it"),
            memory_bytes: layers.count("memory_bytes"),
            webhook_targets: targets(&layers.text("webhook_targets")),
            link_targets: targets(&layers.text("link_targets")),
            provider_targets: targets(&layers.text("provider_targets")),
            tool_targets: targets(&layers.text("tool_targets")),
            former_models: layers.text("former_models") == "default",
            otlp_endpoint: layers.optional("telemetry.otlp_endpoint"),
            public_url: layers.optional("public_url").map(|url| url.trim_end_matches('/').to_owned()),
            widget_url: layers.optional("widget_url").map(|url| url.trim_end_matches('/').to_owned()),
            trusted_proxies: layers
                .optional("trusted_proxies")
                .map(|proxies| proxies.parse().expect("values were checked when they were read"))
                .unwrap_or_default(),
            bootstrap_key: layers.optional("bootstrap_key"),
            sealing_key: layers
                .optional("sealing_key")
                .map(|keys| keys.parse().expect("values were checked when they were read")),
            sealing_key_file: layers.optional("sealing_key_file").map(Into::into),
            log: layers.text("log"),
            log_format: match layers.text("log_format").as_str() {
                "human" => LogFormat::Human,
                "json" => LogFormat::Json,
                _ => LogFormat::Auto,
            },
            routes: layers.tables().build(&limits)?,
            shown: show::settings(&layers),
            limits,
        })
    }
}

fn targets(word: &str) -> Targets {
    match word {
        "any" => Targets::Any,
        _ => Targets::Public,
    }
}

impl Remote {
    /// # Errors
    /// As [`Server::load`]. The configuration file belongs to the server and is not read.
    pub fn load(flags: &flags::RemoteFlags) -> Result<Self> {
        let layers = Layers::load(flags.given(), false)?;
        Ok(Self { url: layers.text("url"), key: layers.found("key"), data: layers.text("data").into() })
    }
}
