//! What a webhook cannot be, who may not ask, and what belongs to another project.

use dialect_kit::testing::Receiver;
use domain::caller::{Scope, Scopes};
use engine::Targets;
use engine::testing::Choices;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    server::{Api, reply, text},
    threads::uuid_of_nobody,
    webhooks::{start, told},
};

#[tokio::test]
async fn a_webhooks_secret_is_in_the_answer_that_makes_it_and_nowhere_else() {
    let api = Api::start().await;
    let body = json!({"url": "https://example.com/hook", "events": ["turn.completed"], "description": "CI"});
    let request = || reply(api.request(Method::POST, "/webhooks").header("Idempotency-Key", "k").json(&body));
    let mut made = request().await.is(201);
    assert_eq!(request().await.refused(409), "webhook_secret_already_told");
    let secret = text(&made["secret"]);
    made.as_object_mut().unwrap().remove("secret");
    assert_eq!(api.list("/webhooks").await, [made.clone()]);
    let path = format!("/webhooks/{}", text(&made["id"]));
    let rotate = || {
        let request = api.request(Method::POST, &format!("{path}/rotate")).header("Idempotency-Key", "r");
        reply(request.json(&json!({})))
    };
    assert_ne!(text(&rotate().await.is(200)["secret"]), secret);
    assert_eq!(rotate().await.refused(409), "webhook_secret_already_told");
    assert_eq!(api.delete(&path).await.status, 204);
    assert_eq!(api.get(&path).await.refused(404), "webhook_not_found");
    assert_eq!(api.list("/webhooks").await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_a_webhook_cannot_be_is_refused_and_nothing_is_stored() {
    let api = Api::start().await;
    let url = "https://example.com/";
    let made = api.post("/webhooks", json!({"url": url})).await.is(201);
    let path = format!("/webhooks/{}", text(&made["id"]));
    let cases = [
        (json!({"url": "ftp://example.com/"}), "url"),
        (json!({"url": "http://127.0.0.1/"}), "url"),
        (json!({"url": "http://169.254.169.254/latest"}), "url"),
        (json!({"url": "http://localhost:8080/"}), "url"),
        (json!({"url": "https://user:secret@example.com/"}), "url"),
        (json!({"url": "https://example.com:22/"}), "url"),
        (json!({"url": format!("https://example.com/{}", "x".repeat(2_029))}), "url"),
        (json!({"url": url, "events": []}), "events"),
        (json!({"url": url, "events": ["turn.done"]}), "events.0"),
        (json!({"url": url, "events": "turn.completed"}), "events"),
        (json!({"url": url, "description": "x".repeat(2_001)}), "description"),
        (json!({"url": url, "enabled": "yes"}), "enabled"),
        (json!({"url": url, "secret": "whsec_x"}), "secret"),
    ];
    for (body, fault) in &cases {
        assert_eq!(api.post("/webhooks", body.clone()).await.at_fault(), *fault, "{body}");
        assert_eq!(api.patch(&path, body.clone()).await.at_fault(), *fault, "{body}");
    }
    for (body, fault) in [
        (json!({}), "url"),
        (json!({"url": url, "dialect": "esperanto"}), "dialect"),
        (json!({"url": url, "kind": "secret"}), "kind"),
        (json!({"url": url, "kind": "authorization"}), "authorization"),
        (json!({"url": url, "kind": "authorization", "authorization": ""}), "authorization"),
        (json!({"url": url, "kind": "authorization", "authorization": "a\r\nX: y"}), "authorization"),
        (json!({"url": url, "kind": "authorization", "authorization": "x".repeat(4_097)}), "authorization"),
        (json!({"url": url, "authorization": "Basic x"}), "authorization"),
    ] {
        assert_eq!(api.post("/webhooks", body.clone()).await.at_fault(), fault, "{body}");
    }
    for (body, fault) in [
        (json!({"url": null}), "url"),
        (json!({"enabled": null}), "enabled"),
        (json!({"authorization": "Basic x"}), "authorization"),
        (json!({"dialect": "native"}), "dialect"),
    ] {
        assert_eq!(api.patch(&path, body.clone()).await.at_fault(), fault, "{body}");
    }
    assert_eq!(api.list("/webhooks").await.len(), 1);
    assert_eq!(api.get(&path).await.is(200)["updated_at"], made["updated_at"]);
    for (path, body, fault) in [
        ("rotate", json!({"overlap_s": -1}), "overlap_s"),
        ("rotate", json!({"overlap_s": 604_801}), "overlap_s"),
        ("rotate", json!({"overlap_s": "1"}), "overlap_s"),
        ("replay", json!({}), "since"),
        ("replay", json!({"since": "2026-01-01T00:00:00Z", "thread": uuid_of_nobody()}), "thread"),
        ("replay", json!({"since": "2026-01-01T00:00:00Z", "after": 1}), "after"),
        ("replay", json!({"thread": "x"}), "thread"),
    ] {
        let path = format!("/webhooks/{}/{path}", text(&made["id"]));
        assert_eq!(api.post(&path, body.clone()).await.at_fault(), fault, "{body}");
    }
    api.patch(&path, json!({"url": format!("https://example.com/{}", "x".repeat(2_028))})).await.is(200);
    let long = json!({"url": url, "kind": "authorization", "authorization": "x".repeat(4_096)});
    api.post("/webhooks", long).await.is(201);
    api.post(&format!("{path}/rotate"), json!({"overlap_s": 604_800})).await.is(200);
    let fixed = json!({"url": url, "kind": "authorization", "authorization": "Basic x"});
    let fixed = text(&api.post("/webhooks", fixed).await.is(201)["id"]);
    let refused = api.post(&format!("/webhooks/{fixed}/rotate"), json!({})).await.refused(409);
    assert_eq!(refused, "webhook_does_not_sign");
}

#[tokio::test]
async fn a_project_has_only_so_many_webhooks() {
    let api = Api::limited(|limits| limits.webhooks = 1).await;
    api.post("/webhooks", json!({"url": "https://example.com/"})).await.is(201);
    let refused = api.post("/webhooks", json!({"url": "https://example.com/"})).await.refused(409);
    assert_eq!(refused, "too_many_webhooks");
}

#[tokio::test]
async fn a_replay_reaches_only_so_many_threads() {
    let api = Api::limited(|limits| limits.webhook_replay_threads = 2).await;
    let webhook = text(&api.post("/webhooks", json!({"url": "https://example.com/"})).await.is(201)["id"]);
    let replay =
        async || api.post(&format!("/webhooks/{webhook}/replay"), json!({"since": "2026-01-01T00:00:00Z"})).await;
    for _ in 0..2 {
        api.thread().await;
    }
    assert_eq!(replay().await.is(200)["threads"], 2);
    api.thread().await;
    assert_eq!(replay().await.at_fault(), "since");
}

#[tokio::test]
async fn of_another_projects_webhooks_nothing_is_known() {
    let (api, receiver) = (start().await, Receiver::start().await);
    let webhook = told(&api, &receiver, Value::Null).await;
    let own = api.thread().await;
    receiver.next().await;
    let (_, stranger) = api.test().other_project().await;
    let reader = api.test().new_key(Scopes::of(&[Scope::Read, Scope::Write])).await;
    let id = text(&webhook["id"]);
    let path = |id: &str| format!("/threadline/v1/webhooks/{id}");
    let attempt = uuid_of_nobody();
    for (method, below, body) in [
        (Method::GET, String::new(), Value::Null),
        (Method::PATCH, String::new(), json!({"enabled": false})),
        (Method::GET, "/postings".into(), Value::Null),
        (Method::POST, format!("/postings/{attempt}/replay"), Value::Null),
        (Method::POST, "/replay".into(), json!({"thread": own.trim_start_matches("/threads/")})),
        (Method::POST, "/rotate".into(), json!({})),
        (Method::DELETE, String::new(), Value::Null),
    ] {
        let ask = async |key: &str, id: &str| {
            let request = api.bare(method.clone(), &format!("{}{below}", path(id))).bearer_auth(key);
            reply(if body.is_null() { request } else { request.json(&body) }).await
        };
        let (foreign, unknown) = (ask(&stranger, &id).await, ask(&stranger, &uuid_of_nobody()).await);
        assert_eq!((foreign.refused(404), &foreign.text), (unknown.refused(404), &unknown.text), "{method} {below}");
        assert_eq!(ask(&reader, &id).await.refused(403), "forbidden", "{method} {below}");
    }
    let secret = reply(api.bare(Method::GET, "/threadline/v1/webhooks").bearer_auth(&stranger)).await.is(200);
    assert_eq!(secret["data"], json!([]));
    let foreign_thread = json!({"thread": uuid_of_nobody()});
    assert_eq!(api.post(&format!("/webhooks/{id}/replay"), foreign_thread).await.refused(404), "thread_not_found");
    let beyond = json!({"thread": own.trim_start_matches("/threads/"), "after": 99});
    assert_eq!(api.post(&format!("/webhooks/{id}/replay"), beyond).await.refused(400), "invalid_position");
    assert_eq!(api.get(&format!("/webhooks/{id}")).await.is(200)["enabled"], true);
}

#[tokio::test]
async fn an_address_that_was_allowed_once_is_not_sent_to_where_it_no_longer_is() {
    let (api, receiver) = (start().await, Receiver::start().await);
    let webhook = told(&api, &receiver, Value::Null).await;
    let folder = api.server.stop().await.stop().await;
    let choices = Choices { webhook_targets: Targets::Public, folder: Some(folder), ..Choices::default() };
    let api = Api::with(choices).await;
    api.thread().await;
    let path = format!("/webhooks/{}/postings", text(&webhook["id"]));
    let attempt = loop {
        if let Some(attempt) = api.list(&path).await.pop() {
            break attempt;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((&attempt["outcome"], &attempt["status"]), (&json!("failed"), &Value::Null));
    assert_eq!(attempt["error"], "url: must use port 80, 443, 8080 or 8443", "judged as when it is made");
}

#[tokio::test]
async fn a_refusal_of_a_webhook_says_what_is_possible() {
    let api = Api::start().await;
    let said = async |body: Value| api.post("/webhooks", body).await.text;
    let unknown = said(json!({"url": "https://example.com/", "events": ["turn.done"]})).await;
    assert!(unknown.contains("turn.completed") && unknown.contains("message.created"), "{unknown}");
    for url in ["http://127.0.0.1/", "http://localhost/", "https://example.com:9000/", "http://[2001:db8::1]/"] {
        let local = said(json!({"url": url})).await;
        assert!(local.contains("webhook_targets"), "{local}");
    }
    let never = said(json!({"url": "ftp://example.com/"})).await;
    assert!(!never.contains("webhook_targets"), "{never}");
}

#[tokio::test]
async fn a_secret_is_rotated_without_a_body() {
    let api = Api::start().await;
    let made = api.post("/webhooks", json!({"url": "https://example.com/"})).await.is(201);
    let path = format!("/webhooks/{}/rotate", text(&made["id"]));
    let rotate = || reply(api.request(Method::POST, &path).header("Idempotency-Key", "r"));
    assert_ne!(rotate().await.is(200)["secret"], made["secret"]);
    assert_eq!(rotate().await.refused(409), "webhook_secret_already_told");
}
