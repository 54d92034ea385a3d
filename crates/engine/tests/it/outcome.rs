//! Reads refusals, and makes requests with a key.

use std::fmt::Debug;

use domain::{Code, Error, Kind, Result};
use engine::{Origin, OriginKind, secret::sha256};

/// The error of a refused operation.
pub fn refused<T: Debug>(outcome: Result<T>) -> Error {
    outcome.expect_err("a refusal")
}

/// Kind and code of a refusal.
pub fn code<T: Debug>(outcome: Result<T>) -> (Kind, Code) {
    let error = refused(outcome);
    (error.kind, error.code)
}

/// The one field at fault.
pub fn at_fault<T: Debug>(outcome: Result<T>) -> String {
    let error = refused(outcome);
    assert_eq!((error.kind, error.fields.len()), (Kind::Invalid, 1), "{error:?}");
    error.fields[0].path.clone()
}

/// An `Idempotency-Key` that came with `request`.
pub fn origin(key: &str, request: &str) -> Option<Origin> {
    Some(Origin::new(OriginKind::Request, "test", key, sha256(request.as_bytes())))
}
