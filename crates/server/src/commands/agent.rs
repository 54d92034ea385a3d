//! `threadline agent …`

use std::{fs, path::PathBuf};

use clap::{Args, Subcommand};
use domain::Map;
use serde_json::Value;

use super::LIST_MOST;
use crate::{
    client::Client,
    failure::{Failure, Result},
    output::Output,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an agent
    #[command(after_help = "Examples:
  threadline agent create support --instructions 'Answer briefly.'
  threadline agent create demo --file demo.toml

demo.toml, an agent that answers from a script:
  model = \"scripted\"
  [[script]]
  text = \"One moment, I will look it up.\"
  chunks = 5
  delay_ms = 100")]
    Create {
        /// Lower-case letters, digits and hyphens
        name: String,
        #[command(flatten)]
        settings: Settings,
    },

    /// List agents
    #[command(after_help = "Examples:\n  threadline agent list --archived")]
    List {
        /// Archived agents, too
        #[arg(long)]
        archived: bool,
    },

    /// Show one agent
    #[command(after_help = "Examples:\n  threadline agent show default --json | jq .script")]
    Show {
        /// Name or id
        agent: String,
    },

    /// Change an agent; settings that are not named stay
    #[command(after_help = "Examples:
  threadline agent update support --paused true     a person takes over: running turns end, messages start none
  threadline agent update support --file guests.json

guests.json lets in guests from one web page:
  {\"guests\": {\"origins\": [\"https://shop.example\"]}}")]
    Update {
        /// Name or id
        agent: String,
        #[command(flatten)]
        settings: Settings,
    },

    /// Take an agent out of use for new threads
    #[command(after_help = "Examples:\n  threadline agent archive support")]
    Archive {
        /// Name or id
        agent: String,
    },
}

/// Settings from a file, overridden by flags.
#[derive(Debug, Args)]
pub struct Settings {
    /// A file of settings, .toml or .json, with the names of the native API
    #[arg(long)]
    file: Option<PathBuf>,
    /// The name of a model, or `scripted`
    #[arg(long)]
    model: Option<String>,
    #[arg(long)]
    instructions: Option<String>,
    #[arg(long)]
    display_name: Option<String>,
    #[arg(long)]
    description: Option<String>,
    /// true: messages start no turn
    #[arg(long)]
    paused: Option<bool>,
}

const FIELDS: [&str; 5] = ["id", "name", "number", "model", "archived_at"];
const ALL_FIELDS: [&str; 10] = [
    "id",
    "name",
    "number",
    "display_name",
    "description",
    "model",
    "instructions",
    "paused",
    "created_at",
    "archived_at",
];

pub async fn run(command: Command, client: &Client, output: Output) -> Result<()> {
    match command {
        Command::Create { name, settings } => {
            let mut body = settings.into_body()?;
            body.insert("name".into(), name.into());
            output.thing(&client.post(&["agents"], &body).await?, &ALL_FIELDS);
        }
        Command::List { archived } => {
            let query: &[(&str, &str)] = if archived { &[("archived", "true")] } else { &[] };
            output.things(&client.list(&["agents"], query, LIST_MOST).await?, FIELDS);
        }
        Command::Show { agent } => output.thing(&client.get(&["agents", &agent]).await?, &ALL_FIELDS),
        Command::Update { agent, settings } => {
            let body = settings.into_body()?;
            output.thing(&client.patch(&["agents", &agent], &body).await?, &ALL_FIELDS);
        }
        Command::Archive { agent } => {
            output.thing(&client.delete(&["agents", &agent]).await?, &FIELDS);
        }
    }
    Ok(())
}

impl Settings {
    fn into_body(self) -> Result<Map> {
        let mut body = self.file.as_deref().map(read).transpose()?.unwrap_or_default();
        let texts = [
            ("model", self.model),
            ("instructions", self.instructions),
            ("display_name", self.display_name),
            ("description", self.description),
        ];
        body.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into()))));
        body.extend(self.paused.map(|paused| ("paused".to_owned(), paused.into())));
        Ok(body)
    }
}

/// JSON of the file is sent unchanged, in its own order.
fn read(path: &std::path::Path) -> Result<Map> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|why| Failure::usage(format!("cannot read {shown}: {why}")))?;
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    let parsed = match is_toml {
        true => toml::from_str(&text).map_err(|why| why.to_string()).map(of_toml),
        false => serde_json::from_str(&text).map_err(|why| why.to_string()),
    };
    parsed.map_err(|why| {
        Failure::usage(format!("{shown} is not {}: {}", if is_toml { "TOML" } else { "a JSON object" }, why.trim()))
    })
}

fn of_toml(tables: Map<Value>) -> Map {
    tables.into_iter().map(|(name, value)| (name, value.into())).collect()
}
