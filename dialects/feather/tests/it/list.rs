//! `GET …/threads/{threadId}/messages` with Feather's key.

use domain::{agent::Settings, controls::Policy, envelope::Envelope, message::Body};
use engine::app::tickets::file::Email;
use serde_json::{Value, json};

use crate::client::{Door, Refused};

fn texts(page: &Value) -> Vec<String> {
    let messages = page["thread"]["messages"].as_array().expect("a list");
    messages.iter().map(|message| message["messageBody"].as_str().expect("a text").to_owned()).collect()
}

#[tokio::test]
async fn the_agent_has_the_name_that_people_know_it_by() {
    let door = Door::open().await;
    let settings = Settings { display_name: Some("Shoe Shop".into()), ..Settings::default() };
    door.server.test.default_agent(settings).await;
    let details = door.list("").await.json()["thread"]["agentDetails"].clone();
    assert_eq!((&details["name"], &details["description"]), (&json!("Shoe Shop"), &json!(null)));
}

#[tokio::test]
async fn the_newest_come_first_50_by_default_and_100_at_most() {
    let door = Door::open().await;
    door.fill(103).await;
    let page = door.list("").await.json();
    assert_eq!(texts(&page), (53..103).rev().map(|n| n.to_string()).collect::<Vec<_>>());
    for (query, count) in [("limit=1", 1), ("limit=99", 99), ("limit=100", 100)] {
        let page = door.list(query).await.json();
        assert_eq!((texts(&page).len(), &page["thread"]["pagination"]["limit"]), (count, &json!(count)), "{query}");
    }
    for query in ["limit=0", "limit=101", "limit=-1", "limit=1.0", "limit=x", "limit=", "limit=5&limit=5", "limit=%ff"]
    {
        let message = door.list(query).await.bad();
        assert!(message.contains("limit"), "{message}");
    }
}

#[tokio::test]
async fn pages_are_whole_and_stable_while_messages_arrive() {
    for (count, limit) in [(0, 1), (1, 1), (2, 1), (9, 3), (10, 3)] {
        let door = Door::open().await;
        let page = async |cursor: Option<String>| {
            let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = door.list(&format!("limit={limit}{cursor}")).await.json();
            let next = page["thread"]["pagination"]["nextCursor"].as_str().map(str::to_owned);
            if let Some(next) = &next {
                assert_eq!(page["thread"]["messages"][limit - 1]["id"], *next, "the id of the page's last message");
            }
            (texts(&page), next)
        };
        door.assert_stable(count, limit, page).await;
    }
}

#[tokio::test]
async fn a_cursor_that_is_no_message_of_the_thread_is_400() {
    let door = Door::open().await;
    let test = &door.server.test;
    door.fill(2).await;
    let second = test.thread().await.id;
    let of_second = test.say(second, "x", Policy::Queue).await.message.id.to_string();
    let (other, _) = test.other_project().await;
    let foreign = test.app.create_thread(&other, Default::default()).await.expect("a thread").id;
    let send = engine::app::messages::Send::new(foreign, Body::text("x"), Policy::Queue);
    let foreign = test.app.send(&other, send).await.expect("a message").message.id.to_string();
    let own = test.messages(door.thread).await[1].id.to_string();
    let mut words = Vec::new();
    for cursor in [
        "",
        "0",
        "-1",
        "%00",
        "0199a0b0-0000-7000-8000-000000000000",
        &of_second,
        &foreign,
        &own[1..],
        &own.replace('-', ""),
        &door.thread.to_string(),
        &"A".repeat(10_240),
    ] {
        words.push(door.list(&format!("cursor={cursor}")).await.bad());
    }
    words.retain(|message| *message != "cursor: not percent-encoded UTF-8");
    words.dedup();
    assert_eq!(words, ["cursor: is not a message of this thread"]);
    door.list(&format!("cursor={own}&cursor={own}")).await.bad();
    assert_eq!(texts(&door.list(&format!("cursor={own}")).await.json()), ["0"]);
    assert_eq!(texts(&door.list(&format!("cursor={}", own.to_uppercase())).await.json()), ["0"]);
}

#[tokio::test]
async fn what_has_nothing_to_read_is_left_out_before_pages_are_counted() {
    let door = Door::open().await;
    door.look().await;
    let page = door.list("limit=1").await.json();
    assert_eq!(texts(&page), ["found"]);
    let next = page["thread"]["pagination"]["nextCursor"].as_str().expect("a cursor");
    let page = door.list(&format!("limit=1&cursor={next}")).await.json();
    assert_eq!((texts(&page), &page["thread"]["pagination"]["nextCursor"]), (vec!["look".to_owned()], &json!(null)));
}

#[tokio::test]
async fn a_members_words_towards_a_customer_go_out() {
    let door = Door::open().await;
    let test = &door.server.test;
    let envelope = Some(Envelope { to: vec!["ann@example.com".into()], ..Envelope::default() });
    let body = Body { envelope, ..Body::text("we found it") };
    let email = Email { thread: Some(door.thread), body, reminder: None, files: Vec::new(), origin: None };
    let mut stream = door.follow(None).await;
    test.app.file_email(&test.caller, email).await.expect("an e-mail");
    let (id, data) = stream.message().await;
    assert_eq!((&data["direction"], &data["messageBody"]), (&json!("OUTBOUND"), &json!("we found it")));
    let listed = door.list("").await.json()["thread"]["messages"][0].clone();
    let status = listed["status"].as_str().expect("a word");
    assert!(["QUEUED", "DELIVERED"].contains(&status), "it waits to be sent, until a reader has it: {status}");
    assert_eq!(
        (&listed["id"], &listed["direction"], &listed["status"]),
        (&json!(id), &json!("OUTBOUND"), &listed["status"])
    );
}

#[tokio::test]
async fn a_page_ends_at_its_bytes_and_has_a_next() {
    let door = Door::with(|limits| limits.page_bytes = 3_000).await;
    let test = &door.server.test;
    test.default_agent(domain::agent::Settings { paused: true, ..Default::default() }).await;
    for n in 0..5 {
        test.say(door.thread, &format!("{n:01000}"), domain::controls::Policy::Queue).await;
    }
    let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), Vec::new());
    loop {
        let page = door.list(&format!("limit=100{cursor}")).await.json()["thread"].clone();
        let messages = page["messages"].as_array().expect("messages").clone();
        pages.push(messages.len());
        seen.extend(messages.iter().map(|message| message["messageBody"].as_str().expect("a text").to_owned()));
        let Some(next) = page["pagination"]["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((pages, seen), (vec![2, 2, 1], (0..5).rev().map(|n| format!("{n:01000}")).collect()));
}
