//! The audit trail.

use axum::extract::State;
use dialect_kit::{Authed, Query};
use domain::{KeyId, MemberId, ThreadId};
use engine::{App, app::access::audit::Filter};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{Found, found};
use crate::{
    page::{Asked, Page, PageQuery},
    wire,
};

/// The filters of the trail.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Only this act.
    action: Option<String>,
    /// Only acts of this key.
    key: Option<wire::Id>,
    /// Only acts in the name of this member.
    member: Option<wire::Id>,
    /// Only acts in this thread.
    thread: Option<wire::Id>,
    /// 1 to 1,000. Absent: 100.
    limit: Option<i64>,
    /// `next` of the previous page.
    cursor: Option<String>,
}

/// List the audit trail, newest first.
///
/// A line names the key, the member for whom the key spoke, and the act.
#[utoipa::path(
    get, path = "/threadline/v1/audit", operation_id = "list_audit", tag = "audit", params(AuditQuery),
    responses((status = 200, description = "A page of the trail", body = Page<wire::AuditRecord>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<AuditQuery>,
) -> Found<Page<wire::AuditRecord>> {
    let filter = Filter {
        action: query.action,
        key: query.key.map(|id| KeyId(id.0)),
        member: query.member.map(|id| MemberId(id.0)),
        thread: query.thread.map(|id| ThreadId(id.0)),
    };
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let asked: Asked<Uuid> = Asked::read(&app, &caller, "audit", &filter, page)?;
    let records = app.search_audit(&caller, filter, asked.from, asked.rows()).await?;
    found(asked.page(records, |record| record.id, wire::AuditRecord::from))
}
