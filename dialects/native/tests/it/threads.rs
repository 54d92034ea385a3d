//! Threads: made, found, changed, closed, removed.

use std::sync::atomic::Ordering;

use domain::{Limits, envelope::Envelope, message::Body, script::Reply};
use engine::{
    app::{reminders::NewReminder, threads::NewThread, tickets::file::Email},
    testing::{Choices, TestApp},
};
use serde_json::json;

use crate::server::{Api, each, id_of, keys, text};

#[tokio::test]
async fn a_thread_is_made_with_what_it_was_given() {
    let api = Api::start().await;
    let body = json!({"title": "Order 4711", "agent": "default", "metadata": {"order": {"id": 4711}}});
    let made = api.post("/threads", body).await.is(201);
    let agent = api.get("/agents/default").await.is(200);
    assert_eq!((&made["tags"], &made["participants"]), (&json!([]), &json!([])));
    assert_eq!((&made["title"], &made["agent"]), (&json!("Order 4711"), &agent["id"]));
    assert_eq!(made["metadata"], json!({"order": {"id": 4711}}));
    assert_eq!((&made["state"], &made["ticket"]), (&json!("open"), &json!("waiting")));
    assert_eq!(made["run"], json!({"running": false, "waiting": false, "queued": 0}));
    assert_eq!((&made["last_seq"], &made["last_at"]), (&json!(1), &made["created_at"]));
    assert_eq!(made["spellings"], json!({"native": made["id"]}));
    let at = text(&made["created_at"]);
    assert!(at.len() == 27 && at.ends_with('Z'), "{at}");
    assert_eq!(api.get(&format!("/threads/{}", text(&made["id"]))).await.is(200), made);
}

#[tokio::test]
async fn a_thread_needs_no_body_and_an_agent_goes_by_id_too() {
    let api = Api::start().await;
    let agent = api.get("/agents/default").await.is(200)["id"].clone();
    let bare = api.act("/threads").await.is(201);
    let named = api.post("/threads", json!({"agent": agent})).await.is(201);
    let nulls = api.post("/threads", json!({"title": null, "agent": null, "metadata": null})).await.is(201);
    for thread in [&bare, &named, &nulls] {
        assert_eq!((&thread["agent"], &thread["metadata"]), (&agent, &json!({})));
    }
}

#[tokio::test]
async fn threads_are_listed_newest_first_page_by_page() {
    let api = Api::start().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(api.post("/threads", json!({})).await.is(201)["id"].clone());
    }
    made.reverse();
    let (all, pages) = api.pages("/threads?limit=2").await;
    assert_eq!((each(&all, "id"), pages), (made, 3));
}

#[tokio::test]
async fn filters_let_through_what_they_name() {
    let api = Api::start().await;
    let helper = api.post("/agents", json!({"name": "helper"})).await.is(201);
    let plain = api.post("/threads", json!({"title": "Größe 42%"})).await.is(201)["id"].clone();
    let helped = api.post("/threads", json!({"title": "Order", "agent": "helper"})).await.is(201)["id"].clone();
    let closed = api.post("/threads", json!({"title": "old order"})).await.is(201)["id"].clone();
    api.act(&format!("/threads/{}/close", text(&closed))).await.is(200);
    api.test().script(vec![Reply { hang: true, ..Reply::default() }]).await;
    let busy = api.post("/threads", json!({"title": "42 things"})).await.is(201)["id"].clone();
    api.say(&format!("/threads/{}", text(&busy)), "x").await;
    let id = text(&helper["id"]);
    for (query, expect) in [
        ("agent=helper", vec![&helped]),
        (&*format!("agent={id}"), vec![&helped]),
        ("state=closed", vec![&closed]),
        ("state=open", vec![&busy, &helped, &plain]),
        ("open_turn=true", vec![&busy]),
        ("open_turn=false&state=open", vec![&helped, &plain]),
        ("q=ORDER", vec![&closed, &helped]),
        ("q=order&state=open", vec![&helped]),
        ("q=42%25", vec![&plain]),
        ("q=%25", vec![&plain]),
        ("q=nothing", vec![]),
    ] {
        let found = each(&api.list(&format!("/threads?{query}")).await, "id");
        assert_eq!(found.iter().collect::<Vec<_>>(), expect, "{query}");
    }
}

#[tokio::test]
async fn an_expired_thread_is_a_closed_one() {
    let (clock, now) = TestApp::manual_clock();
    let api = Api::with(Choices { clock, ..Choices::default() }).await;
    let new = NewThread { window: true, ..NewThread::default() };
    let thread = api.test().app.create_thread(&api.test().caller, new).await.unwrap();
    let path = format!("/threads/{}", thread.id);
    let open = api.get(&path).await.is(200);
    assert_eq!((&open["state"], &open["window"]["length_s"]), (&json!("open"), &json!(7_200)));
    assert_eq!(api.list("/threads?state=closed").await.len(), 0);
    now.fetch_add(7_200_000_000, Ordering::SeqCst);
    let expired = api.get(&path).await.is(200);
    assert_eq!(expired["state"], "closed");
    assert_eq!(expired["closed"], json!({"by": "lapsed", "reason": "ENDED", "at": open["window"]["ends_at"]}));
    assert_eq!(each(&api.list("/threads?state=closed").await, "id"), [json!(thread.id)]);
    assert_eq!(api.list("/threads?state=open").await.len(), 0);
    assert_eq!(api.post(&format!("{path}/messages"), json!({"text": "x"})).await.refused(409), "thread_closed");
    api.act(&format!("{path}/reopen")).await.is(200);
    api.say(&path, "x").await;
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    let api = Api::start().await;
    let helper = api.post("/agents", json!({"name": "helper"})).await.is(201)["id"].clone();
    let made = api.post("/threads", json!({"title": "One", "metadata": {"a": 1}})).await.is(201);
    let path = format!("/threads/{}", text(&made["id"]));
    let same = api.patch(&path, json!({})).await.is(200);
    assert_eq!(same, made);
    let changed = api.patch(&path, json!({"title": "Two", "agent": "helper"})).await.is(200);
    assert_eq!((&changed["title"], &changed["agent"]), (&json!("Two"), &helper));
    assert_eq!(changed["metadata"], json!({"a": 1}));
    let bare = api.patch(&path, json!({"title": null, "metadata": {"b": 2}})).await.is(200);
    assert_eq!((bare.get("title"), &bare["metadata"]), (None, &json!({"b": 2})));
    assert_eq!(api.patch(&path, json!({"metadata": null})).await.is(200)["metadata"], json!({}));
    let events = api.list(&format!("{path}/events?after=1")).await;
    assert_eq!(each(&events, "type"), ["thread.updated", "thread.updated", "thread.updated"]);
    assert_eq!(events[0]["data"], json!({"changed": {"title": "Two", "agent": helper}}));
}

#[tokio::test]
async fn a_closed_thread_takes_no_message_until_it_is_opened_again() {
    let api = Api::start().await;
    api.test().script(vec![Reply { hang: true, ..Reply::default() }]).await;
    let thread = api.thread().await;
    let turn = text(&api.say(&thread, "x").await["turn"]["id"]);
    let closed = api.post(&format!("{thread}/close"), json!({"reason": "solved"})).await.is(200);
    assert_eq!((&closed["state"], &closed["ticket"]), (&json!("closed"), &json!("closed")));
    assert_eq!((&closed["closed"]["by"], &closed["closed"]["reason"]), (&json!("person"), &json!("solved")));
    assert_eq!(api.get(&format!("{thread}/turns/{turn}")).await.is(200)["state"], "cancelled");
    let before = api.last_seq(&thread).await;
    assert_eq!(api.post(&format!("{thread}/messages"), json!({"text": "x"})).await.refused(409), "thread_closed");
    assert_eq!(api.act(&format!("{thread}/close")).await.is(200), closed);
    assert_eq!(api.last_seq(&thread).await, before);
    let open = api.act(&format!("{thread}/reopen")).await.is(200);
    assert_eq!((&open["state"], open.get("closed")), (&json!("open"), None));
    api.say(&thread, "x").await;
}

#[tokio::test]
async fn cancelling_a_thread_ends_every_open_turn() {
    let api = Api::start().await;
    api.test().script(vec![Reply { hang: true, ..Reply::default() }]).await;
    let thread = api.thread().await;
    for _ in 0..3 {
        api.say(&thread, "x").await;
    }
    let stopped = api.act(&format!("{thread}/cancel")).await.is(200);
    assert_eq!(stopped["run"], json!({"running": false, "waiting": false, "queued": 0}));
    let states = each(&api.list(&format!("{thread}/turns")).await, "state");
    assert_eq!(states, ["cancelled", "cancelled", "cancelled"]);
}

#[tokio::test]
async fn a_deleted_thread_is_as_one_that_never_was() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let sent = api.ask(&thread, "x").await;
    let unknown = format!("/threads/{}", uuid_of_nobody());
    assert_eq!(api.delete(&thread).await.is(204), json!(null));
    let message = text(&sent["message"]["id"]);
    for below in ["", "/messages", "/events", "/turns", &format!("/messages/{message}")] {
        let (gone, never) = (api.get(&format!("{thread}{below}")).await, api.get(&format!("{unknown}{below}")).await);
        assert_eq!(gone.refused(404), "thread_not_found", "{below}");
        assert_eq!(gone.text, never.text);
    }
    assert_eq!(api.delete(&thread).await.refused(404), "thread_not_found");
    assert_eq!(api.list("/threads").await.len(), 0);
}

#[tokio::test]
async fn a_reminder_shows_on_its_thread() {
    let api = Api::start().await;
    let app = &api.test().app;
    let thread = api.thread().await;
    let envelope = Some(Envelope { from_customer_id: Some("c-1".into()), ..Envelope::default() });
    let email = Email {
        thread: Some(id_of(&thread)),
        body: Body { envelope, ..Body::text("Hello") },
        reminder: Some(Some(NewReminder { delay_s: 86_400, number_left: 3 })),
        files: Vec::new(),
        origin: None,
    };
    app.file_email(&api.test().caller, email).await.unwrap();
    api.settle(&thread).await;
    let other = api.thread().await;
    let shown = api.get(&thread).await.is(200)["reminder"].clone();
    assert_eq!(keys(&shown), ["delay_s", "due_at", "number_left"]);
    assert_eq!((&shown["delay_s"], &shown["number_left"]), (&json!(86_400), &json!(3)));
    let listed = api.list("/threads").await;
    assert_eq!((listed[0].get("reminder"), &listed[1]["reminder"]), (None, &shown), "{other}");
    assert_eq!(api.patch(&thread, json!({"title": "x"})).await.is(200)["reminder"], shown);
}

#[tokio::test]
async fn a_message_sets_its_threads_reminder_once_and_one_without_calls_it_off() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let messages = format!("{thread}/messages");
    for (key, reminder) in
        [("a", json!({"delay_s": 3_600, "number_left": 2})), ("b", json!({"delay_s": 60, "number_left": 1}))]
    {
        let body = json!({"text": "Hello", "client_id": key, "reminder": reminder});
        let sent = api.post(&messages, body.clone()).await.is(201)["message"]["id"].clone();
        let shown = api.get(&thread).await.is(200)["reminder"].clone();
        assert_eq!((&shown["delay_s"], &shown["number_left"]), (&reminder["delay_s"], &reminder["number_left"]));
        assert_eq!(api.post(&messages, body).await.is(201)["message"]["id"], sent);
        assert_eq!(api.get(&thread).await.is(200)["reminder"], shown, "a replay sets nothing anew");
    }
    for without in [json!({"text": "Again"}), json!({"text": "Again", "reminder": null})] {
        api.post(&messages, json!({"text": "Hello", "reminder": {"delay_s": 3_153_600_000_i64, "number_left": 1_000}}))
            .await
            .is(201);
        api.post(&messages, without).await.is(201);
        assert_eq!(api.get(&thread).await.is(200).get("reminder"), None);
    }
    api.settle(&thread).await;
    let before = api.last_seq(&thread).await;
    for (reminder, at_fault) in [
        (json!({"delay_s": -1, "number_left": 1}), "reminder.delay_s"),
        (json!({"delay_s": 3_153_600_001_i64, "number_left": 1}), "reminder.delay_s"),
        (json!({"delay_s": 1, "number_left": 0}), "reminder.number_left"),
        (json!({"delay_s": 1, "number_left": 1_001}), "reminder.number_left"),
        (json!({"delay_s": 1}), "reminder.number_left"),
        (json!({"delay": 1, "number_left": 1}), "reminder.delay"),
    ] {
        let refused = api.post(&messages, json!({"text": "Hello", "reminder": reminder})).await;
        assert_eq!(refused.at_fault(), at_fault, "{reminder}");
    }
    assert_eq!((api.last_seq(&thread).await, api.get(&thread).await.is(200).get("reminder")), (before, None));
}

#[tokio::test]
async fn what_a_thread_cannot_be_is_refused_and_nothing_is_made() {
    let api = Api::limited(|limits: &mut Limits| limits.metadata_bytes = 10).await;
    let existing = api.thread().await;
    let nobody = uuid_of_nobody();
    for (body, path) in [
        (json!({"title": ""}), "title"),
        (json!({"title": "x".repeat(501)}), "title"),
        (json!({"title": 1}), "title"),
        (json!({"metadata": []}), "metadata"),
        (json!({"metadata": {"a": "12345"}}), "metadata"),
        (json!({"agent": "nobody"}), "agent"),
        (json!({"agent": nobody}), "agent"),
        (json!({"agent": ""}), "agent"),
        (json!({"agent": 1}), "agent"),
        (json!({"titel": "x"}), "titel"),
    ] {
        assert_eq!(api.post("/threads", body.clone()).await.at_fault(), path, "{body}");
        assert_eq!(api.patch(&existing, body.clone()).await.at_fault(), path, "{body}");
    }
    assert_eq!(api.patch(&existing, json!({"agent": null})).await.at_fault(), "agent");
    assert_eq!(api.list("/threads").await.len(), 1);
    assert_eq!(api.last_seq(&existing).await, 1);
    api.post("/threads", json!({"title": "ü".repeat(500), "metadata": {"a": "1234"}})).await.refused(400);
    api.post("/threads", json!({"title": "ü".repeat(500), "metadata": {"a": "12"}})).await.is(201);
}

pub fn uuid_of_nobody() -> String {
    "01933b5a-0000-7000-8000-000000000001".into()
}
