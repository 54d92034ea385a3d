//! Algoreg's claims on requests. It shares no path with another API, only prefixes.

use axum::http::Method;
use dialect_kit::{Claim, Head};

/// Algoreg's paths, with everything below them. `/api/v1/threads` and `/api/v1/messages` are not among them.
const OWN: &[&str] = &["/api/v1/message", "/api/v1/thread", "/api/v1/attachment/", "/api/v1/customers"];
/// Algoreg's paths for POST only, without anything below them.
const POSTED: &[&str] = &["/api/v1/token", "/api/v1/chat/token"];

/// Algoreg's claim on the request.
pub fn claim(head: &Head<'_>) -> Option<Claim> {
    match head.method == Method::POST && POSTED.contains(&head.path) {
        true => Some(Claim::whole(head.path)),
        false => Claim::of(head.path, OWN),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    fn claimed(method: Method, path: &str) -> bool {
        claim(&Head { method: &method, path, headers: &HeaderMap::new() }).is_some()
    }

    #[test]
    fn the_singular_is_algoregs_and_the_plural_is_not() {
        for path in [
            "/api/v1/message",
            "/api/v1/message/x",
            "/api/v1/thread",
            "/api/v1/thread/x",
            "/api/v1/thread/x/messages",
            "/api/v1/thread/search",
            "/api/v1/attachment/x",
            "/api/v1/customers",
        ] {
            assert!(claimed(Method::POST, path) && claimed(Method::DELETE, path), "{path}");
        }
        for path in
            ["/api/v1/messages", "/api/v1/threads/x/message", "/api/v1/attachment", "/v1/message", "/api/v1", "/"]
        {
            assert!(!claimed(Method::POST, path), "{path}");
        }
    }

    #[test]
    fn tokens_are_algoregs_only_when_asked_for() {
        for path in ["/api/v1/token", "/api/v1/chat/token"] {
            assert!(claimed(Method::POST, path) && !claimed(Method::GET, path), "{path}");
            assert!(!claimed(Method::POST, &format!("{path}/x")), "{path}");
        }
        assert!(!claimed(Method::POST, "/api/v1/chat/threads"));
    }
}
