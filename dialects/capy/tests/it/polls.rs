//! What a client costs that asks again every second.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::controls::Policy;
use engine::testing::{Choices, Ran, TestApp};
use reqwest::Method;

use crate::client::{Door, Reply};

/// A thread with `count` messages beside others that have some.
async fn filled(count: usize) -> (Door, Arc<AtomicI64>) {
    let (clock, now) = TestApp::manual_clock();
    let door = Door::of(Choices { clock, ..Choices::default() }).await;
    let test = &door.server.test;
    door.fill(count).await;
    let other = test.thread().await.id;
    for n in 0..count {
        test.say(other, &n.to_string(), Policy::Queue).await;
    }
    (door, now)
}

/// What the request costs: the least of several tries, since what runs in the background only adds to it. `before` each.
async fn cost(door: &Door, path: &str, known: Option<&str>, status: u16, before: impl Fn()) -> Ran {
    let test = &door.server.test;
    let mut costs = Vec::new();
    for _ in 0..10 {
        before();
        let ran = test.ran();
        let mut request = door.request(Method::GET, path).bearer_auth(&test.key);
        if let Some(tag) = known {
            request = request.header("if-none-match", tag);
        }
        assert_eq!(Reply::of(request).await.status, status, "{path} {known:?}");
        costs.push(Ran { steps: 0, ..test.ran() - ran });
    }
    costs.into_iter().min_by_key(|ran| ran.statements).expect("ten")
}

const ONE_INDEXED_READ: Ran = Ran { reads: 1, writes: 0, statements: 1, scanned: 0, steps: 0 };

#[tokio::test]
async fn a_poll_is_one_indexed_read_whether_or_not_there_is_something_new() {
    let (door, now) = filled(120).await;
    let thread = format!("/api/v1/threads/{}", door.thread.prefixed("jam_"));
    let messages = door.messages_path();
    let next = door.list("limit=10").await.json()["nextCursor"].as_str().expect("a cursor").to_owned();
    for path in [
        thread,
        messages.clone(),
        format!("{messages}?limit=1"),
        format!("{messages}?limit=100"),
        format!("{messages}?limit=10&cursor={next}"),
    ] {
        let tag = door.get(&path).await.header("etag").to_owned();
        assert!(!tag.is_empty(), "{path}");
        for (known, status) in [(None, 200), (Some(tag.as_str()), 304), (Some("\"another\""), 200), (Some("*"), 304)] {
            let ran = cost(&door, &path, known, status, || ()).await;
            assert_eq!(ran, ONE_INDEXED_READ, "{path} {known:?}");
        }
        // A key is looked up again when it was not for five seconds.
        let ran = cost(&door, &path, Some(&tag), 304, || _ = now.fetch_add(5_000_000, Ordering::Relaxed)).await;
        assert_eq!(ran, Ran { reads: 2, statements: 2, ..ONE_INDEXED_READ }, "{path}");
    }
}

#[tokio::test]
async fn a_poll_after_something_new_is_one_indexed_read_too() {
    let (door, _) = filled(3).await;
    let test = &door.server.test;
    let messages = door.messages_path();
    let stale = door.get(&messages).await.header("etag").to_owned();
    test.say(door.thread, "new", Policy::Queue).await;
    let ran = cost(&door, &messages, Some(&stale), 200, || ()).await;
    assert_eq!(ran, ONE_INDEXED_READ);
    let page = Reply::of(door.request(Method::GET, &messages).bearer_auth(&test.key).header("if-none-match", &stale));
    assert_eq!(page.await.json()["items"][0]["content"], "new");
}
