//! Answers that are pages.

use askama::Template;
use axum::response::{Html, IntoResponse};
use dialect_kit::{Answer, Fault};
use domain::Error;
use http::{HeaderValue, StatusCode, header};

/// Scripts, styles, pictures and requests of this server alone; nothing inline; nobody frames the page.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types threadline",
);

/// A page with 200.
pub fn page(template: &impl Template) -> Answer {
    with_status(StatusCode::OK, template)
}

/// A page with this status.
///
/// # Errors
/// `internal` if the template fails, which it does not.
pub fn with_status(status: StatusCode, template: &impl Template) -> Answer {
    let text = template.render().map_err(|why| Fault::from(Error::internal(why)))?;
    let mut response = (status, Html(text)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    Ok(response)
}

/// To another page, by GET.
pub fn see_other(path: &str) -> Answer {
    let place = HeaderValue::from_str(path).map_err(|why| Fault::from(Error::internal(why)))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response())
}
