//! What an inbox reads, beyond one answer: polls that wait, streams, orders.

use serde_json::json;

use crate::{
    server::{Api, text},
    sse::Stream,
};

const ANN: &str = "ann@example.com";

/// A server with the member Ann, and a thread's id.
async fn start() -> (Api, String) {
    let api = Api::start().await;
    api.post("/members", json!({"email": ANN, "name": "Ann"})).await.is(201);
    let thread = text(&api.post("/threads", json!({})).await.is(201)["id"]);
    (api, thread)
}

#[tokio::test]
async fn a_poll_is_answered_when_a_head_moves_and_goes_on_behind_it() {
    let (api, thread) = start().await;
    let next = text(&api.get("/threads/changes").await.is(200)["next"]);
    let path = format!("/threads/changes?after={next}&wait=60");
    let take = format!("/threads/{thread}/take");
    let (moved, _) = tokio::join!(api.get(&path), api.post(&take, json!({"member": ANN})));
    let moved = moved.is(200);
    assert_eq!((&moved["threads"][0]["id"], &moved["threads"][0]["handling"]), (&json!(thread), &json!("person")));
    let after = text(&moved["next"]);
    let again = api.get(&format!("/threads/changes?after={after}")).await.is(200);
    assert_eq!((&again["threads"], &again["next"]), (&json!([]), &json!(after)));
    assert_eq!(api.get(&format!("/threads/changes?after={next}")).await.is(200)["threads"][0]["id"], json!(thread));
}

fn changes(api: &Api) -> reqwest::RequestBuilder {
    api.request(reqwest::Method::GET, "/threads/changes").header("accept", "text/event-stream")
}

#[tokio::test]
async fn a_stream_tells_of_heads_and_resumes() {
    let (api, thread) = start().await;
    let mut stream = Stream::open(changes(&api)).await;
    api.post(&format!("/threads/{thread}/take"), json!({"member": ANN})).await.is(200);
    let taken = stream.until("thread").await.pop().unwrap();
    assert_eq!((&taken.data["thread"]["id"], &taken.data["thread"]["handling"]), (&json!(thread), &json!("person")));
    drop(stream);
    api.delete(&format!("/threads/{thread}")).await.is(204);
    let other = text(&api.post("/threads", json!({})).await.is(201)["id"]);
    let mut stream = Stream::open(changes(&api).header("last-event-id", &taken.id)).await;
    assert_eq!(stream.until("thread").await.pop().unwrap().data["thread"]["id"], json!(other));
    api.delete(&format!("/threads/{other}")).await.is(204);
    assert_eq!(stream.until("gone").await.pop().unwrap().data, json!({"gone": other}));
}

#[tokio::test]
async fn a_row_of_a_list_has_the_newest_words_and_tells_what_is_unread() {
    let (api, thread) = start().await;
    api.post(&format!("/threads/{thread}/take"), json!({"member": ANN})).await.is(200);
    let sent = api.post(&format!("/threads/{thread}/messages"), json!({"text": "Where is it?"})).await.is(201);
    let seq = &sent["message"]["seq"];
    let row = api.get(&format!("/threads?sort=unanswered&needs_person=false&seen_by={ANN}")).await.is(200);
    let row = &row["data"][0];
    assert_eq!((&row["last_words"]["text"], &row["last_words"]["seq"]), (&json!("Where is it?"), seq));
    assert_eq!(row["seen"], json!(0));
    api.put(&format!("/threads/{thread}/seen"), json!({"member": ANN, "seq": seq})).await.is(200);
    let row = api.get(&format!("/threads?seen_by={ANN}")).await.is(200)["data"][0].clone();
    assert_eq!(&row["seen"], seq);
}

#[tokio::test]
async fn awaited_threads_are_paged() {
    let (api, first) = start().await;
    let mut threads = vec![first];
    for _ in 0..2 {
        threads.push(text(&api.post("/threads", json!({})).await.is(201)["id"]));
    }
    for thread in &threads {
        api.post(&format!("/threads/{thread}/take"), json!({"member": ANN})).await.is(200);
        api.post(&format!("/threads/{thread}/messages"), json!({"text": "a"})).await.is(201);
    }
    let mut found = Vec::new();
    let mut path = "/threads?sort=unanswered&limit=1".to_owned();
    loop {
        let page = api.get(&path).await.is(200);
        found.extend(page["data"].as_array().unwrap().iter().map(|row| text(&row["id"])));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/threads?sort=unanswered&limit=1&cursor={next}");
    }
    assert_eq!(found, threads);
    for bad in ["sort=title", "sort=unanswered&q=a", "overdue=true&needs_person=true", "seen_by=eve@example.com"] {
        api.get(&format!("/threads?{bad}")).await.is(400);
    }
}
