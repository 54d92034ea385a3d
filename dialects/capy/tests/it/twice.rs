//! The same send again: `messageId` names it.

use serde_json::{Value, json};

use crate::client::{Door, Refused, Reply};

fn body(key: &str, text: &str) -> Value {
    json!({"message": text, "messageId": key})
}

#[tokio::test]
async fn twenty_sends_at_once_with_one_name_are_one_message() {
    let door = Door::open().await;
    let same = body("one", "x");
    let sends = (0..20).map(|_| async { door.send(&same).await.body });
    let replies = futures_util::future::join_all(sends).await;
    assert!(replies.iter().all(|reply| *reply == replies[0] && reply.contains("sent")), "{replies:?}");
    door.server.test.settle(door.thread).await;
    assert_eq!(door.server.test.messages(door.thread).await.len(), 2, "the message and its answer");
}

#[tokio::test]
async fn the_same_send_later_and_in_another_order_of_keys_is_answered_as_the_first() {
    let door = Door::open().await;
    let first = door.send(&body("one", "x")).await;
    door.server.test.settle(door.thread).await;
    let test = &door.server.test;
    test.app.close_thread(&test.caller, door.thread, None).await.expect("a thread to close");
    let before = door.found().await;
    let request = door.post(&door.message_path()).header("content-type", "application/json");
    let again = Reply::of(request.body("{ \"messageId\":\"one\",\n\"message\":\"x\"}")).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(door.found().await, before, "a replay changes nothing, not even what is closed");
}

#[tokio::test]
async fn the_name_with_another_body_is_409_and_changes_nothing() {
    let door = Door::open().await;
    door.send(&body("one", "x")).await;
    door.server.test.settle(door.thread).await;
    let before = door.found().await.last_seq;
    for other in [body("one", "y"), json!({"message": "x", "messageId": "one", "model": "gpt-5.5"})] {
        door.send(&other).await.refused(409, "conflict");
    }
    assert_eq!(door.found().await.last_seq, before);
}

#[tokio::test]
async fn the_same_send_through_another_spelling_of_its_path_is_answered_as_the_first() {
    let door = Door::open().await;
    let first = door.send(&body("one", "x")).await;
    let (prefixed, plain) = (door.thread.prefixed("jam_"), door.thread.to_string());
    for path in [format!("/api/v1/threads/{plain}/message"), format!("/v1/threads/{prefixed}/message")] {
        let again = Reply::of(door.post(&path).json(&body("one", "x"))).await;
        assert_eq!((again.status, &again.body), (200, &first.body), "{path}");
        Reply::of(door.post(&path).json(&body("one", "y"))).await.refused(409, "conflict");
    }
}

#[tokio::test]
async fn a_name_belongs_to_its_thread() {
    let door = Door::open().await;
    let test = &door.server.test;
    let (caller, key) = test.other_project().await;
    let foreign = test.app.create_thread(&caller, Default::default()).await.expect("a thread").id;
    let second = test.thread().await.id;
    let sent = door.send(&body("one", "x")).await.json()["id"].clone();
    let path = |id: domain::ThreadId| format!("/api/v1/threads/{id}/message");
    let in_second = Reply::of(door.post(&path(second)).json(&body("one", "y"))).await;
    let in_foreign =
        Reply::of(door.request(reqwest::Method::POST, &path(foreign)).bearer_auth(key).json(&body("one", "z"))).await;
    for reply in [in_second, in_foreign] {
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_ne!(reply.json()["id"], sent);
    }
}

#[tokio::test]
async fn a_refused_send_keeps_no_name() {
    let door = Door::open().await;
    let wrong = json!({"message": "x", "messageId": "one", "attachmentUrls": ["http://10.0.0.1/"]});
    door.send(&wrong).await.invalid("attachmentUrls.0");
    door.assert_untouched().await;
    assert_eq!(door.send(&body("one", "x")).await.status, 200);
}
