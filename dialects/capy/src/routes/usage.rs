//! `/usage`.

use axum::{Json, extract::State};
use dialect_kit::{Answer, Authed, Query};
use engine::App;

use crate::{
    convert,
    wire::usage::{UsageQuery, UsageResponse},
};

#[utoipa::path(
    get,
    path = "/usage",
    tag = "usage",
    operation_id = "getUsage",
    summary = "Get usage",
    description = "Get the threads that were active in a period, who began them, and the cost of their model calls. Monetary amounts are decimal US dollar numbers.",
    params(UsageQuery),
    responses((status = 200, description = "Success", body = UsageResponse)),
)]
pub async fn get_usage(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<UsageQuery>,
) -> Answer<Json<UsageResponse>> {
    let found = match convert::usage_query(&query, &caller)? {
        Some(question) => Some(app.usage(&caller, question).await?),
        None => None,
    };
    Ok(Json(convert::usage(query, found)))
}
