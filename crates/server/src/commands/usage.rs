//! `threadline usage`

use clap::Args;

use super::LIST_MOST;
use crate::{
    client::{Answer, Client},
    columns::Columns,
    failure::Result,
    output::{self, Output, field},
};

#[derive(Debug, Args)]
pub struct Usage {
    /// One or more of day, agent, key and model, joined by commas
    #[arg(long, default_value = "day")]
    by: String,
    /// The first day, in UTC; without it 29 days before the last one
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<String>,
    /// The last day, in UTC; without it today
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<String>,
}

pub async fn run(usage: Usage, client: &Client, output: Output) -> Result<()> {
    let Usage { by, from, to } = usage;
    let mut query = vec![("by", by.as_str())];
    query.extend(from.as_deref().map(|day| ("from", day)));
    query.extend(to.as_deref().map(|day| ("to", day)));
    let groups = client.list(&["usage"], &query, LIST_MOST).await?;
    if output.json {
        output::print_json(&groups);
    } else {
        output::print(&table(&groups));
    }
    Ok(())
}

/// The columns that do not group show `-`, like a cost that nobody knows.
fn table(groups: &[Answer]) -> String {
    let headings =
        ["DAY", "AGENT", "KEY", "MODEL", "CALLS", "FAILED", "REPORTED", "INPUT", "CACHED", "OUTPUT", "COST_USD"];
    let fields = [
        "day",
        "agent_name",
        "key_name",
        "model",
        "usage.calls",
        "usage.failed_calls",
        "usage.reported_calls",
        "usage.tokens.input",
        "usage.tokens.cache_read",
        "usage.tokens.output",
        "usage.cost_usd",
    ];
    let mut columns = Columns::new(headings);
    groups.iter().for_each(|group| columns.row(fields.map(|path| field(group, path))));
    columns.to_string()
}
