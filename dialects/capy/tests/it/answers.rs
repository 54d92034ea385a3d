//! Answers held against the vendor's document: all fields that it requires, and nothing more.

use dialect_kit::testing::misfits;
use serde_json::Value;

use crate::{client::Reply, documents::contract};

/// What of the body does not fit the 200 of an operation.
pub fn misfit(method: &str, path: &str, body: &Value) -> Vec<String> {
    let document = contract();
    let schema = &document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{method} {path} is in the document");
    misfits(&document, schema, body)
}

/// The answer is the operation's 200, or an error in Capy's shape.
pub fn fits(reply: &Reply, method: &str, path: &str) {
    assert_eq!(reply.header("content-type"), "application/json", "{reply:?}");
    let document = contract();
    let found = match reply.status {
        200 => misfit(method, path, &reply.json()),
        _ => misfits(&document, &document["components"]["schemas"]["ErrorResponse"], &reply.json()),
    };
    assert!(found.is_empty(), "{method} {path}: {found:#?} in {}", reply.body);
}
