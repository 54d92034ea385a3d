//! Results of tools that the client runs.

use axum::extract::State;
use dialect_kit::{Authed, IdempotencyHeader, IdempotencyKey, Json, Params};
use engine::App;

use super::{Conflict, Found, found, thread_id};
use crate::{
    convert,
    wire::{self, Id},
};

/// Submit the results of tools that a turn waits for.
///
/// With the last result the turn goes on.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/tool-results", operation_id = "submit_tool_results", tag = "turns",
    params(("thread" = wire::Id, Path), IdempotencyHeader), request_body = wire::NewResults,
    responses((status = 200, description = "The results are stored", body = wire::Accepted), Conflict)
)]
pub async fn submit(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewResults>,
) -> Found<wire::Accepted> {
    let thread = thread_id(&params)?;
    let origin = key.with_body("POST /threadline/v1/threads/{thread}/tool-results", &source);
    let results = convert::tool_results::tool_results(value.results)?;
    let accepted = app.keyed(origin).tool_results(&caller, thread, results).await?;
    found(wire::Accepted { turn: Id(accepted.turn.0), accepted: accepted.accepted, open: accepted.open })
}
