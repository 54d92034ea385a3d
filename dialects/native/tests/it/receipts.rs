//! How what the project says stands.

use domain::{Caller, MessageId};
use serde_json::json;

use crate::server::{Api, each, id_of, keys, text};

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
    app.note_read(caller, id_of(&thread), id).await.unwrap();
    let read = api.list(&format!("{thread}/messages")).await.pop().unwrap();
    assert_eq!(keys(&read["receipt"]), ["delivered_at", "read_at", "standing"]);
    assert_eq!(
        (&read["receipt"]["standing"], &read["receipt"]["delivered_at"]),
        (&json!("read"), &delivered["delivered_at"])
    );
    assert_eq!(api.get(&path).await.is(200), read);
    let question = api.get(&format!("{thread}/messages/{}", text(&sent["message"]["id"]))).await.is(200);
    assert_eq!(question.get("receipt"), None, "what people say has come in, and that is all");
    for event in each(&api.list(&format!("{thread}/events?types=message.completed")).await, "data") {
        assert_eq!(event["message"].get("receipt"), None, "an event never changes");
    }
}
