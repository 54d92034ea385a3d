//! Webhooks.

use axum::extract::State;
use dialect_kit::{Answer, Authed, IdempotencyHeader, IdempotencyKey, Json, Params, Query};
use domain::{Error, Result, ThreadId, WebhookId, webhook::ProofKind};
use engine::{
    App,
    app::webhooks::{Draft, NewWebhook, delivery_attempts::Replay},
};
use http::StatusCode;
use uuid::Uuid;

use super::{Conflict, Created, Found, created, found, webhook_id};
use crate::{
    convert::agent::set,
    page::{Asked, Page, PageQuery},
    wire,
};

/// For how long an old secret signs beside the new one when the request does not say.
pub(super) const OVERLAP_S: i64 = 86_400;

/// Make a webhook.
///
/// It is told what is written to the project's threads from now on. Its signing secret is told here and never again: a replay
/// under the same `Idempotency-Key` is a conflict.
#[utoipa::path(
    post, path = "/threadline/v1/webhooks", operation_id = "create_webhook", tag = "webhooks",
    params(IdempotencyHeader), request_body = wire::NewWebhook,
    responses((status = 201, description = "The webhook with its secret", body = wire::WebhookMade), Conflict)
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewWebhook>,
) -> Created<wire::WebhookMade> {
    let origin = key.with_body("POST /threadline/v1/webhooks", &source);
    let authorization = authorization(value.kind, value.authorization)?;
    let new = NewWebhook {
        url: value.url,
        authorization,
        dialect: value.dialect.unwrap_or_else(|| "native".into()),
        events: value.events,
        description: value.description,
        enabled: value.enabled,
    };
    let (webhook, secret) = app.create_webhook(&caller, new, origin).await?;
    created(wire::WebhookMade { webhook: webhook.into(), secret })
}

fn authorization(kind: Option<ProofKind>, value: Option<String>) -> Result<Option<String>> {
    match (kind.unwrap_or(ProofKind::Signed), value) {
        (ProofKind::Signed, None) => Ok(None),
        (ProofKind::Authorization, Some(value)) => Ok(Some(value)),
        (ProofKind::Signed, Some(_)) => Err(Error::field("authorization", "is of kind `authorization` alone")),
        (ProofKind::Authorization, None) => Err(Error::field("authorization", "must be given")),
    }
}

/// List webhooks, oldest first, without their secrets.
#[utoipa::path(
    get, path = "/threadline/v1/webhooks", operation_id = "list_webhooks", tag = "webhooks", params(PageQuery),
    responses((status = 200, description = "A page of webhooks", body = Page<wire::Webhook>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<PageQuery>,
) -> Found<Page<wire::Webhook>> {
    let asked: Asked<Uuid> = Asked::read(&app, &caller, "webhooks", (), query)?;
    let webhooks = app.list_webhooks(&caller, asked.from.map(WebhookId), asked.rows()).await?;
    found(asked.page(webhooks, |webhook| webhook.id.0, wire::Webhook::from))
}

/// Get a webhook, without its secret.
#[utoipa::path(
    get, path = "/threadline/v1/webhooks/{webhook}", operation_id = "get_webhook", tag = "webhooks",
    params(("webhook" = wire::Id, Path)), responses((status = 200, description = "The webhook", body = wire::Webhook))
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Webhook> {
    let (webhook, behind) = app.webhook(&caller, webhook_id(&params)?).await?;
    found(wire::Webhook { threads_behind: Some(behind), ..webhook.into() })
}

/// Change a webhook.
///
/// One that is disabled is owed nothing, and what it was owed is forgotten; enabled again, it is told what is written from
/// then on. A replay sends the rest.
#[utoipa::path(
    patch, path = "/threadline/v1/webhooks/{webhook}", operation_id = "update_webhook", tag = "webhooks",
    params(("webhook" = wire::Id, Path)), request_body = wire::WebhookPatch,
    responses((status = 200, description = "The webhook after the change", body = wire::Webhook))
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: Json<wire::WebhookPatch>,
) -> Found<wire::Webhook> {
    let (id, patch) = (webhook_id(&params)?, body.value);
    found(app.update_webhook(&caller, id, move |draft| apply(patch, draft)).await?.into())
}

fn apply(patch: wire::WebhookPatch, draft: &mut Draft) {
    let wire::WebhookPatch { url, authorization, events, description, enabled } = patch;
    if let Some(url) = url {
        draft.url = url;
    }
    if authorization.is_some() {
        draft.authorization = authorization;
    }
    set(events, &mut draft.events);
    set(description, &mut draft.description);
    draft.enabled = enabled.unwrap_or(draft.enabled);
}

/// Remove a webhook, with the log of what was posted to it.
#[utoipa::path(
    delete, path = "/threadline/v1/webhooks/{webhook}", operation_id = "delete_webhook", tag = "webhooks",
    params(("webhook" = wire::Id, Path)), responses((status = 204, description = "It is gone"))
)]
pub async fn delete(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<StatusCode> {
    app.delete_webhook(&caller, webhook_id(&params)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a webhook a new signing secret.
///
/// It is told here and never again: a replay under the same `Idempotency-Key` is a conflict. For a while the one before signs
/// too, so that the receiver can change in between.
#[utoipa::path(
    post, path = "/threadline/v1/webhooks/{webhook}/rotate", operation_id = "rotate_webhook_secret", tag = "webhooks",
    params(("webhook" = wire::Id, Path), IdempotencyHeader), request_body = Option<wire::Rotate>,
    responses((status = 200, description = "The webhook with its new secret", body = wire::WebhookMade), Conflict)
)]
pub async fn rotate(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    body: Option<Json<wire::Rotate>>,
) -> Found<wire::WebhookMade> {
    const OPERATION: &str = "POST /threadline/v1/webhooks/{webhook}/rotate";
    let (value, origin) = match body {
        Some(Json { value, source }) => (value, key.with_body(OPERATION, &source)),
        None => (wire::Rotate::default(), key.without_body(OPERATION)),
    };
    let overlap_s = value.overlap_s.unwrap_or(OVERLAP_S);
    let (webhook, secret) = app.rotate_webhook_secret(&caller, webhook_id(&params)?, overlap_s, origin).await?;
    found(wire::WebhookMade { webhook: webhook.into(), secret })
}

/// Send a webhook again what it may have missed.
///
/// From a time on of every thread, or from an event on of one. What is sent is in each thread's order, under the same ids as
/// before.
#[utoipa::path(
    post, path = "/threadline/v1/webhooks/{webhook}/replay", operation_id = "replay_webhook", tag = "webhooks",
    params(("webhook" = wire::Id, Path), IdempotencyHeader), request_body = wire::NewReplay,
    responses((status = 200, description = "What will be sent again", body = wire::Replayed), Conflict)
)]
pub async fn replay(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewReplay>,
) -> Found<wire::Replayed> {
    let origin = key.with_body("POST /threadline/v1/webhooks/{webhook}/replay", &source);
    let replay = match (value.since, value.thread, value.after) {
        (Some(since), None, None) => Replay::Since(since),
        (None, Some(thread), after) => Replay::Thread(ThreadId(thread.0), after.unwrap_or(0)),
        (Some(_), Some(_), _) => return Err(Error::field("thread", "must not be combined with `since`").into()),
        (Some(_), None, Some(_)) => return Err(Error::field("after", "goes with thread").into()),
        (None, None, _) => return Err(Error::field("since", "or thread must be given").into()),
    };
    let threads = app.replay_webhook(&caller, webhook_id(&params)?, replay, origin).await?;
    found(wire::Replayed { threads })
}
