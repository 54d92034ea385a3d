//! Which requests are this dialect's.

use dialect_everruns::Everruns;
use dialect_kit::{Claim, Contract, Head, Surface};
use domain::ThreadId;
use http::{HeaderMap, Method};
use uuid::Uuid;

fn claimed(path: &str, authorization: Option<&str>) -> Option<Claim> {
    let mut headers = HeaderMap::new();
    if let Some(value) = authorization {
        headers.insert("authorization", value.parse().unwrap());
    }
    Everruns::default().claims(&Head { method: &Method::GET, path, headers: &headers })
}

#[test]
fn its_paths_are_claimed_by_their_longest_prefix() {
    for (path, prefix) in [
        ("/v1/sessions", 12),
        ("/v1/sessions/x/messages", 12),
        ("/v1/agents/x", 10),
        ("/v1/models", 10),
        ("/v1/images/x", 10),
        ("/v1/channels/x/sessions", 12),
        ("/v1/threads/x", 4),
        ("/v1/sessionsx", 4),
        ("/api/v1/sessions/x", 16),
        ("/api/v1/agents", 14),
        ("/api/v1/images", 14),
        ("/api/v1/channels/x", 16),
        ("/api/v1/harnesses/x", 17),
        ("/api/v1/providers", 17),
        ("/api/v1/capabilities", 20),
    ] {
        assert_eq!(claimed(path, None), Some(Claim { prefix, by_credential: false }), "{path}");
    }
    for path in ["/", "/v1", "/v2/sessions", "/api/v1x", "/threadline/v1/threads"] {
        assert_eq!(claimed(path, Some("evr_pat_x")), None, "{path}");
    }
}

#[test]
fn what_nobody_has_below_the_shared_base_is_claimed_by_its_own_keys() {
    let by_key = Claim::whole("/api/v1").with_credential();
    for path in ["/api/v1", "/api/v1/x", "/api/v1/threads/x", "/api/v1/tasks"] {
        for own in ["evr_pat_abc", "Bearer evr_ak_abc", "bearer evr_pat_abc"] {
            assert_eq!(claimed(path, Some(own)), Some(by_key), "less than any noun of another dialect: {path} {own}");
        }
        for other in [None, Some("tl_abc"), Some("Bearer tl_abc"), Some("Basic ZXZyXzpldnJf")] {
            assert_eq!(claimed(path, other), None, "{path} {other:?}");
        }
    }
    assert_eq!(claimed("/api/v1/sessions/x", Some("evr_pat_abc")), Some(Claim::whole("/api/v1/sessions")));
}

#[test]
fn a_shared_path_is_claimed_by_the_key_alone() {
    const MODELS: &str = "/api/v1/models";
    for own in ["evr_pat_abc", "tl_abc", "Bearer evr_ak_abc", "bearer evr_pat_abc"] {
        assert_eq!(claimed(MODELS, Some(own)), Some(Claim::whole(MODELS).with_credential()), "{own}");
    }
    for capys in [None, Some("Bearer tl_abc"), Some("Bearer capy_abc")] {
        assert_eq!(claimed(MODELS, capys), None, "{capys:?}");
    }
}

#[test]
fn a_thread_is_spelled_as_a_session() {
    let dialect = Everruns::default();
    let id = ThreadId(Uuid::from_u128(0x0193_3b5a_0000_7000_8000_0000_0000_0001));
    assert_eq!(dialect.spell_thread(id), "session_01933b5a000070008000000000000001");
    assert_eq!(dialect.parse_thread(&dialect.spell_thread(id)), Some(id));
    assert_eq!(dialect.parse_thread("sess_01933b5a000070008000000000000001"), Some(id));
    assert_eq!(dialect.parse_thread("jam_01933b5a000070008000000000000001"), None);
}
