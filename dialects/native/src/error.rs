//! Refusals and failures as problems (RFC 9457).

use axum::response::{IntoResponse, Response};
use dialect_kit::{Fault, usual_status};
use domain::{Error, error::Field};
use http::{HeaderValue, StatusCode, header};

use crate::wire::{Problem, ProblemField};

pub const CONTENT_TYPE: &str = "application/problem+json";

/// The whole answer.
pub fn render(fault: &Fault) -> Response {
    let status = fault.status_or(usual_status(fault.error.kind));
    let mut response = (status, axum::Json(problem(&fault.error, status))).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"threadline\""));
    }
    response
}

fn problem(error: &Error, status: StatusCode) -> Problem {
    let field = |field: &Field| ProblemField { path: field.path.clone(), message: field.message.clone() };
    Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail: error.message.clone(),
        code: error.code.as_str(),
        errors: error.fields.iter().map(field).collect(),
    }
}

/// The error with its fields, and what lies below them, called by other names: `(engine's, ours)`.
pub fn renamed(mut error: Error, names: &[(&str, &str)]) -> Error {
    for field in &mut error.fields {
        let below = |name: &str| {
            let rest = field.path.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with('.')).then(|| rest.to_owned())
        };
        let Some((ours, rest)) = names.iter().find_map(|(engine, ours)| Some((*ours, below(engine)?))) else {
            continue;
        };
        let path = format!("{ours}{rest}");
        if error.message == format!("{}: {}", field.path, field.message) {
            error.message = format!("{path}: {}", field.message);
        }
        field.path = path;
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_called_by_its_name_on_the_wire() {
        let names = &[("to", "envelope.to"), ("content.0", "text")];
        for (engine, ours) in
            [("to", "envelope.to"), ("to.1", "envelope.to.1"), ("tonic", "tonic"), ("content.0", "text")]
        {
            let error = renamed(Error::field(engine, "is wrong"), names);
            assert_eq!((error.fields[0].path.as_str(), error.message), (ours, format!("{ours}: is wrong")));
        }
    }
}
