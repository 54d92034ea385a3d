//! The editor of an agent, with a trial and the widget beside it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed, Params, Query};
use domain::{
    AgentId, Caller, Error, Result, ThreadId,
    agent::{Agent, Kind},
    caller::Scope,
    codes,
};
use engine::{App, app::agents::Draft};
use serde::Deserialize;

use super::{
    agents::{answers_by, state},
    fields::{Change, differences, fields, fingerprint, renamed, values},
    form::{Form, Sent, is_shown},
    sheet::{Cell, Facts, Further, Heading, Sheet},
    trial,
};
use crate::{
    answer,
    frame::{Frame, Place},
    own::Host,
    pages::names::of_agent,
    times::Time,
};

/// The field with the state that the page showed.
const SEEN: &str = "seen";

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct AgentQuery {
    trial: Option<String>,
    done: Option<String>,
}

/// What a form on the page has done.
#[derive(Default)]
pub struct Outcome {
    sent: Option<Sent>,
    refusal: Option<Error>,
    /// True if somebody changed the agent since the page was loaded.
    is_moved: bool,
    trial: Option<ThreadId>,
    /// What was written for the trial and refused.
    tried: Option<(Sent, Error)>,
    done: Option<String>,
}

impl Outcome {
    /// A message for the trial that was refused.
    pub fn of_trial(trial: Option<ThreadId>, tried: (Sent, Error)) -> Self {
        Self { trial, tried: Some(tried), ..Self::default() }
    }
}

/// The agent was changed by somebody else in between.
#[derive(Template)]
#[template(path = "parts/office/news.html")]
struct News {
    at: Time,
    differences: Vec<(String, String)>,
}

/// How the agent looks on the pages of guests, and the line that puts it there.
#[derive(Template)]
#[template(path = "parts/office/preview.html")]
struct Preview {
    title: String,
    line: String,
    chat: String,
    policy: String,
}

pub async fn show(
    State(app): State<App>,
    Authed(caller): Authed,
    host: Host,
    params: Params,
    Query(query): Query<AgentQuery>,
) -> Answer {
    let agent = find(&app, &caller, &params).await?;
    let trial = query.trial.as_deref().and_then(ThreadId::parse);
    page(&app, &caller, &host, agent, Outcome { trial, done: query.done, ..Outcome::default() }).await
}

pub async fn change(State(app): State<App>, Authed(caller): Authed, host: Host, params: Params, sent: Sent) -> Answer {
    let agent = find(&app, &caller, &params).await?;
    match save(&app, &caller, &agent, &sent).await {
        Ok(false) => answer::see_other(&format!("/console/agents/{}?done=saved", agent.id)),
        Ok(true) => {
            let agent = app.agent(&caller, agent.id).await?;
            let refusal = Some(Error::conflict(codes::AGENT_MOVED, MOVED));
            page(
                &app,
                &caller,
                &host,
                agent,
                Outcome { sent: Some(sent), refusal, is_moved: true, ..Outcome::default() },
            )
            .await
        }
        Err(error) if is_shown(&error) => {
            let outcome = Outcome { sent: Some(sent), refusal: Some(error), ..Outcome::default() };
            page(&app, &caller, &host, agent, outcome).await
        }
        Err(error) => Err(error.into()),
    }
}

const MOVED: &str = "Somebody changed this agent since you opened the page. Nothing of yours is saved yet. Save again to \
                     replace those changes with what stands below.";

/// Saves the form, unless the agent is no longer as the page showed it. Returns whether that is so.
async fn save(app: &App, caller: &Caller, agent: &Agent, sent: &Sent) -> Result<bool> {
    let (change, seen) = (Change::read(sent)?, sent.text(SEEN).to_owned());
    let names = change.names();
    let moved = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&moved);
    let changed = app.update_agent(caller, agent.id, move |draft: &mut Draft| {
        match fingerprint(&draft.name, &draft.settings, draft.archived) == seen {
            true => change.apply(draft),
            false => told.store(true, Ordering::Relaxed),
        }
    });
    changed.await.map_err(|error| renamed(error, &names))?;
    Ok(moved.load(Ordering::Relaxed))
}

pub async fn archive(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    let agent = find(&app, &caller, &params).await?;
    app.archive_agent(&caller, agent.id).await?;
    answer::see_other(&format!("/console/agents/{}?done=archived", agent.id))
}

pub async fn restore(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    let agent = find(&app, &caller, &params).await?;
    app.update_agent(&caller, agent.id, |draft| draft.archived = false).await?;
    answer::see_other(&format!("/console/agents/{}?done=restored", agent.id))
}

pub async fn page(app: &App, caller: &Caller, host: &Host, agent: Agent, outcome: Outcome) -> Answer {
    let (models, now) = (app.public_models(caller).await?, app.clock().now());
    let title = of_agent(&agent);
    let lead = agent.settings.description.clone().unwrap_or_default();
    let frame = Frame::of(app, caller, Place::Agents, title.clone()).await?;
    let mut sheet = Sheet::new(frame, lead).back("/console/agents", "Agents").state(Some(state(&agent)));
    sheet.done(outcome.done.as_deref())?;
    let present = values(&agent);
    let is_admin = caller.scopes.has(Scope::Admin);
    if is_admin {
        let sent = outcome.sent.as_ref().unwrap_or(&present);
        let all = fields(&agent, &models, sent);
        if outcome.is_moved {
            let differences = differences(sent, &present, &all);
            sheet.add(&News { at: Time::of(agent.updated_at, now), differences })?;
        }
        let seen = match (&outcome.sent, outcome.is_moved) {
            (Some(sent), false) => sent.text(SEEN).to_owned(),
            _ => fingerprint(&agent.name, &agent.settings, agent.archived_at.is_some()),
        };
        let form = Form::new(app, "agent", format!("/console/agents/{}", agent.id), "Save").hidden(SEEN, seen);
        sheet.add(&form.fields(all).refused(outcome.refusal.as_ref()))?;
        sheet.add(&ending(app, &agent))?;
        let href = format!("/console/agents/{}/changes", agent.id);
        sheet.add(&Further { href, text: "Who changed this agent".into() })?;
    } else {
        sheet.add(&Facts { rows: facts(&agent, answers_by(&agent, &models)) })?;
    }
    let trial = trial::view(app, caller, &agent, outcome.trial, outcome.tried).await?;
    sheet.add_beside("Try it", &trial)?;
    if agent.settings.guests.is_some()
        && let Some(id) = agent.guest_id
    {
        sheet.add_beside("Try it", &Heading { title: "On your pages", about: String::new() })?;
        let base = host.address(app);
        sheet.add_beside(
            "Try it",
            &Preview {
                title,
                line: format!("<script src=\"{base}/widget.js\" data-agent=\"{id}\" defer></script>"),
                chat: format!("/chat/{id}"),
                policy: format!("script-src {base}; connect-src {base}; img-src {base}"),
            },
        )?;
    }
    sheet.answer(outcome.refusal.as_ref())
}

/// The form that archives the agent, or takes it back.
fn ending(app: &App, agent: &Agent) -> Form {
    let action = format!("/console/agents/{}", agent.id);
    match agent.archived_at {
        None => Form::new(app, "archive", format!("{action}/archive"), "Archive the agent")
            .danger()
            .folded("Archive this agent")
            .note("It takes no new threads. Its present threads go on. The agent can be taken back."),
        Some(_) => {
            Form::new(app, "restore", format!("{action}/restore"), "Take it back").folded("Take this agent back")
        }
    }
}

/// The agent for who may not change it.
fn facts(agent: &Agent, answers_by: String) -> Vec<(String, Cell)> {
    let settings = &agent.settings;
    let tools: Vec<String> = settings.tools.iter().map(|tool| tool.name.clone()).collect();
    let mut rows = vec![
        ("Name".to_owned(), Cell::Code(agent.name.clone())),
        ("Answered by".into(), Cell::text(answers_by)),
        ("Instructions".into(), Cell::Plain(settings.instructions.clone())),
        ("Tools".into(), if tools.is_empty() { Cell::Nothing } else { Cell::Tags(tools) }),
        ("Id".into(), Cell::Code(agent.id.to_string())),
    ];
    if settings.kind == Kind::External {
        rows.retain(|(name, _)| name != "Instructions");
    }
    rows
}

/// The agent of the address: by its id, or by its name.
pub async fn find(app: &App, caller: &Caller, params: &Params) -> Result<Agent> {
    let unknown = || Error::not_found(codes::AGENT_NOT_FOUND, "Agent");
    let text = params.text("agent").ok_or_else(unknown)?;
    match AgentId::parse(text) {
        Some(id) => app.agent(caller, id).await,
        None => app.agent_by_name(caller, text).await,
    }
}
