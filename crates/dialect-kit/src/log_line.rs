//! The one line that the log has of each request.

use std::time::Instant;

use http::{Method, StatusCode};
use tracing::{Span, error, info, warn};

use crate::{Fault, RequestId};

/// Written when the answer begins, or when the client goes away before it does.
///
/// It says the path and never the query or a header: keys and cursors stand there.
pub(crate) struct LogLine {
    span: Span,
    started: Instant,
    written: bool,
}

impl LogLine {
    pub fn begin(id: &RequestId, method: &Method, path: &str, dialect: &'static str) -> Self {
        let span = tracing::info_span!("request", id = id.as_str(), %method, path, dialect);
        Self { span, started: Instant::now(), written: false }
    }

    pub fn span(&self) -> Span {
        self.span.clone()
    }

    pub fn end(mut self, status: StatusCode, fault: Option<&Fault>) {
        self.written = true;
        let source = fault.and_then(|fault| fault.error.source.as_ref()).map(tracing::field::display);
        let code = fault.map(|fault| fault.error.code);
        let (status, ms) = (status.as_u16(), self.ms());
        let _entered = self.span.enter();
        match status {
            503 => warn!(status, ms, code, source, "unavailable"),
            500.. => error!(status, ms, code, source, "failed"),
            400.. => info!(status, ms, code, source, "refused"),
            _ => info!(status, ms, "answered"),
        }
    }

    fn ms(&self) -> f64 {
        (self.started.elapsed().as_micros() as f64) / 1_000.0
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        if !self.written {
            let _entered = self.span.enter();
            info!(ms = self.ms(), "the client went away before its answer");
        }
    }
}
