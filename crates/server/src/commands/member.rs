//! `threadline member …`

use clap::Subcommand;
use serde_json::json;

use super::LIST_MOST;
use crate::{
    client::{Answer, Client},
    failure::{Exit, Failure, Result},
    output::{self, Output},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a person, whom keys with the scope `impersonate` can speak for
    #[command(after_help = "Examples:\n  threadline member add ada@example.com --name 'Ada Lovelace'")]
    Add {
        /// E-mail address
        email: String,
        /// As it is shown
        #[arg(long)]
        name: Option<String>,
        /// Rights at the console: member (reads, answers, changes threads) or admin
        #[arg(long)]
        role: Option<String>,
    },

    /// Print a link that signs a person in at the console, once, within 15 minutes
    #[command(after_help = "Examples:\n  threadline member link ada@example.com")]
    Link {
        /// E-mail address or id
        member: String,
    },

    /// List the people of the project
    #[command(after_help = "Examples:\n  threadline member list --json | jq -r '.[].email'")]
    List,

    /// Remove a person; messages in their name stay
    #[command(after_help = "Examples:\n  threadline member remove ada@example.com")]
    Remove {
        /// E-mail address or id
        member: String,
    },
}

const FIELDS: [&str; 5] = ["id", "email", "name", "role", "created_at"];

pub async fn run(command: Command, client: &Client, output: Output) -> Result<()> {
    match command {
        Command::Add { email, name, role } => {
            let mut body = json!({ "email": email });
            if let Some(name) = name {
                body["name"] = name.into();
            }
            if let Some(role) = role {
                body["role"] = role.into();
            }
            output.thing(&client.post(&["members"], &body).await?, &FIELDS);
        }
        Command::Link { member } => {
            let found = find(client, &member).await?;
            let id = found["id"].as_str().unwrap_or_default();
            let link = client.post(&["members", id, "sign-in-links"], &json!({})).await?;
            if output.json {
                output.thing(&link, &[]);
            } else {
                let path = link["path"].as_str().unwrap_or_default();
                let url = link["url"].as_str().map_or_else(|| client.at(path), str::to_owned);
                output::print(&format!("{url}\n"));
                eprintln!("The link works once, until {}.", output::field(&link, "expires_at"));
            }
        }
        Command::List => output.things(&client.list(&["members"], &[], LIST_MOST).await?, FIELDS),
        Command::Remove { member } => {
            let found = find(client, &member).await?;
            client.delete(&["members", found["id"].as_str().unwrap_or_default()]).await?;
            output.thing(&found, &FIELDS);
        }
    }
    Ok(())
}

async fn find(client: &Client, member: &str) -> Result<Answer> {
    let email = engine::parse_address(member).ok();
    let is_meant = |one: &Answer| one["id"] == member || email.as_ref().is_some_and(|email| one["email"] == *email);
    let all = client.list(&["members"], &[], usize::MAX).await?;
    all.into_iter().find(is_meant).ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("the project has no member {member}"))
            .hint("`threadline member list` shows all members")
    })
}
