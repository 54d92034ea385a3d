//! Feather's claims on requests. It shares `/api/v1/threads` with another API; the method or the credential decides.

use axum::http::{Method, header::AUTHORIZATION};
use dialect_kit::{Claim, Head, is_below};

use crate::KEY_HEADER;

const THREADS: &str = "/api/v1/threads";
/// The path for creating web chat threads. No other API has a POST there.
const WEB: &str = "/api/v1/threads/web";
/// Feather's with any credential.
const CHAT: &str = "/api/v1/chat";
/// Feather's for requests with its key.
const KEYED: &[&str] = &["/api/v1", THREADS];
/// Another API has these paths too, with another header. Feather's for requests with its key and without that header.
const KEYED_ALONE: &[&str] = &["/api/v1/agents"];

/// Feather's claim on the request.
pub fn claim(head: &Head<'_>) -> Option<Claim> {
    match (below_thread(head.path), head.method) {
        _ if head.path == WEB && head.method == Method::POST => Some(Claim::whole(WEB)),
        // The singular belongs to the other API only.
        (Some("message"), _) => None,
        (Some("stream"), _) | (Some("messages"), &Method::POST) => Some(Claim::whole(head.path)),
        _ => {
            let is_keyed = head.headers.contains_key(KEY_HEADER);
            let is_keyed_alone = is_keyed && !head.headers.contains_key(AUTHORIZATION);
            let keyed = Claim::of(head.path, KEYED).filter(|_| is_keyed);
            let keyed = keyed.max(Claim::of(head.path, KEYED_ALONE).filter(|_| is_keyed_alone));
            Claim::of(head.path, &[CHAT]).max(keyed.map(Claim::with_credential))
        }
    }
}

/// Tells whether another API has the path too, so that a request with both credentials is ambiguous.
pub fn is_shared(path: &str) -> bool {
    is_below(path, &[THREADS]) && below_thread(path) != Some("stream") && path != WEB
}

/// Tells whether the path is of the public API, whose callers have tokens.
pub fn is_chat(path: &str) -> bool {
    is_below(path, &[CHAT])
}

/// The path after a thread's id: `messages` in `/api/v1/threads/{id}/messages`.
fn below_thread(path: &str) -> Option<&str> {
    let (_, below) = path.strip_prefix(THREADS)?.strip_prefix('/')?.split_once('/')?;
    Some(below)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    fn claimed(method: Method, path: &str, keyed: bool) -> Option<Claim> {
        let mut headers = HeaderMap::new();
        if keyed {
            headers.insert(KEY_HEADER, "key".parse().unwrap());
        }
        claim(&Head { method: &method, path, headers: &headers })
    }

    #[test]
    fn sends_and_streams_are_claimed_whatever_the_credential() {
        const SEND: &str = "/api/v1/threads/x/messages";
        const STREAM: &str = "/api/v1/threads/x/stream";
        for keyed in [true, false] {
            assert_eq!(claimed(Method::POST, SEND, keyed), Some(Claim::whole(SEND)));
            assert_eq!(claimed(Method::GET, STREAM, keyed), Some(Claim::whole(STREAM)));
            assert_eq!(claimed(Method::POST, "/api/v1/threads/x/message", keyed), None);
            assert_eq!(claimed(Method::GET, "/api/v1/chat/threads", keyed), Some(Claim::whole(CHAT)));
            assert_eq!(claimed(Method::POST, "/api/v1/threads/web", keyed), Some(Claim::whole(WEB)));
        }
    }

    #[test]
    fn other_paths_of_threads_are_claimed_with_the_key_alone() {
        for path in ["/api/v1/threads", "/api/v1/threads/x", "/api/v1/threads/x/messages", "/api/v1/threads/x/close"] {
            assert_eq!(claimed(Method::GET, path, true), Some(Claim::whole(THREADS).with_credential()), "{path}");
            assert_eq!(claimed(Method::GET, path, false), None, "{path}");
        }
        assert_eq!(claimed(Method::POST, "/api/v1/threads/x/messages/", false), None);
        assert_eq!(claimed(Method::GET, "/api/v1/whatever", true), Some(Claim::whole("/api/v1").with_credential()));
        assert_eq!(claimed(Method::GET, "/v1/threads/x/messages", true), None);
    }

    #[test]
    fn agents_are_claimed_with_the_key_and_no_other() {
        const AGENTS: &str = "/api/v1/agents";
        let mut headers = HeaderMap::new();
        let mut claimed = |name: &'static str| {
            headers.insert(name, "key".parse().unwrap());
            claim(&Head { method: &Method::GET, path: AGENTS, headers: &headers })
        };
        assert_eq!(claimed(KEY_HEADER), Some(Claim::whole(AGENTS).with_credential()));
        assert_eq!(claimed("authorization"), Some(Claim::whole("/api/v1").with_credential()));
    }

    #[test]
    fn only_the_stream_is_not_shared() {
        for path in ["/api/v1/threads", "/api/v1/threads/x", "/api/v1/threads/x/messages"] {
            assert!(is_shared(path), "{path}");
        }
        assert!(!is_shared("/api/v1/threads/x/stream") && !is_shared("/api/v1/chat/threads"));
    }
}
