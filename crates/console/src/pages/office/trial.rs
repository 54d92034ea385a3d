//! A trial of an agent: a thread that is thrown away.

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed, Params};
use domain::{
    Caller, Error, Kind, Position, Result, ThreadId, agent::Agent, caller::Scope, codes, controls::Policy,
    message::Body, thread::Thread,
};
use engine::{
    App,
    app::{
        messages::{
            Send,
            list::{From, Page},
        },
        threads::NewThread,
    },
};

use super::{
    agent::{self, Outcome},
    form::{Field, Form, Sent, is_shown},
};
use crate::{
    answer,
    html::Html,
    own::Host,
    pages::{said::Speakers, thread::saying},
    texts as t,
};

/// Messages of a trial that the page shows.
const MESSAGES: i64 = 20;
/// The tag of trials, by which lists can leave them out.
const TAG: &str = "trial";

/// The trial beside an agent's editor.
#[derive(Template)]
#[template(path = "parts/office/trial.html")]
pub struct Trial {
    /// The thread, up to where the page has its log.
    thread: Option<(String, String)>,
    messages: Vec<Html>,
    form: Option<Html>,
    discard: String,
}

/// The trial as it stands. A thread that is no trial of this agent is not shown.
pub async fn view(
    app: &App,
    caller: &Caller,
    agent: &Agent,
    thread: Option<ThreadId>,
    tried: Option<(Sent, Error)>,
) -> Result<Trial> {
    let found = match thread {
        Some(id) => found(app, caller, agent, id).await?,
        None => None,
    };
    let (mut messages, mut shown) = (Vec::new(), None);
    if let Some(id) = found {
        let position;
        (messages, position) = conversation(app, caller, id).await?;
        shown = Some((id.to_string(), position.to_string()));
    }
    let action = format!("/console/agents/{}/try", agent.id);
    let (sent, refusal) = tried.map_or((Sent::default(), None), |(sent, error)| (sent, Some(error)));
    let may_write = caller.scopes.has(Scope::Write) && agent.archived_at.is_none();
    let form = may_write.then(|| {
        let label = if found.is_some() { "Next message" } else { "Message" };
        let field = Field::text("text", label, 2, &sent);
        let form = Form::new(app, "trial", action.clone(), "Send").fields([field]);
        let form = match found {
            Some(id) => form.hidden("thread", id.to_string()),
            None => form,
        };
        Html::of(&form.refused(refusal.as_ref()))
    });
    Ok(Trial { thread: shown, messages, form: form.transpose()?, discard: format!("{action}/discard") })
}

/// The thread, if it is there and a trial of the agent.
async fn found(app: &App, caller: &Caller, agent: &Agent, id: ThreadId) -> Result<Option<ThreadId>> {
    match app.thread(caller, id).await {
        Ok(thread) => Ok(is_trial(&thread, agent).then_some(id)),
        Err(error) if error.kind == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_trial(thread: &Thread, agent: &Agent) -> bool {
    thread.agent == agent.id && thread.tags.iter().any(|tag| tag.name == TAG)
}

/// The newest messages with the one that is being said, and up to where they show the log.
async fn conversation(app: &App, caller: &Caller, id: ThreadId) -> Result<(Vec<Html>, Position)> {
    let page = Page { from: From::Before(None), limit: MESSAGES, listed: false };
    let listed = app.list_messages(caller, id, page).await?;
    let (thread, now, mut speakers) = (listed.thread, app.clock().now(), Speakers::new(app, caller));
    let mut messages = Vec::with_capacity(listed.messages.len() + 1);
    for message in listed.messages.into_iter().rev() {
        messages.push(Html::of(&speakers.said(message, now).await?)?);
    }
    let agent = speakers.names.of(app, caller, thread.agent).await?;
    let (position, saying) = saying(app, caller, &thread, &agent).await?;
    messages.extend(saying);
    Ok((messages, position))
}

/// Says something in a new trial, or in the present one.
pub async fn say(State(app): State<App>, Authed(caller): Authed, host: Host, params: Params, sent: Sent) -> Answer {
    let agent = agent::find(&app, &caller, &params).await?;
    match said_in(&app, &caller, &agent, &sent).await {
        Ok(thread) => answer::see_other(&format!("/console/agents/{}?trial={thread}#trial", agent.id)),
        Err(error) if is_shown(&error) => {
            let trial = ThreadId::parse(sent.text("thread"));
            agent::page(&app, &caller, &host, agent, Outcome::of_trial(trial, (sent, error))).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn said_in(app: &App, caller: &Caller, agent: &Agent, sent: &Sent) -> Result<ThreadId> {
    let text = sent.given("text").ok_or_else(|| Error::field("text", "must not be empty"))?;
    let present = match ThreadId::parse(sent.text("thread")) {
        Some(id) => found(app, caller, agent, id).await?,
        None => None,
    };
    let thread = match present {
        Some(id) => id,
        None => {
            let title = format!("Trial of {}", agent.name);
            let (tags, origin) = (vec![TAG.into()], sent.origin("console trials"));
            let new = NewThread { title: Some(title), agent: Some(agent.id), tags, origin, ..NewThread::default() };
            app.create_thread(caller, new).await?.id
        }
    };
    let origin = sent.origin("console trial messages");
    let send = Send { origin, ..Send::new(thread, Body::text(text), Policy::Queue) };
    app.send(caller, send).await.map_err(|error| error.renamed(&[("content", "text")]))?;
    Ok(thread)
}

/// Deletes the thread of a trial.
pub async fn discard(State(app): State<App>, Authed(caller): Authed, params: Params, sent: Sent) -> Answer {
    let agent = agent::find(&app, &caller, &params).await?;
    let unknown = || Error::not_found(codes::THREAD_NOT_FOUND, "Thread");
    let id = ThreadId::parse(sent.text("thread")).ok_or_else(unknown)?;
    found(&app, &caller, &agent, id).await?.ok_or_else(unknown)?;
    app.delete_thread(&caller, id).await?;
    answer::see_other(&format!("/console/agents/{}?done=discarded", agent.id))
}
