//! Messages that are changed.

use domain::{envelope::Envelope, message::Body};
use engine::app::tickets::file::Email;
use serde_json::json;

use crate::{
    server::{Api, each, text},
    threads::uuid_of_nobody,
};

/// An e-mail of the project that waits to be sent: its thread and itself.
async fn email(api: &Api) -> (String, String) {
    let envelope = Envelope { to: vec!["ann@example.com".into()], subject: Some("Bil".into()), ..Envelope::default() };
    let body = Body { envelope: Some(envelope), ..Body::text("Dear An") };
    let email = Email { thread: None, body, reminder: None, files: Vec::new(), origin: None };
    let filed = api.test().app.file_email(&api.test().caller, email).await.unwrap();
    (format!("/threads/{}", filed.thread), format!("/threads/{}/messages/{}", filed.thread, filed.message))
}

#[tokio::test]
async fn an_email_that_waits_is_reworded_and_the_log_says_so() {
    let api = Api::start().await;
    let (thread, path) = email(&api).await;
    let patch = json!({"text": "Dear Ann", "subject": "Bill", "delivery_requested": {"at": "noon"}, "priority": 3, "read": true});
    let changed = api.patch(&path, patch.clone()).await.is(200);
    assert_eq!(changed["content"], json!([{"type": "text", "text": "Dear Ann"}]));
    assert_eq!(
        changed["envelope"],
        json!({
            "to": ["ann@example.com"], "subject": "Bill", "priority": 3, "read": true,
            "delivery_requested": {"at": "noon"},
        })
    );
    assert_eq!((&changed["delivery"]["state"], &changed["receipt"]["standing"]), (&json!("pending"), &json!("queued")));
    assert_eq!(api.get(&path).await.is(200), changed);
    let said = api.list(&format!("{thread}/events?types=message.updated")).await;
    assert_eq!(each(&said, "data"), [json!({"message": changed["id"], "changed": patch})]);
    assert_eq!(api.patch(&path, patch).await.is(200), changed, "what does not differ changes nothing");
    assert_eq!(api.list(&format!("{thread}/events?types=message.updated")).await.len(), 1);
}

#[tokio::test]
async fn of_what_was_said_only_the_notes_are_changed() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let sent = api.ask(&thread, "x").await;
    let path = format!("{thread}/messages/{}", text(&sent["message"]["id"]));
    for words in [json!({"text": "y"}), json!({"subject": "s"}), json!({"delivery_requested": 1, "read": true})] {
        assert_eq!(api.patch(&path, words).await.refused(409), "message_sent");
    }
    assert_eq!(api.get(&path).await.is(200), sent["message"]);
    let noted = api.patch(&path, json!({"priority": -1, "read": true})).await.is(200);
    assert_eq!(noted["envelope"], json!({"priority": -1, "read": true}));
    assert_eq!(noted["content"], sent["message"]["content"]);
}

#[tokio::test]
async fn a_change_that_cannot_be_is_refused() {
    let api = Api::start().await;
    let (thread, path) = email(&api).await;
    let before = api.get(&path).await.is(200);
    for (body, at) in [
        (json!({"text": ""}), "text"),
        (json!({"text": null}), "text"),
        (json!({"subject": "a\r\nBcc: b@example.com"}), "subject"),
        (json!({"subject": null}), "subject"),
        (json!({"delivery_requested": {"x": "x".repeat(70_000)}}), "delivery_requested"),
        (json!({"priority": 1.5}), "priority"),
        (json!({"read": "yes"}), "read"),
        (json!({"content": []}), "content"),
        (json!({"role": "user"}), "role"),
    ] {
        assert_eq!(api.patch(&path, body.clone()).await.at_fault(), at, "{body}");
    }
    assert_eq!(api.get(&path).await.is(200), before);
    let elsewhere = api.thread().await;
    let id = text(&before["id"]);
    for path in [
        format!("{elsewhere}/messages/{id}"),
        format!("{thread}/messages/{}", uuid_of_nobody()),
        format!("{thread}/messages/x"),
    ] {
        assert_eq!(api.patch(&path, json!({"read": true})).await.refused(404), "message_not_found");
    }
}
