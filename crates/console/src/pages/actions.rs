//! Forms that change a thread. Each answers with the page that it stood on; a refused one says why on that page.

use axum::extract::State;
use dialect_kit::{Answer, Authed, Params, Query, Spellings, usual_status};
use domain::{Caller, Error, Kind, Result, ThreadId, TurnId, codes};
use engine::{
    App,
    app::{
        handling::{
            assign::Assign,
            hand_back::{Answer as Then, HandBack},
            take::Take,
        },
        threads::fork::NewFork,
    },
};
use serde::Deserialize;

use super::{acting, thread, thread::Told, thread_id};
use crate::{answer, form::Form};

/// The form of the band.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Deed {
    /// The member in whose name a key acts.
    member: Option<String>,
    brief: String,
    answer: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct DeedQuery {
    force: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Assignment {
    member: Option<String>,
    assignee: String,
}

pub async fn take(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    Query(DeedQuery { force }): Query<DeedQuery>,
    Form(deed): Form<Deed>,
) -> Answer {
    let id = thread_id(&params)?;
    let take = Take { member: acting::named(&caller, deed.member), force };
    let taken = app.keyed(None).take_thread(&caller, id, take).await;
    told(&app, &caller, &spellings, id, taken.map(drop)).await
}

pub async fn hand_back(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    Query(DeedQuery { force }): Query<DeedQuery>,
    Form(deed): Form<Deed>,
) -> Answer {
    let id = thread_id(&params)?;
    let answer = match deed.answer.as_str() {
        "now" => Then::Now,
        "never" => Then::Never,
        _ => Then::Auto,
    };
    let brief = Some(deed.brief.trim().to_owned()).filter(|brief| !brief.is_empty());
    let new = HandBack { member: Some(acting::named(&caller, deed.member)), answer, brief, force };
    let handed = app.keyed(None).hand_back(&caller, id, new).await;
    told(&app, &caller, &spellings, id, handed.map(drop)).await
}

pub async fn withdraw(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    Form(deed): Form<Deed>,
) -> Answer {
    let id = thread_id(&params)?;
    let member = acting::named(&caller, deed.member);
    let withdrawn = app.keyed(None).withdraw(&caller, id, member).await;
    told(&app, &caller, &spellings, id, withdrawn.map(drop)).await
}

pub async fn assign(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    Form(form): Form<Assignment>,
) -> Answer {
    let id = thread_id(&params)?;
    let assignee = Some(form.assignee).filter(|assignee| !assignee.is_empty());
    let assign = Assign { member: acting::named(&caller, form.member), assignee };
    let assigned = app.keyed(None).assign(&caller, id, assign).await;
    told(&app, &caller, &spellings, id, assigned.map(drop)).await
}

pub async fn cancel(State(app): State<App>, Authed(caller): Authed, spellings: Spellings, params: Params) -> Answer {
    let id = thread_id(&params)?;
    let stopped = app.keyed(None).stop_thread(&caller, id).await;
    told(&app, &caller, &spellings, id, stopped.map(drop)).await
}

pub async fn close(State(app): State<App>, Authed(caller): Authed, spellings: Spellings, params: Params) -> Answer {
    let id = thread_id(&params)?;
    let closed = app.keyed(None).close_thread(&caller, id, None).await;
    told(&app, &caller, &spellings, id, closed.map(drop)).await
}

pub async fn reopen(State(app): State<App>, Authed(caller): Authed, spellings: Spellings, params: Params) -> Answer {
    let id = thread_id(&params)?;
    let reopened = app.keyed(None).reopen_thread(&caller, id).await;
    told(&app, &caller, &spellings, id, reopened.map(drop)).await
}

pub async fn retry(State(app): State<App>, Authed(caller): Authed, spellings: Spellings, params: Params) -> Answer {
    let id = thread_id(&params)?;
    let turn = params.parse("turn", TurnId::parse, || Error::not_found(codes::TURN_NOT_FOUND, "Turn"))?;
    let retried = app.keyed(None).retry_turn(&caller, id, turn).await;
    told(&app, &caller, &spellings, id, retried.map(drop)).await
}

/// Copies the thread, and leads to the copy.
pub async fn fork(State(app): State<App>, Authed(caller): Authed, spellings: Spellings, params: Params) -> Answer {
    let id = thread_id(&params)?;
    match app.fork_thread(&caller, id, NewFork::default()).await {
        Ok(copy) => answer::see_other(&place(copy.id)),
        Err(error) => told(&app, &caller, &spellings, id, Err(error)).await,
    }
}

/// The path of a thread's page.
pub fn place(thread: ThreadId) -> String {
    format!("/console/threads/{thread}")
}

/// Back to the thread's page. What the thread's state or the form's content refuses is said there.
async fn told(app: &App, caller: &Caller, spellings: &Spellings, id: ThreadId, done: Result<()>) -> Answer {
    match done {
        Ok(()) => answer::see_other(&place(id)),
        Err(error) if matches!(error.kind, Kind::Conflict | Kind::Invalid) => {
            let told = Told { status: usual_status(error.kind), problem: Some(error.message), ..Told::default() };
            thread::page(app, caller, spellings, (id, None), told).await
        }
        Err(error) => Err(error.into()),
    }
}
