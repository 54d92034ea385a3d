//! Errors on their way to the client.

use axum::{
    extract::multipart::{MultipartError, MultipartRejection},
    response::{IntoResponse, Response},
};
use domain::{Error, Kind, codes};
use http::{Method, StatusCode, header};

/// The result of a handler.
pub type Answer<T = Response> = Result<T, Fault>;

/// A refusal or a failure that is not yet rendered. Handlers, extractors and `Doors` return it. The surface of the
/// request renders it, once, in [`crate::Surface::render`].
#[derive(Clone, Debug)]
pub struct Fault {
    pub error: Box<Error>,
    /// A status that the error's kind cannot express (405, 408, 431, a 400 of the transport). Equal in every dialect.
    pub status: Option<StatusCode>,
    /// The methods of the path, for a 405.
    pub allow: Vec<Method>,
    /// The size of the file in bytes, for a 416.
    pub size: Option<u64>,
}

impl Fault {
    fn with_status(status: StatusCode, error: Error) -> Self {
        Self { error: Box::new(error), status: Some(status), allow: Vec::new(), size: None }
    }

    /// The path does not exist.
    pub fn no_route() -> Self {
        Error::new(Kind::NotFound, codes::NOT_FOUND, "No such path").into()
    }

    /// The path exists without this method.
    pub fn no_method(allow: Vec<Method>) -> Self {
        let error = Error::invalid(codes::METHOD_NOT_ALLOWED, "This path does not support that method");
        Self { allow, ..Self::with_status(StatusCode::METHOD_NOT_ALLOWED, error) }
    }

    /// The requested range begins after the end of the file.
    pub fn beyond_end(size: u64) -> Self {
        let error = Error::invalid(codes::RANGE_NOT_SATISFIABLE, "The range begins after the end of the file");
        Self { size: Some(size), ..Self::with_status(StatusCode::RANGE_NOT_SATISFIABLE, error) }
    }

    /// The client requires another state of the file.
    pub fn precondition_failed() -> Self {
        let error = Error::invalid(codes::PRECONDITION_FAILED, "The file does not match If-Match");
        Self::with_status(StatusCode::PRECONDITION_FAILED, error)
    }

    /// The request is not a proper HTTP message; 400 in every dialect.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::with_status(StatusCode::BAD_REQUEST, Error::invalid(codes::BAD_REQUEST, message))
    }

    /// The header is larger than the limits allow.
    pub fn header_too_large(message: impl Into<String>) -> Self {
        let error = Error::new(Kind::TooLarge, codes::HEADER_TOO_LARGE, message);
        Self::with_status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, error)
    }

    /// The body did not arrive in time.
    pub fn body_too_slow() -> Self {
        let error = Error::invalid(codes::REQUEST_TIMEOUT, "The request's body did not arrive in time");
        Self::with_status(StatusCode::REQUEST_TIMEOUT, error)
    }

    /// The status of the answer: the error's own, or `by_kind`, the dialect's status of the error's kind.
    pub fn status_or(&self, by_kind: StatusCode) -> StatusCode {
        self.status.unwrap_or(by_kind)
    }

    /// The error behind a bare answer of axum, for example of its extractors. Those are plain text or empty.
    pub(crate) fn foreign(response: &Response) -> Option<Self> {
        let status = response.status();
        let content_type = response.headers().get(header::CONTENT_TYPE);
        let bare = content_type.is_none_or(|value| value.as_bytes().starts_with(b"text/plain"));
        if !bare || !(status.is_client_error() || status.is_server_error()) {
            return None;
        }
        let mut fault = Self::from_status(status);
        let allowed = response.headers().get(header::ALLOW).and_then(|value| value.to_str().ok()).unwrap_or_default();
        fault.allow = allowed.split(',').filter_map(|method| method.trim().parse().ok()).collect();
        Some(fault)
    }

    /// The error behind an answer of axum, by its status.
    fn from_status(status: StatusCode) -> Self {
        let words = status.canonical_reason().unwrap_or("Request refused");
        let error = match status {
            StatusCode::NOT_FOUND => return Self::no_route(),
            StatusCode::METHOD_NOT_ALLOWED => return Self::no_method(Vec::new()),
            StatusCode::PAYLOAD_TOO_LARGE => Error::too_large("The body is larger than allowed"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Error::unsupported(words),
            status if status.is_server_error() => Error::internal(format!("a handler answered {status}")),
            _ => Error::invalid(codes::BAD_REQUEST, words),
        };
        error.into()
    }
}

/// The default status of each kind.
pub fn usual_status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Kind::Upstream => StatusCode::BAD_GATEWAY,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self { error: Box::new(error), status: None, allow: Vec::new(), size: None }
    }
}

impl From<MultipartRejection> for Fault {
    fn from(_: MultipartRejection) -> Self {
        Error::unsupported("The body must be multipart/form-data with a boundary").into()
    }
}

impl From<MultipartError> for Fault {
    fn from(error: MultipartError) -> Self {
        match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Error::too_large("The upload is larger than allowed").into(),
            _ => Error::invalid(codes::INVALID_MULTIPART, "The multipart body is malformed").into(),
        }
    }
}

/// An empty answer that carries the error to `Doors`, which renders it.
impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.status_or(usual_status(self.error.kind)).into_response();
        response.extensions_mut().insert(self);
        response
    }
}
