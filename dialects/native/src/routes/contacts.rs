//! The contact data that guests leave.

use axum::extract::State;
use dialect_kit::{Authed, Params};
use engine::App;

use super::{Found, found, thread_id};
use crate::wire::{self, Id};

/// Get the contact data of a thread's guest.
///
/// The guest has typed them, and nobody has checked them. They join no customer.
#[utoipa::path(
    get, path = "/threadline/v1/threads/{thread}/contact", operation_id = "get_contact", tag = "tokens",
    params(("thread" = Id, Path)),
    responses((status = 200, description = "The contact data, without fields that the guest left out", body = wire::LeftContact))
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::LeftContact> {
    found(app.contact(&caller, thread_id(&params)?).await?.into())
}
