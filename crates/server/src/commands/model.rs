//! `threadline model …`

use clap::Subcommand;
use serde_json::Value;

use super::LIST_MOST;
use crate::{
    client::{Answer, Client},
    columns::Columns,
    failure::Result,
    output::{self, Output, field},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the models that a message or an agent may choose, and where each leads
    #[command(after_help = "Examples:
  threadline model list
  threadline model list --json | jq '.[] | select(.connected) | [.name, .route.provider, .route.model]'")]
    List,
}

pub async fn run(command: Command, client: &Client, output: Output) -> Result<()> {
    let Command::List = command;
    let models = client.list(&["models"], &[], LIST_MOST).await?;
    if output.json {
        output::print_json(&models);
    } else {
        output::print(&table(&models));
    }
    Ok(())
}

/// Prices are dollars for a million tokens. `-` is unknown.
fn table(models: &[Answer]) -> String {
    let headings =
        ["NAME", "CONTEXT", "OUTPUT", "IMAGES", "TOOLS", "USD_IN", "USD_OUT", "REASONING", "SPEEDS", "LEADS_TO"];
    let mut columns = Columns::new(headings);
    for model in models {
        let [name, context, output, images, tools] =
            ["name", "context_tokens", "output_tokens", "images", "tools"].map(|path| field(model, path));
        let [input, said] = ["input_usd", "output_usd"].map(|name| field(&model["prices"][0], name));
        let [reasoning, speeds] = ["reasoning", "speeds"].map(|name| field(model, name));
        columns.row([name, context, output, images, tools, input, said, reasoning, speeds, leads_to(model)]);
    }
    columns.to_string()
}

/// The provider and its model, then those of the fallbacks.
fn leads_to(model: &Answer) -> String {
    let place = |place: &Value| format!("{} {}", field(place, "provider"), field(place, "model"));
    let route = &model["route"];
    let mut way = match (route.is_object(), model["connected"] == true) {
        (true, _) => place(route),
        (false, true) => "-".into(),
        (false, false) => "not connected".into(),
    };
    for fallback in route["fallbacks"].as_array().into_iter().flatten() {
        way += &format!(", then {}", place(fallback));
    }
    match model["nearest"].as_str() {
        Some(nearest) => format!("{way} (retired; nearest: {nearest})"),
        None => way,
    }
}
