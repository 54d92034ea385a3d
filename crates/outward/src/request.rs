//! A request to the outside, and its bounds.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};

/// One HTTP request.
pub struct Request {
    pub method: Method,
    /// An absolute http or https URL without credentials.
    pub url: String,
    /// Values are never logged. `Connection`, `Content-Length`, `Host` and `Transfer-Encoding` are replaced by the
    /// client's own.
    pub headers: HeaderMap,
    pub body: Bytes,
    pub times: Times,
    /// Most bytes of the answer's body. `None`: the caller counts them while it reads.
    pub bytes_max: Option<u64>,
    /// Most redirects that are followed. 0: none, and the redirect itself is the answer.
    ///
    /// Each redirect's URL is checked like the first one. 303, and 301 and 302 to a POST, become a GET without a body.
    /// A redirect to another origin is followed only without a body, and only if all headers are of these, because any
    /// other may carry a secret: `accept`, `accept-language`, `content-type`, `range`, `user-agent`.
    pub redirects_max: u32,
}

impl Request {
    /// A request without headers and body that follows no redirect. The caller sets the other fields.
    pub fn new(method: Method, url: impl Into<String>, times: Times) -> Self {
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Self { method, url: url.into(), headers, body, times, bytes_max: None, redirects_max: 0 }
    }
}

/// The time-outs of a request. The first that runs out ends the request and closes the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Resolving the name, connecting and the TLS handshake. An open connection that is used again needs none of it.
    pub connect: Duration,
    /// From the start of the request to the head of its answer, connecting included. Each redirect begins anew.
    pub first_byte: Duration,
    /// Silence while the caller waits for the next piece of the body. Each piece begins anew.
    pub between: Duration,
    /// From the start to the end of the body, redirects included. `None`: without end.
    pub whole: Option<Duration>,
}

impl Times {
    /// One time for everything, from the start to the end of the body.
    pub fn within(whole: Duration) -> Self {
        Self { connect: whole, first_byte: whole, between: whole, whole: Some(whole) }
    }
}
