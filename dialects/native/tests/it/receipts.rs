//! How what the project says stands.

use domain::{Caller, MessageId};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    server::{Api, each, id_of, keys, reply, text},
    threads::uuid_of_nobody,
};

#[tokio::test]
async fn an_answer_is_sent_then_delivered_then_read() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let sent = api.ask(&thread, "x").await;
    let answer = api.list(&format!("{thread}/messages")).await.pop().unwrap();
    let path = format!("{thread}/messages/{}", text(&answer["id"]));
    assert_eq!(answer["receipt"], json!({"standing": "sent"}));
    let (app, caller, id): (_, &Caller, _) =
        (&api.test().app, &api.test().caller, MessageId::parse(&text(&answer["id"])).unwrap());
    app.note_delivered(caller, id_of(&thread), vec![id]).await.unwrap();
    let delivered = api.get(&path).await.is(200)["receipt"].clone();
    assert_eq!((keys(&delivered), &delivered["standing"]), (vec!["delivered_at", "standing"], &json!("delivered")));
    let told = api.post(&format!("{thread}/read"), json!({"message": answer["id"]})).await.is(200);
    let read = api.list(&format!("{thread}/messages")).await.pop().unwrap();
    assert_eq!(keys(&read["receipt"]), ["delivered_at", "read_at", "standing"]);
    assert_eq!(
        (&read["receipt"]["standing"], &read["receipt"]["delivered_at"]),
        (&json!("read"), &delivered["delivered_at"])
    );
    assert_eq!((&api.get(&path).await.is(200), &told), (&read, &read));
    let question = api.get(&format!("{thread}/messages/{}", text(&sent["message"]["id"]))).await.is(200);
    assert_eq!(question.get("receipt"), None, "what people say has come in, and that is all");
    for event in each(&api.list(&format!("{thread}/events?types=message.completed")).await, "data") {
        assert_eq!(event["message"].get("receipt"), None, "an event never changes");
    }
}

#[tokio::test]
async fn a_reading_is_noted_once_and_of_what_was_said_to_people_alone() {
    let api = Api::start().await;
    let (thread, elsewhere) = (api.thread().await, api.thread().await);
    let sent = api.ask(&thread, "x").await;
    let answer = api.list(&format!("{thread}/messages")).await.pop().unwrap()["id"].clone();
    let read = |path: &str, message: &Value| {
        let request = api.request(Method::POST, &format!("{path}/read")).header("Idempotency-Key", "key");
        reply(request.json(&json!({"message": message})))
    };
    let other = &sent["message"]["id"];
    let refused = api.post(&format!("{thread}/read"), json!({"message": other})).await;
    assert_eq!(refused.refused(400), "not_readable");
    let first = read(&thread, &answer).await.is(200);
    let again = read(&thread, &answer).await;
    assert_eq!((again.is(200), again.header("idempotent-replayed")), (first.clone(), "true"));
    assert_eq!(read(&thread, other).await.refused(409), "origin_key_reused");
    let later = api.post(&format!("{thread}/read"), json!({"message": answer})).await.is(200);
    assert_eq!(later["receipt"], first["receipt"], "the first time counts");
    for (path, message) in [(&elsewhere, &answer), (&thread, &json!(uuid_of_nobody()))] {
        let refused = api.post(&format!("{path}/read"), json!({"message": message})).await;
        assert_eq!(refused.refused(404), "message_not_found");
    }
    for body in [json!({}), json!({"message": "x"}), json!({"message": answer, "at": "now"})] {
        api.post(&format!("{thread}/read"), body.clone()).await.at_fault();
    }
    let foreign = api.bare(Method::POST, &format!("/threadline/v1{thread}/read"));
    let foreign = foreign.bearer_auth(api.test().other_project().await.1).json(&json!({"message": answer}));
    assert_eq!(reply(foreign).await.refused(404), "thread_not_found");
}
