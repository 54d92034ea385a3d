//! Forms that change a thread. Each answers with the page that it stood on.

use axum::extract::State;
use dialect_kit::{Answer, Authed, Params};
use domain::{Error, ThreadId, TurnId, codes};
use engine::App;

use super::thread_id;
use crate::answer;

pub async fn cancel(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    let thread = thread_id(&params)?;
    app.keyed(None).stop_thread(&caller, thread).await?;
    back(thread)
}

pub async fn close(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    let thread = thread_id(&params)?;
    app.keyed(None).close_thread(&caller, thread, None).await?;
    back(thread)
}

pub async fn reopen(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    let thread = thread_id(&params)?;
    app.keyed(None).reopen_thread(&caller, thread).await?;
    back(thread)
}

pub async fn retry(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    let thread = thread_id(&params)?;
    let turn = params.parse("turn", TurnId::parse, || Error::not_found(codes::TURN_NOT_FOUND, "Turn"))?;
    app.keyed(None).retry_turn(&caller, thread, turn).await?;
    back(thread)
}

fn back(thread: ThreadId) -> Answer {
    answer::see_other(&format!("/console/threads/{thread}"))
}
