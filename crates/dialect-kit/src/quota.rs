//! Warns a project close to its quota, on each answer to a write.

use axum::response::Response;
use domain::{Caller, caller::Subject};
use engine::App;
use http::{HeaderName, HeaderValue};

/// The limits that are close, each with its use: `stored_bytes=820/1000, threads=9/10`.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-threadline-quota");

/// Only callers of the whole project may know its stored bytes.
pub(crate) fn tell(app: &App, caller: &Caller, is_safe: bool, answer: &mut Response) {
    if is_safe || caller.subject != Subject::Project {
        return;
    }
    if let Some(near) = app.quota_notice(caller.project).and_then(|words| HeaderValue::from_str(&words).ok()) {
        answer.headers_mut().insert(HEADER, near);
    }
}
