//! Clients that know only the vendor's contract. Each answer and each event stays the same, byte for byte.

use domain::controls::Policy;
use reqwest::Method;
use serde_json::json;

use crate::{
    chat::{Guest, begin, guest_id, open},
    client::{Door, Events, Reply},
};

/// The stored words of a thread: the id and time of each message.
async fn said(door: &Door, thread: domain::ThreadId) -> Vec<(String, String)> {
    let messages = door.server.test.messages(thread).await;
    messages.iter().map(|message| (message.id.to_string(), message.at.to_string())).collect()
}

async fn followed(door: &Door, guest: &Guest) -> Events {
    let path = format!("{}/stream?ticket={}", guest.path, guest.ticket(door).await);
    Events::of(door.request(Method::GET, &path).send().await.expect("an answer"))
}

#[tokio::test]
async fn a_guests_answers_are_the_same_bytes_as_ever() {
    let door = open(|_| ()).await;
    let body = json!({"agentId": guest_id(&door).await, "other": null});
    let began = Reply::of(door.request(Method::POST, "/api/v1/chat/threads").json(&body)).await;
    let told = began.json();
    let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    let (id, token, expires_at) = (text("threadId"), text("token"), text("expiresAt"));
    assert_eq!(began.body, format!(r#"{{"threadId":"{id}","token":"{token}","expiresAt":"{expires_at}"}}"#));
    let guest = begin(&door).await;
    let sent = guest.call(&door, Method::POST, "/messages", Some(&json!({"message": "hello", "other": 1}))).await;
    door.server.test.settle(guest.thread).await;
    let said = said(&door, guest.thread).await;
    let [(question, asked_at), (answer, answered_at)] = said.as_slice() else { panic!("{said:?}") };
    let window = sent.json()["windowExpiresIn"].to_string();
    assert_eq!(
        sent.body,
        format!(
            r#"{{"status":"accepted","threadId":"{}","messageId":"{question}","windowExpiresIn":{window}}}"#,
            guest.thread
        )
    );
    let listed = guest.call(&door, Method::GET, "/messages", None).await;
    let row = |id: &str, direction: &str, status: &str, at: &str| {
        format!(
            r#"{{"id":"{id}","messageBody":"hello","direction":"{direction}","status":"{status}","createdAt":"{at}"}}"#
        )
    };
    let (theirs, own) = (row(answer, "OUTBOUND", "SENT", answered_at), row(question, "INBOUND", "RECEIVED", asked_at));
    assert_eq!(
        listed.body,
        format!(r#"{{"messages":[{theirs},{own}],"pagination":{{"limit":50,"nextCursor":null}}}}"#)
    );
    let read = guest.call(&door, Method::POST, &format!("/messages/{answer}/read"), None).await;
    assert_eq!(read.body, format!(r#"{{"message":{}}}"#, row(answer, "OUTBOUND", "READ", answered_at)));
}

#[tokio::test]
async fn a_stream_without_include_is_the_same_bytes_as_ever() {
    let door = open(|_| ()).await;
    let guest = begin(&door).await;
    let (mut of_guest, mut of_key) = (followed(&door, &guest).await, {
        let path = format!("/api/v1/threads/{}/stream", guest.thread);
        Events::of(door.keyed(Method::GET, &path).send().await.expect("an answer"))
    });
    let test = &door.server.test;
    for text in ["one", "two"] {
        test.say(guest.thread, text, Policy::Queue).await;
        test.settle(guest.thread).await;
    }
    test.app.close_thread(&test.caller, guest.thread, None).await.expect("a thread to close");
    let said = said(&door, guest.thread).await;
    for (n, (text, (id, at))) in ["one", "two"].iter().zip([&said[1], &said[3]]).enumerate() {
        let retry = if n == 0 { "retry: 3000\n" } else { "" };
        let expected = format!(
            "id: {id}\n{retry}data: {{\"id\":\"{id}\",\"threadId\":\"{}\",\"direction\":\"OUTBOUND\",\"messageBody\":\"{text}\",\"status\":\"DELIVERED\",\"createdAt\":\"{at}\"}}",
            guest.thread
        );
        for stream in [&mut of_guest, &mut of_key] {
            assert_eq!(stream.next().await.as_deref(), Some(expected.as_str()));
        }
    }
    test.app.delete_thread(&test.caller, guest.thread).await.expect("a thread to delete");
    assert_eq!((of_guest.next().await, of_key.next().await), (None, None));
}
