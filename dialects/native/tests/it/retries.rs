//! Turns that are tried again.

use domain::{fault::Fault, script::Reply as Scripted};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::{
    server::{Api, each, reply, text},
    threads::uuid_of_nobody,
};

/// A thread whose only turn has failed, and that turn's path.
async fn failed(api: &Api) -> (String, String) {
    api.test().script(vec![Scripted { error: Some(Fault::Refused), ..Scripted::default() }]).await;
    let thread = api.thread().await;
    let turn = text(&api.ask(&thread, "Where is it?").await["turn"]["id"]);
    api.test().script(vec![Scripted { echo: true, ..Scripted::default() }]).await;
    (thread.clone(), format!("{thread}/turns/{turn}"))
}

#[tokio::test]
async fn what_failed_is_tried_again_and_answered() {
    let api = Api::start().await;
    let (thread, old) = failed(&api).await;
    let mut stream = api.stream(&thread, "?after=head").await;
    let new = api.act(&format!("{old}/retry")).await.is(201);
    let events = stream.until("turn.completed").await;
    let retried = &events[0];
    assert_eq!(retried.event, "turn.retried");
    let question = api.list(&format!("{thread}/messages")).await.remove(0);
    let failed = api.get(&old).await.is(200);
    assert_eq!(retried.data["turn"], new["id"]);
    assert_eq!(retried.data["data"], json!({"retries": failed["id"], "messages": [question["id"]]}));
    assert_eq!((&question["turn"], &failed["state"]), (&new["id"], &json!("failed")));
    assert_eq!(api.list(&format!("{thread}/messages")).await.pop().unwrap()["content"], question["content"]);
    let (turns, pages) = api.pages(&format!("{thread}/turns?limit=1")).await;
    assert_eq!((each(&turns, "id"), pages), (vec![new["id"].clone(), failed["id"].clone()], 2));
}

#[tokio::test]
async fn refusals_are_conflicts_and_change_nothing() {
    let api = Api::start().await;
    let (thread, old) = failed(&api).await;
    api.act(&format!("{thread}/close")).await.is(200);
    assert_eq!(api.act(&format!("{old}/retry")).await.refused(409), "thread_closed");
    api.act(&format!("{thread}/reopen")).await.is(200);
    api.patch("/agents/default", json!({"paused": true})).await.is(200);
    assert_eq!(api.act(&format!("{old}/retry")).await.refused(409), "agent_paused");
    api.patch("/agents/default", json!({"paused": false})).await.is(200);
    let new = format!("{thread}/turns/{}", text(&api.act(&format!("{old}/retry")).await.is(201)["id"]));
    api.settle(&thread).await;
    let before = api.last_seq(&thread).await;
    assert_eq!(api.act(&format!("{old}/retry")).await.refused(409), "turn_retried");
    assert_eq!(api.act(&format!("{new}/retry")).await.refused(409), "turn_completed");
    let elsewhere = api.thread().await;
    let turn = new.rsplit('/').next().unwrap();
    for path in [
        format!("{elsewhere}/turns/{turn}"),
        format!("{thread}/turns/{}", uuid_of_nobody()),
        format!("{thread}/turns/x"),
    ] {
        assert_eq!(api.act(&format!("{path}/retry")).await.refused(404), "turn_not_found", "{path}");
    }
    assert_eq!(api.last_seq(&thread).await, before);
}

#[tokio::test]
async fn retries_that_race_open_one_turn_and_a_key_names_it_again() {
    let api = Api::start().await;
    let (thread, old) = failed(&api).await;
    let retry = |key: String| reply(api.request(Method::POST, &format!("{old}/retry")).header("Idempotency-Key", key));
    let answers = join_all((0..20).map(|i| retry(format!("key-{}", i % 4)))).await;
    let opened: Vec<_> =
        answers.iter().filter(|answer| answer.status == 201).map(|answer| answer.json()["id"].clone()).collect();
    assert!(opened.len() == 5 && opened.iter().all(|id| *id == opened[0]), "one key's: {opened:?}");
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(refused.refused(409), "turn_retried");
    }
    api.settle(&thread).await;
    let winner = answers.iter().position(|answer| answer.status == 201).unwrap();
    let again = retry(format!("key-{}", winner % 4)).await.is(201);
    assert_eq!((&again["id"], &again["state"]), (&opened[0], &json!("completed")), "as it stands by then");
    assert_eq!(api.list(&format!("{thread}/events?types=turn.completed")).await.len(), 1);
}
