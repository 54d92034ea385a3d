//! Forms of the console's own pages, as structs.

use axum::extract::{FromRequest, Request};
use dialect_kit::{Fault, query, read_body};
use engine::App;
use serde::de::DeserializeOwned;

/// A form (`application/x-www-form-urlencoded`) of at most [`domain::Limits::body_bytes`]. An extractor. A field that a
/// page has several times is a list.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Form<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        Ok(Self(query::parse(&read(request, app).await?)?))
    }
}

/// The text of a form. Browsers end lines by two characters, and the text has one.
///
/// # Errors
/// `too_large` beyond [`domain::Limits::body_bytes`]; `malformed` if it is not UTF-8.
pub async fn read(request: Request, app: &App) -> Result<String, Fault> {
    let (head, body) = request.into_parts();
    let body = read_body(body, &head, app.limits().body_bytes).await?;
    let text = std::str::from_utf8(&body).map_err(|_| Fault::malformed("The form is not UTF-8"))?;
    Ok(text.replace("%0D%0A", "%0A"))
}
