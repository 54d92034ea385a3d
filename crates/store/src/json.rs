//! JSON documents: plain text to SQL, which never reads inside them.

use domain::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Column, Value, value::Mismatch};

/// A column with a JSON document. A document that is not a `T` is an internal error that names the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> Column for Json<T> {
    fn read(value: Value<'_>) -> Result<Self, Mismatch> {
        let Value::Text(text) = value else {
            return Err(Mismatch(format!("expected a document, found {}", value.kind())));
        };
        // serde's own message may quote the document, which must not reach the log.
        serde_json::from_str(text).map(Json).map_err(|e| {
            let (line, column) = (e.line(), e.column());
            Mismatch(format!("a document that does not fit ({:?}, line {line}, column {column})", e.classify()))
        })
    }
}

/// `value` as JSON text, to be bound as a parameter and read as [`Json`].
pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}
