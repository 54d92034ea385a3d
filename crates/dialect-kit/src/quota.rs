//! Tells a project that it comes near a quota, on each answer to a write.

use axum::response::Response;
use domain::{Caller, caller::Subject};
use engine::App;
use http::{HeaderName, HeaderValue};

/// The limits that are near, each with what is used of it: `stored_bytes=820/1000, threads=9/10`.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-threadline-quota");

/// What the project has stored is nobody's to know below it.
pub(crate) fn tell(app: &App, caller: &Caller, is_safe: bool, answer: &mut Response) {
    if is_safe || caller.subject != Subject::Project {
        return;
    }
    if let Some(near) = app.quota_notice(caller.project).and_then(|words| HeaderValue::from_str(&words).ok()) {
        answer.headers_mut().insert(HEADER, near);
    }
}
