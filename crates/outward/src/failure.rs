//! The reasons why a request failed.

use std::{error::Error, io};

use crate::names::NoAddress;

/// The reason why a request has no answer, or why its body ended early.
///
/// The text is for the project that chose the URL. It contains no names and addresses of this network; the log has
/// them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The URL, or the URL of a redirect, is not allowed. Nothing was sent to it.
    #[error("url: {0}")]
    Target(&'static str),
    /// The name is unknown, or has only addresses that are not allowed. Both are one case, so that internal names
    /// cannot be probed.
    #[error("the endpoint's name resolves to no address that is allowed")]
    NoAddress,
    #[error("the endpoint refused the connection")]
    Refused,
    #[error("the endpoint's certificate or TLS cannot be accepted")]
    Tls,
    #[error("the endpoint could not be reached")]
    Unreachable,
    #[error("the endpoint closed the connection or did not answer in HTTP")]
    Closed,
    #[error("the endpoint could not be connected to in time")]
    ConnectTimedOut,
    #[error("the endpoint did not begin to answer in time")]
    FirstByteTimedOut,
    #[error("the endpoint fell silent within its answer")]
    IdleTimedOut,
    #[error("the endpoint did not end its answer in time")]
    WholeTimedOut,
    #[error("the endpoint's answer is too long")]
    TooManyBytes,
    #[error("the endpoint redirects too often")]
    TooManyRedirects,
    /// The request has a body, or headers that may carry a secret.
    #[error("the endpoint redirects to another origin, where this request may not go")]
    ForeignRedirect,
    /// This process could not prepare the connection, for example without any CA certificates on the system.
    #[error("the server could not prepare the connection")]
    Unprepared,
}

impl Failure {
    /// Tells whether a time-out ended the request.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::ConnectTimedOut | Self::FirstByteTimedOut | Self::IdleTimedOut | Self::WholeTimedOut)
    }

    /// The failure for an error of the client. Logs the error with its causes.
    pub(crate) fn of(error: reqwest::Error, origin: &str) -> Self {
        let error = error.without_url();
        tracing::info!(origin, error = words(&error), "an outward request failed");
        let causes: Vec<&(dyn Error + 'static)> = causes(&error).collect();
        let io = causes.iter().find_map(|cause| cause.downcast_ref::<io::Error>());
        if error.is_builder() {
            Self::Unprepared
        } else if causes.iter().any(|cause| cause.is::<NoAddress>()) {
            Self::NoAddress
        } else if causes.iter().any(|cause| cause.is::<ConnectTimedOut>()) {
            Self::ConnectTimedOut
        } else if io.is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused) {
            Self::Refused
        } else if io.is_some_and(is_of_tls) {
            Self::Tls
        } else if error.is_connect() {
            Self::Unreachable
        } else {
            Self::Closed
        }
    }
}

/// The connection was not ready in time.
#[derive(Debug, thiserror::Error)]
#[error("connecting timed out")]
pub(crate) struct ConnectTimedOut;

/// rustls's errors arrive as the inner error of an I/O error.
fn is_of_tls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
}

/// The error with its causes, which contain the real reason.
fn words(error: &(dyn Error + 'static)) -> String {
    let texts = std::iter::once(error.to_string()).chain(causes(error).map(ToString::to_string));
    texts.collect::<Vec<_>>().join(": ")
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause: &&'a (dyn Error + 'static)| (*cause).source())
}
