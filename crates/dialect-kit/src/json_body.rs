//! JSON answers.

use axum::response::{IntoResponse, Response};
use domain::Error;
use http::{HeaderValue, header};
use serde::Serialize;

use crate::Fault;

/// Bytes that most answers fit in.
const USUAL_BYTES: usize = 1_024;

/// The value as the JSON body of an answer. A vector takes the many small writes of serde_json at less cost than the
/// buffer of [`axum::Json`] does.
pub struct JsonBody<T>(pub T);

impl<T: Serialize> IntoResponse for JsonBody<T> {
    fn into_response(self) -> Response {
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        match serde_json::to_writer(&mut bytes, &self.0) {
            Ok(()) => {
                let json = HeaderValue::from_static("application/json");
                ([(header::CONTENT_TYPE, json)], bytes).into_response()
            }
            Err(error) => Fault::from(Error::internal(error)).into_response(),
        }
    }
}
