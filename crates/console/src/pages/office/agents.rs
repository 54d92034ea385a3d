//! Agents: the list, and new ones.

use axum::extract::State;
use dialect_kit::{Answer, Authed, Query};
use domain::{
    AgentId, Caller, Error,
    agent::{Agent, Kind, Settings},
    caller::Scope,
    model,
};
use engine::{
    App,
    app::{agents::NewAgent, models::PublicModel},
};
use serde::Deserialize;

use super::{
    fields::model_choices,
    form::{Field, Form, Sent, is_shown},
    sheet::{Cell, Empty, Further, Sheet, Table},
};
use crate::{
    answer,
    frame::{Frame, Place},
    pages::{ROWS, names::of_agent, state::Word},
    times::Time,
};

const LEAD: &str = "An agent answers in threads: a model with instructions and tools, or a program of yours.";

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct AgentsQuery {
    after: Option<String>,
    archived: bool,
    done: Option<String>,
}

#[derive(Default)]
struct Outcome {
    sent: Sent,
    refusal: Option<Error>,
}

pub async fn show(State(app): State<App>, Authed(caller): Authed, Query(query): Query<AgentsQuery>) -> Answer {
    page(&app, &caller, &query, Outcome::default()).await
}

pub async fn create(State(app): State<App>, Authed(caller): Authed, sent: Sent) -> Answer {
    let settings =
        Settings { display_name: sent.given("display_name"), model: sent.given("model"), ..Settings::default() };
    let new = NewAgent { id: None, name: sent.given("name").unwrap_or_default(), settings };
    match app.create_agent(&caller, new, sent.origin("console agents")).await {
        Ok(agent) => answer::see_other(&format!("/console/agents/{}?done=made", agent.id)),
        Err(error) if is_shown(&error) => {
            page(&app, &caller, &AgentsQuery::default(), Outcome { sent, refusal: Some(error) }).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(app: &App, caller: &Caller, query: &AgentsQuery, outcome: Outcome) -> Answer {
    let after = query.after.as_deref().and_then(AgentId::parse);
    let found = app.list_agents(caller, query.archived, after, ROWS).await?;
    let (models, now) = (app.public_models(caller).await?, app.clock().now());
    let mut sheet = Sheet::new(Frame::of(app, caller, Place::Agents, "Agents").await?, LEAD);
    sheet.done(query.done.as_deref())?;
    let mut table = Table::new("Agents", &["Name", "Answers by", "State", "Guests", "Changed"]);
    table.rows = found
        .rows
        .iter()
        .map(|agent| {
            let settings = &agent.settings;
            let about = settings.display_name.as_ref().map(|_| agent.name.clone()).unwrap_or_default();
            let name = of_agent(agent);
            let guests = settings.guests.as_ref().map(|guests| match guests.origins.len() {
                1 => "From 1 page".to_owned(),
                count => format!("From {count} pages"),
            });
            vec![
                Cell::Link { href: format!("/console/agents/{}", agent.id), text: name, about },
                Cell::text(answers_by(agent, &models)),
                Cell::State(state(agent)),
                Cell::maybe(guests),
                Cell::Time(Time::of(agent.updated_at, now)),
            ]
        })
        .collect();
    let archived = if query.archived { "&archived=true" } else { "" };
    table.first = after.map(|_| format!("/console/agents?{}", archived.trim_start_matches('&')));
    table.next =
        found.rows.last().filter(|_| found.more).map(|last| format!("/console/agents?after={}{archived}", last.id));
    match found.rows.is_empty() {
        true => sheet.add(&Empty {
            title: "No agents",
            hint: "Agents that answer in threads appear here. This command makes one:",
            command: "threadline agent create shop --model claude-sonnet-4-6".into(),
        })?,
        false => sheet.add(&table)?,
    }
    if !query.archived {
        sheet.add(&Further { href: "/console/agents?archived=true".into(), text: "With archived agents".into() })?;
    }
    if caller.scopes.has(Scope::Admin) {
        let sent = &outcome.sent;
        let form = Form::new(app, "new-agent", "/console/agents", "Make the agent").folded("Make an agent").fields([
            Field::line("name", "Name", sent)
                .hint("Lower-case letters, digits and single hyphens, as in shop-de.")
                .narrow(),
            Field::line("display_name", "Name that people see", sent).narrow(),
            Field::choice("model", "Model", model_choices(&models, None), sent),
        ]);
        sheet.add(&form.refused(outcome.refusal.as_ref()))?;
    }
    sheet.answer(outcome.refusal.as_ref())
}

/// The side that answers for the agent, and where its model leads.
pub fn answers_by(agent: &Agent, models: &[PublicModel]) -> String {
    if agent.settings.kind == Kind::External {
        return "Your own program".into();
    }
    let name = agent.settings.model.as_deref().unwrap_or(model::ECHO);
    match models.iter().find(|public| public.name == name) {
        Some(public) if !public.is_connected => format!("{name}, not connected"),
        Some(PublicModel { way: Some(way), .. }) => format!("{name}, by {}", way.first.provider),
        _ => name.to_owned(),
    }
}

pub fn state(agent: &Agent) -> Word {
    match (agent.archived_at, agent.settings.paused) {
        (Some(_), _) => Word { text: "Archived", class: "is-over" },
        (None, true) => Word { text: "Off", class: "is-wait" },
        (None, false) => Word { text: "On", class: "is-quiet" },
    }
}
