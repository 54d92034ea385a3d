//! Browser snapshots.

use axum::extract::State;
use dialect_kit::{Answer, Authed, IdempotencyHeader, IdempotencyKey, Json, Params, Query};
use domain::SnapshotId;
use engine::{
    App,
    app::snapshots::{NewSnapshot, SnapshotPatch},
};
use http::StatusCode;
use uuid::Uuid;

use super::{Conflict, Created, Found, created, found, snapshot_id};
use crate::{
    page::{Asked, Page, PageQuery},
    wire,
};

/// Store a browser snapshot.
///
/// No answer of this API shows its state.
#[utoipa::path(
    post, path = "/threadline/v1/browser-snapshots", operation_id = "create_snapshot", tag = "browser snapshots",
    params(IdempotencyHeader), request_body = wire::NewSnapshot,
    responses((status = 201, description = "The snapshot", body = wire::Snapshot), Conflict)
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewSnapshot>,
) -> Created<wire::Snapshot> {
    let origin = key.with_body("POST /threadline/v1/browser-snapshots", &source);
    let wire::NewSnapshot { name, storage_state: state, is_default, is_private } = value;
    let snapshot = app.create_snapshot(&caller, NewSnapshot { name, state, is_default, is_private }, origin).await;
    created(snapshot.map_err(|error| error.renamed(&[("state", "storage_state")]))?.into())
}

/// List the snapshots that the key may use, oldest first.
#[utoipa::path(
    get, path = "/threadline/v1/browser-snapshots", operation_id = "list_snapshots", tag = "browser snapshots",
    params(PageQuery),
    responses((status = 200, description = "A page of snapshots", body = Page<wire::Snapshot>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<PageQuery>,
) -> Found<Page<wire::Snapshot>> {
    let asked: Asked<Uuid> = Asked::read(&app, &caller, "snapshots", caller.key, query)?;
    let snapshots = app.list_snapshots(&caller, asked.from.map(SnapshotId), asked.rows()).await?;
    found(asked.page(snapshots, |snapshot| snapshot.id.0, wire::Snapshot::from))
}

/// Get a snapshot, without its state.
#[utoipa::path(
    get, path = "/threadline/v1/browser-snapshots/{snapshot}", operation_id = "get_snapshot",
    tag = "browser snapshots", params(("snapshot" = wire::Id, Path)),
    responses((status = 200, description = "The snapshot", body = wire::Snapshot))
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Snapshot> {
    found(app.snapshot(&caller, snapshot_id(&params)?).await?.into())
}

/// Change the description of a snapshot.
#[utoipa::path(
    patch, path = "/threadline/v1/browser-snapshots/{snapshot}", operation_id = "update_snapshot",
    tag = "browser snapshots", params(("snapshot" = wire::Id, Path)), request_body = wire::SnapshotPatch,
    responses((status = 200, description = "The snapshot after the change", body = wire::Snapshot))
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: Json<wire::SnapshotPatch>,
) -> Found<wire::Snapshot> {
    let wire::SnapshotPatch { name, is_default, is_private } = body.value;
    let patch = SnapshotPatch { name, is_default, is_private };
    found(app.update_snapshot(&caller, snapshot_id(&params)?, patch).await?.into())
}

/// Remove a snapshot with its state.
#[utoipa::path(
    delete, path = "/threadline/v1/browser-snapshots/{snapshot}", operation_id = "delete_snapshot",
    tag = "browser snapshots", params(("snapshot" = wire::Id, Path)),
    responses((status = 204, description = "The snapshot is removed"))
)]
pub async fn delete(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<StatusCode> {
    app.delete_snapshot(&caller, snapshot_id(&params)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
