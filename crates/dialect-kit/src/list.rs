//! The answer at `/`, `/docs`, `/openapi` and `/openapi.json`: links to the documents.

use axum::{Json, Router, routing::get};
use serde_json::{Value, json};

/// Paths that a person or a program tries first.
const PATHS: [&str; 4] = ["/", "/docs", "/openapi", "/openapi.json"];

/// Adds the list to the plain routes, except for paths that they already have. `names` are the dialects'.
pub(crate) fn add(plain: Router, names: &[&'static str]) -> Router {
    let list = list(names);
    PATHS.iter().fold(plain, |plain, path| {
        let list = list.clone();
        plain.route(path, get(async move || Json(list)))
    })
}

fn list(names: &[&str]) -> Value {
    let documents = names.iter().map(|name| (name.to_string(), Value::from(format!("/openapi/{name}.json"))));
    json!({
        "name": "Threadline",
        "version": env!("CARGO_PKG_VERSION"),
        "openapi": documents.collect::<serde_json::Map<_, _>>(),
        "health": "/healthz",
        "ready": "/readyz",
        "read_on": "docs/README.md in the source of this version, and `threadline help`",
    })
}
