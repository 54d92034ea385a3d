//! The log line of each request.

use std::time::Instant;

use domain::Timestamp;
use http::{Method, StatusCode};
use tracing::{Level, Span};

use crate::{Fault, RequestId, Seen, path::percent_decode};

/// The prefixes of keys and tokens. Others are recognized by their length.
const SECRET_PREFIXES: [&str; 2] = ["tl_", "tlt_"];
/// Ids and names in paths are not longer.
const SEGMENT_CHARS_MAX: usize = 64;

/// The path without text that looks like a misplaced key or token.
fn shown(path: &str) -> String {
    path.split('/').map(|segment| if is_secret(segment) { "***" } else { segment }).collect::<Vec<_>>().join("/")
}

fn is_secret(segment: &str) -> bool {
    let looks_so = |text: &str| text.len() > SEGMENT_CHARS_MAX || SECRET_PREFIXES.iter().any(|own| text.contains(own));
    let hides = || percent_decode(segment, false).is_some_and(|decoded| looks_so(&decoded));
    looks_so(segment) || segment.contains('%') && hides()
}

/// Written when the answer begins, or when the client leaves before.
///
/// It contains the path, without text that looks like a key, and never the query or a header, because these contain
/// keys and cursors.
pub(crate) struct LogLine {
    id: RequestId,
    method: Method,
    path: String,
    dialect: &'static str,
    started: Instant,
    written: bool,
}

/// Writes the line of a request at a level. It is outside of the request's span, because a span's fields are formatted
/// again for each line. The line itself contains the request's fields.
macro_rules! line {
    ($line:ident, $level:expr, $text:literal $(, $($field:tt)+)?) => {
        tracing::event!(
            parent: None, $level, id = $line.id.as_str(), method = %$line.method, path = $line.path, dialect = $line.dialect,
            ms = $line.ms() $(, $($field)+)?, $text
        )
    };
}

impl LogLine {
    pub fn begin(id: &RequestId, method: &Method, path: &str, dialect: &'static str) -> Self {
        let path = shown(path);
        Self { id: id.clone(), method: method.clone(), path, dialect, started: Instant::now(), written: false }
    }

    /// The span of the request's other log lines. Its id leads to the line with the request's details.
    pub fn span(&self) -> Span {
        tracing::info_span!("request", id = self.id.as_str())
    }

    /// The request for people who look at what arrives.
    pub fn seen(&self, status: StatusCode, fault: Option<&Fault>, at: Timestamp) -> Seen {
        Seen {
            number: 0,
            at,
            dialect: self.dialect,
            method: self.method.to_string(),
            path: self.path.clone(),
            status: status.as_u16(),
            code: fault.map(|fault| fault.error.code.as_str()),
            ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            request_id: self.id.as_str().to_owned(),
        }
    }

    pub fn end(mut self, status: StatusCode, fault: Option<&Fault>) {
        self.written = true;
        let source = fault.and_then(|fault| fault.error.source.as_ref()).map(tracing::field::display);
        let code = fault.map(|fault| fault.error.code.as_str());
        let status = status.as_u16();
        match status {
            503 => line!(self, Level::WARN, "unavailable", status, code, source),
            500.. => line!(self, Level::ERROR, "failed", status, code, source),
            400.. => line!(self, Level::INFO, "refused", status, code, source),
            _ => line!(self, Level::INFO, "answered", status),
        }
    }

    fn ms(&self) -> f64 {
        (self.started.elapsed().as_micros() as f64) / 1_000.0
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        if !self.written {
            line!(self, Level::INFO, "the client went away before its answer");
        }
    }
}
