//! `threadline project …`

use clap::Subcommand;
use serde_json::json;

use super::LIST_MOST;
use crate::{
    client::{Answer, Client},
    failure::{Exit, Failure, Result},
    output::Output,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a project, with its agent `default`; only for admins of the project `default`
    #[command(after_help = "Examples:
  threadline project create shop
  threadline key create --name shop --project shop --scopes read,write,admin")]
    Create {
        /// Lower-case letters, digits and hyphens
        name: String,
    },

    /// List the projects that the key may see
    #[command(after_help = "Examples:\n  threadline project list")]
    List,

    /// Show one project
    #[command(
        after_help = "Examples:\n  threadline project show shop\n  threadline project show shop --json | jq -r .id"
    )]
    Show {
        /// Name or id
        project: String,
    },
}

const FIELDS: [&str; 7] =
    ["id", "name", "created_at", "threads", "threads_limit", "stored_bytes", "stored_bytes_limit"];

pub async fn run(command: Command, client: &Client, output: Output) -> Result<()> {
    match command {
        Command::Create { name } => {
            output.thing(&client.post(&["projects"], &json!({ "name": name })).await?, &FIELDS);
        }
        Command::List => output.things(&client.list(&["projects"], &[], LIST_MOST).await?, FIELDS),
        Command::Show { project } => output.thing(&find(client, &project).await?, &FIELDS),
    }
    Ok(())
}

/// The id of a project, given by name or id.
pub async fn resolve(client: &Client, project: &str) -> Result<String> {
    Ok(find(client, project).await?["id"].as_str().unwrap_or_default().to_owned())
}

async fn find(client: &Client, project: &str) -> Result<Answer> {
    let all = client.list(&["projects"], &[], usize::MAX).await?;
    let found = all.into_iter().find(|one| one["id"] == project || one["name"] == project);
    found.ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("there is no project {project} that this key may see"))
            .hint("`threadline project list` shows all projects")
    })
}
