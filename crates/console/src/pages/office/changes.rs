//! The changes of an agent: who made them, and what the agent was before.

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed, Params};
use domain::{Caller, MemberId, Result, agent::Agent};
use engine::{App, app::agents::changes::Change};

use super::{
    agent::find,
    fields::{differences, fields, values},
    form::Sent,
    sheet::{Empty, Sheet},
};
use crate::{
    frame::{Frame, Place},
    pages::{band, names::of_agent},
    times::Time,
};

const LEAD: &str = "The newest changes of this agent. The newest comes first.";

/// The changes, each with the fields in which the agent differs.
#[derive(Template)]
#[template(path = "parts/office/changes.html")]
struct Changes {
    rows: Vec<Row>,
}

struct Row {
    who: String,
    at: Time,
    /// Name, value before, value after.
    fields: Vec<(String, String, String)>,
}

pub async fn show(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    let agent = find(&app, &caller, &params).await?;
    let changes = app.list_agent_changes(&caller, agent.id).await?;
    let frame = Frame::of(&app, &caller, Place::Agents, format!("Changes of {}", of_agent(&agent))).await?;
    let mut sheet = Sheet::new(frame, LEAD).back(&format!("/console/agents/{}", agent.id), &of_agent(&agent));
    if changes.is_empty() {
        let hint = "A line appears when somebody changes the agent here or by the API, with what it was before.";
        sheet.add(&Empty { title: "No change yet", hint, command: String::new() })?;
        return sheet.answer(None);
    }
    let mut after = agent;
    let mut rows = Vec::with_capacity(changes.len());
    for change in changes {
        let before = as_it_was(&after, &change);
        rows.push(row((&app, &caller), &change, (&before, &after)).await?);
        after = before;
    }
    sheet.add(&Changes { rows })?;
    sheet.answer(None)
}

fn as_it_was(after: &Agent, change: &Change) -> Agent {
    let before = change.before.clone();
    let archived_at = before.archived.then_some(after.archived_at.unwrap_or(change.at));
    Agent { name: before.name, settings: before.settings, archived_at, ..after.clone() }
}

async fn row((app, caller): (&App, &Caller), change: &Change, (before, after): (&Agent, &Agent)) -> Result<Row> {
    let (old, new) = (values(before), values(after));
    let labels = fields(after, &[], &Sent::default());
    let mut changed: Vec<(String, String, String)> = differences(&new, &old, &labels)
        .into_iter()
        .zip(differences(&old, &new, &labels))
        .map(|((label, was), (_, is))| (label, was, is))
        .collect();
    if before.archived_at.is_some() != after.archived_at.is_some() {
        let word = |agent: &Agent| if agent.archived_at.is_some() { "archived" } else { "in use" }.to_owned();
        changed.push(("Archive".into(), word(before), word(after)));
    }
    if changed.is_empty() {
        changed.push(("Settings that the editor does not show".into(), String::new(), String::new()));
    }
    Ok(Row { who: who((app, caller), change).await?, at: Time::of(change.at, app.clock().now()), fields: changed })
}

/// The member who was signed in, or the key.
async fn who((app, caller): (&App, &Caller), change: &Change) -> Result<String> {
    let member: Option<MemberId> = change.member;
    if let Some(id) = member {
        return band::member(app, caller, id).await;
    }
    match app.key(caller, change.key).await {
        Ok(key) => Ok(format!("The key {}", key.name)),
        Err(error) if error.kind == domain::Kind::NotFound => Ok("At the console".into()),
        Err(error) => Err(error),
    }
}
