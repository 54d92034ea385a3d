//! `GET …/threads/{threadId}/messages`: pages that are stable, and cursors that nobody can make.

use domain::{Timestamp, agent::Settings, controls::Policy};
use serde_json::{Value, json};

use crate::client::{Door, Refused};

fn contents(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("items");
    items.iter().map(|item| item["content"].as_str().expect("a text").to_owned()).collect()
}

#[tokio::test]
async fn an_empty_thread_has_an_empty_page() {
    let door = Door::open().await;
    assert_eq!(door.list("").await.json(), json!({"items": [], "nextCursor": null, "hasMore": false}));
}

#[tokio::test]
async fn the_newest_come_first_50_by_default_and_100_at_most() {
    let door = Door::open().await;
    door.fill(103).await;
    let page = door.list("").await.json();
    assert_eq!(contents(&page), (53..103).rev().map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(page["hasMore"], true);
    for (query, count) in [("limit=1", 1), ("limit=99", 99), ("limit=100", 100), ("limit=7&unknown=1", 7)] {
        assert_eq!(contents(&door.list(query).await.json()).len(), count, "{query}");
    }
    for query in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=1.0",
        "limit=x",
        "limit=",
        "limit",
        "limit=1e1",
        "limit=0x10",
        "limit=9223372036854775808",
        "limit=5&limit=5",
        "limit=%ff",
    ] {
        door.list(query).await.invalid("limit");
    }
}

#[tokio::test]
async fn times_have_six_digits_and_grow() {
    let door = Door::open().await;
    door.fill(20).await;
    let page = door.list("").await.json();
    let times: Vec<&str> =
        page["items"].as_array().expect("items").iter().filter_map(|item| item["createdAt"].as_str()).collect();
    assert_eq!(times.len(), 20);
    for pair in times.windows(2) {
        assert!(pair[0] > pair[1], "{pair:?}");
    }
    for time in times {
        assert_eq!((time.len(), &time[19..20], &time[26..]), (27, ".", "Z"), "{time}");
        assert_eq!(Timestamp::parse(time).map(|at| at.to_string()).as_deref(), Some(time));
    }
}

#[tokio::test]
async fn pages_are_whole_and_stable_while_messages_arrive() {
    for (count, limit) in [(0, 1), (1, 1), (2, 1), (9, 3), (10, 3), (11, 3), (5, 100)] {
        let door = Door::open().await;
        let page = async |cursor: Option<String>| {
            let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = door.list(&format!("limit={limit}{cursor}")).await.json();
            assert_eq!(page["nextCursor"].is_null(), page["hasMore"] == false, "{page}");
            let next = page["nextCursor"].as_str().map(str::to_owned);
            let plain = |next: &String| next.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
            assert!(next.as_ref().is_none_or(plain), "{next:?}");
            (contents(&page), next)
        };
        door.assert_stable(count, limit, page).await;
    }
}

#[tokio::test]
async fn what_has_nothing_to_read_is_left_out_before_pages_are_counted() {
    let door = Door::open().await;
    door.look().await;
    let page = door.list("limit=1").await.json();
    assert_eq!((contents(&page), &page["hasMore"]), (vec!["found".to_owned()], &json!(true)));
    let next = page["nextCursor"].as_str().expect("a cursor");
    let page = door.list(&format!("limit=1&cursor={next}")).await.json();
    assert_eq!((contents(&page), &page["hasMore"]), (vec!["look".to_owned()], &json!(false)));
}

#[tokio::test]
async fn links_stand_in_the_content_in_brackets() {
    let door = Door::open().await;
    door.server.test.default_agent(Settings { paused: true, ..Settings::default() }).await;
    door.send(&json!({"message": "look:", "attachmentUrls": ["https://example.com/a.png"]})).await;
    assert_eq!(contents(&door.list("").await.json()), ["look:\n\n[https://example.com/a.png]"]);
}

#[tokio::test]
async fn a_cursor_that_was_not_given_out_for_this_list_is_422() {
    let door = Door::open().await;
    let test = &door.server.test;
    door.fill(3).await;
    let own = door.list("limit=1").await.json()["nextCursor"].as_str().expect("a cursor").to_owned();
    let second = test.thread().await.id;
    for _ in 0..2 {
        test.say(second, "x", Policy::Queue).await;
    }
    let of_second = door.get(&format!("/v1/threads/{second}/messages?limit=1")).await.json();
    let of_second = of_second["nextCursor"].as_str().expect("a cursor").to_owned();
    let mut flipped = own.clone().into_bytes();
    flipped[3] = if flipped[3] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).expect("ASCII");
    let message = test.messages(door.thread).await[1].id.to_string();
    for cursor in [
        "",
        "0",
        "-1",
        "99999999",
        "%00",
        "%ff",
        &own[1..],
        &own[..own.len() - 1],
        &format!("{own}A"),
        &format!("{own}="),
        &flipped,
        &of_second,
        &message,
        &"A".repeat(10_240),
        &format!("{own}&cursor={own}"),
    ] {
        door.list(&format!("cursor={cursor}")).await.invalid("cursor");
    }
    assert_eq!(contents(&door.list(&format!("cursor={own}")).await.json()), ["1", "0"]);
}

#[tokio::test]
async fn a_page_ends_at_its_bytes_and_has_a_next() {
    let door = Door::with(|limits| limits.page_bytes = 3_000).await;
    let test = &door.server.test;
    test.default_agent(Settings { paused: true, ..Settings::default() }).await;
    for n in 0..5 {
        test.say(door.thread, &format!("{n:01000}"), Policy::Queue).await;
    }
    let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), Vec::new());
    loop {
        let page = door.list(&format!("limit=100{cursor}")).await.json();
        pages.push(contents(&page).len());
        seen.extend(contents(&page));
        assert_eq!(page["hasMore"], page["nextCursor"].is_string());
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((pages, seen), (vec![2, 2, 1], (0..5).rev().map(|n| format!("{n:01000}")).collect()));
}
