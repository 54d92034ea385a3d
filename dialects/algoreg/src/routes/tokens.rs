//! `/api/v1/token` and `/api/v1/chat/token`.

use axum::{
    Json,
    extract::{Request, State},
    response::Response,
};
use dialect_kit::{Answer, Authed, Fault, IdempotencyHeader, IdempotencyKey, Json as Body, credential, read_body};
use domain::{Error, Kind};
use engine::App;

use crate::{
    convert,
    error::{self, Refused},
    wire,
};

#[utoipa::path(
    post,
    path = "/api/v1/token",
    tag = "Authentication",
    operation_id = "createToken",
    summary = "Create token",
    description = "Exchanges a key for a bearer of one hour (RFC 6749): grant_type client_credentials, with the key as \
                   client_secret here or as the password of Basic; or grant_type password, with the key as password. As JSON \
                   or as a form, whatever the content type.",
    request_body(content(
        (wire::TokenRequest = "application/x-www-form-urlencoded"), (wire::TokenRequest = "application/json")
    )),
    responses(
        (status = 200, description = "The bearer", body = wire::Token),
        (status = 400, description = "Refused, in the form of RFC 6749, section 5.2", body = wire::TokenRefusal),
        (status = 401, description = "The key is not valid", body = wire::TokenRefusal),
    ),
)]
pub async fn create_token(State(app): State<App>, request: Request) -> Answer {
    let (head, body) = request.into_parts();
    let bytes = read_body(body, &head, app.limits().body_bytes).await?;
    let basic = match credential::scheme(&head.headers, "Basic") {
        Ok(None) => None,
        Ok(Some(_)) | Err(_) => Some(credential::basic(&head.headers)),
    };
    let asked = match convert::token::request(&bytes, app.limits()) {
        Ok(asked) => asked,
        Err(error) => return Ok(error::refused(Refused::InvalidRequest, &error)),
    };
    let grant = match convert::token::grant(asked, basic) {
        Ok(grant) => grant,
        Err((refused, error)) => return Ok(error::refused(refused, &error)),
    };
    match app.exchange_key(&grant.secret).await {
        Ok(token) => Ok(told(convert::token::bearer(&token, app.limits().bearer_s))),
        Err(error) if error.kind == Kind::Unauthenticated => Ok(error::refused(grant.if_wrong, &error)),
        Err(error) => Err(Fault::from(error)),
    }
}

/// Caches must not store a credential (RFC 6749, section 5.1).
fn told(token: wire::Token) -> Response {
    error::unkept(Json(token))
}

#[utoipa::path(
    post,
    path = "/api/v1/chat/token",
    tag = "Go!Chat",
    operation_id = "createEndUserToken",
    summary = "Create end user token",
    description = "Creates a token for one customer, who can write with it and read their own threads.",
    params(IdempotencyHeader),
    request_body = wire::EndUser,
    responses(
        (status = 200, description = "The token", body = wire::EndUserToken),
        (status = 409, description = "The addresses and the external id are of different customers", body = wire::APIErrors),
    ),
)]
pub async fn create_end_user_token(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    body: Body<wire::EndUser>,
) -> Answer {
    let origin = key.with_body("algoreg.createEndUserToken", &body.source);
    let user = convert::token::end_user(body.value);
    let token = app.keyed(origin).let_in_end_user(&caller, user).await.map_err(named)?;
    Ok(error::unkept(Json(convert::token::end_user_token(&token))))
}

fn named(error: Error) -> Error {
    error.renamed(&[("contacts", "emails"), ("writes.to", "from"), ("writes.mailbox", "mailbox_id")])
}
