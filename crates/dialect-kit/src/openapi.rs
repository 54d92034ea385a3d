//! A dialect's OpenAPI 3.1 document, true also about what the doors answer in its place.

use std::sync::Arc;

use axum::response::IntoResponse;
use bytes::Bytes;
use domain::{Error, Result};
use http::{Method, StatusCode, header};
use tokio::sync::OnceCell;
use utoipa::openapi::{
    Components, Content, Info, OpenApi, Ref, RefOr, Response, Schema,
    path::{Operation, PathItem},
    security::{SecurityRequirement, SecurityScheme},
};

use crate::{Access, Answer, Dialect, access::Line, idempotency};

/// What a dialect's document says beside its routes.
pub struct Contract {
    pub info: Info,
    /// Name and scheme of each way to send a key; one of them is needed where an operation is not public.
    pub security: Vec<(&'static str, SecurityScheme)>,
    /// Name and schema of every error body.
    pub error: (&'static str, RefOr<Schema>),
    /// The content type of every error body.
    pub error_content_type: &'static str,
    /// The status of a fault in a body, a query or a cursor.
    pub invalid: StatusCode,
    /// The status of a missing or bad key.
    pub unauthenticated: StatusCode,
}

/// The document of a dialect, complete.
pub fn document(dialect: &dyn Dialect) -> OpenApi {
    let routes = dialect.routes();
    let table = routes.lines();
    complete(dialect, &table, routes.document())
}

/// The document as JSON, as it is served at `/openapi/{name}.json`.
///
/// # Errors
/// `internal` when a schema cannot be written as JSON.
pub fn json(document: &OpenApi) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(document).map_err(Error::internal)
}

/// The document as it is served: made when somebody asks for it first, and kept.
pub(crate) struct Document {
    dialect: Arc<dyn Dialect>,
    json: OnceCell<Bytes>,
}

impl Document {
    pub fn of(dialect: Arc<dyn Dialect>) -> Self {
        Self { dialect, json: OnceCell::new() }
    }

    /// # Errors
    /// `internal` when it cannot be made.
    pub async fn serve(&self) -> Answer {
        let make = async || {
            let dialect = Arc::clone(&self.dialect);
            let made = tokio::task::spawn_blocking(move || json(&document(&*dialect))).await;
            made.map_err(Error::internal)?.map(Bytes::from)
        };
        let json = self.json.get_or_try_init(make).await?.clone();
        Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
    }
}

/// Adds to the routes what the contract says of all of them.
fn complete(dialect: &dyn Dialect, table: &[Line], mut document: OpenApi) -> OpenApi {
    let contract = dialect.contract();
    for (template, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            let line = table.iter().find(|line| line.method == method && line.template == *template);
            let access = line.expect("what is documented is routed").access;
            operation.security = Some(security(dialect, &contract, &access, template));
            for (status, why) in refusals(&contract, access.is_open(), operation.request_body.is_some()) {
                add(operation, status, why, &contract);
            }
            if idempotency::is_taken_by(operation) {
                let why = "It stands against what is there, or the key was used for another request";
                add(operation, StatusCode::CONFLICT, why, &contract);
                idempotency::document(operation);
            }
        }
    }
    let components = document.components.get_or_insert_with(Components::new);
    let (name, schema) = &contract.error;
    components.schemas.insert((*name).into(), schema.clone());
    for (name, scheme) in &contract.security {
        components.add_security_scheme(*name, scheme.clone());
    }
    let ways = contract.security.iter().map(|(name, _)| SecurityRequirement::new(*name, Vec::<String>::new()));
    document.security = Some(ways.collect());
    document.info = contract.info;
    document
}

/// The ways to send a key or token that the operation takes, each with the scopes that it needs; none where nothing is asked for.
fn security(dialect: &dyn Dialect, contract: &Contract, access: &Access, template: &str) -> Vec<SecurityRequirement> {
    let ways = contract.security.iter().filter(|(way, _)| !access.is_open() && dialect.takes(way, template));
    ways.map(|(way, _)| SecurityRequirement::new(*way, access.scopes().iter().map(|scope| scope.as_str()))).collect()
}

fn operations(item: &mut PathItem) -> Vec<(Method, &mut Operation)> {
    let documented = [
        (Method::GET, &mut item.get),
        (Method::HEAD, &mut item.head),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
        (Method::OPTIONS, &mut item.options),
        (Method::TRACE, &mut item.trace),
    ];
    documented.into_iter().filter_map(|(method, slot)| slot.as_mut().map(|operation| (method, operation))).collect()
}

/// Every status that the doors and the extractors may answer with in an operation's place, and why.
fn refusals(contract: &Contract, public: bool, takes_body: bool) -> Vec<(StatusCode, &'static str)> {
    let mut refusals = vec![
        (contract.invalid, "A parameter or a field is at fault, and is named"),
        (StatusCode::NOT_FOUND, "Unknown, or of another project"),
        (StatusCode::TOO_MANY_REQUESTS, "Too many requests; `Retry-After` says when to try again"),
        (StatusCode::METHOD_NOT_ALLOWED, "The path does not take this method; `Allow` names those it takes"),
        (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "The header is larger than the limits"),
        (StatusCode::INTERNAL_SERVER_ERROR, "A fault of the server"),
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "Overloaded, out of time or going down; `Retry-After` says when to try again",
        ),
    ];
    if contract.invalid != StatusCode::BAD_REQUEST {
        refusals.push((StatusCode::BAD_REQUEST, "The request is no proper HTTP"));
    }
    if !public {
        refusals.push((contract.unauthenticated, "The key is missing or not valid"));
        refusals.push((StatusCode::FORBIDDEN, "The key may not do this"));
    }
    if takes_body {
        refusals.push((StatusCode::REQUEST_TIMEOUT, "The body did not come in time"));
        refusals.push((StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than the limits"));
        refusals.push((StatusCode::UNSUPPORTED_MEDIA_TYPE, "The content type or charset is not taken"));
    }
    refusals
}

/// Adds the refusal, unless the operation documents that status itself.
fn add(operation: &mut Operation, status: StatusCode, why: &str, contract: &Contract) {
    let body = Content::new(Some(Ref::from_schema_name(contract.error.0)));
    let response = Response::builder().description(why).content(contract.error_content_type, body).build();
    operation.responses.responses.entry(status.as_str().to_owned()).or_insert_with(|| response.into());
}
