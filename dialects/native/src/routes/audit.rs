//! The audit trail.

use axum::extract::State;
use dialect_kit::{Authed, Query};
use engine::App;
use uuid::Uuid;

use super::{Found, found};
use crate::{
    page::{Asked, Page, PageQuery},
    wire,
};

/// List the audit trail, newest first.
///
/// A line names the key, the member for whom the key spoke, and the act.
#[utoipa::path(
    get, path = "/threadline/v1/audit", operation_id = "list_audit", tag = "audit", params(PageQuery),
    responses((status = 200, description = "A page of the trail", body = Page<wire::AuditRecord>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<PageQuery>,
) -> Found<Page<wire::AuditRecord>> {
    let asked: Asked<Uuid> = Asked::read(&app, &caller, "audit", (), query)?;
    let records = app.list_audit(&caller, asked.from, asked.rows()).await?;
    found(asked.page(records, |record| record.id, wire::AuditRecord::from))
}
