//! Turns: seen and cancelled.

use domain::script::Reply;
use serde_json::json;

use crate::{
    server::{Api, each, text},
    threads::uuid_of_nobody,
};

#[tokio::test]
async fn a_turn_begins_with_its_message() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let sent = api.ask(&thread, "x").await;
    let turn = api.get(&format!("{thread}/turns/{}", text(&sent["turn"]["id"]))).await.is(200);
    assert_eq!((&turn["first_seq"], &turn["created_at"]), (&sent["message"]["seq"], &sent["message"]["created_at"]));
}

#[tokio::test]
async fn turns_are_listed_the_last_to_run_first() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let mut made = Vec::new();
    for text in ["a", "b", "c", "d", "e"] {
        made.push(api.ask(&thread, text).await["turn"]["id"].clone());
    }
    made.reverse();
    let (all, pages) = api.pages(&format!("{thread}/turns?limit=2")).await;
    assert_eq!((each(&all, "id"), pages), (made, 3));
}

#[tokio::test]
async fn cancelling_a_turn_keeps_what_it_has_shown_and_lets_the_next_run() {
    let api = Api::start().await;
    let slow = Reply { text: Some("one two".into()), chunks: Some(2), delay_ms: Some(1), ..Reply::default() };
    api.test().script(vec![Reply { hang: true, ..slow }]).await;
    let thread = api.thread().await;
    let first = text(&api.say(&thread, "x").await["turn"]["id"]);
    let second = text(&api.say(&thread, "y").await["turn"]["id"]);
    let path = format!("{thread}/turns/{first}");
    let cancelled = api.act(&format!("{path}/cancel")).await.is(200);
    assert_eq!((&cancelled["id"], &cancelled["state"]), (&json!(first), &json!("cancelled")));
    assert_eq!(api.get(&path).await.is(200), cancelled);
    assert_eq!(api.act(&format!("{path}/cancel")).await.is(200), cancelled, "it stays as it is");
    assert_eq!(api.get(&format!("{thread}/turns/{second}")).await.is(200)["state"], "running");
    let ends = api.list(&format!("{thread}/events?types=turn.cancelled,turn.completed,turn.failed")).await;
    assert_eq!((ends.len(), &ends[0]["turn"], &ends[0]["data"]["idle"]), (1, &json!(first), &json!(false)));
    api.act(&format!("{thread}/cancel")).await.is(200);
}

#[tokio::test]
async fn a_turn_is_found_in_its_own_thread_alone() {
    let api = Api::start().await;
    let (thread, other) = (api.thread().await, api.thread().await);
    let turn = text(&api.ask(&thread, "x").await["turn"]["id"]);
    for path in [
        format!("{other}/turns/{turn}"),
        format!("{thread}/turns/{}", uuid_of_nobody()),
        format!("{thread}/turns/x"),
        format!("{thread}/turns/{}", turn.to_uppercase().replace('-', "")),
    ] {
        assert_eq!(api.get(&path).await.refused(404), "turn_not_found", "{path}");
        assert_eq!(api.act(&format!("{path}/cancel")).await.refused(404), "turn_not_found", "{path}");
    }
}
