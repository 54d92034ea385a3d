//! Customers.

use axum::extract::State;
use dialect_kit::{Answer, Authed, Given, IdempotencyHeader, IdempotencyKey, Json, Params, Query};
use domain::CustomerId;
use engine::{
    App,
    app::people::customers::{CustomerPatch, Filter, NewCustomer},
};
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::{Conflict, Created, Found, created, customer_id, found};
use crate::{
    page::{Asked, Page, PageQuery},
    wire,
};

/// Make a customer.
#[utoipa::path(
    post, path = "/threadline/v1/customers", operation_id = "create_customer", tag = "customers",
    params(IdempotencyHeader), request_body = wire::NewCustomer,
    responses((status = 201, description = "The customer", body = wire::Customer), Conflict)
)]
pub async fn create(
    State(app): State<App>,
    Authed(caller): Authed,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewCustomer>,
) -> Created<wire::Customer> {
    let origin = key.with_body("POST /threadline/v1/customers", &source);
    let contacts = value.contacts.unwrap_or_default();
    let new = NewCustomer { external_id: value.external_id, name: value.name, contacts, origin };
    created(app.create_customer(&caller, new).await?.into())
}

/// The filters of a list of customers.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct CustomersQuery {
    /// Only the customer with this external id.
    external_id: Option<String>,
    /// Only the customer with this address.
    contact: Option<String>,
    /// 1 to 1,000. Absent: 100.
    limit: Option<i64>,
    /// `next` of the previous page.
    cursor: Option<String>,
}

/// List customers, oldest first.
#[utoipa::path(
    get, path = "/threadline/v1/customers", operation_id = "list_customers", tag = "customers",
    params(CustomersQuery), responses((status = 200, description = "A page of customers", body = Page<wire::Customer>))
)]
pub async fn list(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<CustomersQuery>,
) -> Found<Page<wire::Customer>> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let scope = (&query.external_id, &query.contact);
    let asked: Asked<Uuid> = Asked::read(&app, &caller, "customers", scope, page)?;
    let filter = Filter { external_id: query.external_id, contact: query.contact };
    let customers = app.list_customers(&caller, filter, asked.from.map(CustomerId), asked.rows()).await?;
    found(asked.page(customers, |customer| customer.id.0, wire::Customer::from))
}

/// Get a customer.
#[utoipa::path(
    get, path = "/threadline/v1/customers/{customer}", operation_id = "get_customer", tag = "customers",
    params(("customer" = wire::Id, Path)),
    responses((status = 200, description = "The customer", body = wire::Customer))
)]
pub async fn get(State(app): State<App>, Authed(caller): Authed, params: Params) -> Found<wire::Customer> {
    found(app.customer(&caller, customer_id(&params)?).await?.into())
}

/// Change a customer.
#[utoipa::path(
    patch, path = "/threadline/v1/customers/{customer}", operation_id = "update_customer", tag = "customers",
    params(("customer" = wire::Id, Path)), request_body = wire::CustomerPatch,
    responses((status = 200, description = "The customer after the change", body = wire::Customer), Conflict)
)]
pub async fn update(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    body: Json<wire::CustomerPatch>,
) -> Found<wire::Customer> {
    let changed = |field| match field {
        Given::Absent => None,
        Given::Null => Some(None),
        Given::Value(text) => Some(Some(text)),
    };
    let wire::CustomerPatch { external_id, name, contacts, budgets } = body.value;
    let budgets = match budgets {
        Given::Absent => None,
        Given::Null => Some(Vec::new()),
        Given::Value(budgets) => Some(wire::budget::budgets(budgets)),
    };
    let patch = CustomerPatch { external_id: changed(external_id), name: changed(name), contacts, budgets };
    found(app.update_customer(&caller, customer_id(&params)?, patch).await?.into())
}

/// Remove a customer.
///
/// The customer leaves its threads. Its messages keep its name.
#[utoipa::path(
    delete, path = "/threadline/v1/customers/{customer}", operation_id = "delete_customer", tag = "customers",
    params(("customer" = wire::Id, Path)), responses((status = 204, description = "The customer is removed"))
)]
pub async fn delete(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer<StatusCode> {
    app.delete_customer(&caller, customer_id(&params)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
