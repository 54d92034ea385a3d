//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{
    commands::{agent, inbox, key, member, model, project, search, thread, usage},
    failure::Exit,
    provider, secrets,
    settings::flags::{RemoteFlags, ServerFlags},
};

const EXAMPLES: &str = "\
Examples:
  threadline dev                                    a server with example data, and five commands to paste
  threadline serve --data /var/lib/threadline       a server; its first key is THREADLINE_BOOTSTRAP_KEY
  threadline thread create --title 'First'          a thread, on the server at --url
  threadline thread send THREAD 'Hello' --follow    a message, and the reply as it is written

Every setting is a flag or a variable THREADLINE_*: `threadline config` lists them.";

/// The end of the help of a group of commands.
fn examples(lines: &str) -> String {
    format!("Examples:\n{lines}\n\n{}", Exit::TABLE)
}

/// A conversation server for AI agents: durable threads, five APIs, one binary.
#[derive(Debug, Parser)]
#[command(name = "threadline", version, max_term_width = 120, after_help = format!("{EXAMPLES}\n\n{}", Exit::TABLE))]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server
    #[command(after_help = "Examples:
  THREADLINE_BOOTSTRAP_KEY=$(openssl rand -hex 24) threadline serve       a new server and its first key
  threadline serve --config threadline.toml --listen 0.0.0.0:7420
  threadline serve --database postgres://threadline:secret@db/threadline

SIGTERM and SIGINT stop the server: running turns get time to end, and streams are flushed. Another signal stops it at once.")]
    Serve(ServerFlags),

    /// Run the server with example data, and print commands to try it with
    ///
    /// Makes a key and a thread in the data folder, keeps the key in its file `dev-key`, and uses both again next time.
    /// Takes the first model that it finds: of a configured provider; by a key in OPENAI_API_KEY, ANTHROPIC_API_KEY,
    /// GEMINI_API_KEY or OPENROUTER_API_KEY, after a yes on the terminal; of Ollama, llama.cpp, LM Studio or vLLM on its
    /// usual port of this machine. Without any, the model `echo` answers, without a network and without an account.
    #[command(after_help = "Examples:
  threadline dev
  threadline dev --provider anthropic               with the key in ANTHROPIC_API_KEY, without a question
  threadline dev --provider echo                    without a model
  threadline dev --data /tmp/try --listen 127.0.0.1:8000")]
    Dev(Dev),

    /// Print every setting with its value, its default and where the value comes from
    Config(Config),

    /// Work on the secrets in the database, while the server does not run
    #[command(after_help = examples("  threadline secrets reseal --config threadline.toml"))]
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Secrets {
        #[command(subcommand)]
        command: secrets::Command,
    },

    /// Try the providers and routes of the configuration
    #[command(after_help = examples("  threadline provider check --config threadline.toml"))]
    #[command(subcommand_required = true, arg_required_else_help = true)]
    Provider {
        #[command(subcommand)]
        command: provider::Command,
    },

    /// Make, list and revoke keys
    #[command(after_help = examples("\
  threadline key create --name ci --scopes read,write --expires 30d
  threadline key list"))]
    Key(Remote<key::Command>),

    /// Make, list, read, write to and follow threads
    #[command(after_help = examples("\
  threadline thread create --title 'Parcel 7'
  threadline thread send THREAD 'Where is it?' --follow
  threadline thread tail THREAD"))]
    Thread(Remote<thread::Command>),

    /// Make, list and show projects
    #[command(after_help = examples("\
  threadline project create shop
  threadline project list"))]
    Project(Remote<project::Command>),

    /// Add, list and remove the people of a project
    #[command(after_help = examples("\
  threadline member add ada@example.com --name 'Ada Lovelace'
  threadline member link ada@example.com
  threadline member list"))]
    Member(Remote<member::Command>),

    /// Make, list, show, change and archive agents
    #[command(after_help = examples("\
  threadline agent create support --instructions 'Answer briefly.'
  threadline agent list"))]
    Agent(Remote<agent::Command>),

    /// List models, with their abilities and where they lead
    #[command(after_help = examples("  threadline model list"))]
    Model(Remote<model::Command>),

    /// Look after the index of searches
    #[command(after_help = examples("\
  threadline search index
  threadline search reindex"))]
    Search(Remote<search::Command>),

    /// Sum up the tokens and the cost of model calls
    #[command(after_help = "Examples:
  threadline usage                                  the last 30 days, day by day
  threadline usage --by agent,model --from 2026-11-01 --to 2026-11-30
  threadline usage --by key --json | jq '.[] | [.key_name, .usage.cost_usd]'")]
    Usage(Question<usage::Usage>),

    /// List the threads that need a person; customers who have waited longest come first
    #[command(after_help = "Examples:
  threadline inbox
  threadline inbox --mine ada@example.com
  threadline inbox --all --json | jq -r '.[].id'")]
    Inbox(Question<inbox::Inbox>),

    /// Print the OpenAPI document of a dialect, or of all in one JSON object
    #[command(after_help = "Examples:\n  threadline openapi native > native.json\n  threadline openapi | jq keys")]
    Openapi {
        /// native, capy, feather, algoreg or everruns
        dialect: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct Dev {
    #[command(flatten)]
    pub flags: ServerFlags,
    /// The provider to take: openai, anthropic, gemini, openrouter, ollama, llama.cpp, lm-studio, vllm, or echo
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// For tests: NAME=URL of local servers, separated by commas, in place of the usual ports
    #[arg(long, value_name = "NAME=URL", hide = true, overrides_with = "look_at")]
    pub look_at: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  threadline config                                 what `threadline serve` would run with here
  threadline config --config threadline.toml        the same with a file
  threadline config --json | jq '.[] | select(.origin != \"default\")'")]
pub struct Config {
    #[command(flatten)]
    pub flags: ServerFlags,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Write the generated pages of the documentation into this folder, and print nothing
    #[arg(long, value_name = "FOLDER", hide = true)]
    pub markdown: Option<PathBuf>,
}

/// A command without further commands that talks to a running server.
#[derive(Debug, Args)]
pub struct Question<A: Args> {
    #[command(flatten)]
    pub flags: RemoteFlags,
    /// Print the server's answer as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub asked: A,
}

/// A command that talks to a running server.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Remote<C: Subcommand> {
    #[command(flatten)]
    pub flags: RemoteFlags,
    /// Print the server's answer as JSON
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: C,
}
