//! What every list has in common: limits and cursors.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::json;

use crate::server::{Api, reply, text};

/// The lists that have pages, each with at least two rows. `{t}` is a thread.
const LISTS: &[&str] = &[
    "/models",
    "/threads",
    "{t}/messages",
    "{t}/events",
    "{t}/turns",
    "/agents",
    "/members",
    "/keys",
    "/projects",
    "/audit",
    "/browser-snapshots",
];

/// A server on which every list has two rows or more, and its busiest thread.
async fn full() -> (Api, String) {
    let api = Api::start().await;
    api.thread().await;
    let thread = api.thread().await;
    api.post("/members", json!({"email": "ann@example.com"})).await.is(201);
    api.post("/members", json!({"email": "bob@example.com"})).await.is(201);
    for _ in 0..2 {
        let body = json!({"text": "x", "author": {"member": "ann@example.com"}});
        api.post(&format!("{thread}/messages"), body).await.is(201);
        api.settle(&thread).await;
        let state = json!({"cookies": [], "origins": []});
        api.post("/browser-snapshots", json!({"name": "s", "storage_state": state})).await.is(201);
    }
    api.post("/agents", json!({"name": "a"})).await.is(201);
    api.post("/projects", json!({"name": "a"})).await.is(201);
    api.post("/keys", json!({"name": "a", "scopes": ["read"]})).await.is(201);
    (api, thread)
}

#[tokio::test]
async fn every_list_is_read_page_by_page_to_its_end() {
    let (api, thread) = full().await;
    for list in LISTS {
        let path = list.replace("{t}", &thread);
        let whole = api.list(&path).await;
        assert!(whole.len() >= 2, "{path}");
        let (pages, count) = api.pages(&format!("{path}?limit=1")).await;
        assert_eq!((pages, count), (whole.clone(), whole.len()), "{path}");
        let exact = api.get(&format!("{path}?limit={}", whole.len())).await.is(200);
        assert_eq!(exact["next"], json!(null), "{path}");
    }
}

#[tokio::test]
async fn a_limit_out_of_range_is_refused_on_every_list() {
    let (api, thread) = full().await;
    for list in LISTS {
        let path = list.replace("{t}", &thread);
        for bad in ["0", "-1", "1001", "x", "1.5", "", "9223372036854775808", "1&limit=1"] {
            assert_eq!(api.get(&format!("{path}?limit={bad}")).await.at_fault(), "limit", "{path} {bad}");
        }
        api.get(&format!("{path}?limit=1000")).await.is(200);
    }
}

#[tokio::test]
async fn a_cursor_opens_its_own_list_and_no_other() {
    let (api, thread) = full().await;
    let (_, foreign) = api.test().other_project().await;
    for list in LISTS {
        let path = list.replace("{t}", &thread);
        let cursor = text(&api.get(&format!("{path}?limit=1")).await.is(200)["next"]);
        assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{cursor}");
        let with = |path: &str, cursor: &str| format!("{path}?limit=1&cursor={cursor}");
        api.get(&with(&path, &cursor)).await.is(200);
        for other in LISTS.iter().filter(|other| *other != list) {
            let refused = api.get(&with(&other.replace("{t}", &thread), &cursor)).await;
            assert_eq!(refused.refused(400), "invalid_cursor", "{list} {other}");
        }
        let theirs = api.bare(Method::GET, &format!("/threadline/v1{}", with(&path, &cursor))).bearer_auth(&foreign);
        let code = reply(theirs).await.json()["code"].clone();
        assert!(code == "invalid_cursor" || code == "thread_not_found", "{path}: {code}");
        for bit in [0, 7, 20, 63] {
            let mut bytes = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let refused = api.get(&with(&path, &URL_SAFE_NO_PAD.encode(bytes))).await;
            assert_eq!(refused.refused(400), "invalid_cursor", "{path}");
        }
        for bad in ["", "x", "0", &"A".repeat(10_240), &format!("{cursor}A")] {
            assert_eq!(api.get(&with(&path, bad)).await.refused(400), "invalid_cursor", "{path} {bad}");
        }
        assert_eq!(api.get(&format!("{}&cursor={cursor}", with(&path, &cursor))).await.at_fault(), "cursor");
    }
}

#[tokio::test]
async fn a_cursor_holds_for_the_same_filters_alone() {
    let (api, thread) = full().await;
    for (list, others) in [
        ("/threads?state=open", vec!["/threads", "/threads?state=closed", "/threads?state=open&q=x"]),
        ("/agents?archived=true", vec!["/agents"]),
        ("{t}/messages?order=desc", vec!["{t}/messages", "{t}/messages?order=desc&after=1"]),
        ("{t}/events?types=message.created", vec!["{t}/events", "{t}/events?types=message.completed"]),
    ] {
        let cursor = text(&api.get(&format!("{}&limit=1", list.replace("{t}", &thread))).await.is(200)["next"]);
        for other in others {
            let mark = if other.contains('?') { '&' } else { '?' };
            let refused = api.get(&format!("{}{mark}cursor={cursor}", other.replace("{t}", &thread))).await;
            assert_eq!(refused.refused(400), "invalid_cursor", "{list} {other}");
        }
    }
    let elsewhere = api.thread().await;
    let cursor = text(&api.get(&format!("{thread}/messages?limit=1")).await.is(200)["next"]);
    let refused = api.get(&format!("{elsewhere}/messages?cursor={cursor}")).await;
    assert_eq!(refused.refused(400), "invalid_cursor");
}

#[tokio::test]
async fn a_name_that_a_query_should_not_have_is_refused_and_nothing_is_done() {
    let api = Api::start().await;
    for path in ["/threads?Limit=1", "/threads?limit=1&x=1", "/agents?wait=1", "/limits?x"] {
        assert_eq!(api.get(path).await.refused(400), "invalid_parameter", "{path}");
    }
    assert_eq!(api.post("/threads?titel=x", serde_json::json!({"title": "x"})).await.refused(400), "invalid_parameter");
    assert_eq!(api.get("/threads").await.is(200)["data"], serde_json::json!([]));
    for path in ["/threads?limit=+5", "/threads?limit=05", "/threads?limit=%2B5"] {
        assert_eq!(api.get(path).await.at_fault(), "limit", "{path}");
    }
}
