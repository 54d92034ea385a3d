//! The public API: guests without a key, in a thread of their own.

use domain::{
    GuestId, ThreadId,
    agent::{Guests, Settings},
    caller::Scopes,
    controls::Policy,
};
use engine::app::{access::keys::NewKey, people::end_users::EndUser};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Door, Events, Refused, Reply};

pub const SHOP: &str = "https://shop.example";

/// A door whose agent lets guests in.
pub async fn open(change: impl FnOnce(&mut domain::Limits)) -> Door {
    let door = Door::with(change).await;
    let_guests_in(&door).await;
    door
}

pub async fn let_guests_in(door: &Door) {
    set_guests(door, |_| ()).await;
}

/// Changes what guests of the agent may do.
pub async fn set_guests(door: &Door, change: impl FnOnce(&mut Guests)) {
    let mut guests = Guests { origins: vec![SHOP.into()], ..Guests::default() };
    change(&mut guests);
    door.server.test.default_agent(Settings { guests: Some(guests), ..Settings::default() }).await;
}

/// A guest with a thread.
pub struct Guest {
    pub path: String,
    pub thread: ThreadId,
    pub token: String,
}

/// By what guests know the agent.
pub async fn guest_id(door: &Door) -> GuestId {
    let test = &door.server.test;
    let agent = test.app.agent_by_name(&test.caller, "default").await.expect("the agent");
    agent.guest_id.expect("an agent that lets guests in")
}

pub async fn begin(door: &Door) -> Guest {
    let agent = guest_id(door).await;
    let request = door.request(Method::POST, "/api/v1/chat/threads").json(&json!({"agentId": agent}));
    let reply = Reply::of(request).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let id = reply.json()["threadId"].as_str().expect("an id").to_owned();
    let token = reply.json()["token"].as_str().expect("a token").to_owned();
    Guest { path: format!("/api/v1/chat/threads/{id}"), thread: ThreadId::parse(&id).expect("a UUID"), token }
}

impl Guest {
    pub async fn call(&self, door: &Door, method: Method, below: &str, body: Option<&Value>) -> Reply {
        let request = door.request(method, &format!("{}{below}", self.path)).bearer_auth(&self.token);
        Reply::of(if let Some(body) = body { request.json(body) } else { request }).await
    }

    pub async fn ticket(&self, door: &Door) -> String {
        let reply = self.call(door, Method::POST, "/stream-ticket", None).await;
        reply.json()["ticket"].as_str().expect("a ticket").to_owned()
    }
}

#[tokio::test]
async fn a_guest_writes_follows_reads_and_is_answered() {
    let door = open(|_| ()).await;
    let guest = begin(&door).await;
    let ticket = guest.ticket(&door).await;
    let response =
        door.request(Method::GET, &format!("{}/stream?ticket={ticket}", guest.path)).send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let mut stream = Events::of(response);
    let sent = guest.call(&door, Method::POST, "/messages", Some(&json!({"message": "hello"}))).await.json();
    assert_eq!((&sent["status"], &sent["threadId"]), (&json!("accepted"), &json!(guest.thread)));
    let (id, data) = stream.message().await;
    assert_eq!((&data["messageBody"], &data["status"]), (&json!("hello"), &json!("DELIVERED")));
    let read = guest.call(&door, Method::POST, &format!("/messages/{id}/read"), None).await.json();
    assert_eq!((&read["message"]["id"], &read["message"]["status"]), (&json!(id), &json!("READ")));
    let page = guest.call(&door, Method::GET, "/messages?limit=1", None).await.json();
    assert_eq!(page["messages"], json!([read["message"]]));
    let next = page["pagination"]["nextCursor"].as_str().expect("a cursor");
    assert!(next.ends_with(&format!("Z_{id}")), "{next}");
    let page = guest.call(&door, Method::GET, &format!("/messages?cursor={next}"), None).await.json();
    assert_eq!(page["messages"][0]["direction"], "INBOUND");
    assert_eq!(page["pagination"], json!({"limit": 50, "nextCursor": null}));
    let thread = guest.call(&door, Method::GET, "", None).await.json();
    let found = door.server.test.app.thread(&door.server.test.caller, guest.thread).await.expect("the thread");
    let expected = json!({
        "threadId": guest.thread, "isActive": true, "createdAt": found.created_at, "lastActivityAt": found.last_at,
        "metadata": {}, "variables": {},
    });
    assert_eq!(thread, json!({"thread": expected}));
}

#[tokio::test]
async fn a_reader_that_comes_back_with_a_new_ticket_goes_on_where_it_was() {
    let door = open(|_| ()).await;
    let guest = begin(&door).await;
    let sent = guest.call(&door, Method::POST, "/messages", Some(&json!({"message": "hello"}))).await.json();
    door.server.test.settle(guest.thread).await;
    let last = sent["messageId"].as_str().expect("an id");
    let path = format!("{}/stream?ticket={}&lastEventId={last}", guest.path, guest.ticket(&door).await);
    let response = door.request(Method::GET, &path).send().await.expect("an answer");
    let mut stream = Events::of(response);
    assert_eq!(stream.message().await.1["messageBody"], "hello");
    for id in ["", "x", "0199a0b0-0000-7000-8000-000000000000"] {
        let path = format!("{}/stream?ticket={}&lastEventId={id}", guest.path, guest.ticket(&door).await);
        Reply::of(door.request(Method::GET, &path)).await.bad();
    }
}

#[tokio::test]
async fn a_token_opens_its_thread_and_nothing_else() {
    let door = open(|_| ()).await;
    let (guest, other) = (begin(&door).await, begin(&door).await);
    let unknown = "/api/v1/chat/threads/0199a0b0-0000-7000-8000-000000000000".to_owned();
    let own = format!("/api/v1/chat/threads/{}", door.thread);
    let mut told = Vec::new();
    for path in [&unknown, &other.path, &own] {
        let elsewhere = Guest { path: path.clone(), thread: guest.thread, token: guest.token.clone() };
        let body = json!({"message": "x"});
        let message = "0199a0b0-0000-7000-8000-000000000001";
        told.push(elsewhere.call(&door, Method::GET, "", None).await.body);
        told.push(elsewhere.call(&door, Method::GET, "/messages", None).await.body);
        told.push(elsewhere.call(&door, Method::POST, "/messages", Some(&body)).await.body);
        told.push(elsewhere.call(&door, Method::POST, &format!("/messages/{message}/read"), None).await.body);
        told.push(elsewhere.call(&door, Method::POST, "/stream-ticket", None).await.body);
    }
    told.dedup();
    assert_eq!(told, [r#"{"status":404,"message":"Thread not found","code":"NOT_FOUND","success":false}"#]);
    let ticket = guest.ticket(&door).await;
    for (path, ticket) in [
        (&other.path, ticket.as_str()),
        (&guest.path, guest.token.as_str()),
        (&guest.path, &ticket[..ticket.len() - 1]),
        (&guest.path, "x"),
        (&guest.path, ""),
    ] {
        let reply = Reply::of(door.request(Method::GET, &format!("{path}/stream?ticket={ticket}"))).await;
        reply.refused(403, "FORBIDDEN");
    }
    Reply::of(door.request(Method::GET, &format!("{}/stream", guest.path))).await.bad();
    for (method, path) in [
        (Method::GET, format!("/api/v1/threads/{}", guest.thread)),
        (Method::GET, format!("/api/v1/threads/{}/messages", guest.thread)),
        (Method::GET, format!("/api/v1/threads/{}/stream", guest.thread)),
        (Method::GET, "/api/v1/threads".to_owned()),
    ] {
        let request = door.request(method, &path).header("X-API-Key", &guest.token);
        Reply::of(request).await.refused(403, "FORBIDDEN");
    }
    assert_eq!(door.found().await.last_seq, 1);
}

#[tokio::test]
async fn the_tokens_and_keys_of_other_subjects_open_nothing_here() {
    let door = open(|_| ()).await;
    let test = &door.server.test;
    let user = EndUser { external_id: Some("c1".into()), ..EndUser::default() };
    let customer = test.app.keyed(None).let_in_end_user(&test.caller, user).await.expect("a token").text;
    let agent = Some(door.found().await.agent);
    let new = NewKey { name: "bound".into(), scopes: Scopes::TALK, agent, ..NewKey::default() };
    let (_, bound) = test.app.create_key(&test.caller, new, None).await.expect("a key");
    let path = format!("/api/v1/chat/threads/{}", door.thread);
    for secret in [&customer, &bound] {
        for (method, rest) in [
            (Method::GET, ""),
            (Method::GET, "/messages"),
            (Method::POST, "/messages"),
            (Method::POST, "/stream-ticket"),
        ] {
            let request = door.request(method, &format!("{path}{rest}")).bearer_auth(secret);
            Reply::of(request.json(&json!({"message": "x"}))).await.refused(403, "FORBIDDEN");
        }
    }
    assert_eq!(door.found().await.last_seq, 1);
}

#[tokio::test]
async fn a_missing_a_forged_and_a_dead_token_are_answered_alike() {
    let door = open(|_| ()).await;
    let guest = begin(&door).await;
    let forged = format!("{}A", guest.token);
    let mut told = Vec::new();
    for request in [
        door.request(Method::GET, &guest.path),
        door.request(Method::GET, &guest.path).header("X-API-Key", &guest.token),
        door.request(Method::GET, &guest.path).bearer_auth(""),
        door.request(Method::GET, &guest.path).bearer_auth(&forged),
        door.request(Method::GET, &guest.path).basic_auth("guest", Some(&guest.token)),
    ] {
        let reply = Reply::of(request).await;
        reply.refused(403, "FORBIDDEN");
        told.push(reply.body);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    let test = &door.server.test;
    test.app.delete_thread(&test.caller, guest.thread).await.expect("a thread to delete");
    assert_eq!(guest.call(&door, Method::GET, "", None).await.status, 404);
}

#[tokio::test]
async fn an_agent_that_lets_nobody_in_is_as_one_that_is_not_there() {
    let door = Door::open().await;
    let begin = async |body: Value| Reply::of(door.request(Method::POST, "/api/v1/chat/threads").json(&body)).await;
    let closed = begin(json!({"agentId": door.found().await.agent})).await;
    let unknown = begin(json!({"agentId": "0199a0b0-0000-7000-8000-000000000000"})).await;
    assert_eq!(closed.refused(404, "NOT_FOUND"), "Agent not found");
    assert_eq!(closed.body, unknown.body);
    for body in [json!({}), json!({"agentId": "default"}), json!({"agentId": 1}), json!([])] {
        begin(body).await.bad();
    }
    let threads = door.server.test.app.list_threads(&door.server.test.caller, Default::default(), None, 10).await;
    assert_eq!(threads.expect("threads").threads.len(), 1);
}

#[tokio::test]
async fn one_address_begins_only_so_many_threads_and_keys_go_on() {
    let door = open(|limits| (limits.guest_requests_per_s, limits.guest_requests_burst) = (1, 2)).await;
    let body = json!({"agentId": guest_id(&door).await});
    let mut refused = None;
    for _ in 0..20 {
        let reply = Reply::of(door.request(Method::POST, "/api/v1/chat/threads").json(&body)).await;
        if reply.status != 200 {
            refused = Some(reply);
            break;
        }
    }
    let refused = refused.expect("a refusal among twenty at once");
    refused.refused(429, "TOO_MANY_REQUESTS");
    assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1), "{refused:?}");
    assert_eq!(door.list("").await.status, 200);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_guest_has_a_rate_of_their_own() {
    let few = |limits: &mut domain::Limits| (limits.guest_requests_per_s, limits.guest_requests_burst) = (1, 1);
    for is_trusted in [true, false] {
        let door = if is_trusted { Door::behind_proxies(few).await } else { Door::with(few).await };
        let_guests_in(&door).await;
        let body = json!({"agentId": guest_id(&door).await});
        let begin = async |forwarded: &str| {
            let request = door.request(Method::POST, "/api/v1/chat/threads").json(&body);
            Reply::of(request.header("X-Forwarded-For", forwarded)).await.status
        };
        let refused = async |forwarded: &dyn Fn(u8) -> String| {
            let mut refused = false;
            for n in 0..20 {
                refused |= begin(&forwarded(n)).await == 429;
            }
            refused
        };
        assert_eq!(refused(&|n| format!("203.0.113.{n}")).await, !is_trusted, "twenty guests");
        // Whoever writes addresses of their own in front is known by the one that the proxy has added.
        assert!(refused(&|n| format!("198.51.100.{n}, 192.0.2.1")).await, "one guest");
        assert!(refused(&|n| format!("198.51.100.{n}, nobody")).await, "the proxy itself");
    }
}

#[tokio::test]
async fn a_thread_that_the_project_has_closed_is_shut_to_its_guest() {
    let door = open(|_| ()).await;
    let (guest, test) = (begin(&door).await, &door.server.test);
    test.app.close_thread(&test.caller, guest.thread, None).await.expect("a thread to close");
    for below in ["", "/messages"] {
        guest.call(&door, Method::GET, below, None).await.refused(403, "FORBIDDEN");
    }
    guest.call(&door, Method::POST, "/token", None).await.refused(403, "FORBIDDEN");
}

#[tokio::test]
async fn a_cursor_that_is_none_of_the_thread_is_400() {
    let door = open(|_| ()).await;
    let (guest, test) = (begin(&door).await, &door.server.test);
    let own = test.say(guest.thread, "x", Policy::Queue).await.message;
    let other = test.say(door.thread, "x", Policy::Queue).await.message;
    for cursor in [
        String::new(),
        own.id.to_string(),
        format!("{}_{}", other.at, own.id),
        format!("{}_{}", other.at, other.id),
        format!("_{}", own.id),
        "A".repeat(10_240),
    ] {
        let reply = guest.call(&door, Method::GET, &format!("/messages?cursor={cursor}"), None).await;
        assert_eq!(reply.bad(), "cursor: is not a message of this thread", "{cursor}");
    }
}

/// However many tickets it takes.
#[tokio::test]
async fn a_guest_holds_no_more_than_a_part_of_its_projects_streams() {
    let door = open(|limits| limits.stream_readers = 16).await;
    let guest = begin(&door).await;
    let path = async || format!("{}/stream?ticket={}", guest.path, guest.ticket(&door).await);
    let mut streams = Vec::new();
    loop {
        let answer = door.request(Method::GET, &path().await).send().await.expect("an answer");
        if answer.status() != 200 {
            break;
        }
        streams.push(answer);
    }
    assert_eq!(streams.len(), 9, "of the twelve that its project may have");
    let refused = Reply::of(door.request(Method::GET, &path().await)).await;
    refused.refused(429, "TOO_MANY_REQUESTS");
    assert!(!refused.header("retry-after").is_empty());
    door.follow(None).await;
}
