//! The use of model calls.

use axum::extract::State;
use dialect_kit::{Authed, Query};
use domain::{Error, Result, Timestamp, day::Day};
use engine::{
    App,
    app::usage::sums::{By, Days, SumsQuestion},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Found, found};
use crate::{
    convert,
    page::{Asked, PageQuery},
    wire,
};

/// Days before the last one when the request does not say.
const DAYS_BEFORE: i64 = 29;

/// The period, and what groups its calls.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// The first day, in UTC. Absent: 29 days before the last one.
    #[param(format = Date, example = "2026-11-01")]
    pub from: Option<String>,
    /// The last day, in UTC. Absent: today.
    #[param(format = Date, example = "2026-11-30")]
    pub to: Option<String>,
    /// One or more of `day`, `agent`, `key` and `model`, joined by commas. Absent: `day`.
    #[param(pattern = "^(day|agent|key|model)(,(day|agent|key|model))*$", example = "day,model")]
    pub by: Option<String>,
    /// 1 to 1,000. Absent: 100.
    pub limit: Option<i64>,
    /// `next` of the previous page.
    pub cursor: Option<String>,
}

/// Sum up what model calls used.
///
/// A call counts as soon as its message stands in the log; failed calls count if the provider reported their use. The sums of deleted
/// threads stay.
#[utoipa::path(
    get, path = "/threadline/v1/usage", operation_id = "list_usage", tag = "usage", params(UsageQuery),
    responses((status = 200, description = "A page of sums, by day, agent, key and model", body = wire::UsagePage))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<UsageQuery>,
) -> Found<wire::UsagePage> {
    let UsageQuery { from, to, by, limit, cursor } = query;
    let days = days(from.as_deref(), to.as_deref(), app.clock().now())?;
    let by = by.as_deref().map_or(Ok(By { day: true, ..By::default() }), grouping)?;
    let asked: Asked<i64> = Asked::read(&app, &caller, "usage", (days, by), PageQuery { limit, cursor })?;
    let offset = asked.from.unwrap_or(0);
    let sums = app.usage_sums(&caller, SumsQuestion { days, by, offset, limit: asked.rows() }).await?;
    found(convert::usage::page(sums, &asked, offset))
}

fn days(from: Option<&str>, to: Option<&str>, now: Timestamp) -> Result<Days> {
    let last = to.map_or(Ok(Day::of(now)), |text| day("to", text))?;
    let from = from.map_or(Ok(last.plus(-DAYS_BEFORE)), |text| day("from", text))?;
    match from <= last {
        true => Ok(Days { from, to: last.plus(1) }),
        false => Err(Error::field("to", "must not be before `from`")),
    }
}

fn day(field: &'static str, text: &str) -> Result<Day> {
    Day::parse(text).ok_or_else(|| Error::field(field, "must be a day, as 2026-11-30"))
}

fn grouping(text: &str) -> Result<By> {
    text.split(',').try_fold(By::default(), |by, word| match word {
        "day" => Ok(By { day: true, ..by }),
        "agent" => Ok(By { agent: true, ..by }),
        "key" => Ok(By { key: true, ..by }),
        "model" => Ok(By { model: true, ..by }),
        _ => Err(Error::field("by", "must be one or more of day, agent, key and model, joined by commas")),
    })
}
