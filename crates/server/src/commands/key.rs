//! `threadline key …`

use clap::Subcommand;
use domain::{
    Timestamp,
    caller::{Scope, Scopes},
};
use serde_json::json;

use super::{LIST_MOST, expiry, project};
use crate::{
    client::Client,
    failure::{Failure, Result},
    output::Output,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a key; its secret is printed once and never again
    #[command(after_help = "Examples:
  threadline key create --name ci --scopes read,write --expires 30d
  threadline key create --name sdk --prefix evr_pat          for clients that check what a key starts with
  threadline key create --name app --agent support --prefix evr_ak       for one agent and nothing else
  threadline key create --name own --scope agent --agent own billing       for the program of these external agents
  threadline key create --name shop --project shop           in another project: only for admins of `default`
  KEY=$(threadline key create --name ci --json | jq -r .secret)")]
    Create {
        /// Purpose of the key
        #[arg(long)]
        name: String,
        /// read, write, admin, impersonate; or agent alone, for the program of external agents
        #[arg(long, alias = "scope", default_value = "read,write", value_parser = scopes)]
        scopes: Scopes,
        /// Name or id of the project; default: the project of your own key
        #[arg(long)]
        project: Option<String>,
        /// Name or id of the one agent that the key opens; default: the whole project. With the scope agent: one or more external agents
        #[arg(long, value_name = "AGENT", num_args = 1..)]
        agent: Vec<String>,
        /// Id of the key that it replaces: the new key also owns the old key's threads in the agent's channel
        #[arg(long, value_name = "KEY")]
        replaces: Option<String>,
        /// Prefix of the key
        #[arg(long)]
        prefix: Option<String>,
        /// Expiry: 30d, 12h, or a time in RFC 3339; default: never
        #[arg(long, value_parser = expiry::parse)]
        expires: Option<Timestamp>,
    },

    /// List the keys of the project, without their secrets
    #[command(after_help = "Examples:
  threadline key list
  threadline key list --json | jq -r '.[] | select(.revoked_at == null) | .name'")]
    List,

    /// Revoke a key: it is refused from now on, and its open answers end within five seconds
    #[command(
        after_help = "Examples:\n  threadline key revoke KEY                         KEY is its id, as `key list` shows it"
    )]
    Revoke {
        /// Its id
        key: String,
    },
}

pub async fn run(command: Command, client: &Client, output: Output) -> Result<()> {
    match command {
        Command::Create { name, scopes, project, agent, replaces, prefix, expires } => {
            let names: Vec<&str> = scopes.iter().map(Scope::as_str).collect();
            let mut body = json!({ "name": name, "scopes": names });
            if let Some(project) = project {
                body["project"] = project::resolve(client, &project).await?.into();
            }
            match agent.as_slice() {
                [] => {}
                agents if scopes.has(Scope::Agent) => body["agents"] = agents.into(),
                [agent] => body["agent"] = agent.as_str().into(),
                _ => return Err(Failure::usage("a key of several agents needs `--scope agent`")),
            }
            if let Some(replaces) = replaces {
                body["replaces"] = replaces.into();
            }
            if let Some(prefix) = prefix {
                body["prefix"] = prefix.into();
            }
            if let Some(at) = expires {
                body["expires_at"] = at.to_string().into();
            }
            let made = client.post(&["keys"], &body).await?;
            output.thing(&made, &["secret", "id", "name", "scopes", "agent", "agents", "expires_at"]);
            eprintln!("Keep the secret: it is not shown again.");
        }
        Command::List => {
            let keys = client.list(&["keys"], &[], LIST_MOST).await?;
            output.things(&keys, ["id", "name", "scopes", "agent", "agents", "created_at", "expires_at", "revoked_at"]);
        }
        Command::Revoke { key } => {
            let revoked = client.delete(&["keys", &key]).await?;
            output.thing(&revoked, &["id", "name", "revoked_at"]);
        }
    }
    Ok(())
}

fn scopes(text: &str) -> std::result::Result<Scopes, String> {
    Scopes::parse(text).ok_or_else(|| "expected a list of read, write, admin, impersonate, or agent".into())
}
