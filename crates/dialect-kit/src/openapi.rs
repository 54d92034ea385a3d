//! A dialect's OpenAPI 3.1 document, including the errors of `Doors` and of extractors.

mod schemas;
mod unions;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::response::IntoResponse;
use bytes::Bytes;
use domain::{Error, Result};
use http::{Method, StatusCode, header};
use tokio::sync::OnceCell;
use utoipa::openapi::{
    Components, Content, Info, Object, OpenApi, Ref, RefOr, Response, Schema, Server,
    extensions::Extensions,
    path::{Operation, PathItem},
    schema::{AdditionalProperties, KnownFormat, SchemaFormat, SchemaType, Type},
    security::{SecurityRequirement, SecurityScheme},
};

use crate::{Access, Answer, Contract, access::Line, idempotency};

/// The parts of a dialect's document beside its routes.
pub struct Terms {
    pub info: Info,
    /// Name and scheme of each way to send a key. One of them is needed unless an operation is public.
    pub security: Vec<(&'static str, SecurityScheme)>,
    /// Name and schema of every error body.
    pub error: (&'static str, RefOr<Schema>),
    /// The content type of every error body.
    pub error_content_type: &'static str,
    /// The status of an error in a body, a query or a cursor.
    pub invalid: StatusCode,
    /// The status of a missing or invalid key.
    pub unauthenticated: StatusCode,
}

/// The complete document of a dialect.
pub fn document(dialect: &dyn Contract) -> OpenApi {
    let routes = dialect.routes();
    let table = routes.lines();
    complete(dialect, &table, routes.document())
}

/// Names that several schemas of a dialect share. The document would contain only one of them.
pub fn names_taken_twice(dialect: &dyn Contract) -> BTreeSet<String> {
    let (error, schema) = dialect.terms().error;
    let mut taken: BTreeMap<String, RefOr<Schema>> = BTreeMap::from([(error.into(), schema)]);
    let mut twice = BTreeSet::new();
    for (name, schema) in dialect.routes().schemas() {
        if taken.entry(name.clone()).or_insert_with(|| schema.clone()) != &schema {
            twice.insert(name);
        }
    }
    twice
}

/// The document as JSON, as served at `/openapi/{name}.json`.
///
/// # Errors
/// `internal` if a schema cannot be written as JSON.
pub fn json(document: &OpenApi) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(document).map_err(Error::internal)
}

/// The served document, made at the first request and kept.
pub(crate) struct Document {
    dialect: Arc<dyn Contract>,
    json: OnceCell<Bytes>,
}

impl Document {
    pub fn of(dialect: Arc<dyn Contract>) -> Self {
        Self { dialect, json: OnceCell::new() }
    }

    /// # Errors
    /// `internal` if it cannot be made.
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

/// Adds the parts that apply to all routes.
fn complete(dialect: &dyn Contract, table: &[Line], mut document: OpenApi) -> OpenApi {
    let terms = dialect.terms();
    for (template, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            let line = table.iter().find(|line| line.method == method && line.template == *template);
            let access = line.expect("what is documented is routed").access;
            operation.security = Some(security(dialect, &terms, &access, template));
            for (status, why) in refusals(&terms, access.is_open(), operation.request_body.is_some()) {
                add(operation, status, why, &terms);
            }
            if idempotency::is_taken_by(operation) {
                let why = "It conflicts with what exists, or the key was used for another request";
                add(operation, StatusCode::CONFLICT, why, &terms);
                idempotency::document(operation);
            }
        }
    }
    let components = document.components.get_or_insert_with(Components::new);
    let (name, schema) = &terms.error;
    components.schemas.insert((*name).into(), schema.clone());
    for (name, scheme) in &terms.security {
        components.add_security_scheme(*name, scheme.clone());
    }
    let ways = terms.security.iter().map(|(name, _)| SecurityRequirement::new(*name, Vec::<String>::new()));
    document.security = Some(ways.collect());
    document.info = terms.info;
    let here = "The server that serves this document; give your client your server's address.";
    let mut server = Server::new("/");
    server.description = Some(here.into());
    document.servers = Some(vec![server]);
    settle(&mut document);
    document
}

/// The ways to send a key or token to the operation, each with the required scopes. Empty for an open operation.
fn security(dialect: &dyn Contract, terms: &Terms, access: &Access, template: &str) -> Vec<SecurityRequirement> {
    let ways = terms.security.iter().filter(|(way, _)| !access.is_open() && dialect.takes(way, template));
    ways.map(|(way, _)| SecurityRequirement::new(*way, access.scopes().iter().map(|scope| scope.as_str()))).collect()
}

/// Rewrites schemas, so that client generators make good types of them.
fn settle(document: &mut OpenApi) {
    name_copies(document);
    document.components.iter_mut().for_each(|components| unions::settle(&mut components.schemas));
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            schemas::contents(operation).for_each(|(kind, content)| tell_events(kind, content));
            tell_bytes(operation);
        }
    }
    schemas::each(document, &mut |schema, _| {
        open(schema);
        forget_defaults(schema);
    });
    drop_unused(document);
}

/// References a named schema where a copy of it is nested, like the item of a page. Runs before schemas are edited, so
/// that copies match.
pub fn name_copies(document: &mut OpenApi) {
    let all = document.components.iter().flat_map(|components| &components.schemas);
    let named: Vec<(String, RefOr<Schema>)> =
        all.filter(|(_, schema)| is_composed(schema)).map(|(name, schema)| (name.clone(), schema.clone())).collect();
    schemas::each(document, &mut |schema, is_named| {
        if !is_named
            && is_composed(schema)
            && let Some((name, _)) = named.iter().find(|(_, one)| one == schema)
        {
            *schema = Ref::from_schema_name(name).into();
        }
    });
}

fn is_composed(schema: &RefOr<Schema>) -> bool {
    match schema {
        RefOr::T(Schema::Object(object)) => !object.properties.is_empty(),
        RefOr::T(Schema::OneOf(_) | Schema::AllOf(_) | Schema::AnyOf(_)) => true,
        _ => false,
    }
}

/// A stream's body is text. The schema of its events' `data:` is separate.
fn tell_events(kind: &str, content: &mut Content) {
    if kind != "text/event-stream" {
        return;
    }
    if let Some(RefOr::Ref(event)) = content.schema.take() {
        content.extensions =
            Some(Extensions::from_iter([(EVENT_SCHEMA, serde_json::json!({"$ref": event.ref_location}))]));
    }
    let mut text = Object::with_type(Type::String);
    text.description = Some("Server-sent events.".into());
    content.schema = Some(text.into());
}

/// The extension of a stream's content with the schema of `data:` in events that have an `id:`.
pub const EVENT_SCHEMA: &str = "x-event-schema";

/// Generators do not know type ranges such as `image/*`, so such bodies become bytes.
fn tell_bytes(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut().filter_map(schemas::own) {
        if response.content.keys().any(|kind| kind.ends_with("/*")) {
            let mut bytes = Object::with_type(Type::String);
            bytes.format = Some(SchemaFormat::KnownFormat(KnownFormat::Binary));
            let content = Content::new(Some(Schema::from(bytes)));
            response.content.entry("application/octet-stream".into()).or_insert_with(|| content.into());
        }
    }
}

/// An object without declared fields accepts any fields.
fn open(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = schema
        && is_object(&object.schema_type)
        && object.properties.is_empty()
        && object.additional_properties.is_none()
    {
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(true)));
    }
}

/// Removes defaults. Some generators treat a field with a default as required, and descriptions name the defaults.
fn forget_defaults(schema: &mut RefOr<Schema>) {
    let RefOr::T(Schema::Object(object)) = schema else { return };
    for property in object.properties.values_mut().filter_map(schemas::own) {
        match property {
            Schema::Object(object) => object.default = None,
            Schema::Array(array) => array.default = None,
            Schema::OneOf(one) => one.default = None,
            _ => {}
        }
    }
}

fn is_object(kind: &SchemaType) -> bool {
    match kind {
        SchemaType::Type(one) => *one == Type::Object,
        SchemaType::Array(several) => several.contains(&Type::Object),
        SchemaType::AnyValue => false,
    }
}

/// Removes schemas without references, which went into a union.
fn drop_unused(document: &mut OpenApi) {
    loop {
        let text = serde_json::to_string(document).unwrap_or_default();
        let Some(components) = &mut document.components else { return };
        let before = components.schemas.len();
        components.schemas.retain(|name, _| text.contains(&format!("\"#/components/schemas/{name}\"")));
        if components.schemas.len() == before {
            return;
        }
    }
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

/// Every status with which `Doors` or an extractor may answer instead of an operation, with the reason.
fn refusals(terms: &Terms, public: bool, takes_body: bool) -> Vec<(StatusCode, &'static str)> {
    let mut refusals = vec![
        (terms.invalid, "A parameter or a field is invalid, and the answer names it"),
        (StatusCode::NOT_FOUND, "Unknown, or of another project"),
        (StatusCode::TOO_MANY_REQUESTS, "Too many requests; `Retry-After` says when to try again"),
        (
            StatusCode::METHOD_NOT_ALLOWED,
            "The path does not support this method; `Allow` names the methods that it supports",
        ),
        (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "The header is larger than the limits"),
        (StatusCode::INTERNAL_SERVER_ERROR, "An error of the server"),
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "Overloaded, out of time or shutting down; `Retry-After` says when to try again",
        ),
    ];
    if terms.invalid != StatusCode::BAD_REQUEST {
        refusals.push((StatusCode::BAD_REQUEST, "The request is not valid HTTP"));
    }
    if !public {
        refusals.push((terms.unauthenticated, "The key is missing or not valid"));
        refusals.push((StatusCode::FORBIDDEN, "The key is not allowed to do this"));
    }
    if takes_body {
        refusals.push((StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time"));
        refusals.push((StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than the limits"));
        refusals.push((StatusCode::UNSUPPORTED_MEDIA_TYPE, "The content type or charset is not supported"));
    }
    refusals
}

/// Adds the error, unless the operation documents the status itself.
fn add(operation: &mut Operation, status: StatusCode, why: &str, terms: &Terms) {
    let body = Content::new(Some(Ref::from_schema_name(terms.error.0)));
    let response = Response::builder().description(why).content(terms.error_content_type, body).build();
    operation.responses.responses.entry(status.as_str().to_owned()).or_insert_with(|| response.into());
}
