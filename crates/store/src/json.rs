//! Documents: text to SQL, which never looks into them.

use domain::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Column, Value, value::Mismatch};

/// A column that holds a JSON document. One that does not fit `T` is an internal error that names the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> Column for Json<T> {
    fn read(value: Value<'_>) -> Result<Self, Mismatch> {
        let Value::Text(text) = value else {
            return Err(Mismatch(format!("expected a document, found {}", value.kind())));
        };
        // serde's own words may quote the document, which is not for the log.
        serde_json::from_str(text).map(Json).map_err(|e| {
            let (line, column) = (e.line(), e.column());
            Mismatch(format!("a document that does not fit ({:?}, line {line}, column {column})", e.classify()))
        })
    }
}

/// `value` as the text that [`Json`] reads, to be bound as a parameter.
pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}
