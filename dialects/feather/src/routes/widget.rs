//! `/api/v1/chat/agents/{agentId}/widget`.

use axum::extract::State;
use dialect_kit::{Answer, Conditional, ETag, IfNoneMatch, Origin, Params};
use domain::Error;
use engine::App;

use crate::{convert, routes::chat::guest_id, wire};

#[utoipa::path(
    get,
    path = "/api/v1/chat/agents/{agentId}/widget",
    tag = "Chat",
    operation_id = "getWidget",
    summary = "Get the settings of an agent's chat widget",
    description = "By the agent's guest_id (native API), from a page of an origin that the agent lists. With `If-None-Match`, 304 for a \
                   page whose copy is current.",
    params(
        ("agentId" = String, Path, format = "uuid"),
        ("If-None-Match" = Option<String>, Header, nullable = false, description = "The `ETag` of the page's copy"),
    ),
    responses(
        (status = 200, description = "The settings", body = wire::WidgetResponse,
         headers(("ETag" = String, description = "Changes with the settings"))),
        (status = 304, description = "The page's copy is current"),
        (status = 403, description = "The agent does not list the page's origin", body = wire::ErrorResponse),
    ),
)]
pub async fn get(
    State(app): State<App>,
    origin: Origin,
    params: Params,
    known: IfNoneMatch,
) -> Answer<Conditional<wire::WidgetResponse>> {
    let agent = guest_id(params.text("agentId").unwrap_or_default())?;
    let widget = app.widget(agent, origin.text()).await?;
    origin.allow();
    let body = convert::widget::widget(widget, app.limits());
    let tag = ETag::of(&[&serde_json::to_vec(&body).map_err(Error::internal)?]);
    Ok(if known.has(&tag) { Conditional::unchanged(tag) } else { Conditional::whole(tag, body) })
}
