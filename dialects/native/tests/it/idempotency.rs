//! The same request under the same key has one effect and one answer.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::script::Reply as Scripted;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    attachments::PNG,
    server::{Api, Reply, each, reply, text},
};

async fn keyed(api: &Api, path: &str, body: &Value, key: &str) -> Reply {
    reply(api.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
}

#[tokio::test]
async fn what_a_post_has_made_is_made_once() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let state = json!({"cookies": [], "origins": []});
    for (path, list, one, other) in [
        ("/threads", "/threads", json!({"title": "a"}), json!({"title": "b"})),
        ("/agents", "/agents", json!({"name": "a"}), json!({"name": "b"})),
        ("/members", "/members", json!({"email": "a@b.c"}), json!({"email": "b@b.c"})),
        ("/projects", "/projects", json!({"name": "a"}), json!({"name": "b"})),
        ("/customers", "/customers", json!({"contacts": ["a@b.c"]}), json!({"contacts": ["b@b.c"]})),
        (
            "/browser-snapshots",
            "/browser-snapshots",
            json!({"name": "a", "storage_state": state}),
            json!({"name": "b", "storage_state": state}),
        ),
        (
            &*format!("{thread}/messages"),
            &*format!("{thread}/messages"),
            json!({"text": "a", "respond": false, "metadata": {"x": 1, "y": 2}}),
            json!({"text": "b", "respond": false}),
        ),
    ] {
        let made = keyed(&api, path, &one, "key").await;
        made.is(201);
        let count = api.list(list).await.len();
        let again = keyed(&api, path, &one, "key").await;
        assert_eq!((again.status, &again.text), (made.status, &made.text), "{path}");
        assert_eq!(keyed(&api, path, &other, "key").await.refused(409), "origin_key_reused", "{path}");
        assert_eq!(api.list(list).await.len(), count, "{path}");
        let second = keyed(&api, path, &other, "other-key").await.is(201);
        assert_eq!(api.list(list).await.len(), count + 1, "{path}: {second}");
    }
}

#[tokio::test]
async fn the_order_of_a_bodys_keys_does_not_matter() {
    let api = Api::start().await;
    let send = |body: &'static str| {
        let request = api.request(Method::POST, "/threads").header("Idempotency-Key", "k");
        reply(request.header("content-type", "application/json").body(body))
    };
    let made = send(r#"{"title": "a", "metadata": {"x": 1, "y": 2}}"#).await;
    let again = send(r#"{"metadata":{"y":2,"x":1},"title":"a"}"#).await;
    assert_eq!((made.is(201), api.list("/threads").await.len()), (again.is(201), 1));
}

#[tokio::test]
async fn a_keys_secret_is_told_once() {
    let api = Api::start().await;
    let body = json!({"name": "a", "scopes": ["read"]});
    let made = keyed(&api, "/keys", &body, "key").await.is(201);
    let again = keyed(&api, "/keys", &body, "key").await;
    assert_eq!(again.refused(409), "key_already_created");
    assert!(again.text.contains(&text(&made["id"])) && !again.text.contains(&text(&made["secret"])), "{}", again.text);
}

#[tokio::test]
async fn what_leaves_nothing_behind_is_done_once_too() {
    let api = Api::start().await;
    api.test().script(vec![Scripted { hang: true, ..Scripted::default() }]).await;
    let thread = api.thread().await;
    let turn = text(&api.say(&thread, "x").await["turn"]["id"]);
    let (close, reopen) = (format!("{thread}/close"), format!("{thread}/reopen"));
    let act = |path: &str| {
        let request = api.request(Method::POST, path).header("Idempotency-Key", "key");
        async move { reply(request).await.is(200) }
    };
    assert_eq!(act(&format!("{thread}/turns/{turn}/cancel")).await["state"], "cancelled");
    assert_eq!(act(&format!("{thread}/turns/{turn}/cancel")).await["state"], "cancelled");
    act(&format!("{thread}/cancel")).await;
    let turn = api.say(&thread, "y").await["turn"].clone();
    assert_eq!(act(&format!("{thread}/cancel")).await["run"]["running"], true, "the replay cancels nothing");
    assert_eq!(turn["state"], "running");
    assert_eq!(act(&close).await["state"], "closed");
    assert_eq!(act(&reopen).await["state"], "open");
    let before = api.last_seq(&thread).await;
    assert_eq!(act(&close).await["state"], "open", "the replay closes nothing");
    assert_eq!(api.last_seq(&thread).await, before);
    let other = keyed(&api, &close, &json!({"reason": "other"}), "key").await;
    assert_eq!(other.refused(409), "origin_key_reused");
    let elsewhere = api.thread().await;
    let other = api.request(Method::POST, &format!("{elsewhere}/close")).header("Idempotency-Key", "key");
    assert_eq!(reply(other).await.refused(409), "origin_key_reused", "another path is another request");
}

#[tokio::test]
async fn tool_results_are_accepted_once() {
    let api = crate::tool_results::waiting().await;
    let (api, thread) = (&api.0, &api.1);
    let path = format!("{thread}/tool-results");
    let one = json!({"results": [{"tool_call_id": "c1", "result": 1}]});
    let first = keyed(api, &path, &one, "key").await.is(200);
    assert_eq!((&first["accepted"], &first["open"]), (&json!(1), &json!(1)));
    assert_eq!(keyed(api, &path, &one, "key").await.is(200), first);
    let two = json!({"results": [{"tool_call_id": "c2", "error": "no"}]});
    assert_eq!(keyed(api, &path, &two, "key").await.refused(409), "origin_key_reused");
    assert_eq!(keyed(api, &path, &two, "key-2").await.is(200)["open"], 0);
    api.settle(thread).await;
    let anew = keyed(api, &path, &one, "key").await.is(200);
    assert_eq!((&anew["turn"], &anew["accepted"], &anew["open"]), (&first["turn"], &json!(1), &json!(0)));
    assert_eq!(api.list(&format!("{thread}/events?types=tool.completed")).await.len(), 2);
}

#[tokio::test]
async fn an_upload_is_stored_once_and_its_bytes_are_part_of_it() {
    let api = Api::start().await;
    let upload = |name: &str, bytes: &'static [u8]| {
        let request = api.request(Method::POST, &format!("/attachments?name={name}"));
        reply(request.header("Idempotency-Key", "key").body(bytes))
    };
    let made = upload("a.txt", b"hello").await;
    assert_eq!(upload("a.txt", b"hello").await.is(201), made.is(201));
    assert_eq!(upload("a.txt", b"hullo").await.refused(409), "origin_key_reused");
    assert_eq!(upload("b.txt", b"hello").await.refused(409), "origin_key_reused");
}

#[tokio::test]
async fn a_message_with_bytes_is_the_same_message_again() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let body = json!({"content": [{"type": "image", "base64": STANDARD.encode(PNG)}], "respond": false});
    let path = format!("{thread}/messages");
    let made = keyed(&api, &path, &body, "key").await;
    assert_eq!(keyed(&api, &path, &body, "key").await.is(201), made.is(201));
}

#[tokio::test]
async fn twenty_at_once_are_one_message_and_twenty_equal_answers() {
    let api = Api::start().await;
    api.test().script(vec![Scripted { hang: true, ..Scripted::default() }]).await;
    for (round, with) in ["header", "client_id"].into_iter().enumerate() {
        let thread = api.thread().await;
        let path = format!("{thread}/messages");
        let send = || match with {
            "header" => api.request(Method::POST, &path).header("Idempotency-Key", "key").json(&json!({"text": "x"})),
            _ => api.request(Method::POST, &path).json(&json!({"text": "x", "client_id": "key"})),
        };
        let answers = join_all((0..20).map(|_| reply(send()))).await;
        let first = answers[0].is(201);
        for answer in &answers {
            assert_eq!(answer.is(201), first, "{with}");
        }
        assert_eq!(each(&api.list(&path).await, "id"), [first["message"]["id"].clone()]);
        assert_eq!(api.list(&format!("{thread}/turns")).await.len(), 1, "{round}");
    }
}

#[tokio::test]
async fn a_replay_is_found_before_every_check_of_state() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let path = format!("{thread}/messages");
    let body = json!({"text": "x", "when_busy": "reject"});
    let made = keyed(&api, &path, &body, "key").await.is(201);
    api.act(&format!("{thread}/close")).await.is(200);
    assert_eq!(keyed(&api, &path, &body, "key").await.is(201)["message"], made["message"]);
    assert_eq!(keyed(&api, &path, &body, "other").await.refused(409), "thread_closed");
    api.delete(&thread).await.is(204);
    assert_eq!(keyed(&api, &path, &body, "key").await.refused(404), "thread_not_found");
}

#[tokio::test]
async fn a_key_is_spent_only_together_with_its_effect() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let path = format!("{thread}/messages");
    keyed(&api, &path, &json!({"text": ""}), "key").await.refused(400);
    api.act(&format!("{thread}/close")).await.is(200);
    keyed(&api, &path, &json!({"text": "x"}), "key").await.refused(409);
    api.act(&format!("{thread}/reopen")).await.is(200);
    keyed(&api, &path, &json!({"text": "y", "respond": false}), "key").await.is(201);
    assert_eq!(api.list(&path).await.len(), 1);
}

#[tokio::test]
async fn a_client_id_is_a_name_within_its_thread() {
    let api = Api::start().await;
    let (one, two) = (api.thread().await, api.thread().await);
    let body = json!({"text": "x", "client_id": "c", "respond": false});
    let first = api.post(&format!("{one}/messages"), body.clone()).await.is(201);
    assert_eq!(api.post(&format!("{one}/messages"), body.clone()).await.is(201), first);
    let second = api.post(&format!("{two}/messages"), body).await.is(201);
    assert_ne!(first["message"]["id"], second["message"]["id"]);
    let other = json!({"text": "y", "client_id": "c"});
    assert_eq!(api.post(&format!("{one}/messages"), other).await.refused(409), "origin_key_reused");
}

#[tokio::test]
async fn keys_of_two_projects_know_nothing_of_each_other() {
    let api = Api::start().await;
    let (_, foreign) = api.test().other_project().await;
    let body = json!({"title": "a"});
    let ours = keyed(&api, "/threads", &body, "key").await.is(201);
    let request = api.bare(Method::POST, "/threadline/v1/threads").bearer_auth(foreign);
    let theirs = reply(request.header("Idempotency-Key", "key").json(&json!({"title": "b"}))).await.is(201);
    assert_ne!(ours["id"], theirs["id"]);
}

#[tokio::test]
async fn what_is_no_key_is_refused_and_has_no_effect() {
    let api = Api::start().await;
    let thread = api.thread().await;
    for bad in ["", "a b", "a\tb", "ключ", &"k".repeat(256)] {
        let header = reqwest::header::HeaderValue::from_bytes(bad.as_bytes()).unwrap();
        let request = api.request(Method::POST, "/threads").header("Idempotency-Key", header);
        assert_eq!(reply(request.json(&json!({}))).await.at_fault(), "Idempotency-Key", "{bad}");
        let named = json!({"text": "x", "client_id": bad});
        assert_eq!(api.post(&format!("{thread}/messages"), named).await.at_fault(), "client_id", "{bad}");
    }
    let twice = api.request(Method::POST, "/threads").header("Idempotency-Key", "a").header("Idempotency-Key", "a");
    assert_eq!(reply(twice).await.at_fault(), "Idempotency-Key");
    let both = keyed(&api, &format!("{thread}/messages"), &json!({"text": "x", "client_id": "c"}), "k").await;
    assert_eq!(both.at_fault(), "client_id");
    assert_eq!((api.list("/threads").await.len(), api.last_seq(&thread).await), (1, 1));
    keyed(&api, "/threads", &json!({}), &"k".repeat(255)).await.is(201);
}
