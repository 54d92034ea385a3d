//! Checks every answer against the document of its dialect, in tests. Answers pass unchanged, and a callback gets every
//! difference.

mod body;
mod schema;

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, OnceLock},
};

use axum::{body::Body, response::Response};
use http::{Method, header};
use serde_json::Value;

use crate::{
    Contract, Doors,
    openapi::{self, EVENT_SCHEMA},
    table::Route,
};

use body::{Held, Kind};
pub(crate) use schema::Shape;
pub use schema::misfits;

/// Gets each difference: the operation and the status, the place in the body, and the value there.
type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// The callback, if answers are checked.
#[derive(Default)]
pub(crate) struct Watch(OnceLock<Tell>);

impl Doors {
    /// Checks all later answers against the document of their dialect. For tests.
    pub fn hold_answers(&self, tell: impl Fn(&str) + Send + Sync + 'static) {
        let _ = self.watch().0.set(Arc::new(tell));
    }
}

impl Watch {
    /// The answer, checked on its way out. An answer of a surface without a document passes.
    pub fn hold(
        &self,
        dialect: Option<&Arc<dyn Contract>>,
        asked: Option<(Method, &Route)>,
        response: Response,
    ) -> Response {
        match (self.0.get(), dialect, asked) {
            (Some(tell), Some(dialect), Some((method, route))) => {
                hold(&**dialect, &method, &route.template, response, tell)
            }
            _ => response,
        }
    }
}

fn hold(dialect: &dyn Contract, method: &Method, template: &str, response: Response, tell: &Tell) -> Response {
    let document = document(dialect);
    let is_head = *method == Method::HEAD;
    let named = if is_head { "get".into() } else { method.as_str().to_lowercase() };
    let operation = &document["paths"][template][named];
    if !operation.is_object() {
        return response;
    }
    let status = response.status();
    let place = format!("{}: {method} {template} answers {}", dialect.name(), status.as_u16());
    let documented = &operation["responses"][status.as_str()];
    if !documented.is_object() {
        tell(&format!("{place}, which is not documented"));
        return response;
    }
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let Some(content) = documented["content"].as_object() else { return response };
    let range = format!("{}/*", kind.split('/').next().unwrap_or_default());
    let Some(content) = content.get(kind).or_else(|| content.get(&range)).or_else(|| content.get("*/*")) else {
        tell(&format!("{place} as {kind:?}, which is not documented"));
        return response;
    };
    let (kind, schema) = match kind {
        "text/event-stream" => (Kind::Events, content.get(EVENT_SCHEMA)),
        json if json == "application/json" || json.ends_with("+json") => (Kind::Json, content.get("schema")),
        _ => return response,
    };
    let Some(schema) = schema.filter(|_| !is_head) else { return response };
    let held = Held::new(document, schema, kind, place, Arc::clone(tell));
    response.map(|body| Body::new(held.around(body)))
}

/// The document of a dialect, made once for each process, because all servers in it share it.
fn document(dialect: &dyn Contract) -> &'static Value {
    static MADE: LazyLock<Mutex<HashMap<&'static str, &'static Value>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().expect("nobody panics with it");
    made.entry(dialect.name()).or_insert_with(|| {
        let document = serde_json::to_value(openapi::document(dialect)).expect("a document is JSON");
        Box::leak(Box::new(document))
    })
}
