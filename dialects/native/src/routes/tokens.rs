//! Tokens and tickets: what lets people in who have no key.

use axum::extract::State;
use dialect_kit::{Authed, IdempotencyHeader, IdempotencyKey, Origin, Params};
use domain::{Error, GuestId, Result, caller::Subject, codes};
use engine::{App, app::people::serving::AgentRef};

use super::{Conflict, Created, Found, agent_id, created, customer_id, found, thread_id};
use crate::wire::{self, Id};

/// Make a token for one thread.
///
/// The token reads and writes the thread at `/api/v1/chat/threads/{thread}`. It expires after a day, and dies with the key that made it and
/// with the thread. A repeated request makes another token.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/tokens", operation_id = "create_thread_token", tag = "tokens",
    params(("thread" = Id, Path)), responses((status = 201, description = "The token", body = wire::Token))
)]
pub async fn of_thread(State(app): State<App>, Authed(caller): Authed, params: Params) -> Created<wire::Token> {
    created(app.let_in(&caller, Subject::Thread(thread_id(&params)?)).await?.into())
}

/// Make a token for a customer.
///
/// The token speaks for this customer in the Algoreg API, and reads the threads that the customer takes part in. It expires after a day, and
/// dies with the key that made it. A repeated request makes another token.
#[utoipa::path(
    post, path = "/threadline/v1/customers/{customer}/tokens", operation_id = "create_customer_token", tag = "tokens",
    params(("customer" = Id, Path)), responses((status = 201, description = "The token", body = wire::Token))
)]
pub async fn of_customer(State(app): State<App>, Authed(caller): Authed, params: Params) -> Created<wire::Token> {
    created(app.let_in(&caller, Subject::Customer(customer_id(&params)?)).await?.into())
}

/// Make a token for an end user of an agent.
///
/// The token begins and reads threads of this end user, in the agent's channel of the Everruns API. A new end user becomes a customer with
/// this name. The token expires after a day, and dies with the key that made it. A replay has another token for the same person.
#[utoipa::path(
    post, path = "/threadline/v1/agents/{agent}/end-users/{name}/tokens", operation_id = "create_end_user_token",
    tag = "tokens",
    params(
        ("agent" = String, Path, description = "The agent's id or name"),
        ("name" = String, Path, description = "The program's own name for the person"),
        IdempotencyHeader,
    ),
    responses((status = 201, description = "The token and its customer", body = wire::EndUserToken), Conflict)
)]
pub async fn of_end_user(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
) -> Created<wire::EndUserToken> {
    let agent = params.parse("agent", agent_ref, || Error::not_found(codes::AGENT_NOT_FOUND, "Agent"))?;
    let narrowed = app.narrow(&caller, agent, None).await?;
    let name = params.text("name").ok_or_else(|| Error::field("name", "must be text"))?;
    let origin = key.without_body("POST /threadline/v1/agents/{agent}/end-users/{name}/tokens");
    let let_in = app.keyed(origin).let_end_user_in(&narrowed.caller, name).await;
    let (token, customer) = let_in.map_err(|refused| refused.renamed(&[("end_user", "name")]))?;
    created(wire::EndUserToken { token: token.into(), customer: Id(customer.0) })
}

fn agent_ref(text: &str) -> Option<AgentRef> {
    Some(domain::AgentId::parse(text).map_or_else(|| AgentRef::Name(text.into()), AgentRef::Id))
}

/// Make a ticket for a thread's stream.
///
/// A browser's `EventSource` sends no headers, so it opens `/api/v1/chat/threads/{thread}/stream?ticket=…`. The ticket opens streams for a
/// minute. An open stream ends with the key that made the ticket.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/tickets", operation_id = "create_ticket", tag = "tokens",
    params(("thread" = Id, Path)), responses((status = 201, description = "The ticket", body = wire::StreamTicket))
)]
pub async fn ticket(State(app): State<App>, Authed(caller): Authed, params: Params) -> Created<wire::StreamTicket> {
    created(app.ticket(&caller, thread_id(&params)?).await?.into())
}

/// Begin a thread as a guest.
///
/// No key is needed. The agent must let guests in, and must list the origin of the page that asks. The token opens this thread alone, at
/// `/api/v1/chat/threads/{thread}`. It expires after a day.
#[utoipa::path(
    post, path = "/threadline/v1/agents/{agent}/guests", operation_id = "begin_as_guest", tag = "tokens",
    params(("agent" = Id, Path, description = "The agent's `guest_id`")),
    responses(
        (status = 201, description = "The thread and its token", body = wire::Guest),
        (status = 403, description = "The agent does not list the page's origin", body = wire::Problem,
         content_type = "application/problem+json"),
    )
)]
pub async fn guest(State(app): State<App>, origin: Origin, params: Params) -> Created<wire::Guest> {
    let (thread, token) = app.begin_as_guest(guest_id(&params)?, origin.text()).await?;
    origin.allow();
    created(wire::Guest { thread: Id(thread.id.0), token: token.into() })
}

/// Revoke the tokens of a thread's guests.
///
/// All tokens and tickets of this thread, and the streams that they have opened, end within five seconds. The tokens of customers and end
/// users stay good.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/guest-tokens/revoke", operation_id = "revoke_guest_tokens", tag = "tokens",
    params(("thread" = Id, Path), IdempotencyHeader),
    responses((status = 200, description = "The tokens are void", body = wire::GuestTokensRevoked), Conflict)
)]
pub async fn revoke(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
) -> Found<wire::GuestTokensRevoked> {
    let thread = thread_id(&params)?;
    let origin = key.without_body("POST /threadline/v1/threads/{thread}/guest-tokens/revoke");
    let generation = app.keyed(origin).revoke_guest_tokens(&caller, thread).await?;
    found(wire::GuestTokensRevoked { thread: Id(thread.0), generation })
}

/// Give an agent's guests a new secret.
///
/// A server of the project signs identities of guests with it (HS256). It is told here and never again: a replay under the same
/// `Idempotency-Key` is a conflict. The secret before it stays good for a day.
#[utoipa::path(
    post, path = "/threadline/v1/agents/{agent}/guest-secret", operation_id = "renew_guest_secret", tag = "tokens",
    params(("agent" = String, Path, description = "The agent's id or name"), IdempotencyHeader),
    responses((status = 200, description = "The new secret", body = wire::GuestSecret), Conflict)
)]
pub async fn guest_secret(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
) -> Found<wire::GuestSecret> {
    let origin = key.without_body("POST /threadline/v1/agents/{agent}/guest-secret");
    let id = agent_id(&app, &caller, &params).await?;
    let (secret, overlap_ends_at) = app.renew_guest_secret(&caller, id, origin).await?;
    found(wire::GuestSecret { secret, overlap_ends_at })
}

/// By what guests know an agent.
fn guest_id(params: &Params) -> Result<GuestId> {
    params.parse("agent", GuestId::parse, || Error::not_found(codes::AGENT_NOT_FOUND, "Agent"))
}
