//! Turns.

use axum::extract::State;
use dialect_kit::{Authed, IdempotencyHeader, IdempotencyKey, Params, Query};
use engine::App;

use super::{Conflict, Created, Found, created, found, thread_id, turn_id};
use crate::{
    page::{Asked, Page, PageQuery},
    wire,
};

/// List a thread's turns, newest first.
#[utoipa::path(
    get, path = "/threadline/v1/threads/{thread}/turns", operation_id = "list_turns", tag = "turns",
    params(("thread" = wire::Id, Path), PageQuery),
    responses((status = 200, description = "A page of turns", body = Page<wire::Turn>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<PageQuery>,
) -> Found<Page<wire::Turn>> {
    let thread = thread_id(&params)?;
    let asked: Asked<i64> = Asked::read(&app, &caller, "turns", thread, query)?;
    let turns = app.list_turns(&caller, thread, asked.from, asked.rows()).await?;
    found(asked.page(turns, |(began, _)| *began, |(_, turn)| wire::Turn::from(turn)))
}

/// Get a turn.
#[utoipa::path(
    get, path = "/threadline/v1/threads/{thread}/turns/{turn}", operation_id = "get_turn", tag = "turns",
    params(("thread" = wire::Id, Path), ("turn" = wire::Id, Path)),
    responses((status = 200, description = "The turn", body = wire::Turn))
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Turn> {
    let (thread, turn) = (thread_id(&params)?, turn_id(&params)?);
    found(app.turn(&caller, thread, turn).await?.into())
}

/// Cancel a turn.
///
/// Text that it has shown stays, as a message marked `interrupted`. A turn that has ended does not change.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/turns/{turn}/cancel", operation_id = "cancel_turn", tag = "turns",
    params(("thread" = wire::Id, Path), ("turn" = wire::Id, Path), IdempotencyHeader),
    responses((status = 200, description = "The turn after the change", body = wire::Turn), Conflict)
)]
pub async fn cancel(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
) -> Found<wire::Turn> {
    let (thread, turn) = (thread_id(&params)?, turn_id(&params)?);
    let origin = key.without_body("POST /threadline/v1/threads/{thread}/turns/{turn}/cancel");
    found(app.keyed(origin).cancel_turn(&caller, thread, turn).await?.into())
}

/// Retry a turn that failed or was cancelled.
///
/// A new turn takes over the messages of the old one, and waits behind the open turns. A turn can be retried once. The old turn's own
/// messages stay. The new turn has the controls of the old one.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/turns/{turn}/retry", operation_id = "retry_turn", tag = "turns",
    params(("thread" = wire::Id, Path), ("turn" = wire::Id, Path), IdempotencyHeader),
    responses((status = 201, description = "The new turn", body = wire::Turn), Conflict)
)]
pub async fn retry(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
) -> Created<wire::Turn> {
    let (thread, turn) = (thread_id(&params)?, turn_id(&params)?);
    let origin = key.without_body("POST /threadline/v1/threads/{thread}/turns/{turn}/retry");
    created(app.keyed(origin).retry_turn(&caller, thread, turn).await?.into())
}
