//! Threads as tickets: their status, their people, what is noted of them.

use axum::extract::State;
use dialect_kit::{Authed, Given, Json, Params, Spellings};
use domain::CustomerId;
use engine::{
    App,
    app::{people::customers::CustomerRef, tickets::TicketPatch},
};

use super::{Found, found, thread_id, threads::shown};
use crate::{page::Page, wire};

/// Change a thread's ticket.
///
/// Any status may follow any other. `closed` closes the thread and cancels its open turns. Any other status opens a closed thread.
#[utoipa::path(
    patch, path = "/threadline/v1/threads/{thread}/ticket", operation_id = "update_ticket", tag = "threads",
    params(("thread" = wire::Id, Path)), request_body = wire::TicketPatch,
    responses((status = 200, description = "The thread after the change", body = wire::Thread))
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    body: Json<wire::TicketPatch>,
) -> Found<wire::Thread> {
    let wire::TicketPatch { ticket, customers, tags, reminder, comment } = body.value;
    let by_id = |ids: Vec<wire::Id>| ids.into_iter().map(|id| CustomerRef::Id(CustomerId(id.0))).collect();
    let reminder = match reminder {
        Given::Absent => None,
        Given::Null => Some(None),
        Given::Value(new) => Some(Some(new.into())),
    };
    let patch = TicketPatch { ticket, title: None, customers: customers.map(by_id), tags, reminder, comment };
    let thread = app.update_ticket(&caller, thread_id(&params)?, patch).await?;
    found(shown(&app, thread, &spellings).await?)
}

/// List the customers who take part in a thread.
#[utoipa::path(
    get, path = "/threadline/v1/threads/{thread}/customers", operation_id = "list_thread_customers", tag = "customers",
    params(("thread" = wire::Id, Path)),
    responses((status = 200, description = "All customers of the thread", body = Page<wire::Customer>))
)]
pub async fn customers(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<Page<wire::Customer>> {
    let customers = app.thread_customers(&caller, thread_id(&params)?).await?;
    found(Page::whole(customers.into_iter().map(Into::into).collect()))
}
