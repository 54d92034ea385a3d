//! Turns in the hands of the user's own program: claims, reports, and the control stream.

use std::time::Duration;

use axum::extract::State;
use dialect_kit::{Answer, Authed, Json, Params, Query, sse::Keep};
use domain::Caller;
use engine::{
    App,
    app::external::{Act, Control, Report, Wanted},
};
use futures_util::{Stream, stream};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Conflict, Found, found, open::Open, turn_id, wait};
use crate::{convert, wire};

/// Claim turns of external agents.
///
/// The answer comes as soon as there is a turn, or after `wait` seconds. The program holds a claimed turn for the limit
/// `external_lease_s`, and each report renews the hold. When the hold ends, the turn can be claimed again: with the next number of
/// `attempt`, and after an answer that was lost too.
#[utoipa::path(
    post, path = "/threadline/v1/turns/claim", operation_id = "claim_turns", tag = "external agents",
    request_body = wire::Claim,
    responses((status = 200, description = "The claimed turns, or none", body = wire::Claims))
)]
pub async fn claim(
    State(app): State<App>,
    Authed(caller): Authed,
    open: Open,
    Json { value, .. }: Json<wire::Claim>,
) -> Answer<axum::Json<wire::Claims>> {
    let wait = wait(&app, value.wait)?;
    let wanted = Wanted { agents: value.agents.unwrap_or_default(), most: value.most.unwrap_or(1), wait };
    let _place = if wait > Duration::ZERO { Some(open.streams.place(&caller)?) } else { None };
    open.patience.extend(wait);
    let shutdown = open.shutdown.clone();
    let claimed = app.claim_turns(&caller, wanted, Box::pin(async move { shutdown.wait().await })).await?;
    let turns = claimed.into_iter().map(|one| convert::external::claimed(one, value.format)).collect();
    Ok(axum::Json(wire::Claims { turns }))
}

/// Give a sign of life.
///
/// It renews the hold, and tells of messages that joined the turn and of its end.
#[utoipa::path(
    post, path = "/threadline/v1/turns/{turn}/heartbeat", operation_id = "heartbeat_turn", tag = "external agents",
    params(("turn" = wire::Id, Path)), request_body = wire::Heartbeat,
    responses((status = 200, description = "The turn as it is", body = wire::Held), Conflict)
)]
pub async fn heartbeat(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Json { value, source }: Json<wire::Heartbeat>,
) -> Found<wire::Held> {
    let wire::Heartbeat { attempt, n, reads } = value;
    let fingerprint = source.fingerprint("POST /threadline/v1/turns/{turn}/heartbeat").now;
    report(&app, &caller, Report { turn: turn_id(&params)?, attempt, n, reads, fingerprint }, Act::Heartbeat).await
}

/// Show pieces of a message that the program is still saying.
///
/// Readers see them as a model's. The message itself follows by `messages` or `complete`, and replaces them.
#[utoipa::path(
    post, path = "/threadline/v1/turns/{turn}/deltas", operation_id = "report_deltas", tag = "external agents",
    params(("turn" = wire::Id, Path)), request_body = wire::Deltas,
    responses((status = 200, description = "The pieces are shown", body = wire::Held), Conflict)
)]
pub async fn deltas(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Json { value, source }: Json<wire::Deltas>,
) -> Found<wire::Held> {
    let wire::Deltas { attempt, n, reads, deltas } = value;
    let fingerprint = source.fingerprint("POST /threadline/v1/turns/{turn}/deltas").now;
    let act = Act::Deltas(convert::external::pieces(deltas));
    report(&app, &caller, Report { turn: turn_id(&params)?, attempt, n: Some(n), reads, fingerprint }, act).await
}

/// Report messages of the agent.
///
/// A call of one of the agent's `tools` is a client's. With such a call the program's hold ends, and the turn is claimed again with the
/// results. Every other call is the program's own, and its result follows by `tool-results`.
#[utoipa::path(
    post, path = "/threadline/v1/turns/{turn}/messages", operation_id = "report_messages", tag = "external agents",
    params(("turn" = wire::Id, Path)), request_body = wire::Reports,
    responses((status = 200, description = "The messages are stored", body = wire::Held), Conflict)
)]
pub async fn messages(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Json { value, source }: Json<wire::Reports>,
) -> Found<wire::Held> {
    let wire::Reports { attempt, n, reads, messages } = value;
    let fingerprint = source.fingerprint("POST /threadline/v1/turns/{turn}/messages").now;
    let act = Act::Messages(convert::external::reported(messages)?);
    report(&app, &caller, Report { turn: turn_id(&params)?, attempt, n: Some(n), reads, fingerprint }, act).await
}

/// Report results of calls that the program ran.
#[utoipa::path(
    post, path = "/threadline/v1/turns/{turn}/tool-results", operation_id = "report_tool_results", tag = "external agents",
    params(("turn" = wire::Id, Path)), request_body = wire::OwnResults,
    responses((status = 200, description = "The results are stored", body = wire::Held), Conflict)
)]
pub async fn tool_results(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Json { value, source }: Json<wire::OwnResults>,
) -> Found<wire::Held> {
    let wire::OwnResults { attempt, n, reads, results } = value;
    let fingerprint = source.fingerprint("POST /threadline/v1/turns/{turn}/tool-results").now;
    let act = Act::Results(convert::tool_results::tool_results(results)?);
    report(&app, &caller, Report { turn: turn_id(&params)?, attempt, n: Some(n), reads, fingerprint }, act).await
}

/// End the turn.
///
/// If a message joined the turn that the program has not read, the turn is claimed again instead (`again`).
#[utoipa::path(
    post, path = "/threadline/v1/turns/{turn}/complete", operation_id = "complete_turn", tag = "external agents",
    params(("turn" = wire::Id, Path)), request_body = wire::Completion,
    responses((status = 200, description = "The turn has ended, or is claimed again", body = wire::Held), Conflict)
)]
pub async fn complete(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Json { value, source }: Json<wire::Completion>,
) -> Found<wire::Held> {
    let wire::Completion { attempt, n, reads, messages } = value;
    let fingerprint = source.fingerprint("POST /threadline/v1/turns/{turn}/complete").now;
    let act = Act::Complete(convert::external::reported(messages.unwrap_or_default())?);
    report(&app, &caller, Report { turn: turn_id(&params)?, attempt, n: Some(n), reads, fingerprint }, act).await
}

/// End the turn as failed.
///
/// The thread gets the agent's neutral message. The reason is for keys of the project.
#[utoipa::path(
    post, path = "/threadline/v1/turns/{turn}/fail", operation_id = "fail_turn", tag = "external agents",
    params(("turn" = wire::Id, Path)), request_body = wire::Failed,
    responses((status = 200, description = "The turn has failed", body = wire::Held), Conflict)
)]
pub async fn fail(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Json { value, source }: Json<wire::Failed>,
) -> Found<wire::Held> {
    let wire::Failed { attempt, n, reason } = value;
    let fingerprint = source.fingerprint("POST /threadline/v1/turns/{turn}/fail").now;
    let act = Act::Fail(reason);
    report(&app, &caller, Report { turn: turn_id(&params)?, attempt, n: Some(n), reads: None, fingerprint }, act).await
}

/// Give the turn back.
///
/// Any program of the agent can claim it at once.
#[utoipa::path(
    post, path = "/threadline/v1/turns/{turn}/release", operation_id = "release_turn", tag = "external agents",
    params(("turn" = wire::Id, Path)), request_body = wire::Release,
    responses((status = 200, description = "The turn can be claimed", body = wire::Held), Conflict)
)]
pub async fn release(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Json { value, source }: Json<wire::Release>,
) -> Found<wire::Held> {
    let wire::Release { attempt, n } = value;
    let fingerprint = source.fingerprint("POST /threadline/v1/turns/{turn}/release").now;
    let report_of = Report { turn: turn_id(&params)?, attempt, n: Some(n), reads: None, fingerprint };
    report(&app, &caller, report_of, Act::Release).await
}

async fn report(app: &App, caller: &Caller, report: Report, act: Act) -> Found<wire::Held> {
    found(convert::external::held(app.report(caller, report, act).await?))
}

/// The attempt of a control stream.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ControlQuery {
    /// The attempt in which the program holds the turn.
    #[param(minimum = 1, example = 1)]
    attempt: i64,
}

/// Follow a claimed turn.
///
/// The stream tells at once of messages that join the turn, of its cancellation, and of another attempt. It ends with the program's part.
#[utoipa::path(
    get, path = "/threadline/v1/turns/{turn}/control", operation_id = "control_turn", tag = "external agents",
    params(("turn" = wire::Id, Path), ControlQuery),
    responses((status = 200, description = "A stream of signals", body = wire::Signal, content_type = "text/event-stream"), Conflict)
)]
pub async fn control(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<ControlQuery>,
    open: Open,
) -> Answer {
    let control = app.control(&caller, turn_id(&params)?, query.attempt).await?;
    let watch = control.watch();
    open.streams.open(&caller, watch, frames(control), Keep::alive("keep-alive"))
}

/// The signals until the last one. A failure of the store ends them too: the program opens another stream.
fn frames(control: Control) -> impl Stream<Item = dialect_kit::Frame> + Send + 'static {
    stream::unfold(control, async |mut control| {
        let signal = control.next().await.ok().flatten()?;
        Some((convert::external::signal(signal), control))
    })
}
