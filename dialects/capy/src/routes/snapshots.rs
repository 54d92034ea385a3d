//! `/projects/{projectId}/browser-snapshots`.

use axum::{Json, extract::State};
use dialect_kit::{Answer, Authed, IdempotencyHeader, IdempotencyKey, Params};
use domain::{Error, Result, SnapshotId, codes};
use engine::App;

use super::own_project;
use crate::{convert, wire};

#[utoipa::path(
    get,
    path = "/projects/{projectId}/browser-snapshots",
    tag = "browser-snapshots",
    operation_id = "listBrowserSnapshots",
    summary = "List browser snapshots",
    description = "List browser snapshots for a project. Private snapshots are only visible to their creator.",
    params(("projectId" = String, Path, description = "Project ID.", example = "proj_123")),
    responses((status = 200, description = "Success", body = wire::ListBrowserSnapshotsResponse)),
)]
pub async fn list_browser_snapshots(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
) -> Answer<Json<wire::ListBrowserSnapshotsResponse>> {
    own_project(&params, &caller)?;
    // All snapshots, because a project may have no more.
    let snapshots = app.list_snapshots(&caller, None, app.limits().snapshots as i64).await?;
    Ok(Json(wire::ListBrowserSnapshotsResponse {
        items: snapshots.into_iter().map(convert::listed_snapshot).collect(),
    }))
}

#[utoipa::path(
    post,
    path = "/projects/{projectId}/browser-snapshots",
    tag = "browser-snapshots",
    operation_id = "createBrowserSnapshot",
    summary = "Create browser snapshot",
    description = "Create a new browser snapshot with cookies and localStorage state. Domains are automatically extracted \
                   from cookie domains. The answer does not repeat the state.",
    params(("projectId" = String, Path, description = "Project ID.", example = "proj_123"), IdempotencyHeader),
    request_body = wire::CreateBrowserSnapshotBody,
    responses((status = 200, description = "Success", body = wire::BrowserSnapshotDetail)),
)]
pub async fn create_browser_snapshot(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    body: dialect_kit::Json<wire::CreateBrowserSnapshotBody>,
) -> Answer<Json<wire::BrowserSnapshotDetail>> {
    own_project(&params, &caller)?;
    let origin = key.with_body("capy.createBrowserSnapshot", &body.source);
    let snapshot = app.create_snapshot(&caller, convert::new_snapshot(body.value), origin).await;
    let snapshot = snapshot.map_err(|error| error.renamed(&[("state", "storageState")]))?;
    Ok(Json(convert::snapshot(snapshot, None)))
}

#[utoipa::path(
    get,
    path = "/projects/{projectId}/browser-snapshots/{snapshotId}",
    tag = "browser-snapshots",
    operation_id = "getBrowserSnapshot",
    summary = "Get browser snapshot",
    description = "Get a browser snapshot by ID including its full storage state, which a key without the scope `write` \
                   gets as null.",
    params(
        ("projectId" = String, Path, description = "Project ID.", example = "proj_123"),
        ("snapshotId" = String, Path, description = "Browser snapshot ID."),
    ),
    responses((status = 200, description = "Success", body = wire::BrowserSnapshotDetail)),
)]
pub async fn get_browser_snapshot(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
) -> Answer<Json<wire::BrowserSnapshotDetail>> {
    own_project(&params, &caller)?;
    let (snapshot, state) = app.snapshot_with_state(&caller, snapshot_id(&params)?).await?;
    Ok(Json(convert::snapshot(snapshot, state)))
}

#[utoipa::path(
    patch,
    path = "/projects/{projectId}/browser-snapshots/{snapshotId}",
    tag = "browser-snapshots",
    operation_id = "updateBrowserSnapshot",
    summary = "Update browser snapshot",
    description = "Update browser snapshot metadata. Only the snapshot creator can change the isPrivate flag. The answer \
                   does not repeat the state.",
    params(
        ("projectId" = String, Path, description = "Project ID.", example = "proj_123"),
        ("snapshotId" = String, Path, description = "Browser snapshot ID."),
    ),
    request_body = wire::UpdateBrowserSnapshotBody,
    responses((status = 200, description = "Success", body = wire::BrowserSnapshotDetail)),
)]
pub async fn update_browser_snapshot(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: dialect_kit::Json<wire::UpdateBrowserSnapshotBody>,
) -> Answer<Json<wire::BrowserSnapshotDetail>> {
    own_project(&params, &caller)?;
    let patch = convert::snapshot_patch(body.value);
    let snapshot = app.update_snapshot(&caller, snapshot_id(&params)?, patch).await?;
    Ok(Json(convert::snapshot(snapshot, None)))
}

#[utoipa::path(
    delete,
    path = "/projects/{projectId}/browser-snapshots/{snapshotId}",
    tag = "browser-snapshots",
    operation_id = "deleteBrowserSnapshot",
    summary = "Delete browser snapshot",
    description = "Delete a browser snapshot.",
    params(
        ("projectId" = String, Path, description = "Project ID.", example = "proj_123"),
        ("snapshotId" = String, Path, description = "Browser snapshot ID."),
    ),
    responses((status = 200, description = "Success", body = wire::DeleteBrowserSnapshotResponse)),
)]
pub async fn delete_browser_snapshot(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
) -> Answer<Json<wire::DeleteBrowserSnapshotResponse>> {
    own_project(&params, &caller)?;
    app.delete_snapshot(&caller, snapshot_id(&params)?).await?;
    Ok(Json(wire::DeleteBrowserSnapshotResponse { success: true }))
}

fn snapshot_id(params: &Params) -> Result<SnapshotId> {
    params.parse("snapshotId", SnapshotId::parse, || Error::not_found(codes::SNAPSHOT_NOT_FOUND, "Browser snapshot"))
}
