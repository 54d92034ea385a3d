//! Threads that begin with a message.

use domain::{caller::Scopes, script::Reply};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Api, as_said, each, id_of, reply, text};

fn path(made: &Value) -> String {
    format!("/threads/{}", text(&made["id"]))
}

#[tokio::test]
async fn a_thread_begins_with_its_message_and_the_turn_that_answers() {
    let api = Api::start().await;
    let message = json!({"text": "Hello", "metadata": {"page": "/cart"}});
    let body = json!({"title": "Order", "tags": ["new"], "metadata": {"order": 1}, "message": message});
    let made = api.post("/threads", body).await.is(201);
    api.settle(&path(&made)).await;
    assert_eq!((&made["title"], &made["metadata"]), (&json!("Order"), &json!({"order": 1})));
    assert_eq!(each(made["tags"].as_array().unwrap(), "name"), ["new"], "the project knows no such tag");
    let sent = &made["sent"];
    assert_eq!((&sent["message"]["metadata"], sent.get("outcome")), (&json!({"page": "/cart"}), None));
    let listed = api.list(&format!("{}/messages", path(&made))).await;
    assert_eq!((&listed[0], &listed[1]["turn"]), (&sent["message"], &sent["turn"]["id"]));
    let kinds = each(&api.list(&format!("{}/events", path(&made))).await, "type");
    assert_eq!(kinds[..3], ["thread.created", "message.created", "turn.started"]);
    assert_eq!(api.post("/threads", json!({"title": "bare"})).await.is(201).get("sent"), None);
}

#[tokio::test]
async fn a_beginning_that_waits_is_answered_with_the_outcome_and_the_thread_after_it() {
    let api = Api::start().await;
    let made = api.post("/threads?wait=60", json!({"message": {"text": "Hello"}})).await.is(201);
    let (sent, listed) = (&made["sent"], api.list(&format!("{}/messages", path(&made))).await);
    assert_eq!((&sent["outcome"]["state"], &sent["turn"]["state"]), (&json!("completed"), &json!("completed")));
    assert_eq!(sent["outcome"]["messages"], json!([as_said(listed[1].clone())]));
    assert_eq!(made["run"], json!({"running": false, "waiting": false, "queued": 0}));
    api.test().script(vec![Reply { hang: true, text: Some("x".into()), ..Reply::default() }]).await;
    let made = api.post("/threads?wait=1", json!({"message": {"text": "Hello"}})).await.is(202);
    assert_eq!((&made["sent"]["turn"]["state"], &made["run"]["running"]), (&json!("running"), &json!(true)));
    let unanswered = json!({"message": {"text": "Hello", "respond": false}});
    let made = api.post("/threads?wait=60", unanswered).await.is(201);
    assert_eq!((&made["sent"]["turn"], made["sent"].get("outcome")), (&Value::Null, None));
}

#[tokio::test]
async fn twenty_at_once_under_one_key_are_one_thread_with_one_message() {
    let api = Api::start().await;
    let body = json!({"title": "a", "message": {"text": "x"}});
    let begin = || api.request(Method::POST, "/threads").header("Idempotency-Key", "key").json(&body);
    let answers = join_all((0..20).map(|_| reply(begin()))).await;
    let first = answers[0].is(201);
    for answer in &answers {
        let answer = answer.is(201);
        let ids = |answer: &Value| {
            [&answer["id"], &answer["sent"]["message"]["id"], &answer["sent"]["turn"]["id"]].map(Value::clone)
        };
        assert_eq!(ids(&answer), ids(&first));
    }
    api.settle(&path(&first)).await;
    assert_eq!(api.list("/threads").await.len(), 1);
    assert_eq!(each(&api.list(&format!("{}/messages", path(&first))).await, "role"), ["user", "agent"]);
    let other = json!({"title": "a", "message": {"text": "y"}});
    let other = api.request(Method::POST, "/threads").header("Idempotency-Key", "key").json(&other);
    assert_eq!(reply(other).await.refused(409), "origin_key_reused");
}

#[tokio::test]
async fn a_message_that_is_refused_makes_no_thread_and_is_named_below_message() {
    let api = Api::start().await;
    let nobody = "01933b5a-0000-7000-8000-000000000001";
    for (body, at) in [
        (json!({"message": {}}), "message.content"),
        (json!({"message": {"text": ""}}), "message.text"),
        (json!({"message": {"text": "x", "content": []}}), "message.content"),
        (json!({"message": {"text": "x", "role": "agent"}}), "message.role"),
        (json!({"message": {"text": "x", "client_id": "c"}}), "message.client_id"),
        (json!({"message": {"text": "x", "tags": [""]}}), "message.tags.0"),
        (json!({"message": {"text": "x"}, "tags": [""]}), "tags.0"),
        (json!({"message": {"text": "x", "author": {"member": "a@b.c"}}}), "message.author.member"),
        (
            json!({"message": {"text": "x", "controls": {"browser_snapshots": [nobody]}}}),
            "message.controls.browser_snapshots",
        ),
        (json!({"message": {"text": "x", "reminder": {"delay_s": -1, "number_left": 1}}}), "message.reminder.delay_s"),
        (json!({"message": {"text": "x", "envelope": {"from": "no address"}}}), "message.envelope.from"),
        (json!({"message": {"content": [{"type": "file", "attachment": nobody}]}}), "message.content.0"),
        (json!({"message": {"content": [{"type": "image", "attachment": nobody}]}}), "message.content.0"),
        (json!({"message": {"text": "x"}, "agent": "nobody"}), "agent"),
        (json!({"message": "x"}), "message"),
    ] {
        assert_eq!(api.post("/threads", body.clone()).await.at_fault(), at, "{body}");
    }
    assert_eq!(api.post("/threads?wait=61", json!({"message": {"text": "x"}})).await.at_fault(), "wait");
    assert_eq!(api.list("/threads").await.len(), 0);
}

#[tokio::test]
async fn to_wait_needs_read_and_to_speak_for_a_member_needs_impersonate() {
    let api = Api::start().await;
    api.post("/members", json!({"email": "ann@example.com"})).await.is(201);
    let writer = api.test().new_key(Scopes::parse("write").unwrap()).await;
    let begin = |path: &str, message: Value| {
        let request = api.bare(Method::POST, &format!("/threadline/v1{path}")).bearer_auth(&writer);
        reply(request.json(&json!({"message": message})))
    };
    assert_eq!(begin("/threads?wait=1", json!({"text": "x"})).await.refused(403), "forbidden");
    let as_ann = json!({"text": "x", "author": {"member": "ann@example.com"}});
    assert_eq!(begin("/threads", as_ann.clone()).await.refused(403), "forbidden");
    assert_eq!(api.list("/threads").await.len(), 0);
    let made = begin("/threads", json!({"text": "x"})).await.is(201);
    api.settle(&path(&made)).await;
    let made = api.post("/threads", json!({"message": as_ann})).await.is(201);
    assert_eq!(made["sent"]["message"]["author"]["email"], "ann@example.com");
    api.test().settle(id_of(&path(&made))).await;
}

#[tokio::test]
async fn a_picture_and_a_reminder_come_with_the_first_message() {
    let api = Api::start().await;
    let picture = {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        STANDARD.encode(crate::attachments::PNG)
    };
    let content = json!([{"type": "text", "text": "See"}, {"type": "image", "base64": picture}]);
    let message = json!({"content": content, "respond": false, "reminder": {"delay_s": 3600, "number_left": 1}});
    let made = api.post("/threads", json!({"message": message})).await.is(201);
    assert_eq!(made["reminder"]["number_left"], 1);
    let attachment = text(&made["sent"]["message"]["content"][1]["attachment"]);
    assert_eq!(api.get(&format!("/attachments/{attachment}")).await.is(200)["media_type"], "image/png");
}
