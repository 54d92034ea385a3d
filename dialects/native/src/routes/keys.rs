//! Keys.

use axum::extract::State;
use dialect_kit::{Authed, IdempotencyHeader, IdempotencyKey, Json, Params, Query};
use domain::{KeyId, ProjectId, caller::Scopes};
use engine::{App, app::access::keys::NewKey};
use uuid::Uuid;

use super::{Conflict, Created, Found, created, found, key_id, named_agent};
use crate::{
    page::{Asked, Page, PageQuery},
    wire,
};

/// Make a key.
///
/// Only this answer has the secret. A repeated request with the same `Idempotency-Key` is a conflict.
#[utoipa::path(
    post, path = "/threadline/v1/keys", operation_id = "create_key", tag = "keys",
    params(IdempotencyHeader), request_body = wire::NewKey,
    responses((status = 201, description = "The key with its secret", body = wire::KeyMade), Conflict)
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewKey>,
) -> Created<wire::KeyMade> {
    let origin = key.with_body("POST /threadline/v1/keys", &source);
    let agent = named_agent(&app, &caller, "agent", value.agent.as_deref()).await?;
    let mut agents = Vec::new();
    for (i, text) in value.agents.unwrap_or_default().iter().enumerate() {
        agents.extend(named_agent(&app, &caller, &format!("agents.{i}"), Some(text)).await?);
    }
    let new = NewKey {
        name: value.name,
        scopes: Scopes::of(&value.scopes),
        prefix: value.prefix,
        expires_at: value.expires_at,
        project: value.project.map(|id| ProjectId(id.0)),
        agent,
        agents,
        replaces: value.replaces.map(|id| KeyId(id.0)),
    };
    let (key, secret) = app.create_key(&caller, new, origin).await?;
    created(wire::KeyMade { key: key.into(), secret })
}

/// List keys, oldest first, without their secrets.
#[utoipa::path(
    get, path = "/threadline/v1/keys", operation_id = "list_keys", tag = "keys", params(PageQuery),
    responses((status = 200, description = "A page of keys", body = Page<wire::Key>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<PageQuery>,
) -> Found<Page<wire::Key>> {
    let asked: Asked<Uuid> = Asked::read(&app, &caller, "keys", (), query)?;
    let keys = app.list_keys(&caller, asked.from.map(KeyId), asked.rows()).await?;
    found(asked.page(keys, |key| key.id.0, wire::Key::from))
}

/// Get a key, without its secret.
#[utoipa::path(
    get, path = "/threadline/v1/keys/{key}", operation_id = "get_key", tag = "keys",
    params(("key" = wire::Id, Path)), responses((status = 200, description = "The key", body = wire::Key))
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Key> {
    found(app.key(&caller, key_id(&params)?).await?.into())
}

/// Change the budgets of a key.
#[utoipa::path(
    patch, path = "/threadline/v1/keys/{key}", operation_id = "update_key", tag = "keys",
    params(("key" = wire::Id, Path)), request_body = wire::KeyPatch,
    responses((status = 200, description = "The key after the change", body = wire::Key))
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: Json<wire::KeyPatch>,
) -> Found<wire::Key> {
    let budgets = wire::budget::budgets(body.value.budgets);
    found(app.set_key_budgets(&caller, key_id(&params)?, budgets).await?.into())
}

/// Revoke a key.
///
/// The server refuses the key and the tokens that it made from now on. Other nodes refuse them within five seconds. Open streams, long
/// polls, exports and downloads end within five seconds. To revoke it again changes nothing.
#[utoipa::path(
    delete, path = "/threadline/v1/keys/{key}", operation_id = "revoke_key", tag = "keys",
    params(("key" = wire::Id, Path)), responses((status = 200, description = "The key after the change", body = wire::Key))
)]
pub async fn revoke(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Key> {
    found(app.revoke_key(&caller, key_id(&params)?).await?.into())
}
