//! `GET /api/v1/threads` with Feather's key.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use dialect_feather::Feather;
use domain::{AgentId, ThreadId};
use engine::{
    app::{agents::NewAgent, threads::NewThread},
    testing::{Choices, TestApp},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Door, Refused, Reply};

async fn list(door: &Door, query: &str) -> Reply {
    Reply::of(door.keyed(Method::GET, &format!("/api/v1/threads?{query}"))).await
}

fn ids(page: &Value) -> Vec<String> {
    let threads = page["threads"].as_array().expect("a list");
    threads.iter().map(|thread| thread["id"].as_str().expect("an id").to_owned()).collect()
}

async fn windowed(test: &TestApp, agent: Option<AgentId>) -> ThreadId {
    let new = NewThread { window: true, agent, ..NewThread::default() };
    test.app.create_thread(&test.caller, new).await.expect("a thread").id
}

#[tokio::test]
async fn pages_are_whole_newest_first_10_by_default_and_stable_while_threads_are_made() {
    let door = Door::open().await;
    let mut all = vec![door.thread.to_string()];
    for _ in 0..11 {
        all.insert(0, door.server.test.thread().await.id.to_string());
    }
    let first = list(&door, "").await.json();
    assert_eq!((ids(&first), &first["pagination"]["limit"]), (all[..10].to_vec(), &json!(10)));
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(&door, &format!("limit=5{cursor}")).await.json();
        seen.extend(ids(&page));
        let Some(next) = page["pagination"]["nextCursor"].as_str() else { break };
        assert!(next.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{next}");
        cursor = format!("&cursor={next}");
        door.server.test.thread().await;
    }
    assert_eq!(seen, all);
}

#[tokio::test]
async fn each_filter_leaves_what_it_says() {
    let (clock, us) = TestApp::manual_clock();
    let door = Door::of(Choices { clock, ..Choices::default() }, vec![Arc::new(Feather)]).await;
    let test = &door.server.test;
    let new = NewAgent { name: "other".into(), ..NewAgent::default() };
    let other = test.app.create_agent(&test.caller, new, None).await.expect("an agent").id;
    let (expired, fraud, free) = (windowed(test, Some(other)).await, test.thread().await.id, test.thread().await.id);
    for (thread, reason) in [(fraud, "FRAUD"), (free, "solved")] {
        test.app.close_thread(&test.caller, thread, Some(reason.into())).await.expect("a thread to close");
    }
    pass(&us, 7_200);
    let open = door.thread.to_string();
    let (expired, fraud, free) = (expired.to_string(), fraud.to_string(), free.to_string());
    for (query, expected) in [
        ("isActive=true".to_owned(), vec![&open]),
        ("isActive=false".to_owned(), vec![&free, &fraud, &expired]),
        ("closedReason=FRAUD".to_owned(), vec![&fraud]),
        ("closedReason=ENDED".to_owned(), vec![&free, &expired]),
        ("closedReason=DNC".to_owned(), vec![]),
        ("isActive=true&closedReason=FRAUD".to_owned(), vec![]),
        (format!("agentId={other}"), vec![&expired]),
        (format!("agentId={other}&closedReason=FRAUD"), vec![]),
        ("agentId=0199a0b0-0000-7000-8000-000000000000".to_owned(), vec![]),
        ("toPhoneNumber=%2B380441234567".to_owned(), vec![]),
    ] {
        let page = list(&door, &query).await.json();
        assert_eq!(ids(&page).iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let first = list(&door, "closedReason=ENDED&limit=1").await.json();
    let next = first["pagination"]["nextCursor"].as_str().expect("a cursor");
    let second = list(&door, &format!("closedReason=ENDED&limit=1&cursor={next}")).await.json();
    assert_eq!((ids(&first), ids(&second)), (vec![free], vec![expired]));
    assert_eq!(second["pagination"]["nextCursor"], json!(null));
}

fn pass(us: &AtomicI64, seconds: i64) {
    us.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
}

#[tokio::test]
async fn a_list_goes_on_behind_the_id_of_its_pages_last_thread() {
    let door = Door::open().await;
    let newest = door.server.test.thread().await.id;
    let first = list(&door, "limit=1").await.json();
    assert_eq!(first["threads"][0]["id"], json!(newest));
    let second = list(&door, &format!("limit=1&cursor={newest}")).await.json();
    assert_eq!(second["threads"][0]["id"], json!(door.thread));
}

#[tokio::test]
async fn a_wrong_parameter_is_400_and_named() {
    let door = Door::open().await;
    door.server.test.thread().await;
    let page = list(&door, "limit=1").await.json();
    let own = page["pagination"]["nextCursor"].as_str().expect("a cursor");
    let (other, key) = door.server.test.other_project().await;
    let foreign_thread = door.server.test.app.create_thread(&other, NewThread::default()).await.expect("a thread").id;
    let flipped = if own.starts_with('A') { own.replacen('A', "B", 1) } else { format!("A{}", &own[1..]) };
    for (query, field) in [
        ("limit=0".to_owned(), "limit"),
        ("limit=101".to_owned(), "limit"),
        ("limit=x".to_owned(), "limit"),
        ("agentId=default".to_owned(), "agentId"),
        ("isActive=1".to_owned(), "isActive"),
        ("isActive=".to_owned(), "isActive"),
        ("closedReason=ended".to_owned(), "closedReason"),
        ("cursor=".to_owned(), "cursor"),
        (format!("cursor={flipped}"), "cursor"),
        (format!("cursor={own}&isActive=true"), "cursor"),
        (format!("cursor={foreign_thread}"), "cursor"),
        ("cursor=0199a0b0-0000-7000-8000-000000000000".to_owned(), "cursor"),
        (format!("cursor={}", "A".repeat(10_240)), "cursor"),
    ] {
        let message = list(&door, &query).await.bad();
        assert!(message.starts_with(&format!("{field}:")), "{query}: {message}");
    }
    let foreign = door.request(Method::GET, &format!("/api/v1/threads?cursor={own}")).header("X-API-Key", key);
    assert_eq!(Reply::of(foreign).await.bad(), "cursor: does not belong to this list");
}
