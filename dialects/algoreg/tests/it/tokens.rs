//! `POST /api/v1/token` and `POST /api/v1/chat/token`.

use domain::{Limits, author::Author, message::Role};
use engine::testing::{Choices, TestApp};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

use crate::door::{Door, Reply};

fn token(door: &Door) -> RequestBuilder {
    door.client.post(format!("{}/api/v1/token", door.server.url))
}

fn with(door: &Door, method: Method, path: &str, key: &str) -> RequestBuilder {
    door.client.request(method, format!("{}{path}", door.server.url)).bearer_auth(key)
}

/// What an end user of this description is given.
async fn let_in(door: &Door, body: Value) -> String {
    let reply = door.ask(Method::POST, "/api/v1/chat/token", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["token"].as_str().expect("a token").into()
}

#[tokio::test]
async fn a_key_is_exchanged_for_a_bearer_of_an_hour() {
    let (clock, us) = TestApp::manual_clock();
    let door = Door::with(Choices { clock, ..Choices::default() }).await;
    let key = door.test().key.clone();
    let form = format!("grant_type=client_credentials&client_id=me&client_secret={key}&more=1");
    let json = json!({"grant_type": "password", "username": "robot@company.com", "password": key});
    let mut bearer = String::new();
    for request in [
        token(&door).header("content-type", "application/x-www-form-urlencoded").body(form.clone()),
        token(&door).body(form),
        token(&door).body(json.to_string()),
        token(&door).json(&json),
        token(&door).json(&json!({"grant_type": "client_credentials", "client_id": "", "client_secret": key})),
        token(&door).basic_auth("me", Some(&key)).body("grant_type=client_credentials"),
    ] {
        let reply = Reply::of(request).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!((reply.header("cache-control"), reply.header("pragma")), (Some("no-store"), Some("no-cache")));
        let told = reply.json();
        assert_eq!((&told["token_type"], &told["expires_in"]), (&json!("Bearer"), &json!(3_600)));
        bearer = told["access_token"].as_str().expect("a token").into();
    }
    let body = json!({"content": "Hello", "to": "ann@example.com"});
    assert_eq!(Reply::of(with(&door, Method::POST, "/api/v1/message", &bearer).json(&body)).await.status, 204);
    us.fetch_add(3_600_000_000, Ordering::SeqCst);
    Reply::of(with(&door, Method::POST, "/api/v1/message", &bearer).json(&body)).await.refused(401, "unauthorized");
    assert_eq!(door.threads().await.len(), 1);
}

#[tokio::test]
async fn a_refusal_is_in_the_words_of_the_standard_and_in_those_of_the_vendor() {
    let door = Door::open().await;
    let key = door.test().key.clone();
    let secret = format!("&client_id=me&client_secret={key}");
    let basic = |user: &str, body: String| token(&door).basic_auth(user, Some(&key)).body(body);
    for (request, status, word) in [
        (token(&door), 400, "invalid_request"),
        (token(&door).body("{"), 400, "invalid_request"),
        (token(&door).body(vec![0xff]), 400, "invalid_request"),
        (token(&door).body("grant_type=client_credentials"), 400, "invalid_request"),
        (token(&door).body("grant_type=password&username=x"), 400, "invalid_request"),
        (token(&door).body(format!("grant_type=password&password={key}")), 400, "invalid_request"),
        (token(&door).body(format!("grant_type=client_credentials{secret}{secret}")), 400, "invalid_request"),
        (token(&door).json(&json!({"grant_type": 1})), 400, "invalid_request"),
        (basic("me", format!("grant_type=client_credentials{secret}")), 400, "invalid_request"),
        (token(&door).body(format!("grant_type=authorization_code{secret}")), 400, "unsupported_grant_type"),
        (token(&door).body(format!("grant_type=client_credentials&scope=read{secret}")), 400, "invalid_scope"),
        (token(&door).body(format!("grant_type=client_credentials&client_secret={key}")), 400, "invalid_request"),
        (token(&door).body("grant_type=client_credentials&client_id=me&client_secret=wrong"), 401, "invalid_client"),
        (token(&door).basic_auth("me", Some("wrong")).body("grant_type=client_credentials"), 401, "invalid_client"),
        (
            token(&door).header("authorization", "Basic !!!").body("grant_type=client_credentials"),
            401,
            "invalid_client",
        ),
        (token(&door).body("grant_type=password&username=x&password=wrong"), 400, "invalid_grant"),
    ] {
        let reply = Reply::of(request).await;
        assert_eq!(reply.status, status, "{word}: {}", reply.text);
        let body = reply.json();
        assert_eq!(body["error"], word, "{body}");
        assert_eq!(body["error_description"], body["errors"][0]["message"]);
        assert_eq!(body["errors"][1]["code"], if status == 401 { "UNAUTHORIZED" } else { "BAD_REQUEST" });
        assert_eq!(reply.header("www-authenticate").is_some(), status == 401);
        assert!(!reply.text.contains(&key));
    }
    let bearer = Reply::of(token(&door).body(format!("grant_type=client_credentials{secret}"))).await.json();
    let again = format!(
        "grant_type=client_credentials&client_id=me&client_secret={}",
        bearer["access_token"].as_str().unwrap()
    );
    assert_eq!(Reply::of(token(&door).body(again)).await.json()["error"], "invalid_client", "it cannot prolong itself");
}

#[tokio::test]
async fn an_end_user_writes_and_reads_in_their_own_threads_alone() {
    let door = Door::open().await;
    let theirs =
        door.begin(json!({"content": "Dear Ann", "to": "ann@example.com", "bcc": "boss@company.com"})).await.id;
    let other = door.begin(json!({"content": "Dear Bob", "to": "bob@example.com"})).await.id;
    let mailbox = "m".repeat(320);
    let token = let_in(
        &door,
        json!({"emails": ["Ann@example.com"], "from": "desk@company.com", "mailbox_id": mailbox, "tags": ["chat"]}),
    )
    .await;
    let say = async |body: Value| Reply::of(with(&door, Method::POST, "/api/v1/message", &token).json(&body)).await;
    assert_eq!(say(json!({"content": "Thanks", "thread_id": theirs.to_string()})).await.status, 204);
    assert_eq!(say(json!({"content": "A question"})).await.status, 204);
    let begun = door.threads().await[0].id;
    let messages = door.messages(begun).await;
    let envelope = messages[0].body.envelope.clone().unwrap();
    assert_eq!((envelope.mailbox, envelope.to), (Some(mailbox), vec!["desk@company.com".into()]));
    assert!(matches!(&messages[0].author, Author::Customer { address: Some(own), .. } if own == "ann@example.com"));
    assert_eq!(messages[1].role, Role::Agent, "it is answered");
    let tags = door.test().app.thread(&door.test().caller, begun).await.unwrap().tags;
    assert_eq!(tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["chat"]);
    let read =
        async |thread| Reply::of(with(&door, Method::GET, &format!("/api/v1/thread/{thread}/messages"), &token)).await;
    let listed = read(theirs).await.json();
    assert_eq!((&listed["messages"][0]["content"], &listed["messages"][0]["bcc"]), (&json!("Dear Ann"), &json!(null)));
    read(other).await.refused(404, "thread_not_found");
    say(json!({"content": "x", "thread_id": other.to_string()})).await.refused(404, "thread_not_found");
    for (body, status, code) in [
        (json!({"content": "x", "from": "bob@example.com"}), 403, "forbidden"),
        (json!({"content": "x", "from_customer_id": "bob"}), 403, "forbidden"),
        (json!({"content": "x", "ext_msg_id": "m-1"}), 403, "forbidden"),
        (json!({"content": "x", "set_reminder": null}), 403, "forbidden"),
        (json!({"content": "x", "bcc": "eve@example.com"}), 403, "forbidden"),
        (json!({"content": ""}), 400, "invalid_parameter"),
    ] {
        say(body).await.refused(status, code);
    }
    for (method, path) in [
        (Method::GET, format!("/api/v1/thread/{theirs}")),
        (Method::POST, format!("/api/v1/thread/{theirs}")),
        (Method::POST, "/api/v1/thread/search".into()),
        (Method::GET, "/api/v1/customers".into()),
        (Method::POST, "/api/v1/chat/token".into()),
    ] {
        let reply = Reply::of(with(&door, method, &path, &token).json(&json!({}))).await;
        assert!([401, 403].contains(&reply.status), "{path}: {}", reply.text);
    }
    assert_eq!(door.threads().await.len(), 3);
}

#[tokio::test]
async fn tags_of_the_vendors_own_sample_are_none() {
    let door = Door::open().await;
    let sample =
        json!({"emails": ["ann@example.com"], "external_id": "c-1", "from": null, "mailbox_id": null, "tags": [""]});
    let token = let_in(&door, sample).await;
    let question = json!({"content": "A question"});
    let said = Reply::of(with(&door, Method::POST, "/api/v1/message", &token).json(&question)).await;
    assert_eq!(said.status, 204, "{}", said.text);
    assert_eq!(door.threads().await[0].tags, []);
}

#[tokio::test]
async fn an_end_user_sends_no_files_and_no_larger_body_than_others() {
    let limits = Limits { body_bytes: 1_000, requests_per_s: 0, guest_requests_per_s: 0, ..Limits::default() };
    let door = Door::with(Choices { limits, ..Choices::default() }).await;
    let token = let_in(&door, json!({"external_id": "c-1", "emails": ["ann@example.com"]})).await;
    let key = door.test().key.clone();
    let body = |bytes: usize| {
        let mut body = json!({"content": "", "from": "ann@example.com"});
        body["content"] = json!("x".repeat(bytes - body.to_string().len()));
        body
    };
    for (secret, bytes, status) in [(&token, 1_000, 204), (&token, 1_001, 413), (&key, 1_001, 204)] {
        let reply = Reply::of(with(&door, Method::POST, "/api/v1/message", secret).json(&body(bytes))).await;
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    assert_eq!(door.threads().await.len(), 2);
}

#[tokio::test]
async fn an_end_user_is_one_customer() {
    let door = Door::open().await;
    for body in [
        json!({"external_id": "c-1", "emails": ["ann@example.com"]}),
        json!({"external_id": "c-1", "emails": ["ann@home.com"], "unknown": 1}),
        json!({"emails": ["ann@home.com", "ann@work.com"], "external_id": null}),
        json!({"external_id": "c-2"}),
        json!({"emails": ["bob@example.com"]}),
    ] {
        let_in(&door, body).await;
    }
    let listed = Reply::of(door.request(Method::GET, "/api/v1/customers")).await.json();
    let shown: Vec<(Value, usize)> = listed["customers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["external_id"].clone(), one["contacts"].as_array().unwrap().len()))
        .collect();
    assert_eq!(shown, [(json!("c-1"), 3), (json!("c-2"), 0), (json!(null), 1)]);
    for (body, status, code) in [
        (json!({}), 400, "invalid_parameter"),
        (json!({"emails": []}), 400, "invalid_parameter"),
        (json!({"emails": ["nobody"]}), 400, "invalid_parameter"),
        (json!({"external_id": ""}), 400, "invalid_parameter"),
        (json!({"external_id": "c-1", "from": "nobody"}), 400, "invalid_parameter"),
        (json!({"external_id": "c-1", "mailbox_id": "a\nb"}), 400, "invalid_parameter"),
        (json!({"external_id": "c-1", "mailbox_id": "x".repeat(321)}), 400, "invalid_parameter"),
        (json!({"external_id": "c-1", "tags": [" "]}), 400, "invalid_parameter"),
        (json!({"external_id": "c-2", "emails": ["ann@example.com"]}), 409, "contact_taken"),
        (json!({"emails": ["ann@example.com", "bob@example.com"]}), 409, "contact_taken"),
    ] {
        door.ask(Method::POST, "/api/v1/chat/token", body).await.refused(status, code);
    }
}
