//! The only error type. Each dialect renders it in its own schema, and none adds a kind.

use std::{fmt, sync::Arc};

use crate::codes::{self, Code};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of an error, as far as a client can act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    TooLarge,
    Unsupported,
    RateLimited,
    /// A model or another outside service failed.
    Upstream,
    Unavailable,
    Internal,
}

/// An invalid field of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Dotted path from the body's root, with array indexes as numbers: `message.content.0.text`. The name of a query
    /// parameter.
    pub path: String,
    /// The reason, for the client.
    pub message: String,
    /// The words that the field takes, where the message lists them. A dialect with other words lists its own.
    pub takes: Vec<&'static str>,
}

/// A refusal or a failure. `message` is for the client and `source` for the log. Neither may contain a secret.
#[derive(Clone)]
pub struct Error {
    pub kind: Kind,
    pub code: Code,
    pub message: String,
    pub fields: Vec<Field>,
    /// Seconds after which a retry makes sense.
    pub retry_after_s: Option<u32>,
    pub source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub fn new(kind: Kind, code: Code, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), fields: Vec::new(), retry_after_s: None, source: None }
    }

    pub fn invalid(code: Code, message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, code, message)
    }

    /// One invalid field, which the message names.
    pub fn field(path: impl Into<String>, message: impl Into<String>) -> Self {
        let (path, message) = (path.into(), message.into());
        let mut error = Self::new(Kind::Invalid, codes::INVALID_PARAMETER, format!("{path}: {message}"));
        error.fields.push(Field { path, message, takes: Vec::new() });
        error
    }

    /// One invalid field that takes only these words, which the message lists behind `must`.
    pub fn word(path: impl Into<String>, must: &str, takes: Vec<&'static str>) -> Self {
        let mut error = Self::field(path, format!("{must}: {}", takes.join(", ")));
        error.fields.iter_mut().for_each(|field| field.takes.clone_from(&takes));
        error
    }

    /// The error of a part of the request that stands in this field: `content` becomes `message.content`.
    #[must_use]
    pub fn below(mut self, base: &str) -> Self {
        for field in &mut self.fields {
            let path = format!("{base}.{}", field.path);
            if self.message == format!("{}: {}", field.path, field.message) {
                self.message = format!("{path}: {}", field.message);
            }
            field.path = path;
        }
        self
    }

    /// The same message for every reason, so that an attacker learns nothing.
    pub fn unauthenticated() -> Self {
        Self::new(Kind::Unauthenticated, codes::UNAUTHORIZED, "Missing or invalid API key")
    }

    /// A page of an origin that nobody lists. The message and the log name the origin, cut to 255 characters.
    pub fn origin_not_allowed(origin: &str) -> Self {
        let origin: String = origin.chars().take(255).collect();
        let message = format!("Pages of the origin {origin} are not allowed to send requests here");
        let source: Box<dyn std::error::Error + Send + Sync> = message.clone().into();
        Self { source: Some(source.into()), ..Self::new(Kind::Forbidden, codes::ORIGIN_NOT_ALLOWED, message) }
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, codes::FORBIDDEN, message)
    }

    /// The error with its fields, and what lies below them, called by other names: `(engine's, ours)`.
    #[must_use]
    pub fn renamed(mut self, names: &[(&str, &str)]) -> Self {
        for field in &mut self.fields {
            let below = |name: &str| {
                let rest = field.path.strip_prefix(name)?;
                (rest.is_empty() || rest.starts_with('.')).then(|| rest.to_owned())
            };
            let Some((ours, rest)) = names.iter().find_map(|(engine, ours)| Some((*ours, below(engine)?))) else {
                continue;
            };
            let path = format!("{ours}{rest}");
            if self.message == format!("{}: {}", field.path, field.message) {
                self.message = format!("{path}: {}", field.message);
            }
            field.path = path;
        }
        self
    }

    /// `what` like `Thread`. The same for an unknown id and a foreign one.
    pub fn not_found(code: Code, what: &str) -> Self {
        Self::new(Kind::NotFound, code, format!("{what} not found"))
    }

    pub fn conflict(code: Code, message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, code, message)
    }

    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(Kind::TooLarge, codes::PAYLOAD_TOO_LARGE, message)
    }

    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(Kind::Unsupported, codes::UNSUPPORTED_MEDIA_TYPE, message)
    }

    /// The project has reached a quota. Not [`Error::rate_limited`], because waiting does not help.
    pub fn quota_exceeded(message: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, codes::QUOTA_EXCEEDED, message)
    }

    pub fn rate_limited(retry_after_s: u32) -> Self {
        let mut error = Self::new(Kind::RateLimited, codes::RATE_LIMITED, "Too many requests, try again later");
        error.retry_after_s = Some(retry_after_s);
        error
    }

    pub fn unavailable(message: impl Into<String>) -> Self {
        let mut error = Self::new(Kind::Unavailable, codes::UNAVAILABLE, message);
        error.retry_after_s = Some(1);
        error
    }

    /// Tells the client only that the server failed. The log gets `source`.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut error = Self::new(Kind::Internal, codes::INTERNAL_ERROR, "Internal server error");
        error.source = Some(Arc::from(source.into()));
        error
    }

    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}: {}", self.kind, self.code, self.message)?;
        match &self.source {
            Some(source) => write!(f, " ({source})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_called_by_its_name_on_the_wire() {
        let names = &[("envelope.to", "to"), ("content.0", "text")];
        for (engine, ours) in [
            ("envelope.to", "to"),
            ("envelope.to.1", "to.1"),
            ("envelope.tone", "envelope.tone"),
            ("content.0", "text"),
        ] {
            let error = Error::field(engine, "is wrong").renamed(names);
            assert_eq!((error.fields[0].path.as_str(), error.message), (ours, format!("{ours}: is wrong")));
        }
    }
}
