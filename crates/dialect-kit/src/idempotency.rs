//! The header `Idempotency-Key`, and origin keys in bodies.

use axum::{extract::FromRequestParts, response::Response};
use domain::{Error, Limits, Result};
use engine::{Fingerprint, Origin, OriginKind, Replayed};
use http::{Extensions, HeaderName, HeaderValue, request::Parts};
use utoipa::{
    IntoParams,
    openapi::{
        Header, ObjectBuilder, RefOr, Type,
        path::{Operation, Parameter},
    },
};

use crate::{Fault, Source, edge::Edge, fingerprint, json::path_and_query};

pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// Marks an answer that repeats an earlier one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The request's origin key: a repeated request has its effect once, and gets the same answer. An extractor.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    key: Option<String>,
    path_and_query: Box<str>,
    replayed: Replayed,
}

/// The documentation of the header, in the `params` of each operation that takes it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only its documentation is used")]
pub struct IdempotencyHeader {
    /// 1 to 255 visible ASCII characters. A repeated request with the same key is carried out once and gets the same
    /// answer. A different request with the same key is refused with 409. Kept for 7 days, or as long as the thread if
    /// the request belongs to one.
    #[param(rename = "Idempotency-Key")]
    key: Option<String>,
}

impl IdempotencyKey {
    /// `operation` is the dialect's own name of the operation. It is stored, and must never change.
    pub fn with_body(self, operation: &'static str, source: &Source) -> Option<Origin> {
        self.of_request(operation, |_| source.fingerprint(operation))
    }

    /// For a request whose body is empty or not JSON.
    pub fn without_body(self, operation: &'static str) -> Option<Origin> {
        self.of_request(operation, |path_and_query| fingerprint(operation, path_and_query))
    }

    /// For a request with an optional body.
    pub fn with_any_body(self, operation: &'static str, source: Option<&Source>) -> Option<Origin> {
        match source {
            Some(source) => self.with_body(operation, source),
            None => self.without_body(operation),
        }
    }

    /// For the sender's own id of a message in the body, which is the same in each request that sends it.
    pub fn of_message(self, kind: OriginKind, key: String, fingerprint: Fingerprint) -> Origin {
        Origin { kind, operation: "", key, fingerprint, replayed: self.replayed }
    }

    pub fn is_given(&self) -> bool {
        self.key.is_some()
    }

    fn of_request(self, operation: &'static str, fingerprint: impl FnOnce(&str) -> Fingerprint) -> Option<Origin> {
        let fingerprint = self.key.as_ref().map(|_| fingerprint(&self.path_and_query))?;
        Some(Origin { kind: OriginKind::Request, operation, key: self.key?, fingerprint, replayed: self.replayed })
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        let limits = &Edge::of(&parts.extensions).limits;
        let path_and_query = path_and_query(parts);
        let replayed = of_answer(&parts.extensions);
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let key = match (values.next(), values.next()) {
            (None, _) => None,
            (Some(value), None) => Some(origin_key(limits, IDEMPOTENCY_KEY, value.to_str().unwrap_or_default())?),
            (Some(_), Some(_)) => return Err(Error::field(IDEMPOTENCY_KEY, "given more than once").into()),
        };
        Ok(Self { key, path_and_query, replayed })
    }
}

/// An origin key from any place in a request.
///
/// # Errors
/// `invalid`, naming `field`, for a malformed key.
pub fn origin_key(limits: &Limits, field: &str, text: &str) -> Result<String> {
    let most = limits.origin_key_chars;
    let well_formed = (1..=most).contains(&(text.len() as u64)) && text.bytes().all(|b| b.is_ascii_graphic());
    match well_formed {
        true => Ok(text.into()),
        false => Err(Error::field(field, format!("must be 1 to {most} visible ASCII characters"))),
    }
}

fn of_answer(extensions: &Extensions) -> Replayed {
    extensions.get::<Replayed>().cloned().expect("the doors put it into every request")
}

/// Marks an answer that repeats an earlier one. A refusal is never marked, because it belongs to the request itself.
pub(crate) fn mark(response: &mut Response, replayed: &Replayed) {
    if replayed.is_set() && response.status().is_success() {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
}

/// Tells whether the operation documents the header.
pub(crate) fn is_taken_by(operation: &Operation) -> bool {
    let is_it = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) => parameter.name == IDEMPOTENCY_KEY,
        RefOr::Ref(_) => false,
    };
    operation.parameters.iter().flatten().any(is_it)
}

/// Documents the header of repeated answers.
pub(crate) fn document(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if status.starts_with('2') {
            let mut header = Header::new(ObjectBuilder::new().schema_type(Type::Boolean));
            header.description = Some(
                "Present, and `true`, when this answer repeats the answer to an earlier request with the same key"
                    .into(),
            );
            response.headers.insert("Idempotent-Replayed".into(), RefOr::T(header));
        }
    }
}
