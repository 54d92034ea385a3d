//! Signed identities: compact JSON Web Tokens (RFC 7519) with HMAC-SHA256, made by a project's own server.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Error, GuestId, Kind, Limits, Result, Timestamp, codes};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

use crate::validate;

/// The person whom an identity names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The project's own id of the person.
    pub(crate) sub: String,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
}

/// Longest text of an identity. A longer one is refused unread.
const CHARS_MAX: usize = 8_192;

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    typ: Option<String>,
    /// Extensions that a reader must know. This one knows none.
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    aud: String,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
}

/// Reads the identity. One of the secrets must have signed it, for this agent, for at most
/// [`Limits::guest_identity_s`] from now on.
///
/// # Errors
/// `forbidden` with one code and message for every reason, which the source tells the log.
pub(crate) fn read(text: &str, secrets: &[String], agent: GuestId, now: Timestamp, limits: &Limits) -> Result<Named> {
    let claims = verify(text, secrets).map_err(refused)?;
    check(&claims, agent, now, limits).map_err(refused)?;
    let Claims { sub, name, email, .. } = claims;
    validate::identifier("sub", &sub, limits.customer_id_chars).map_err(|_| refused("a bad sub"))?;
    let name = name.filter(|name| !name.is_empty());
    let named = name.as_deref().map_or(Ok(()), |name| validate::label("name", name, limits.customer_id_chars));
    named.map_err(|_| refused("a bad name"))?;
    let email = email.filter(|email| !email.is_empty());
    let addressed = email.as_deref().map_or(Ok(()), |email| validate::address("email", email, limits).map(drop));
    addressed.map_err(|_| refused("a bad email"))?;
    Ok(Named { sub, name, email })
}

/// The claims of a token that one of the secrets has signed. The comparison takes constant time.
fn verify(text: &str, secrets: &[String]) -> std::result::Result<Claims, &'static str> {
    if text.len() > CHARS_MAX {
        return Err("it is too long");
    }
    let (said, tag) = text.rsplit_once('.').ok_or("it has no signature")?;
    let (header, claims) = said.split_once('.').ok_or("it has no claims")?;
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "it is not base64url");
    let header: Header = serde_json::from_slice(&bytes(header)?).map_err(|_| "its header is not JSON of a token")?;
    // The algorithm is fixed here, because a token must not choose how it is checked.
    if header.alg != "HS256" {
        return Err("its algorithm is not HS256");
    }
    if header.crit.is_some() || header.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("jwt")) {
        return Err("it is not a plain token");
    }
    let tag = bytes(tag)?;
    let signs = |secret: &String| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(said.as_bytes());
        mac.verify_slice(&tag).is_ok()
    };
    if !secrets.iter().any(signs) {
        return Err("no secret of the agent has signed it");
    }
    serde_json::from_slice(&bytes(claims)?).map_err(|_| "its claims are incomplete")
}

fn check(claims: &Claims, agent: GuestId, now: Timestamp, limits: &Limits) -> std::result::Result<(), &'static str> {
    const SECOND_US: i64 = 1_000_000;
    let now_s = now.0.div_euclid(SECOND_US);
    let most_s = i64::try_from(limits.guest_identity_s).unwrap_or(i64::MAX);
    match claims {
        claims if claims.aud != agent.to_string() => Err("it is for another agent"),
        claims if claims.exp <= now_s => Err("it has expired"),
        claims if claims.exp.saturating_sub(now_s) > most_s => Err("it lives for too long"),
        claims if claims.nbf.is_some_and(|nbf| nbf > now_s) => Err("it is not good yet"),
        _ => Ok(()),
    }
}

fn refused(why: &'static str) -> Error {
    let message = "The identity is not valid: it must be signed by HS256 with the agent's guest secret, for this agent, and not expired";
    Error::new(Kind::Forbidden, codes::IDENTITY_NOT_VALID, message).with_source(why.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_500_000);
    const SECRET: &str = "tlg_secret";

    fn agent() -> GuestId {
        GuestId(Uuid::from_u128(7))
    }

    fn signed(header: &Value, claims: &Value, secret: &str) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let said = format!("{}.{}", part(header), part(claims));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(said.as_bytes());
        format!("{said}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    fn header() -> Value {
        json!({"alg": "HS256", "typ": "JWT"})
    }

    fn claims(change: &Value) -> Value {
        let mut claims = json!({"sub": "u-1", "aud": agent().to_string(), "exp": 1_800_000_060});
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        claims
    }

    fn read(text: &str) -> Result<Named> {
        super::read(text, &["other".into(), SECRET.into()], agent(), NOW, &Limits::default())
    }

    #[test]
    fn a_signed_identity_names_a_person() {
        let more = json!({"name": "Ada", "email": "ada@example.com", "iat": 1, "more": [1]});
        let named = read(&signed(&header(), &claims(&more), SECRET)).unwrap();
        assert_eq!(named, Named { sub: "u-1".into(), name: Some("Ada".into()), email: Some("ada@example.com".into()) });
        for (exp, is_good) in
            [(1_800_000_000, false), (1_800_000_001, true), (1_800_003_600, true), (1_800_003_601, false)]
        {
            assert_eq!(read(&signed(&header(), &claims(&json!({"exp": exp})), SECRET)).is_ok(), is_good, "{exp}");
        }
        assert!(
            read(&signed(&json!({"alg": "HS256"}), &claims(&json!({"name": "", "nbf": 1_800_000_000})), SECRET))
                .is_ok()
        );
    }

    #[test]
    fn whatever_else_is_refused_alike() {
        let good = signed(&header(), &claims(&json!({})), SECRET);
        let (said, _) = good.rsplit_once('.').unwrap();
        let mut bad = vec![
            String::new(),
            ".".into(),
            "..".into(),
            said.into(),
            format!("{said}."),
            format!("{good}A"),
            format!("{good}="),
            format!(".{good}"),
            good.replacen('.', "..", 1),
            good.repeat(100),
            signed(&header(), &claims(&json!({})), "guessed"),
            signed(&header(), &claims(&json!({})), ""),
        ];
        for own in [
            json!({"alg": "none"}),
            json!({"alg": "HS512"}),
            json!({"alg": "hs256"}),
            json!({"alg": "RS256"}),
            json!({"alg": ["HS256"]}),
            json!({}),
            json!([]),
            json!({"alg": "HS256", "crit": ["b64"], "b64": false}),
            json!({"alg": "HS256", "typ": "at+jwt"}),
        ] {
            bad.push(signed(&own, &claims(&json!({})), SECRET));
        }
        let none = signed(&json!({"alg": "none"}), &claims(&json!({})), SECRET);
        bad.push(format!("{}.", none.rsplit_once('.').unwrap().0));
        for change in [
            json!({"aud": Uuid::from_u128(8).to_string()}),
            json!({"aud": null}),
            json!({"aud": [agent().to_string()]}),
            json!({"exp": null}),
            json!({"exp": 1_799_999_999}),
            json!({"exp": 1_800_000_060.5}),
            json!({"exp": "1800000060"}),
            json!({"exp": i64::MAX}),
            json!({"exp": i64::MIN}),
            json!({"nbf": 1_800_000_001}),
            json!({"sub": ""}),
            json!({"sub": 1}),
            json!({"sub": "a\nb"}),
            json!({"sub": "s".repeat(256)}),
            json!({"email": "nobody"}),
            json!({"name": "a\nb"}),
        ] {
            bad.push(signed(&header(), &claims(&change), SECRET));
        }
        for text in bad {
            let refused = read(&text).unwrap_err();
            assert_eq!((refused.kind, refused.code), (Kind::Forbidden, codes::IDENTITY_NOT_VALID), "{text}");
        }
        assert!(super::read(&good, &[], agent(), NOW, &Limits::default()).is_err(), "without a secret nobody is named");
    }
}
