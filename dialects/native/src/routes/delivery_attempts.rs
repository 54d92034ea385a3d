//! What was posted to a webhook.

use axum::extract::State;
use dialect_kit::{Authed, IdempotencyHeader, IdempotencyKey, Params, Query};
use domain::{DeliveryAttemptId, webhook::Outcome};
use engine::App;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{Conflict, Found, delivery_attempt_id, found, webhook_id};
use crate::{
    page::{Asked, Page, PageQuery},
    wire,
};

/// The filters of a list of delivery attempts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct DeliveryAttemptsQuery {
    /// Only attempts with this result.
    #[param(value_type = Option<String>)]
    outcome: Option<Outcome>,
    /// 1 to 1,000. Absent: 100.
    limit: Option<i64>,
    /// `next` of the previous page.
    cursor: Option<String>,
}

/// List the delivery attempts of a webhook, newest first.
///
/// The server keeps the newest ones: the limit `webhook_log` says how many.
#[utoipa::path(
    get, path = "/threadline/v1/webhooks/{webhook}/postings", operation_id = "list_webhook_postings", tag = "webhooks",
    params(("webhook" = wire::Id, Path), DeliveryAttemptsQuery),
    responses((status = 200, description = "A page of attempts", body = Page<wire::DeliveryAttempt>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<DeliveryAttemptsQuery>,
) -> Found<Page<wire::DeliveryAttempt>> {
    let webhook = webhook_id(&params)?;
    let (scope, page) = ((webhook, query.outcome), PageQuery { limit: query.limit, cursor: query.cursor });
    let asked: Asked<Uuid> = Asked::read(&app, &caller, "postings", scope, page)?;
    let before = asked.from.map(DeliveryAttemptId);
    let attempts = app.list_delivery_attempts(&caller, webhook, query.outcome, before, asked.rows()).await?;
    found(asked.page(attempts, |attempt| attempt.id.0, wire::DeliveryAttempt::from))
}

/// Send the event of a delivery attempt once more.
///
/// The answer is the new attempt, successful or not. It is not retried.
#[utoipa::path(
    post, path = "/threadline/v1/webhooks/{webhook}/postings/{posting}/replay", operation_id = "replay_webhook_posting",
    tag = "webhooks", params(("webhook" = wire::Id, Path), ("posting" = wire::Id, Path), IdempotencyHeader),
    responses((status = 200, description = "The new attempt", body = wire::DeliveryAttempt), Conflict)
)]
pub async fn replay(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
) -> Found<wire::DeliveryAttempt> {
    let (webhook, attempt) = (webhook_id(&params)?, delivery_attempt_id(&params)?);
    let origin = key.without_body("POST /threadline/v1/webhooks/{webhook}/postings/{posting}/replay");
    found(app.replay_delivery_attempt(&caller, webhook, attempt, origin).await?.into())
}
