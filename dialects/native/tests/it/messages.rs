//! Lists of messages: both ways, from any position, around one of them.

use domain::{envelope::Envelope, message::Body};
use engine::app::tickets::file::Email;
use serde_json::{Value, json};

use crate::{
    server::{Api, each, id_of, keys, text},
    threads::uuid_of_nobody,
};

/// A thread whose messages stand at the entries 2 to 11.
async fn ten(api: &Api) -> String {
    let thread = api.thread().await;
    for n in 1..=10 {
        let body = json!({"text": n.to_string(), "respond": false});
        api.post(&format!("{thread}/messages"), body).await.is(201);
    }
    thread
}

async fn seqs(api: &Api, path: &str) -> Vec<i64> {
    each(&api.list(path).await, "seq").iter().map(|seq| seq.as_i64().unwrap()).collect()
}

#[tokio::test]
async fn messages_are_listed_both_ways_from_any_position() {
    let api = Api::start().await;
    let thread = ten(&api).await;
    for (query, expect) in [
        ("", vec![2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        ("?order=asc&limit=2", vec![2, 3]),
        ("?order=desc&limit=2", vec![11, 10]),
        ("?after=9", vec![10, 11]),
        ("?after=9.4", vec![10, 11]),
        ("?after=11", vec![]),
        ("?before=4", vec![2, 3]),
        ("?after=4&before=7", vec![5, 6]),
        ("?order=desc&before=4", vec![3, 2]),
        ("?order=desc&after=9", vec![11, 10]),
        ("?order=desc&after=4&before=7", vec![6, 5]),
        ("?before=1000", vec![2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        ("?after=7&before=3", vec![]),
    ] {
        assert_eq!(seqs(&api, &format!("{thread}/messages{query}")).await, expect, "{query}");
    }
}

#[tokio::test]
async fn pages_join_without_a_gap_and_end_with_null() {
    let api = Api::start().await;
    let thread = ten(&api).await;
    for (query, expect, pages) in [
        ("order=asc&limit=3", (2..=11).collect::<Vec<i64>>(), 4),
        ("order=desc&limit=3", (2..=11).rev().collect(), 4),
        ("order=asc&limit=5", (2..=11).collect(), 2),
        ("order=asc&limit=2&after=3&before=9", vec![4, 5, 6, 7, 8], 3),
        ("order=desc&limit=2&after=3&before=9", vec![8, 7, 6, 5, 4], 3),
        ("limit=1000", (2..=11).collect(), 1),
    ] {
        let (all, count) = api.pages(&format!("{thread}/messages?{query}")).await;
        let seqs: Vec<i64> = each(&all, "seq").iter().map(|seq| seq.as_i64().unwrap()).collect();
        assert_eq!((seqs, count), (expect, pages), "{query}");
    }
}

#[tokio::test]
async fn pages_stay_where_they_are_while_messages_arrive() {
    let api = Api::start().await;
    let thread = ten(&api).await;
    let page = api.get(&format!("{thread}/messages?order=desc&limit=4")).await.is(200);
    api.post(&format!("{thread}/messages"), json!({"text": "new", "respond": false})).await.is(201);
    let next = format!("{thread}/messages?order=desc&limit=4&cursor={}", text(&page["next"]));
    assert_eq!(seqs(&api, &next).await, [7, 6, 5, 4]);
}

#[tokio::test]
async fn messages_around_one_are_shown_with_it_in_the_middle() {
    let api = Api::start().await;
    let thread = ten(&api).await;
    let all = api.list(&format!("{thread}/messages")).await;
    let id_at = |seq: usize| text(&all[seq - 2]["id"]);
    for (seq, limit, expect, more) in [
        (6, 5, vec![4, 5, 6, 7, 8], true),
        (6, 6, vec![4, 5, 6, 7, 8], true),
        (6, 1, vec![6], true),
        (11, 1, vec![11], false),
        (11, 5, vec![9, 10, 11], false),
        (9, 5, vec![7, 8, 9, 10, 11], false),
        (2, 3, vec![2, 3], true),
        (6, 100, (2..=11).collect(), false),
    ] {
        let path = format!("{thread}/messages?around={}&limit={limit}", id_at(seq));
        let page = api.get(&path).await.is(200);
        assert_eq!(json!(each(page["data"].as_array().unwrap(), "seq")), json!(expect), "{seq} {limit}");
        assert_eq!(page["next"] != Value::Null, more, "{seq} {limit}");
        if more {
            let rest = format!("{thread}/messages?limit=1000&cursor={}", text(&page["next"]));
            let onward: Vec<i64> = (expect.last().unwrap() + 1..=11).collect();
            assert_eq!(seqs(&api, &rest).await, onward);
        }
    }
    for bad in ["", "x", &uuid_of_nobody()] {
        let refused = api.get(&format!("{thread}/messages?around={bad}")).await;
        assert_eq!(refused.refused(404), "message_not_found", "{bad}");
    }
    for other in ["order=asc", "after=1", "before=5", "cursor=x"] {
        let refused = api.get(&format!("{thread}/messages?around={}&{other}", id_at(6))).await;
        assert_eq!(refused.at_fault(), "around", "{other}");
    }
}

#[tokio::test]
async fn a_message_is_found_in_its_own_thread_alone() {
    let api = Api::start().await;
    let (thread, other) = (api.thread().await, api.thread().await);
    let sent = api.ask(&thread, "x").await["message"].clone();
    let id = text(&sent["id"]);
    assert_eq!(api.get(&format!("{thread}/messages/{id}")).await.is(200), sent);
    for path in [
        format!("{other}/messages/{id}"),
        format!("{thread}/messages/{}", uuid_of_nobody()),
        format!("{thread}/messages/{}", id.replace('-', "")),
        format!("{thread}/messages/{id}%00"),
    ] {
        assert_eq!(api.get(&path).await.refused(404), "message_not_found", "{path}");
    }
}

#[tokio::test]
async fn an_email_shows_what_has_become_of_it() {
    let api = Api::start().await;
    let envelope = Envelope { to: vec!["ann@example.com".into()], subject: Some("Hi".into()), ..Envelope::default() };
    let email = Email {
        thread: None,
        body: Body { envelope: Some(envelope), ..Body::text("Hello Ann") },
        reminder: None,
        files: Vec::new(),
        origin: None,
    };
    let filed = api.test().app.file_email(&api.test().caller, email).await.unwrap();
    let thread = format!("/threads/{}", filed.thread);
    api.post(&format!("{thread}/messages"), json!({"text": "x", "respond": false})).await.is(201);
    let messages = api.list(&format!("{thread}/messages")).await;
    let delivery = &messages[0]["delivery"];
    assert_eq!(keys(delivery), ["created_at", "id", "kind", "state"]);
    assert_eq!((&delivery["kind"], &delivery["state"]), (&json!("mail"), &json!("pending")));
    assert_eq!(messages[0]["envelope"], json!({"to": ["ann@example.com"], "subject": "Hi"}));
    assert_eq!(messages[1].get("delivery"), None);
    let one = api.get(&format!("{thread}/messages/{}", filed.message)).await.is(200);
    assert_eq!((&one, &messages[0]["role"]), (&messages[0], &json!("agent")));
    let event = &api.list(&format!("{thread}/events?types=message.completed")).await[0];
    assert_eq!(event["data"]["message"].get("delivery"), None, "an event never changes");
    assert_eq!(id_of(&thread), filed.thread);
}

#[tokio::test]
async fn a_page_of_large_messages_ends_before_its_limit_and_says_where_to_go_on() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let large = "x".repeat(900_000);
    for _ in 0..10 {
        api.post(&format!("{thread}/messages"), json!({"text": large, "respond": false})).await.is(201);
    }
    for (list, rows) in [
        ("messages?limit=1000", 10),
        ("messages?limit=1000&order=desc", 10),
        ("events?limit=1000", 11),
        ("messages?limit=4", 10),
    ] {
        let path = format!("{thread}/{list}");
        let first = api.get(&path).await.is(200);
        assert!(first["data"].as_array().unwrap().len() <= 5, "{list}");
        let (pages, count) = api.pages(&path).await;
        assert_eq!((pages.len(), count), (rows, 3), "{list}");
    }
}

#[tokio::test]
async fn every_list_of_a_thread_ends_at_its_bytes_and_has_a_next() {
    let api = Api::limited(|limits| limits.page_bytes = 3_000).await;
    let thread = api.thread().await;
    for n in 0..5 {
        api.post(&format!("{thread}/messages"), json!({"text": format!("{n:01000}"), "respond": false})).await.is(201);
    }
    for (path, expect, pages) in [
        ("/messages?limit=1000", (2..=6).collect::<Vec<i64>>(), 3),
        ("/messages?order=desc", (2..=6).rev().collect(), 3),
        ("/events?limit=1000", (1..=6).collect(), 3),
        ("/events?types=message.created", (2..=6).collect(), 3),
    ] {
        let (all, count) = api.pages(&format!("{thread}{path}")).await;
        let seqs: Vec<i64> = each(&all, "seq").iter().map(|seq| seq.as_i64().unwrap()).collect();
        assert_eq!((seqs, count), (expect, pages), "{path}");
    }
    let middle = text(&api.list(&format!("{thread}/messages")).await[1]["id"]);
    let around = api.get(&format!("{thread}/messages?around={middle}&limit=5")).await.is(200);
    assert_eq!(each(around["data"].as_array().unwrap(), "seq"), [2, 3], "the message, and what fits beside it");
    assert!(around["next"].is_string(), "and more follow");
}

#[tokio::test]
async fn lists_of_threads_and_agents_end_at_their_bytes_and_have_a_next() {
    let api = Api::limited(|limits| limits.page_bytes = 3_000).await;
    for n in 0..5 {
        api.post("/threads", json!({"metadata": {"x": "x".repeat(1_000)}, "tags": ["t"]})).await.is(201);
        let agent = json!({"name": format!("agent-{n}"), "instructions": "x".repeat(1_000)});
        api.post("/agents", agent).await.is(201);
    }
    for (path, count, pages) in [("/threads", 5, 3), ("/threads?tag=t", 5, 3), ("/agents?limit=1000", 6, 3)] {
        let (all, read) = api.pages(path).await;
        assert_eq!((all.len(), read), (count, pages), "{path}");
    }
}
