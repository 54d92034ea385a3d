//! `/api/v1/customers`.

use axum::{Json, extract::State};
use dialect_kit::{Answer, Authed, IdempotencyHeader, IdempotencyKey, Json as Body, Params, Query};
use domain::{CustomerId, Result};
use engine::{
    App,
    app::people::customers::{Filter, NewCustomer},
};

use crate::{convert, wire};

#[utoipa::path(
    post,
    path = "/api/v1/customers",
    tag = "Customers",
    operation_id = "createCustomer",
    summary = "Create customer",
    description = "Creates a customer with its addresses.",
    params(IdempotencyHeader),
    request_body = wire::CustomerInput,
    responses(
        (status = 200, description = "The customer", body = wire::Customer),
        (status = 409, description = "Another customer has the external id or an address", body = wire::APIErrors),
    ),
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    body: Body<wire::CustomerInput>,
) -> Answer<Json<wire::Customer>> {
    let origin = key.with_body("algoreg.createCustomer", &body.source);
    let made = app.create_customer(&caller, NewCustomer { origin, ..convert::customer::new(body.value) }).await;
    Ok(Json(convert::customer::answer(made)?))
}

#[utoipa::path(
    get,
    path = "/api/v1/customers",
    tag = "Customers",
    operation_id = "listCustomers",
    summary = "List customers",
    description = "The customers of the project, the oldest first.",
    params(wire::CustomersQuery),
    responses((status = 200, description = "A page of customers", body = wire::Customers)),
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<wire::CustomersQuery>,
) -> Answer<Json<wire::Customers>> {
    let unknown = || domain::Error::field("after", "must be the id of a customer");
    let after = query.after.as_deref().map(|id| CustomerId::parse(id).ok_or_else(unknown)).transpose()?;
    let filter = Filter { external_id: query.external_id, contact: query.email };
    let found = app.list_customers(&caller, filter, after, query.limit.0).await?;
    Ok(Json(wire::Customers { customers: found.iter().map(convert::customer::customer).collect() }))
}

#[utoipa::path(
    get,
    path = "/api/v1/customers/{id}",
    tag = "Customers",
    operation_id = "getCustomer",
    summary = "Get customer",
    params(("id" = String, Path, format = "uuid")),
    responses((status = 200, description = "The customer", body = wire::Customer)),
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<Json<wire::Customer>> {
    let found = app.customer(&caller, id(&params)?).await?;
    Ok(Json(convert::customer::customer(&found)))
}

#[utoipa::path(
    post,
    path = "/api/v1/customers/{id}",
    tag = "Customers",
    operation_id = "updateCustomer",
    summary = "Update customer",
    description = "Changes the given fields. An address that is kept keeps its id.",
    params(("id" = String, Path, format = "uuid"), IdempotencyHeader),
    request_body = wire::CustomerInput,
    responses(
        (status = 200, description = "The customer after the change", body = wire::Customer),
        (status = 409, description = "Another customer has the external id or an address", body = wire::APIErrors),
    ),
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    body: Body<wire::CustomerInput>,
) -> Answer<Json<wire::Customer>> {
    let origin = key.with_body("algoreg.updateCustomer", &body.source);
    let changed = app.keyed(origin).update_customer(&caller, id(&params)?, convert::customer::patch(body.value)).await;
    Ok(Json(convert::customer::answer(changed)?))
}

fn id(params: &Params) -> Result<CustomerId> {
    params.parse("id", CustomerId::parse, convert::customer_not_found)
}
