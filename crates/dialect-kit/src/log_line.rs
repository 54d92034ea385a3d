//! The one line that the log has of each request.

use std::time::Instant;

use http::{Method, StatusCode};
use tracing::{Level, Span};

use crate::{Fault, RequestId, path::percent_decode};

/// What keys and tokens begin with; those of other beginnings are told by their length.
const SECRET_PREFIXES: [&str; 2] = ["tl_", "tlt_"];
/// No id and no name that belongs in a path is longer.
const SEGMENT_CHARS_MAX: usize = 64;

/// The path without what looks like a key or a token: somebody has put it where it does not belong.
fn shown(path: &str) -> String {
    path.split('/').map(|segment| if is_secret(segment) { "***" } else { segment }).collect::<Vec<_>>().join("/")
}

fn is_secret(segment: &str) -> bool {
    let decoded = percent_decode(segment, false).unwrap_or_default();
    let looks_so = |text: &str| text.len() > SEGMENT_CHARS_MAX || SECRET_PREFIXES.iter().any(|own| text.contains(own));
    looks_so(segment) || looks_so(&decoded)
}

/// Written when the answer begins, or when the client goes away before it does.
///
/// It says the path, without what looks like a key, and never the query or a header: keys and cursors stand there.
pub(crate) struct LogLine {
    id: RequestId,
    method: Method,
    path: String,
    dialect: &'static str,
    started: Instant,
    written: bool,
}

/// The line of one request at a level. It stands outside of the request's span, whose fields would be formatted with each span
/// and read again for each line of it: what the line says of the request it says itself.
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

    /// The span of what is logged on the way: by the id, the line is found that says what was asked.
    pub fn span(&self) -> Span {
        tracing::info_span!("request", id = self.id.as_str())
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
