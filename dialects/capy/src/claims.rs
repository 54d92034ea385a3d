//! Capy's claims on requests.

use axum::http::header::AUTHORIZATION;
use dialect_kit::{Claim, Head, credential};

/// Capy's nouns. Below `/v1`, only these are Capy's. Below `/api/v1`, Capy also answers unclaimed requests.
const OWN: &[&str] = &[
    "/api/v1",
    "/api/v1/threads",
    "/api/v1/projects",
    "/api/v1/tasks",
    "/api/v1/usage",
    "/v1/threads",
    "/v1/projects",
    "/v1/tasks",
    "/v1/usage",
];

/// Paths of another API as well, whose SDKs have the same base. The credential decides.
const BY_CREDENTIAL: &[&str] = &["/api/v1/models", "/api/v1/sessions/verify"];

/// The prefix of that API's keys.
const FOREIGN_KEY_PREFIX: &str = "evr_";

/// Capy's claim on the request.
pub fn claim(head: &Head<'_>) -> Option<Claim> {
    let by_credential = Claim::of(head.path, BY_CREDENTIAL).filter(|_| has_own_credential(head));
    Claim::of(head.path, OWN).max(by_credential)
}

/// Tells whether the credential is one of Capy's clients: none, or a bearer key without the other API's prefix.
fn has_own_credential(head: &Head<'_>) -> bool {
    match credential::scheme(head.headers, "Bearer") {
        Ok(Some(key)) => !key.starts_with(FOREIGN_KEY_PREFIX),
        Ok(None) => !head.headers.contains_key(AUTHORIZATION),
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Method};

    use super::*;

    fn claimed(path: &str, authorization: Option<&str>) -> Option<Claim> {
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value.parse().unwrap());
        }
        claim(&Head { method: &Method::GET, path, headers: &headers })
    }

    #[test]
    fn its_nouns_are_claimed_under_both_bases() {
        for (path, prefix) in [
            ("/api/v1/threads/x/message", "/api/v1/threads"),
            ("/api/v1/tasks/x", "/api/v1/tasks"),
            ("/v1/threads/x/messages", "/v1/threads"),
            ("/v1/projects/p/browser-snapshots", "/v1/projects"),
            ("/v1/usage", "/v1/usage"),
        ] {
            assert_eq!(claimed(path, None), Some(Claim::whole(prefix)), "{path}");
        }
        assert_eq!(claimed("/api/v1/whatever", None), Some(Claim::whole("/api/v1")));
        assert_eq!(claimed("/v1/sessions/x", None), None);
        assert_eq!(claimed("/v1/models", None), None);
        assert_eq!(claimed("/elsewhere", None), None);
    }

    #[test]
    fn the_credential_says_whose_path_is_meant() {
        let rest = Some(Claim::whole("/api/v1"));
        for (authorization, is_own) in [
            (None, true),
            (Some("Bearer capy_1"), true),
            (Some("bearer tl_1"), true),
            (Some("Bearer evr_pat_1"), false),
            (Some("Bearer evr_ak_1"), false),
            (Some("evr_pat_1"), false),
            (Some("capy_1"), false),
            (Some("Basic YTpi"), false),
        ] {
            for path in ["/api/v1/models", "/api/v1/sessions/verify"] {
                let expected = if is_own { Some(Claim::whole(path)) } else { rest };
                assert_eq!(claimed(path, authorization), expected, "{path} {authorization:?}");
            }
        }
    }
}
