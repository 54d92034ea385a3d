//! `/projects/{projectId}/browser-snapshots`.

use axum::{Json, extract::State};
use dialect_kit::{Answer, Authed, Params};
use domain::{Error, ProjectId};
use engine::App;

use crate::{convert, wire};

#[utoipa::path(
    post,
    path = "/projects/{projectId}/browser-snapshots",
    tag = "browser-snapshots",
    operation_id = "createBrowserSnapshot",
    summary = "Create browser snapshot",
    description = "Create a new browser snapshot with cookies and localStorage state. Domains are automatically extracted \
                   from cookie domains. The answer does not repeat the state.",
    params(("projectId" = String, Path, description = "Project ID.", example = "proj_123")),
    request_body = wire::CreateBrowserSnapshotBody,
    responses((status = 200, description = "Success", body = wire::BrowserSnapshotDetail)),
)]
pub async fn create_browser_snapshot(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: dialect_kit::Json<wire::CreateBrowserSnapshotBody>,
) -> Answer<Json<wire::BrowserSnapshotDetail>> {
    // A key's own project is the only one that it can see.
    let own = |text: &str| ProjectId::parse(text).filter(|id| *id == caller.project);
    params.parse("projectId", own, || Error::not_found("project_not_found", "Project"))?;
    let snapshot = app.create_snapshot(&caller, convert::new_snapshot(body.value), None).await?;
    Ok(Json(convert::snapshot(snapshot)))
}
