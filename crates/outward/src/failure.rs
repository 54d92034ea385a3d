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
        let has = |is: fn(&(dyn Error + 'static)) -> bool| causes(&error).any(is);
        if error.is_builder() {
            Self::Unprepared
        } else if has(|cause| cause.is::<NoAddress>()) {
            Self::NoAddress
        } else if has(|cause| cause.is::<ConnectTimedOut>()) {
            Self::ConnectTimedOut
        } else if has(is_refused) {
            Self::Refused
        } else if has(|cause| cause.is::<rustls::Error>()) {
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

fn is_refused(cause: &(dyn Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused)
}

/// The error with its causes, which contain the real reason.
fn words(error: &(dyn Error + 'static)) -> String {
    let mut texts = vec![error.to_string()];
    texts.extend(causes(error).map(ToString::to_string));
    texts.dedup();
    texts.join(": ")
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(cause(error), |error: &&'a (dyn Error + 'static)| cause(*error))
}

fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    // The source of an I/O error skips the error within, and rustls's errors arrive there.
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}
