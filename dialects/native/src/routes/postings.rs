//! What was posted to a webhook.

use axum::extract::State;
use dialect_kit::{Authed, IdempotencyHeader, IdempotencyKey, Params, Query};
use domain::{PostingId, webhook::Outcome};
use engine::App;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{Conflict, Found, found, posting_id, webhook_id};
use crate::{
    page::{Asked, Page, PageQuery},
    wire,
};

/// Which postings a list shows.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct PostingsQuery {
    /// Only those of which this became.
    #[param(value_type = Option<String>)]
    outcome: Option<Outcome>,
    /// 1 to 1,000; 100 when absent.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// List what was posted to a webhook, newest first.
///
/// Each try is one. The newest are kept, as many as `webhook_log` of the limits says.
#[utoipa::path(
    get, path = "/threadline/v1/webhooks/{webhook}/postings", operation_id = "list_webhook_postings", tag = "webhooks",
    params(("webhook" = wire::Id, Path), PostingsQuery),
    responses((status = 200, description = "A page of postings", body = Page<wire::Posting>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<PostingsQuery>,
) -> Found<Page<wire::Posting>> {
    let webhook = webhook_id(&params)?;
    let (scope, page) = ((webhook, query.outcome), PageQuery { limit: query.limit, cursor: query.cursor });
    let asked: Asked<Uuid> = Asked::read(&app, &caller, "postings", scope, page)?;
    let before = asked.from.map(PostingId);
    let postings = app.list_postings(&caller, webhook, query.outcome, before, asked.rows()).await?;
    found(asked.page(postings, |posting| posting.id.0, wire::Posting::from))
}

/// Send the event of a posting once more, now.
///
/// The answer is the new posting, whatever became of it; it is not tried again.
#[utoipa::path(
    post, path = "/threadline/v1/webhooks/{webhook}/postings/{posting}/replay", operation_id = "replay_webhook_posting",
    tag = "webhooks", params(("webhook" = wire::Id, Path), ("posting" = wire::Id, Path), IdempotencyHeader),
    responses((status = 200, description = "The new posting", body = wire::Posting), Conflict)
)]
pub async fn replay(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
) -> Found<wire::Posting> {
    let (webhook, posting) = (webhook_id(&params)?, posting_id(&params)?);
    let origin = key.without_body("POST /threadline/v1/webhooks/{webhook}/postings/{posting}/replay");
    found(app.replay_posting(&caller, webhook, posting, origin).await?.into())
}
