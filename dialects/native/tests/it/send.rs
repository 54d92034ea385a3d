//! Messages on their way in: everything that comes with one is kept and shown.

use domain::script::Reply;
use serde_json::{Value, json};

use crate::server::{Api, each, keys, text};

#[tokio::test]
async fn a_text_is_stored_and_answered() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let sent = api.say(&thread, "Привіт 👋").await;
    let message = &sent["message"];
    assert_eq!(keys(&sent), ["handling", "message", "turn"]);
    assert_eq!(
        keys(message),
        ["author", "content", "created_at", "door", "id", "interrupted", "role", "seq", "thread", "turn"]
    );
    assert_eq!((&message["seq"], &message["role"]), (&json!(2), &json!("user")));
    assert_eq!(message["content"], json!([{"type": "text", "text": "Привіт 👋"}]));
    assert_eq!(message["author"], json!({"kind": "key", "key": api.test().caller.key}));
    assert_eq!((&message["door"], &message["interrupted"]), (&json!("native"), &json!(false)));
    assert_eq!((keys(&sent["turn"]), &sent["turn"]["id"]), (vec!["id", "state"], &message["turn"]));
    assert_eq!(sent["turn"]["state"], "running");
    api.settle(&thread).await;
    let messages = api.list(&format!("{thread}/messages")).await;
    assert_eq!(&messages[0], message);
    assert_eq!((&messages[1]["role"], &messages[1]["turn"]), (&json!("agent"), &message["turn"]));
    assert!(text(&messages[1]["content"][0]["text"]).contains("Привіт 👋"));
    assert_eq!(messages[1]["author"]["kind"], "agent");
    assert_eq!(messages[1]["model"], "echo");
}

async fn everything(api: &Api) -> Value {
    let snapshot =
        api.post("/browser-snapshots", json!({"name": "s", "storage_state": {"cookies": [], "origins": []}}));
    let snapshot = snapshot.await.is(201)["id"].clone();
    json!({
        "content": [
            {"type": "text", "text": "Look"},
            {"type": "link", "url": "https://example.com/a.pdf"},
            {"type": "image", "url": "https://example.com/a.png", "media_type": "image/png"},
        ],
        "controls": {
            "model": "claude-opus-4-8", "speed": "fast", "reasoning": "xhigh", "build_model": "gpt-5.5",
            "build_speed": "flex", "build_reasoning": "none", "locale": "uk-UA", "verbosity": "low",
            "error_disclosure": "detailed", "hints": {"a": [1, {"b": null}]}, "browser_snapshots": [snapshot],
        },
        "metadata": {"k": {"n": [1, 2.5, null]}},
        "tags": ["one", "two"],
        "external_actor": {"actor_id": "u1", "source": "crm", "actor_name": "Ann", "metadata": {"tier": "gold"}},
        "addressed_to": "part_1",
        "envelope": {
            "from": "a@example.com", "from_customer_id": "c-1", "to": ["b@example.com"], "cc": ["c@example.com"],
            "bcc": ["d@example.com"], "subject": "Hi", "mailbox": "m1", "external_id": "<1@example.com>",
            "reply_to_external_id": "<0@example.com>", "priority": 3, "read": true, "delivery_requested": {"x": 1},
        },
        "client_id": "local-1",
        "when_busy": "steer",
    })
}

#[tokio::test]
async fn every_field_of_a_message_comes_back() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let mut body = everything(&api).await;
    let fields = body.as_object().unwrap().clone();
    body["role"] = json!("user");
    body["respond"] = json!(true);
    let sent = api.post(&format!("{thread}/messages"), body).await.is(201);
    let id = text(&sent["message"]["id"]);
    let shown = api.get(&format!("{thread}/messages/{id}")).await.is(200);
    for (name, value) in &fields {
        assert_eq!(&shown[name], value, "{name}");
    }
    assert_eq!(shown, sent["message"]);
    let turn = api.get(&format!("{thread}/turns/{}", text(&sent["turn"]["id"]))).await.is(200);
    assert_eq!((&turn["controls"], &turn["policy"]), (&fields["controls"], &json!("steer")));
    let events = api.list(&format!("{thread}/events?types=message.created")).await;
    assert_eq!(events[0]["data"]["message"], shown);
}

#[tokio::test]
async fn what_was_uploaded_is_named_by_its_id() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let upload = |name: &'static str, bytes: &'static [u8]| {
        let request = api.request(reqwest::Method::POST, &format!("/attachments?name={name}")).body(bytes);
        async move { crate::server::reply(request).await.is(201)["id"].clone() }
    };
    let (picture, file) = (upload("p.png", crate::attachments::PNG).await, upload("a.txt", b"hello").await);
    let content = json!([
        {"type": "image", "attachment": picture},
        {"type": "image_file", "attachment": picture, "filename": "mine.png"},
        {"type": "file", "attachment": file},
    ]);
    let sent = api.post(&format!("{thread}/messages"), json!({"content": content})).await.is(201);
    assert_eq!(
        sent["message"]["content"],
        json!([
            {"type": "image", "attachment": picture},
            {"type": "image_file", "attachment": picture, "filename": "mine.png"},
            {"type": "file", "attachment": file, "name": "a.txt", "media_type": "text/plain", "size_bytes": 5},
        ])
    );
}

#[tokio::test]
async fn a_picture_in_base64_becomes_an_attachment() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let api = Api::start().await;
    let thread = api.thread().await;
    let part = json!({"type": "image", "base64": STANDARD.encode(crate::attachments::PNG), "media_type": "image/png"});
    let sent = api.post(&format!("{thread}/messages"), json!({"content": [part]})).await.is(201);
    let shown = &sent["message"]["content"][0];
    assert_eq!(keys(shown), ["attachment", "media_type", "type"]);
    let id = text(&shown["attachment"]);
    let stored = api.get(&format!("/attachments/{id}")).await.is(200);
    assert_eq!(
        (&stored["media_type"], &stored["size_bytes"]),
        (&json!("image/png"), &json!(crate::attachments::PNG.len()))
    );
}

#[tokio::test]
async fn a_key_may_speak_for_a_member_if_it_has_the_scope_and_it_is_audited() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let member = api.post("/members", json!({"email": "Ann@Example.com"})).await.is(201)["id"].clone();
    let body = json!({"text": "x", "author": {"member": "ann@example.COM"}});
    let sent = api.post(&format!("{thread}/messages"), body.clone()).await.is(201);
    let author = json!({
        "kind": "member", "member": member, "email": "ann@example.com", "impersonated_by": api.test().caller.key
    });
    assert_eq!(sent["message"]["author"], author);
    let trail = api.list("/audit?action=impersonate").await;
    assert_eq!(trail.len(), 1);
    assert_eq!(keys(&trail[0]), ["action", "at", "id", "key", "member", "message", "thread"]);
    assert_eq!((&trail[0]["action"], &trail[0]["member"]), (&json!("impersonate"), &member));
    assert_eq!((&trail[0]["message"], &trail[0]["at"]), (&sent["message"]["id"], &sent["message"]["created_at"]));

    use domain::caller::{Scope, Scopes};
    let key = api.test().new_key(Scopes::of(&[Scope::Read, Scope::Write])).await;
    let before = api.last_seq(&thread).await;
    let request = api.bare(reqwest::Method::POST, &format!("/threadline/v1{thread}/messages")).bearer_auth(key);
    assert_eq!(crate::server::reply(request.json(&body)).await.refused(403), "forbidden");
    let stranger = json!({"text": "x", "author": {"member": "eve@example.com"}});
    let refused = api.post(&format!("{thread}/messages"), stranger).await;
    assert_eq!((refused.at_fault(), refused.refused(400)), ("author.member".into(), "member_not_found".into()));
    api.settle(&thread).await;
    assert_eq!(api.list("/audit?action=impersonate").await.len(), 1);
    assert_eq!(api.list(&format!("{thread}/messages")).await.len(), 2, "{before}");
}

#[tokio::test]
async fn a_message_that_asks_for_no_answer_gets_none() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let sent = api.post(&format!("{thread}/messages"), json!({"text": "x", "respond": false})).await.is(201);
    assert_eq!((&sent["turn"], sent["message"].get("turn")), (&json!(null), None));
    api.patch("/agents/default", json!({"paused": true})).await.is(200);
    assert_eq!(api.say(&thread, "y").await["turn"], json!(null));
    assert_eq!(api.list(&format!("{thread}/turns")).await.len(), 0);
    assert_eq!(
        each(&api.list(&format!("{thread}/events")).await, "type"),
        ["thread.created", "message.created", "message.created"]
    );
}

#[tokio::test]
async fn a_message_says_what_it_does_to_an_open_turn() {
    let api = Api::start().await;
    api.test().script(vec![Reply { hang: true, ..Reply::default() }]).await;
    let thread = api.thread().await;
    let send = |policy: &'static str| {
        let (api, path) = (&api, format!("{thread}/messages"));
        async move { api.post(&path, json!({"text": "x", "when_busy": policy})).await }
    };
    let first = api.say(&thread, "x").await["turn"]["id"].clone();
    let steered = send("steer").await.is(201);
    assert_eq!((&steered["turn"]["id"], &steered["turn"]["state"]), (&first, &json!("running")));
    let queued = api.say(&thread, "x").await["turn"].clone();
    assert_eq!(queued["state"], "queued");
    let batch = send("batch").await.is(201)["turn"]["id"].clone();
    assert_ne!(batch, queued["id"]);
    assert_eq!(send("batch").await.is(201)["turn"]["id"], batch);
    let before = api.last_seq(&thread).await;
    assert_eq!(send("reject").await.refused(409), "thread_busy");
    assert_eq!(api.last_seq(&thread).await, before);
    let interrupting = send("interrupt").await.is(201)["turn"]["id"].clone();
    let states: Vec<(Value, Value)> = api
        .list(&format!("{thread}/turns"))
        .await
        .into_iter()
        .map(|turn| (turn["id"].clone(), turn["state"].clone()))
        .collect();
    let has = |id: &Value, state: &str| states.contains(&(id.clone(), json!(state)));
    assert!(has(&first, "cancelled") && has(&interrupting, "running"), "{states:?}");
    assert!(has(&queued["id"], "queued") && has(&batch, "queued"), "{states:?}");
}

#[tokio::test]
async fn a_key_that_only_writes_can_send_a_file_and_read_nothing() {
    use domain::caller::{Scope, Scopes};
    let api = Api::start().await;
    let thread = api.thread().await;
    let key = api.test().new_key(Scopes::of(&[Scope::Write])).await;
    let with = |method, path: &str| api.bare(method, &format!("/threadline/v1{path}")).bearer_auth(&key);
    let upload = with(reqwest::Method::POST, "/attachments?name=a.txt").body("hello");
    let file = crate::server::reply(upload).await.is(201)["id"].clone();
    let body = json!({"content": [{"type": "file", "attachment": file}]});
    let send = with(reqwest::Method::POST, &format!("{thread}/messages")).json(&body);
    crate::server::reply(send).await.is(201);
    for path in ["", "/messages", "/events", "/turns"] {
        let read = with(reqwest::Method::GET, &format!("{thread}{path}"));
        assert_eq!(crate::server::reply(read).await.refused(403), "forbidden", "{path}");
    }
}
