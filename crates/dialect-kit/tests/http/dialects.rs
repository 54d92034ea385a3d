//! Two contracts with the differences of the vendors': the key's header, the schema and the statuses of errors.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use dialect_kit::{
    Answer, Authed, Claim, Conditional, Contract, Credential, ETag, Fault, FilesJson, Frame, Head, IfNoneMatch, Json,
    Params, Patience, Query, RequestId, Routes, Spellings, Streams, Surface,
    access::{ANY_KEY, OPEN},
    credential,
    openapi::Terms,
    routes,
    sse::Keep,
    usual_status,
};
use domain::{Error, Kind, Result, ThreadId, codes};
use engine::App;
use futures_util::{StreamExt, stream};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Notify;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        Info,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

/// Bearer, `{"alpha": code, …}`, default statuses.
pub struct Alpha(pub Arc<Signals>);

/// Messages between handlers and tests.
#[derive(Default)]
pub struct Signals {
    /// A stream was dropped.
    pub stream_ended: Notify,
    /// The patient handler has started.
    pub begun: Notify,
    /// The patient handler may answer.
    pub go_on: Notify,
}

/// `X-Beta-Key`, `{"beta": {…}}`, 422 and 403 where alpha has 400 and 401.
pub struct Beta;

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Thing {
    name: String,
    #[serde(default)]
    count: Option<u8>,
}

#[derive(Serialize, ToSchema)]
struct AlphaError {
    alpha: String,
    message: String,
    fields: BTreeMap<String, String>,
}

#[derive(Serialize, ToSchema)]
struct BetaError {
    beta: AlphaError,
}

fn error_body(fault: &Fault) -> AlphaError {
    let error = &fault.error;
    let fields = error.fields.iter().map(|field| (field.path.clone(), field.message.clone())).collect();
    AlphaError { alpha: error.code.to_string(), message: error.message.clone(), fields }
}

impl Surface for Alpha {
    fn name(&self) -> &'static str {
        "alpha"
    }

    fn claims(&self, head: &Head<'_>) -> Option<Claim> {
        Claim::of(head.path, &["/alpha", "/shared", "/tied"])
    }

    fn credential(&self, head: &Head<'_>) -> Result<Credential> {
        credential::bearer(head.headers)
    }

    fn render(&self, fault: &Fault) -> Response {
        let mut response = axum::Json(error_body(fault)).into_response();
        *response.status_mut() = fault.status_or(usual_status(fault.error.kind));
        response
    }

    fn routes(&self) -> Routes {
        Routes::new()
            .routes(routes!(create: ANY_KEY))
            .routes(routes!(upload: ANY_KEY))
            .routes(routes!(cancel: ANY_KEY))
            .routes(routes!(get_thing: ANY_KEY))
            .routes(routes!(list: ANY_KEY))
            .routes(routes!(open: OPEN))
            .routes(routes!(whose: ANY_KEY))
            .routes(routes!(whose_without_a_key: OPEN))
            .routes(routes!(panics: ANY_KEY, hangs: ANY_KEY))
            .routes(routes!(bare: ANY_KEY))
            .routes(routes!(tagged: ANY_KEY))
            .routes(routes!(public: ANY_KEY))
            .routes(routes!(patient: ANY_KEY))
            .routes(routes!(follow: ANY_KEY))
            .routes(routes!(flood: ANY_KEY))
            .routes(routes!(pieces: ANY_KEY))
            .routes(routes!(multipart: ANY_KEY))
            .routes(routes!(get_shared: ANY_KEY))
            .routes(routes!(get_tied: ANY_KEY))
            .layer(Extension(self.0.clone()))
    }
}

impl Contract for Alpha {
    fn terms(&self) -> Terms {
        Terms {
            info: Info::new("Alpha", "1"),
            security: vec![("key", SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()))],
            error: ("AlphaError", AlphaError::schema()),
            error_content_type: "application/json",
            invalid: StatusCode::BAD_REQUEST,
            unauthenticated: StatusCode::UNAUTHORIZED,
        }
    }

    fn spell_thread(&self, id: ThreadId) -> String {
        id.to_string()
    }

    fn parse_thread(&self, text: &str) -> Option<ThreadId> {
        ThreadId::parse(text)
    }
}

impl Surface for Beta {
    fn name(&self) -> &'static str {
        "beta"
    }

    fn claims(&self, head: &Head<'_>) -> Option<Claim> {
        let own = Claim::of(head.path, &["/beta", "/alpha/beta", "/tied"]);
        let shared = Claim::of(head.path, &["/shared"]).filter(|_| head.headers.contains_key("x-beta-key"));
        own.or(shared.map(Claim::with_credential))
    }

    fn credential(&self, head: &Head<'_>) -> Result<Credential> {
        credential::header(head.headers, "x-beta-key")?.ok_or_else(Error::unauthenticated).and_then(Credential::new)
    }

    fn refuses_unknown_queries(&self) -> bool {
        true
    }

    fn render(&self, fault: &Fault) -> Response {
        let by_kind = match fault.error.kind {
            Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::Unauthenticated => StatusCode::FORBIDDEN,
            other => usual_status(other),
        };
        let mut response = axum::Json(BetaError { beta: error_body(fault) }).into_response();
        *response.status_mut() = fault.status_or(by_kind);
        response
    }

    fn routes(&self) -> Routes {
        Routes::new()
            .routes(routes!(post_shared: ANY_KEY))
            .routes(routes!(post_beta: ANY_KEY))
            .routes(routes!(get_below: ANY_KEY))
    }
}

impl Contract for Beta {
    fn terms(&self) -> Terms {
        Terms {
            info: Info::new("Beta", "1"),
            security: vec![("key", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-Beta-Key"))))],
            error: ("BetaError", BetaError::schema()),
            error_content_type: "application/json",
            invalid: StatusCode::UNPROCESSABLE_ENTITY,
            unauthenticated: StatusCode::FORBIDDEN,
        }
    }

    fn spell_thread(&self, id: ThreadId) -> String {
        id.prefixed("beta_")
    }

    fn parse_thread(&self, text: &str) -> Option<ThreadId> {
        ThreadId::parse_prefixed("beta_", text)
    }
}

#[utoipa::path(post, path = "/alpha/things", request_body = Thing, responses((status = 201)))]
async fn create(Authed(caller): Authed, id: RequestId, spellings: Spellings, thing: Json<Thing>) -> Answer {
    let fingerprint = thing.source.fingerprint("create").now;
    let made = json!({
        "thing": thing.value, "key": caller.key, "request": id.as_str(), "fingerprint": fingerprint,
        "spellings": spellings.of(ThreadId(caller.key.0)),
    });
    Ok((StatusCode::CREATED, axum::Json(made)).into_response())
}

#[utoipa::path(post, path = "/alpha/files", request_body = Thing, responses((status = 201)))]
async fn upload(file: FilesJson<Thing>) -> Answer {
    Ok((StatusCode::CREATED, axum::Json(json!({"length": file.value.name.len()}))).into_response())
}

#[utoipa::path(post, path = "/alpha/cancel", request_body = Option<Thing>, responses((status = 200)))]
async fn cancel(body: Option<Json<Option<Thing>>>) -> Answer {
    Ok(axum::Json(json!({"sent": body.map(|body| body.value.is_some())})).into_response())
}

#[utoipa::path(get, path = "/alpha/things/{id}", params(("id" = String, Path)), responses((status = 200)))]
async fn get_thing(params: Params) -> Answer {
    let id =
        params.parse("id", |text| Some(text.to_owned()), || Error::not_found(codes::ATTACHMENT_NOT_FOUND, "Thing"))?;
    Ok(axum::Json(json!({"id": id})).into_response())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Page {
    #[serde(default)]
    limit: Option<u8>,
}

#[utoipa::path(get, path = "/alpha/things", params(Page), responses((status = 200)))]
async fn list(Query(page): Query<Page>) -> Answer {
    Ok(axum::Json(json!({"limit": page.limit})).into_response())
}

#[utoipa::path(get, path = "/alpha/open", responses((status = 200)))]
async fn open() -> &'static str {
    "open"
}

#[utoipa::path(get, path = "/alpha/whose", responses((status = 200)))]
async fn whose() -> Response {
    holders()
}

#[utoipa::path(get, path = "/alpha/open/whose", responses((status = 200)))]
async fn whose_without_a_key() -> Response {
    holders()
}

/// The holder of the handler's work, and that of the code that makes the body.
fn holders() -> Response {
    let in_handler = format!("{:?} ", engine::holder());
    let in_body = stream::once(async { format!("{:?}", engine::holder()) });
    let pieces = stream::iter([in_handler]).chain(in_body).map(Ok::<_, std::convert::Infallible>);
    axum::body::Body::from_stream(pieces).into_response()
}

#[utoipa::path(get, path = "/alpha/broken", responses((status = 200)))]
async fn panics() -> &'static str {
    panic!("the secret of the panic")
}

#[utoipa::path(post, path = "/alpha/broken", responses((status = 200)))]
async fn hangs() -> &'static str {
    std::future::pending().await
}

#[utoipa::path(get, path = "/alpha/bare", responses((status = 200)))]
async fn bare() -> (StatusCode, &'static str) {
    (StatusCode::CONFLICT, "plain text of a library")
}

#[utoipa::path(get, path = "/alpha/tagged", responses((status = 200)))]
async fn tagged(known: IfNoneMatch) -> Conditional<&'static str> {
    let tag = ETag::of(&[b"state"]);
    if known.has(&tag) { Conditional::unchanged(tag) } else { Conditional::whole(tag, "state") }
}

#[utoipa::path(get, path = "/alpha/public", responses((status = 200)))]
async fn public() -> Answer {
    Ok(([(header::CACHE_CONTROL, "public, max-age=31536000, immutable")], "the same for ever").into_response())
}

#[utoipa::path(get, path = "/alpha/patient", responses((status = 200)))]
async fn patient(patience: Patience, signals: Extension<Arc<Signals>>) -> &'static str {
    patience.extend(Duration::from_secs(60));
    signals.begun.notify_one();
    signals.go_on.notified().await;
    "at last"
}

/// Signals its drop.
struct Gone(Arc<Signals>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.stream_ended.notify_one();
    }
}

#[utoipa::path(get, path = "/alpha/stream", responses((status = 200)))]
async fn follow(
    State(app): State<App>,
    Authed(caller): Authed,
    streams: Streams,
    signals: Extension<Arc<Signals>>,
) -> Answer {
    let gone = Gone(signals.0);
    let hello = Frame { id: Some("1".into()), data: Some("hello".into()), ..Frame::default() };
    let frames = stream::iter([hello]).chain(stream::pending()).inspect(move |_| _ = &gone);
    let farewell = Some(Frame { event: Some("bye".into()), data: Some("{}".into()), ..Frame::default() });
    streams.open(&caller, app.watch(&caller, None), frames, Keep { farewell, ..Keep::alive("still here") })
}

#[utoipa::path(get, path = "/alpha/pieces", responses((status = 200)))]
async fn pieces() -> axum::body::Body {
    let pieces = stream::iter([Ok::<_, std::convert::Infallible>("a piece")]).chain(stream::pending());
    axum::body::Body::from_stream(pieces)
}

#[utoipa::path(get, path = "/alpha/flood", responses((status = 200)))]
async fn flood(
    State(app): State<App>,
    Authed(caller): Authed,
    streams: Streams,
    signals: Extension<Arc<Signals>>,
) -> Answer {
    let gone = Gone(signals.0);
    let frame = Frame { data: Some("x".repeat(65_536)), ..Frame::default() };
    let frames = stream::repeat(frame).inspect(move |_| _ = &gone);
    streams.open(&caller, app.watch(&caller, None), frames, Keep::alive("still here"))
}

#[utoipa::path(post, path = "/alpha/multipart", request_body(content_type = "multipart/form-data"), responses((status = 200)))]
async fn multipart(
    form: std::result::Result<axum::extract::Multipart, axum::extract::multipart::MultipartRejection>,
) -> Answer {
    let mut form = form?;
    let mut length = 0;
    while let Some(field) = form.next_field().await? {
        length += field.bytes().await?.len();
    }
    Ok(axum::Json(json!({"length": length})).into_response())
}

#[utoipa::path(get, path = "/shared/{id}", params(("id" = String, Path)), responses((status = 200)))]
async fn get_shared() -> &'static str {
    "alpha"
}

#[utoipa::path(get, path = "/tied", responses((status = 200)))]
async fn get_tied() -> &'static str {
    "alpha"
}

#[utoipa::path(post, path = "/shared/{id}", params(("id" = String, Path)), request_body = Thing, responses((status = 200)))]
async fn post_shared(_: Json<Thing>) -> &'static str {
    "beta"
}

#[utoipa::path(post, path = "/beta/things", request_body = Thing, responses((status = 200)))]
async fn post_beta(_: Json<Thing>) -> &'static str {
    "beta"
}

#[utoipa::path(get, path = "/alpha/beta/{id}", params(("id" = String, Path)), responses((status = 200)))]
async fn get_below() -> &'static str {
    "beta"
}
