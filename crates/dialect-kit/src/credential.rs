//! Credentials: readers of headers for the dialects' rules, and the caller in the view of a handler.

use axum::extract::FromRequestParts;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{Error, Result, caller::Caller};
use engine::App;
use http::{HeaderMap, header::AUTHORIZATION, request::Parts};

use crate::Fault;

/// A key or another secret as it was sent. It is never printed, not even in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    secret: String,
    kind: Kind,
}

/// The meaning of a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A key or a token.
    Key,
    /// The secret of a browser's sign-in, which is no key in any dialect.
    SignIn,
}

impl Credential {
    /// # Errors
    /// `unauthenticated` unless it is 1–256 visible ASCII characters.
    pub fn new(secret: impl Into<String>) -> Result<Self> {
        let secret = secret.into();
        let well_formed = (1..=256).contains(&secret.len()) && secret.bytes().all(|b| b.is_ascii_graphic());
        well_formed.then_some(Self { secret, kind: Kind::Key }).ok_or_else(Error::unauthenticated)
    }

    /// The secret of a browser's sign-in.
    ///
    /// # Errors
    /// As [`Credential::new`].
    pub fn of_sign_in(secret: impl Into<String>) -> Result<Self> {
        Ok(Self { kind: Kind::SignIn, ..Self::new(secret)? })
    }

    pub(crate) async fn caller(&self, app: &App) -> Result<Caller> {
        match self.kind {
            Kind::Key => app.authenticate(&self.secret).await,
            Kind::SignIn => app.signed_in(&self.secret).await,
        }
    }

    pub fn secret(&self) -> &str {
        &self.secret
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential(…)")
    }
}

/// The value of a header that may appear once. `None` without it.
///
/// # Errors
/// `unauthenticated` if it appears twice or is not text, because it is unclear which key is meant.
pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Error::unauthenticated()),
        (Some(_), Some(_)) => Err(Error::unauthenticated()),
    }
}

/// The rest of `Authorization` after `scheme` and spaces. `None` for another scheme or none. Schemes are
/// case-insensitive.
///
/// # Errors
/// `unauthenticated` if the header appears twice or is not text.
pub fn scheme<'a>(headers: &'a HeaderMap, scheme: &str) -> Result<Option<&'a str>> {
    let Some((first, rest)) = header(headers, AUTHORIZATION.as_str())?.and_then(|value| value.split_once(' ')) else {
        return Ok(None);
    };
    Ok(first.eq_ignore_ascii_case(scheme).then(|| rest.trim_matches(' ')))
}

/// `Authorization: Bearer <key>`.
///
/// # Errors
/// `unauthenticated` without it.
pub fn bearer(headers: &HeaderMap) -> Result<Credential> {
    scheme(headers, "Bearer")?.ok_or_else(Error::unauthenticated).and_then(Credential::new)
}

/// `Authorization: Basic base64(<any user name>:<key>)`.
///
/// # Errors
/// `unauthenticated` without it.
pub fn basic(headers: &HeaderMap) -> Result<Credential> {
    let encoded = scheme(headers, "Basic")?.ok_or_else(Error::unauthenticated)?;
    let decoded = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = decoded.ok_or_else(Error::unauthenticated)?;
    let (_, password) = pair.split_once(':').ok_or_else(Error::unauthenticated)?;
    Credential::new(password)
}

/// The authenticated sender. An extractor; the key was checked before the body is read.
#[derive(Clone, Debug)]
pub struct Authed(pub Caller);

impl<S: Sync> FromRequestParts<S> for Authed {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        parts.extensions.get::<Caller>().cloned().map(Self).ok_or_else(|| Error::unauthenticated().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rule: fn(&HeaderMap) -> Result<Credential>, values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        rule(&headers).ok().map(|credential| credential.secret().to_owned())
    }

    #[test]
    fn a_bearer_key_is_read_once_and_only_as_bearer() {
        assert_eq!(read(bearer, &["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(read(bearer, &["bearer  abc"]).as_deref(), Some("abc"));
        for bad in [&[][..], &["abc"], &["Bearer"], &["Bearer "], &["Basic abc"], &["Bearer a b"]] {
            assert_eq!(read(bearer, bad), None, "{bad:?}");
        }
        assert_eq!(read(bearer, &["Bearer abc", "Bearer abc"]), None);
        assert_eq!(read(bearer, &[&format!("Bearer {}", "x".repeat(257))]), None);
    }

    #[test]
    fn the_password_of_basic_is_the_key() {
        assert_eq!(read(basic, &["Basic YW55OnRsX2E6Yg=="]).as_deref(), Some("tl_a:b"));
        assert_eq!(read(basic, &["Basic OmtleQ=="]).as_deref(), Some("key"));
        for bad in ["Basic YW55", "Basic YW55Og==", "Basic !!!!", "Bearer YW55Omtl"] {
            assert_eq!(read(basic, &[bad]), None, "{bad}");
        }
    }

    #[test]
    fn a_credential_is_never_printed() {
        assert_eq!(format!("{:?}", Credential::new("secret").unwrap()), "Credential(…)");
    }
}
