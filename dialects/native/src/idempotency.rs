//! The header `Idempotency-Key`.

use axum::extract::FromRequestParts;
use dialect_kit::{Fault, Source, fingerprint};
use domain::{Error, Result};
use engine::{App, Fingerprint, Origin, OriginKind};
use http::request::Parts;
use utoipa::IntoParams;

pub const HEADER: &str = "Idempotency-Key";

/// The request's own name: the same request again has the same effect once, and the same answer. An extractor.
#[derive(Clone, Debug, Default)]
pub struct IdempotencyKey {
    key: Option<String>,
    path_and_query: String,
}

/// How it is documented.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only its documentation is used")]
pub struct IdempotencyHeader {
    /// 1 to 255 visible ASCII characters. The same request under the same key is done once, and answered the same again;
    /// another request under the same key is refused with 409. Kept for 7 days; of a message, as long as its thread.
    #[param(rename = "Idempotency-Key")]
    key: Option<String>,
}

impl IdempotencyKey {
    /// `operation` is the method and the path's template.
    pub fn with_body(self, operation: &'static str, source: &Source) -> Option<Origin> {
        self.origin(operation, |_| source.fingerprint(operation))
    }

    /// For a request whose body is empty, or is no JSON.
    pub fn without_body(self, operation: &'static str) -> Option<Origin> {
        self.origin(operation, |path_and_query| fingerprint(operation, path_and_query))
    }

    pub fn is_given(&self) -> bool {
        self.key.is_some()
    }

    fn origin(self, operation: &'static str, fingerprint: impl FnOnce(&str) -> Fingerprint) -> Option<Origin> {
        let fingerprint = self.key.as_ref().map(|_| fingerprint(&self.path_and_query))?;
        Some(Origin { kind: OriginKind::Request, operation, key: self.key?, fingerprint })
    }
}

impl FromRequestParts<App> for IdempotencyKey {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let mut values = parts.headers.get_all(HEADER).iter();
        let Some(value) = values.next() else { return Ok(Self::default()) };
        if values.next().is_some() {
            return Err(Error::field(HEADER, "given more than once").into());
        }
        let key = origin_key(app, HEADER, value.to_str().unwrap_or_default())?;
        let path_and_query = parts.uri.path_and_query().map_or(parts.uri.path(), |both| both.as_str());
        Ok(Self { key: Some(key), path_and_query: path_and_query.into() })
    }
}

/// A sender's own name for something, wherever it stands.
///
/// # Errors
/// `invalid`, naming `field`, for what is no key.
pub fn origin_key(app: &App, field: &str, text: &str) -> Result<String> {
    let most = app.limits().origin_key_chars;
    let well_formed = (1..=most).contains(&(text.len() as u64)) && text.bytes().all(|b| b.is_ascii_graphic());
    match well_formed {
        true => Ok(text.into()),
        false => Err(Error::field(field, format!("must be 1 to {most} visible ASCII characters"))),
    }
}
