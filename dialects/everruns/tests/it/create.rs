//! `POST /v1/sessions/{session_id}/messages`: what is sent is kept, answered, and shown as the contract has it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    ThreadId,
    agent::ToolKind,
    controls::{Disclosure, Reasoning, Speed, Verbosity},
    message::{Message, Part, Role},
    model,
};
use futures_util::{future::join_all, stream};
use reqwest::Method;
use serde_json::json;

use crate::client::{Answer, Door, calls, said, text, tool};

/// A PNG of one pixel.
pub const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1, 8, 6,
    0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 10, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0, 1, 0, 0, 5, 0, 1, 0x0d,
    0x0a, 0x2d, 0xb4, 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

pub fn png() -> String {
    STANDARD.encode(PNG)
}

#[tokio::test]
async fn a_text_is_answered_with_the_message_and_starts_a_turn() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let reply = door.send(&session, &said("Why is the build failing?")).await;
    assert_eq!((reply.status.as_u16(), reply.content_type.as_str()), (201, "application/json"));
    let sent = reply.json();
    let kept = &door.server.test.messages(thread).await[0];
    assert_eq!(
        sent,
        json!({
            "id": kept.id.prefixed("message_"), "session_id": session, "sequence": 2, "role": "user",
            "content": [{"type": "text", "text": "Why is the build failing?"}], "created_at": kept.at.to_string(),
        })
    );
    assert_eq!(kept.body.door.as_deref(), Some("everruns"));
    assert!(kept.turn.is_some());
    door.server.test.settle(thread).await;
    assert_eq!(door.list(&session).await[1]["content"][0]["text"], "Why is the build failing?", "the echo's answer");
}

#[tokio::test]
async fn the_same_session_is_found_under_each_path_and_spelling() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let hex = session.strip_prefix("session_").unwrap();
    let spellings = [session.clone(), format!("sess_{hex}"), thread.to_string()];
    for (i, path) in
        spellings.iter().flat_map(|id| [format!("/v1/sessions/{id}"), format!("/api/v1/sessions/{id}")]).enumerate()
    {
        let sent = Answer::of(door.post(&format!("{path}/messages")).json(&said("x")).send().await.unwrap()).await;
        assert_eq!((sent.status.as_u16(), &sent.json()["session_id"]), (201, &json!(session)), "{path}");
        door.server.test.settle(thread).await;
        let list = Answer::of(door.get(&format!("{path}/messages")).send().await.unwrap()).await;
        assert_eq!(list.json()["data"].as_array().unwrap().len(), 2 * (i + 1), "{path}");
    }
}

#[tokio::test]
async fn every_field_is_kept_and_comes_back() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let model = model::by_name("gpt-5.5").unwrap();
    let controls = json!({
        "model_id": model.id().prefixed("model_"), "reasoning": {"effort": "low"}, "locale": "uk-UA",
        "hints": {"rich_media": true}, "error_disclosure": "detailed", "speed": "priority", "verbosity": "high",
    });
    let actor =
        json!({"actor_id": "U0123456789", "actor_name": "Alice", "source": "slack", "metadata": {"team_id": "T1"}});
    let body = json!({
        "message": {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        "controls": controls, "metadata": {"source": "slack", "n": [1, null, {"a": 0.5}]}, "tags": ["bug-report", "ü"],
        "external_actor": actor, "addressed_participant_id": "part_01933b5a000070008000000000000001",
        "client_message_id": "c-1", "no_such_field": {"is": "ignored"},
    });
    let sent = door.send(&session, &body).await;
    assert_eq!(sent.status, 201, "{sent:?}");
    let sent = sent.json();
    assert_eq!((&sent["controls"], &sent["metadata"], &sent["external_actor"]), (&controls, &body["metadata"], &actor));
    assert_eq!(door.list(&session).await[0], sent, "the list shows what the answer showed");
    let kept = &door.server.test.messages(thread).await[0];
    let chosen = &kept.body.controls;
    assert_eq!(chosen.model.as_deref(), Some("gpt-5.5"));
    assert_eq!((chosen.reasoning, chosen.speed), (Some(Reasoning::Low), Some(Speed::Priority)));
    assert_eq!((chosen.verbosity, chosen.error_disclosure), (Some(Verbosity::High), Some(Disclosure::Detailed)));
    assert_eq!((chosen.locale.as_deref(), chosen.hints.len()), (Some("uk-UA"), 1));
    assert_eq!(kept.body.tags.as_deref(), Some(&["bug-report".to_owned(), "ü".to_owned()][..]));
    assert_eq!(kept.body.addressed_to.as_deref(), Some("part_01933b5a000070008000000000000001"));
    assert_eq!(kept.body.client_id.as_deref(), Some("c-1"));
    let turn = door.server.test.app.turn(&door.server.test.caller, thread, kept.turn.unwrap()).await.unwrap();
    assert_eq!(turn.controls, kept.body.controls, "the turn runs by them");
}

#[tokio::test]
async fn what_may_be_null_may_be_null_or_empty() {
    let door = Door::open().await;
    let (session, _) = door.session().await;
    let body = json!({
        "message": {"content": [{"type": "text", "text": "x"}]}, "controls": null, "metadata": null, "tags": null,
        "external_actor": null, "addressed_participant_id": null, "client_message_id": null,
    });
    let sent = door.send(&session, &body).await;
    assert_eq!(sent.status, 201, "{sent:?}");
    let nulls = json!({
        "model_id": null, "reasoning": null, "locale": null, "hints": null, "error_disclosure": null, "speed": null,
        "verbosity": null,
    });
    for controls in [nulls, json!({}), json!({"reasoning": {"effort": null}})] {
        let body = json!({"message": {"content": [{"type": "text", "text": "x"}]}, "controls": controls});
        assert_eq!(door.send(&session, &body).await.status, 201, "{body}");
    }
    let empty = json!({"message": {"content": [{"type": "text", "text": "x"}]}, "metadata": {}, "tags": []});
    assert_eq!(door.send(&session, &empty).await.json()["metadata"], json!({}));
}

#[tokio::test]
async fn pictures_come_by_url_as_bytes_and_by_name() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let bytes = stream::iter([Ok(PNG)]);
    let uploaded = door.server.test.app.upload(&door.server.test.caller, "shot.png", bytes, None).await.unwrap();
    let content = json!([
        {"type": "text", "text": "What is in these?"},
        {"type": "image", "url": "https://example.com/a.png"},
        {"type": "image", "base64": png(), "media_type": "image/png"},
        {"type": "image_file", "image_id": uploaded.id.prefixed("img_"), "filename": "shot.png"},
        {"type": "image", "url": "https://example.com/b.gif", "base64": png(), "media_type": "image/png"},
    ]);
    let sent = door.send(&session, &json!({"message": {"content": content}})).await;
    assert_eq!((sent.status.as_u16(), sent.content_type.as_str()), (201, "application/json"), "{sent:?}");
    assert_eq!(sent.json()["content"], content);
    assert_eq!(door.list(&session).await[0], sent.json());
    let kept = door.server.test.messages(thread).await.remove(0).body.content;
    let Part::Image { url: None, attachment: Some(id), media_type: Some(found) } = &kept[2] else { panic!("{kept:?}") };
    assert_eq!(found, "image/png");
    let attachment = door.server.test.app.attachment(&door.server.test.caller, *id).await.unwrap();
    assert_eq!((attachment.size_bytes, attachment.hash), (PNG.len() as i64, uploaded.hash), "stored once by content");
}

#[tokio::test]
async fn bytes_without_a_named_type_say_it_themselves() {
    let door = Door::open().await;
    let (session, _) = door.session().await;
    let sent = door.send(&session, &json!({"message": {"content": [{"type": "image", "base64": png()}]}})).await.json();
    assert_eq!(sent["content"], json!([{"type": "image", "media_type": "image/png", "base64": png()}]));
}

#[tokio::test]
async fn a_picture_of_any_length_is_answered_as_it_was_sent() {
    let door = Door::open().await;
    let (session, _) = door.session().await;
    for more in [0, 1, 2, 49_151, 49_152, 49_153, 200_000] {
        let bytes = [PNG, &vec![7; more]].concat();
        let content = json!([{"type": "image", "base64": STANDARD.encode(&bytes), "media_type": "image/png"}]);
        let sent = door.send(&session, &json!({"message": {"content": content}})).await.json();
        assert_eq!(sent["content"], content, "{more} bytes more");
    }
    assert_eq!(door.list(&session).await.iter().filter(|message| message["role"] == "user").count(), 7);
}

#[tokio::test]
async fn a_file_is_kept_and_named_to_those_who_cannot_read_it() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let bytes = stream::iter([Ok(b"a,b\n1,2\n".as_slice())]);
    let uploaded = door.server.test.app.upload(&door.server.test.caller, "table.csv", bytes, None).await.unwrap();
    let part = json!({"type": "file", "file_id": uploaded.id.prefixed("file_"), "filename": "numbers.csv"});
    let sent = door.send(&session, &json!({"message": {"content": [part]}})).await;
    assert_eq!((sent.status.as_u16(), &sent.json()["content"]), (201, &json!([part])));
    assert_eq!(door.list(&session).await[0]["content"], json!([{"type": "text", "text": "[numbers.csv]"}]));
    let kept = door.server.test.messages(thread).await.remove(0).body.content;
    assert!(matches!(&kept[0], Part::File { attachment, .. } if *attachment == uploaded.id), "{kept:?}");
}

#[tokio::test]
async fn a_message_steers_the_turn_that_is_open() {
    let door = Door::open().await;
    door.agent(vec![calls(&["there"]), text("both")], vec![tool("there", ToolKind::Client)]).await;
    let (session, thread) = door.session().await;
    door.say(&session, "one").await;
    door.say(&session, "two").await;
    let said = users(&door, thread).await;
    assert_eq!(said.len(), 2);
    assert_eq!(said[0].turn, said[1].turn);
}

#[tokio::test]
async fn a_message_reopens_a_session_that_was_closed() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let test = &door.server.test;
    test.app.close_thread(&test.caller, thread, None).await.unwrap();
    door.say(&session, "again").await;
    assert!(test.settle(thread).await.closed.is_none());
}

#[tokio::test]
async fn a_message_with_a_name_of_its_own_is_sent_once() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let body = |text: &str| {
        let content = json!([{"type": "text", "text": text}, {"type": "image", "base64": png()}]);
        json!({"message": {"content": content}, "client_message_id": "c-1"})
    };
    let once = body("once");
    let answers = join_all((0..20).map(|_| door.send(&session, &once))).await;
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.text), (201, &answers[0].text));
    }
    door.server.test.settle(thread).await;
    assert_eq!(door.server.test.messages(thread).await.len(), 2, "one message and one answer");
    let other = door.send(&session, &body("another")).await;
    assert_eq!((other.status.as_u16(), &other.json()["error"]["code"]), (409, &json!("origin_key_reused")));
    assert_eq!(door.server.test.messages(thread).await.len(), 2);
    let (elsewhere, _) = door.session().await;
    assert_eq!(door.send(&elsewhere, &body("another")).await.status, 201, "names are of their session");
}

#[tokio::test]
async fn a_client_message_id_names_the_same_message_whatever_request_carries_it() {
    let door = Door::open().await;
    let begun = door.did(Method::POST, "/v1/channels/default/sessions", json!({}), 201).await;
    let session = begun["id"].as_str().unwrap().to_owned();
    let thread = domain::ThreadId::parse_prefixed("session_", &session).unwrap();
    let body = json!({"message": said("x")["message"], "client_message_id": "c-1"});
    let first = door.did(Method::POST, &format!("/v1/sessions/{session}/messages"), body.clone(), 201).await;
    let agent = door.server.test.app.thread(&door.server.test.caller, thread).await.unwrap().agent.prefixed("agent_");
    for path in [
        format!("/api/v1/sessions/{session}/messages"),
        format!("/v1/sessions/{}/messages", thread.prefixed("sess_")),
        format!("/v1/sessions/{thread}/messages"),
        format!("/v1/channels/{agent}/sessions/{session}/messages"),
    ] {
        assert_eq!(door.did(Method::POST, &path, body.clone(), 201).await, first, "{path}");
    }
    let waited = door.did(Method::POST, &format!("/v1/sessions/{session}/messages?wait=true"), body, 200).await;
    assert_eq!((&waited["status"], &waited["message"]["id"]), (&json!("completed"), &first["id"]));
    let other = json!({"message": said("y")["message"], "client_message_id": "c-1"});
    door.did(Method::POST, &format!("/v1/sessions/{thread}/messages"), other, 409).await;
    assert_eq!(users(&door, thread).await.len(), 1);
}

#[tokio::test]
async fn an_idempotency_key_names_a_request() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let send = async |key: &str, text: &str| {
        let request = door.post(&format!("/v1/sessions/{session}/messages")).header("idempotency-key", key);
        Answer::of(request.json(&said(text)).send().await.unwrap()).await
    };
    let (first, again) = (send("k-1", "x").await, send("k-1", "x").await);
    assert_eq!((first.status.as_u16(), &first.text), (201, &again.text));
    assert_eq!(send("k-1", "y").await.status, 409);
    assert_eq!(send("k-2", "x").await.status, 201);
    assert_eq!(send(&"k".repeat(255), "x").await.status, 201);
    for bad in ["", " ", &"k".repeat(256)] {
        assert_eq!(send(bad, "z").await.status, 400, "{bad:?}");
    }
    door.server.test.settle(thread).await;
    assert_eq!(users(&door, thread).await.len(), 3);
}

async fn users(door: &Door, thread: ThreadId) -> Vec<Message> {
    let mut messages = door.server.test.messages(thread).await;
    messages.retain(|message| message.role == Role::User);
    messages
}
