//! Which requests are Feather's. It shares `/api/v1/threads` with another API; the method or the credential decides.

use axum::http::{Method, header::AUTHORIZATION};
use dialect_kit::{Head, claim};

use crate::KEY_HEADER;

const THREADS: &str = "/api/v1/threads";
/// Where web chat threads are made: nobody else takes a POST there.
const WEB: &str = "/api/v1/threads/web";
/// Feather's whatever the credential.
const CHAT: &str = "/api/v1/chat";
/// Feather's for requests that bring its key.
const KEYED: &[&str] = &["/api/v1", THREADS];
/// Another API has this too, by another header: Feather's for requests that bring its key and not that one.
const KEYED_ALONE: &[&str] = &["/api/v1/agents"];

/// The length of the longest prefix of the path that is Feather's. Its key in the header weighs one more than the same
/// prefix without.
pub fn length(head: &Head<'_>) -> Option<usize> {
    match (below_thread(head.path), head.method) {
        _ if head.path == WEB && head.method == Method::POST => Some(WEB.len()),
        // The singular is the other API's alone.
        (Some("message"), _) => None,
        (Some("stream"), _) | (Some("messages"), &Method::POST) => Some(head.path.len()),
        _ => {
            let is_keyed = head.headers.contains_key(KEY_HEADER);
            let is_keyed_alone = is_keyed && !head.headers.contains_key(AUTHORIZATION);
            let keyed = claim(head.path, KEYED).filter(|_| is_keyed);
            let keyed = keyed.max(claim(head.path, KEYED_ALONE).filter(|_| is_keyed_alone));
            claim(head.path, &[CHAT]).max(keyed.map(|length| length + 1))
        }
    }
}

/// Whether another API has the path too, so that a request with both APIs' credentials is ambiguous.
pub fn is_shared(path: &str) -> bool {
    claim(path, &[THREADS]).is_some() && below_thread(path) != Some("stream") && path != WEB
}

/// Whether the path is of the public API, whose callers have tokens.
pub fn is_chat(path: &str) -> bool {
    claim(path, &[CHAT]).is_some()
}

/// What stands after a thread's id: `messages` of `/api/v1/threads/{id}/messages`.
fn below_thread(path: &str) -> Option<&str> {
    let (_, below) = path.strip_prefix(THREADS)?.strip_prefix('/')?.split_once('/')?;
    Some(below)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    fn claimed(method: Method, path: &str, keyed: bool) -> Option<usize> {
        let mut headers = HeaderMap::new();
        if keyed {
            headers.insert(KEY_HEADER, "key".parse().unwrap());
        }
        length(&Head { method: &method, path, headers: &headers })
    }

    #[test]
    fn sends_and_streams_are_claimed_whatever_the_credential() {
        for keyed in [true, false] {
            assert_eq!(claimed(Method::POST, "/api/v1/threads/x/messages", keyed), Some(26));
            assert_eq!(claimed(Method::GET, "/api/v1/threads/x/stream", keyed), Some(24));
            assert_eq!(claimed(Method::POST, "/api/v1/threads/x/message", keyed), None);
            assert_eq!(claimed(Method::GET, "/api/v1/chat/threads", keyed), Some(CHAT.len()));
            assert_eq!(claimed(Method::POST, "/api/v1/threads/web", keyed), Some(WEB.len()));
        }
    }

    #[test]
    fn other_paths_of_threads_are_claimed_with_the_key_alone() {
        for path in ["/api/v1/threads", "/api/v1/threads/x", "/api/v1/threads/x/messages", "/api/v1/threads/x/close"] {
            assert_eq!(claimed(Method::GET, path, true), Some(THREADS.len() + 1), "{path}");
            assert_eq!(claimed(Method::GET, path, false), None, "{path}");
        }
        assert_eq!(claimed(Method::POST, "/api/v1/threads/x/messages/", false), None);
        assert_eq!(claimed(Method::GET, "/api/v1/whatever", true), Some("/api/v1".len() + 1));
        assert_eq!(claimed(Method::GET, "/v1/threads/x/messages", true), None);
    }

    #[test]
    fn agents_are_claimed_with_the_key_and_no_other() {
        const AGENTS: &str = "/api/v1/agents";
        let mut headers = HeaderMap::new();
        let mut claimed = |name: &'static str| {
            headers.insert(name, "key".parse().unwrap());
            length(&Head { method: &Method::GET, path: AGENTS, headers: &headers })
        };
        assert_eq!(claimed(KEY_HEADER), Some(AGENTS.len() + 1));
        assert_eq!(claimed("authorization"), Some("/api/v1".len() + 1));
    }

    #[test]
    fn only_the_stream_is_not_shared() {
        for path in ["/api/v1/threads", "/api/v1/threads/x", "/api/v1/threads/x/messages"] {
            assert!(is_shared(path), "{path}");
        }
        assert!(!is_shared("/api/v1/threads/x/stream") && !is_shared("/api/v1/chat/threads"));
    }
}
