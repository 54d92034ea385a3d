//! The export of a session as a file.

use axum::{
    extract::{OriginalUri, State},
    response::Response,
};
use dialect_kit::{Answer, Authed, Params, Query};
use domain::Error;
use engine::App;

use super::session_of;
use crate::{answer, error::ErrorResponse, follow::Session, trajectory, wire};

/// Exports the messages of users and agents, one JSON object per line, oldest first; or the session as a trajectory
/// (ATIF).
#[utoipa::path(
    get, path = "/v1/sessions/{session_id}/export", operation_id = "export_session_jsonl", tag = "sessions",
    params(
        ("session_id" = String, Path, description = "`session_` (or `sess_`) and 32 hex digits, or the plain UUID"),
        wire::ExportQuery,
    ),
    responses(
        (
            status = 200, description = "JSONL file, or one trajectory or segment of it",
            content((String = "application/x-ndjson"), (wire::Trajectory = "application/json")),
            headers(
                ("X-Atif-Images-Omitted" = u64, description = "Of a trajectory: the number of omitted pictures"),
                ("X-Atif-Segment-Index" = u32, description = "Of a segment: its number, counted from 0"),
                ("X-Atif-Next-Cursor" = String, description = "The cursor of the next segment, absent on the last one"),
            ),
        ),
        (
            status = 413,
            description = "The trajectory is too long for one document, or too much was said while a tool's result was missing",
            body = ErrorResponse, content_type = "application/problem+json",
        ),
    ),
)]
pub async fn export(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<wire::ExportQuery>,
    OriginalUri(uri): OriginalUri,
) -> Answer<Response> {
    let thread = session_of(&params)?;
    let wire::ExportQuery { format, segmented, cursor } = query;
    let segmented = segmented == Some(true);
    if cursor.is_some() && !segmented {
        return Err(Error::field("cursor", "is allowed only with `segmented=true`").into());
    }
    match format.as_deref().unwrap_or("jsonl") {
        "jsonl" if segmented => Err(Error::field("segmented", "is allowed only with the format `atif`").into()),
        "jsonl" => Ok(answer::export(&app, &caller, thread).await?),
        "atif" if segmented => {
            Ok(trajectory::segment(Session { app, caller, thread }, cursor.as_deref(), uri.path()).await?)
        }
        "atif" => Ok(trajectory::whole(Session { app, caller, thread }).await?),
        _ => Err(Error::field("format", "must be `jsonl` or `atif`").into()),
    }
}
