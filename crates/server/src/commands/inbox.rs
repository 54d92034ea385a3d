//! `threadline inbox`

use clap::Args;

use super::LIST_MOST;
use crate::{
    client::Client,
    failure::{Exit, Failure, Result},
    output::Output,
};

#[derive(Debug, Args)]
pub struct Inbox {
    /// Only threads that this member holds: e-mail address or id
    #[arg(long, value_name = "MEMBER")]
    mine: Option<String>,
    /// All threads that a member holds or in which a person is wanted
    #[arg(long, conflicts_with = "mine")]
    all: bool,
    /// How many
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

const FIELDS: [&str; 6] = ["id", "handling", "unanswered_since", "wanted.reason", "last_words.text", "title"];

/// Lists the threads whose customers have waited longest first.
pub async fn run(inbox: Inbox, client: &Client, output: Output) -> Result<()> {
    let Inbox { mine, all, limit } = inbox;
    let member = match mine {
        Some(named) => Some(member(&named, client).await?),
        None => None,
    };
    let mut query = vec![("sort", "unanswered")];
    match &member {
        Some(member) => query.extend([("handling", "person"), ("assignee", member.as_str())]),
        None if all => {}
        None => query.push(("needs_person", "true")),
    }
    output.things(&client.list(&["threads"], &query, limit).await?, FIELDS);
    Ok(())
}

/// The id of the member with this address or id.
async fn member(named: &str, client: &Client) -> Result<String> {
    let members = client.list(&["members"], &[], LIST_MOST).await?;
    let is_named = |email: &str, id: &str| email.eq_ignore_ascii_case(named) || id == named;
    let fields =
        |member: &serde_json::Value| Some((member["email"].as_str()?.to_owned(), member["id"].as_str()?.to_owned()));
    let found = members.iter().filter_map(|member| fields(member)).find(|(email, id)| is_named(email, id));
    found.map(|(_, id)| id).ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("there is no member {named}")).hint("`threadline member list` shows them")
    })
}
