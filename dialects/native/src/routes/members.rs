//! Members.

use axum::extract::State;
use dialect_kit::{Answer, Authed, IdempotencyHeader, IdempotencyKey, Json, Params, Query};
use domain::MemberId;
use engine::{App, app::people::members::NewMember};
use http::StatusCode;
use uuid::Uuid;

use super::{Conflict, Created, Found, created, found, member_id};
use crate::{
    page::{Asked, Page, PageQuery},
    wire,
};

/// Make a member.
#[utoipa::path(
    post, path = "/threadline/v1/members", operation_id = "create_member", tag = "members",
    params(IdempotencyHeader), request_body = wire::NewMember,
    responses((status = 201, description = "The member", body = wire::Member), Conflict)
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewMember>,
) -> Created<wire::Member> {
    let origin = key.with_body("POST /threadline/v1/members", &source);
    let new = NewMember { email: value.email, name: value.name, role: value.role };
    created(app.create_member(&caller, new, origin).await?.into())
}

/// List members, oldest first.
#[utoipa::path(
    get, path = "/threadline/v1/members", operation_id = "list_members", tag = "members", params(PageQuery),
    responses((status = 200, description = "A page of members", body = Page<wire::Member>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<PageQuery>,
) -> Found<Page<wire::Member>> {
    let asked: Asked<Uuid> = Asked::read(&app, &caller, "members", (), query)?;
    let members = app.list_members(&caller, asked.from.map(MemberId), asked.rows()).await?;
    found(asked.page(members, |member| member.id.0, wire::Member::from))
}

/// Get a member.
#[utoipa::path(
    get, path = "/threadline/v1/members/{member}", operation_id = "get_member", tag = "members",
    params(("member" = wire::Id, Path)), responses((status = 200, description = "The member", body = wire::Member))
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Member> {
    found(app.member(&caller, member_id(&params)?).await?.into())
}

/// Change the role of a member.
///
/// The member's sign-ins have the new role's scopes from their next request on. The last admin of a project stays an admin.
#[utoipa::path(
    patch, path = "/threadline/v1/members/{member}", operation_id = "update_member", tag = "members",
    params(("member" = wire::Id, Path)), request_body = wire::MemberPatch,
    responses((status = 200, description = "The member", body = wire::Member), Conflict)
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Json { value, .. }: Json<wire::MemberPatch>,
) -> Found<wire::Member> {
    found(app.set_member_role(&caller, member_id(&params)?, value.role).await?.into())
}

/// Remove a member.
///
/// Messages in the member's name keep the name. The last admin of a project stays.
#[utoipa::path(
    delete, path = "/threadline/v1/members/{member}", operation_id = "delete_member", tag = "members",
    params(("member" = wire::Id, Path)), responses((status = 204, description = "The member is removed"), Conflict)
)]
pub async fn delete(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<StatusCode> {
    app.delete_member(&caller, member_id(&params)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a link that signs the member in.
///
/// The link opens the console once, within 15 minutes. It replaces the member's earlier links. Only this answer has it. A repeated request
/// with the same `Idempotency-Key` is a conflict. The caller's key must have the scopes of the member's role.
#[utoipa::path(
    post, path = "/threadline/v1/members/{member}/sign-in-links", operation_id = "create_sign_in_link", tag = "members",
    params(("member" = wire::Id, Path), IdempotencyHeader),
    responses((status = 201, description = "The link", body = wire::SignInLink), Conflict)
)]
pub async fn link(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
) -> Created<wire::SignInLink> {
    let member = member_id(&params)?;
    let origin = key.without_body("POST /threadline/v1/members/{member}/sign-in-links");
    let told = app.create_sign_in_link(&caller, member, origin).await?;
    let path = format!("/console/sign-in?link={}", told.secret);
    let url = app.public_url().map(|base| format!("{base}{path}"));
    created(wire::SignInLink { url, path, expires_at: told.expires_at })
}
