//! Channels: one agent, for programs that have a key of it, and for the people whom they serve.

use domain::{
    KeyId,
    agent::{Agent, Settings},
    caller::{Scope, Scopes},
    fault::Fault,
    script::Reply,
};
use engine::{
    app::{access::keys::NewKey, agents::NewAgent},
    services,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::client::{Answer, Door, Events, kinds, said, slow, text};

const HEX: &str = "01933b5a000070008000000000000001";
const NOBODYS: &str = "00000000-0000-0000-0000-000000000000";

/// A door with an agent `support`, and a key of it that speaks for people.
pub struct Channel {
    pub door: Door,
    agent: Agent,
    pub key: String,
    id: KeyId,
}

impl Channel {
    pub async fn open(script: Vec<Reply>) -> Self {
        let door = Door::open().await;
        let model = (!script.is_empty()).then(|| "scripted".into());
        let settings = Settings {
            model,
            script,
            display_name: Some("Support".into()),
            description: Some("Helps".into()),
            ..Settings::default()
        };
        let new = NewAgent { name: "support".into(), settings, ..NewAgent::default() };
        let agent = door.server.test.app.create_agent(&door.server.test.caller, new, None).await.unwrap();
        let mut channel = Self { door, agent, key: String::new(), id: KeyId(domain::id::plain(NOBODYS).unwrap()) };
        (channel.id, channel.key) = channel.made(&[Scope::Read, Scope::Write, Scope::Impersonate], None).await;
        channel
    }

    async fn made(&self, scopes: &[Scope], replaces: Option<KeyId>) -> (KeyId, String) {
        let (test, agent) = (&self.door.server.test, Some(self.agent.id));
        let (name, prefix) = ("app".into(), Some("evr_ak".into()));
        let new = NewKey { name, scopes: Scopes::of(scopes), prefix, agent, replaces, ..NewKey::default() };
        let (key, text) = test.app.create_key(&test.caller, new, None).await.unwrap();
        (key.id, text)
    }

    /// Another key, for the same program: it replaces the first.
    async fn key(&self, scopes: &[Scope]) -> String {
        self.made(scopes, Some(self.id)).await.1
    }

    /// A key of the same agent, for another program.
    async fn stranger(&self) -> String {
        self.made(&[Scope::Read, Scope::Write, Scope::Impersonate], None).await.1
    }

    pub fn as_key(&self, key: &str, method: Method, path: &str) -> RequestBuilder {
        self.door.request(method, &format!("/v1/channels/support{path}")).bearer_auth(key)
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.as_key(&self.key, Method::GET, path)
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.as_key(&self.key, Method::POST, path)
    }

    /// A new session's id.
    pub async fn session(&self) -> String {
        id(&is(self.post("/sessions").json(&json!({})), 201).await)
    }

    pub async fn say(&self, session: &str, words: &str) -> Value {
        is(self.post(&format!("/sessions/{session}/messages")).json(&said(words)), 201).await
    }

    pub async fn settle(&self, session: &str) {
        let thread = domain::ThreadId::parse_prefixed("session_", session).unwrap();
        self.door.server.test.settle(thread).await;
    }
}

/// The answer's body; it must have this status.
pub async fn is(request: RequestBuilder, status: u16) -> Value {
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.status.as_u16(), status, "{answer:?}");
    answer.json()
}

/// The refusal's status and code; it has the whole schema.
pub async fn refused(request: RequestBuilder) -> (u16, String) {
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.content_type, "application/problem+json", "{answer:?}");
    let error = answer.json();
    assert_eq!(error["error"], json!({"code": error["code"], "message": error["detail"]}));
    (answer.status.as_u16(), error["code"].as_str().unwrap().to_owned())
}

pub fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

fn ids(list: &Value) -> Vec<String> {
    list["data"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn the_card_says_what_the_agent_takes_under_each_of_its_names() {
    let channel = Channel::open(vec![]).await;
    let hex = channel.agent.id.prefixed("agent_");
    for (prefix, name) in
        [("/v1", hex.as_str()), ("/v1", &channel.agent.id.to_string()), ("/v1", "support"), ("/api/v1", "support")]
    {
        let path = format!("{prefix}/channels/{name}");
        for key in [&channel.key, &channel.door.server.test.key] {
            let card = is(channel.door.request(Method::GET, &path).bearer_auth(key), 200).await;
            assert_eq!(
                card,
                json!({
                    "name": "Support",
                    "description": "Helps",
                    "streaming": true,
                    "input": {"text": true, "images": true, "files": false},
                    "auth": [{"type": "agent_key"}, {"type": "runtime_token"}],
                    "conversation_starters": [],
                    "links": {"sessions": format!("{path}/sessions")},
                })
            );
        }
    }
}

#[tokio::test]
async fn a_session_is_begun_answered_read_and_followed() {
    let channel = Channel::open(vec![text("Hello!")]).await;
    let body = json!({"title": "First", "metadata": {"order": 42}, "unknown": true});
    let made = is(channel.post("/sessions").json(&body), 201).await;
    let session = id(&made);
    assert_eq!(
        (&made["title"], &made["status"], &made["metadata"]),
        (&json!("First"), &json!("idle"), &json!({"order": 42}))
    );
    assert_eq!((&made["pending_questions"], &made["pending_approvals"]), (&json!([]), &json!([])));
    let message = channel.say(&session, "Hi").await;
    assert_eq!((message["role"].as_str(), &message["session_id"]), (Some("user"), &made["id"]));
    channel.settle(&session).await;
    let all = is(channel.get(&format!("/sessions/{session}/events")), 200).await["data"].as_array().unwrap().clone();
    let sequences: Vec<i64> = all.iter().filter_map(|event| event["sequence"].as_i64()).collect();
    assert_eq!(sequences, (1..all.len() as i64).collect::<Vec<_>>());
    let expected = [
        "session.started",
        "input.message",
        "turn.started",
        "reason.started",
        "output.message.completed",
        "turn.completed",
        "session.idled",
    ];
    assert_eq!(kinds(&all), expected);
    let page = |query: &str| is(channel.get(&format!("/sessions/{session}/events{query}")), 200);
    assert_eq!(page("?after_sequence=2&limit=3").await["data"], json!(all[2..5]));
    assert_eq!(page("?after_sequence=5&limit=1").await["data"], json!(all[5..]), "it is not counted");
    assert_eq!(page("?after_sequence=6").await["data"], json!([]), "SDKs page until there is nothing");
    let mut events = Events::of(channel.get(&format!("/sessions/{session}/sse?after_sequence=0"))).await;
    let streamed = events.until("turn.completed").await;
    let own: Vec<Value> = streamed.into_iter().filter(|event| event["sequence"].is_number()).collect();
    assert_eq!(own, all[..6], "a stream and a list tell the same");
    let since = format!("/sessions/{session}/sse?since_id={}&after_sequence=0", all[4]["id"].as_str().unwrap());
    let rest = Events::of(channel.get(&since)).await.until("turn.completed").await;
    assert_eq!(rest.last().unwrap()["id"], all[5]["id"], "both cursors are taken, and the id counts");
}

#[tokio::test]
async fn sessions_are_listed_by_their_newest_event_page_by_page() {
    let channel = Channel::open(vec![text("ok")]).await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(channel.session().await);
    }
    channel.door.session().await;
    channel.say(&made[0], "x").await;
    channel.settle(&made[0]).await;
    let expected = [&made[0], &made[2], &made[1]];
    let first = is(channel.get("/sessions?limit=2"), 200).await;
    assert_eq!(ids(&first), expected[..2].iter().map(|id| (*id).clone()).collect::<Vec<_>>());
    let token = first["next_page_token"].as_str().unwrap();
    let second = is(channel.get(&format!("/sessions?limit=2&page_token={token}")), 200).await;
    assert_eq!((ids(&second), second.get("next_page_token")), (vec![made[1].clone()], None));
    let ann = channel.get(&format!("/sessions?page_token={token}")).header("end-user", "ann");
    assert_eq!(refused(ann).await, (400, "invalid_parameter".into()), "a token is one caller's");
    for query in
        ["limit=0", "limit=201", "limit=x", "limit=-1", "limit=", "page_token=", "page_token=abc", "limit=1&limit=2"]
    {
        assert_eq!(refused(channel.get(&format!("/sessions?{query}"))).await.0, 400, "{query}");
    }
    is(channel.get("/sessions?limit=200"), 200).await;
    let events = format!("/sessions/{}/events", made[0]);
    for query in ["limit=0", "limit=501", "after_sequence=-1", "after_sequence=x", "after_sequence=99999999999"] {
        assert_eq!(refused(channel.get(&format!("{events}?{query}"))).await.0, 400, "{query}");
    }
    is(channel.get(&format!("{events}?limit=500")), 200).await;
}

#[tokio::test]
async fn a_session_says_how_it_stands_and_is_cancelled_with_any_body_or_none() {
    let channel = Channel::open(vec![slow("one two three four five", 500)]).await;
    let session = channel.session().await;
    let status = async || is(channel.get(&format!("/sessions/{session}")), 200).await["status"].clone();
    let cancel = || channel.post(&format!("/sessions/{session}/cancel"));
    assert_eq!(is(cancel(), 200).await["status"], "no_op");
    channel.say(&session, "x").await;
    assert_eq!(status().await, "running");
    // As the Python SDK sends it: a content type and no body.
    assert_eq!(is(cancel().header("content-type", "application/json"), 200).await["status"], "cancelled");
    assert_eq!(status().await, "idle");
    assert_eq!(is(cancel().json(&json!({})), 200).await["status"], "no_op");
    channel.door.server.test.settle(domain::ThreadId::parse_prefixed("session_", &session).unwrap()).await;
}

#[tokio::test]
async fn a_failed_turn_shows_in_its_session() {
    let fails = Reply { error: Some(Fault::Upstream), ..Reply::default() };
    let channel = Channel::open(vec![fails]).await;
    let session = channel.session().await;
    channel.say(&session, "x").await;
    channel.settle(&session).await;
    assert_eq!(is(channel.get(&format!("/sessions/{session}")), 200).await["status"], "failed");
    assert_eq!(is(channel.get("/sessions"), 200).await["data"][0]["status"], "failed");
}

#[tokio::test]
async fn questions_and_approvals_are_never_pending() {
    let channel = Channel::open(vec![]).await;
    let session = channel.session().await;
    for (path, code) in [("question-answers", "no_pending_questions"), ("tool-approvals", "no_pending_approvals")] {
        let send = |session: &str| channel.post(&format!("/sessions/{session}/{path}"));
        for body in [json!({"answers": []}), json!({})] {
            assert_eq!(refused(send(&session).json(&body)).await, (409, code.into()));
        }
        for body in [json!([]), json!(1)] {
            assert_eq!(refused(send(&session).json(&body)).await.0, 400);
        }
        let unknown = send(&format!("session_{HEX}")).json(&json!({}));
        assert_eq!(refused(unknown).await, (404, "session_not_found".into()));
        let broken = send(&session).header("content-type", "application/json").body("{");
        assert_eq!(refused(broken).await, (400, "invalid_json".into()));
        assert_eq!(refused(send(&session).body("{}")).await.0, 415);
    }
}

#[tokio::test]
async fn a_session_is_its_keys_and_the_keys_that_replace_it_have_it_too() {
    let channel = Channel::open(vec![text("ok")]).await;
    let begin = |key: &str| {
        let sent = channel.as_key(key, Method::POST, "/sessions").header("idempotency-key", "k");
        is(sent.json(&json!({})), 201)
    };
    let own = id(&begin(&channel.key).await);
    let (heir, stranger) = (channel.key(&[Scope::Read, Scope::Write]).await, channel.stranger().await);
    assert_eq!(id(&begin(&heir).await), own);
    let theirs = id(&begin(&stranger).await);
    assert_ne!(theirs, own, "an origin key is its program's");
    let path = format!("/sessions/{own}");
    is(channel.as_key(&heir, Method::GET, &path), 200).await;
    // Another program of the same agent, and the project itself in the channel: both know nothing of it.
    let (project, unknown) = (channel.door.server.test.key.clone(), (404, "session_not_found".to_owned()));
    for key in [&stranger, &project] {
        for (method, below) in
            [(Method::GET, ""), (Method::GET, "/events"), (Method::GET, "/sse"), (Method::POST, "/messages")]
        {
            let request = channel.as_key(key, method, &format!("{path}{below}")).json(&said("x"));
            assert_eq!(refused(request).await, unknown, "{below}");
        }
    }
    assert_eq!(ids(&is(channel.as_key(&stranger, Method::GET, "/sessions"), 200).await), [theirs]);
    channel.door.did(Method::GET, &format!("/v1/sessions/{own}"), Value::Null, 200).await;
    // A person is served by any of the agent's keys.
    let anns = id(&is(channel.post("/sessions").header("end-user", "ann").json(&json!({})), 201).await);
    is(channel.as_key(&stranger, Method::GET, &format!("/sessions/{anns}")).header("end-user", "ann"), 200).await;
}

#[tokio::test]
async fn nobody_in_a_channel_reads_what_the_project_says_to_itself() {
    let channel = Channel::open(vec![text("ok")]).await;
    let test = &channel.door.server.test;
    let session = id(&is(channel.post("/sessions").header("end-user", "ann").json(&json!({})), 201).await);
    let thread = domain::ThreadId::parse_prefixed("session_", &session).unwrap();
    let path = |below: &str| format!("/sessions/{session}/{below}");
    let mut live = Events::of(channel.get(&path("sse")).header("end-user", "ann")).await;
    let comment = Some("no customer sees it".into());
    let patch = engine::app::tickets::TicketPatch { comment, ..Default::default() };
    test.app.update_ticket(&test.caller, thread, patch).await.unwrap();
    let title = engine::app::threads::ThreadPatch { title: Some(Some("Seen".into())), ..Default::default() };
    test.app.update_thread(&test.caller, thread, title).await.unwrap();
    let streamed = live.until("thread.updated").await;
    let listed = is(channel.get(&path("events")).header("end-user", "ann"), 200).await;
    let listed = &listed["data"].as_array().unwrap()[1..];
    assert_eq!(kinds(listed), ["thread.internal", "thread.updated"]);
    assert_eq!((&listed[0]["data"], &listed[0]["sequence"]), (&json!({}), &json!(2)));
    assert_eq!(listed[1]["data"]["changed"], json!({"title": "Seen"}));
    assert_eq!(streamed, listed, "a stream and a list tell the same");
    let only = path("sse?after_sequence=0&types=thread.internal");
    let only = Events::of(channel.get(&only).header("end-user", "ann")).await.until("thread.internal").await;
    assert_eq!(only.last(), listed.first());
}

#[tokio::test]
async fn a_channels_stream_ends_when_the_key_of_its_token_is_revoked() {
    let channel = Channel::open(vec![]).await;
    let test = &channel.door.server.test;
    let token = is(channel.post("/runtime-auth").header("end-user", "ann"), 200).await;
    let bearer = token["access_token"].as_str().unwrap();
    let session = id(&is(channel.as_key(bearer, Method::POST, "/sessions").json(&json!({})), 201).await);
    let mut live = Events::of(channel.as_key(bearer, Method::GET, &format!("/sessions/{session}/sse"))).await;
    test.app.revoke_key(&test.caller, channel.id).await.unwrap();
    test.app.run_now::<services::Credentials>().await.unwrap();
    assert_eq!(live.frame().await, None);
}

#[tokio::test]
async fn what_is_another_agents_is_unknown_to_every_operation() {
    let channel = Channel::open(vec![]).await;
    let (other, thread) = channel.door.session().await;
    let (stranger, _) = channel.door.server.test.other_project().await;
    let app = &channel.door.server.test.app;
    let foreign = app.create_thread(&stranger, Default::default()).await.unwrap().id.prefixed("session_");
    let bobs = id(&is(channel.post("/sessions").header("end-user", "bob").json(&json!({})), 201).await);
    let unknown = format!("session_{HEX}");
    let told = async |session: &str, end_user: Option<&str>| {
        let mut all = Vec::new();
        let mut body = said("x");
        body["tool_results"] = json!([{"tool_call_id": "c", "result": 1}]);
        for (method, rest) in [
            (Method::GET, ""),
            (Method::GET, "/events"),
            (Method::GET, "/sse"),
            (Method::GET, "/messages"),
            (Method::POST, "/messages"),
            (Method::POST, "/cancel"),
            (Method::POST, "/tool-results"),
            (Method::POST, "/question-answers"),
            (Method::POST, "/tool-approvals"),
        ] {
            let path = format!("/sessions/{session}{rest}");
            let mut request = channel.as_key(&channel.key, method, &path).json(&body);
            if let Some(name) = end_user {
                request = request.header("end-user", name);
            }
            let answer = Answer::of(request.send().await.unwrap()).await;
            all.push((answer.status, answer.text));
        }
        all
    };
    let of_unknown = told(&unknown, None).await;
    assert!(of_unknown.iter().all(|(status, _)| *status == 404), "{of_unknown:?}");
    for session in [&other, &foreign] {
        assert_eq!(told(session, None).await, of_unknown);
    }
    let own = channel.session().await;
    for session in [&unknown, &other, &foreign, &bobs, &own] {
        assert_eq!(told(session, Some("ann")).await, of_unknown, "ann knows of none of them");
    }
    assert_eq!(channel.door.last_seq(thread).await, 1);
}

#[tokio::test]
async fn a_key_of_one_agent_opens_its_channel_alone() {
    let channel = Channel::open(vec![]).await;
    let door = &channel.door;
    let (session, _) = door.session().await;
    for (method, path) in [
        (Method::GET, format!("/v1/sessions/{session}/messages")),
        (Method::POST, format!("/v1/sessions/{session}/messages")),
        (Method::GET, format!("/v1/sessions/{session}/sse")),
        (Method::GET, format!("/v1/images/img_{HEX}")),
    ] {
        let request = door.request(method, &path).bearer_auth(&channel.key).json(&said("x"));
        assert_eq!(refused(request).await, (401, "unauthorized".into()), "{path}");
    }
    let agent_of = |name: &str| door.request(Method::GET, &format!("/v1/channels/{name}")).bearer_auth(&channel.key);
    let default = door.server.test.app.agent_by_name(&door.server.test.caller, "default").await.unwrap();
    for name in
        ["default", "nobody", &default.id.prefixed("agent_"), &format!("agent_{HEX}"), &format!("agent_{}", &HEX[1..])]
    {
        assert_eq!(refused(agent_of(name)).await, (404, "agent_not_found".into()), "{name}");
    }
    for name in ["Support", "agent_1", "a%2fb", "%ff", "session_01933b5a000070008000000000000001", "a_b"] {
        assert_eq!(refused(agent_of(name)).await, (400, "invalid_id".into()), "{name}");
    }
    for key in ["", "x", "evr_ak_x"] {
        assert_eq!(refused(channel.as_key(key, Method::GET, "")).await, (401, "unauthorized".into()), "{key}");
    }
    let path = |session: &str| channel.get(&format!("/sessions/{session}"));
    for session in ["x", HEX, "session_", &format!("jam_{HEX}")] {
        assert_eq!(refused(path(session)).await, (400, "invalid_id".into()), "{session}");
    }
}

#[tokio::test]
async fn each_operation_takes_the_scope_that_it_needs() {
    let channel = Channel::open(vec![]).await;
    let session = channel.session().await;
    let reads = channel.key(&[Scope::Read]).await;
    let forbidden = (403, "forbidden".to_owned());
    for (path, body) in [
        ("/sessions".to_owned(), json!({})),
        (format!("/sessions/{session}/messages"), said("x")),
        (format!("/sessions/{session}/cancel"), json!({})),
    ] {
        assert_eq!(refused(channel.as_key(&reads, Method::POST, &path).json(&body)).await, forbidden, "{path}");
    }
    is(channel.as_key(&reads, Method::GET, &format!("/sessions/{session}/events")), 200).await;
    let mute = channel.key(&[Scope::Read, Scope::Write]).await;
    for (method, path) in
        [(Method::GET, ""), (Method::GET, "/sessions"), (Method::POST, "/sessions"), (Method::POST, "/runtime-auth")]
    {
        let request = channel.as_key(&mute, method, path).header("end-user", "ann").json(&json!({}));
        assert_eq!(refused(request).await, forbidden, "{path}");
    }
    let blank = channel.post("/sessions").header("end-user", " ").json(&json!({}));
    assert_eq!(refused(blank).await, (400, "invalid_parameter".into()));
    for (method, path) in
        [(Method::GET, ""), (Method::GET, "/sessions"), (Method::POST, "/sessions"), (Method::POST, "/runtime-auth")]
    {
        let request = channel.as_key(&channel.key, method, path).header("end-user", "n".repeat(257)).json(&json!({}));
        assert_eq!(refused(request).await, forbidden, "{path}");
    }
    let twice = channel.post("/sessions").header("end-user", "a").header("end-user", "b").json(&json!({}));
    assert_eq!(refused(twice).await.0, 400);
    assert_eq!(ids(&is(channel.get("/sessions"), 200).await), [session], "refusals have made nothing");
}

#[tokio::test]
async fn people_have_their_own_sessions_by_name_and_by_token() {
    let channel = Channel::open(vec![text("ok")]).await;
    let own = channel.session().await;
    let anns = id(&is(channel.post("/sessions").header("end-user", "ann").json(&json!({})), 201).await);
    let listed = async |end_user: &str| ids(&is(channel.get("/sessions").header("end-user", end_user), 200).await);
    assert_eq!((listed("ann").await, listed("bob").await), (vec![anns.clone()], vec![]));
    assert_eq!(ids(&is(channel.get("/sessions"), 200).await), std::slice::from_ref(&own), "the program's own");
    let anns_by_program = refused(channel.get(&format!("/sessions/{anns}"))).await;
    assert_eq!(anns_by_program, (404, "session_not_found".into()), "it is hers, and the program says for whom it asks");

    assert_eq!(refused(channel.post("/runtime-auth")).await, (400, "invalid_parameter".into()));
    let token = is(channel.post("/runtime-auth").header("end-user", "ann"), 200).await;
    assert_eq!((token["token_type"].as_str(), token["expires_in"].as_i64()), (Some("Bearer"), Some(86_400)));
    assert!(token["virtual_user_id"].as_str().unwrap().starts_with("virtual_user_"), "{token}");
    let bearer = token["access_token"].as_str().unwrap();
    let as_ann = |method, path: &str| channel.as_key(bearer, method, path);
    assert_eq!(ids(&is(as_ann(Method::GET, "/sessions"), 200).await), std::slice::from_ref(&anns));
    let more = id(&is(as_ann(Method::POST, "/sessions").json(&json!({})), 201).await);
    assert_eq!(listed("ann").await, [more.clone(), anns]);
    is(as_ann(Method::POST, &format!("/sessions/{more}/messages")).json(&said("x")), 201).await;
    channel.settle(&more).await;
    let unknown = refused(as_ann(Method::GET, &format!("/sessions/{own}"))).await;
    assert_eq!(unknown, (404, "session_not_found".into()));
    let mut chooses = said("x");
    chooses["controls"] = json!({"reasoning": {"effort": "low"}});
    let sent = as_ann(Method::POST, &format!("/sessions/{more}/messages")).json(&chooses);
    assert_eq!(refused(sent).await, (403, "forbidden".into()));
    let as_bob = as_ann(Method::GET, "/sessions").header("end-user", "bob");
    assert_eq!(refused(as_bob).await, (403, "forbidden".into()));
    for end_user in ["ann", "bob"] {
        let renewed = as_ann(Method::POST, "/runtime-auth").header("end-user", end_user);
        assert_eq!(refused(renewed).await, (401, "unauthorized".into()), "a token makes no token");
    }
    let path = format!("/v1/sessions/{more}/messages");
    assert_eq!(refused(channel.door.request(Method::GET, &path).bearer_auth(bearer)).await.0, 401);
}

#[tokio::test]
async fn a_name_of_256_characters_is_somebody() {
    let channel = Channel::open(vec![text("ok")]).await;
    let longest = "n".repeat(256);
    let begun = id(&is(channel.post("/sessions").header("end-user", &longest).json(&json!({})), 201).await);
    assert_eq!(
        ids(&is(channel.get("/sessions").header("end-user", &longest), 200).await),
        std::slice::from_ref(&begun)
    );
    let token = is(channel.post("/runtime-auth").header("end-user", &longest), 200).await;
    let bearer = token["access_token"].as_str().unwrap();
    assert_eq!(ids(&is(channel.as_key(bearer, Method::GET, "/sessions"), 200).await), [begun]);
}

#[tokio::test]
async fn a_session_and_a_message_are_made_once_for_their_key() {
    let channel = Channel::open(vec![text("ok")]).await;
    let begin = |body: Value| channel.post("/sessions").header("idempotency-key", "k").json(&body);
    let (one, two) = tokio::join!(is(begin(json!({})), 201), is(begin(json!({})), 201));
    assert_eq!(id(&one), id(&two));
    assert_eq!(refused(begin(json!({"title": "x"}))).await, (409, "origin_key_reused".into()));
    let bare = || channel.post("/sessions").header("idempotency-key", "bare");
    let (first, second) = (is(bare(), 201).await, is(bare(), 201).await);
    assert_eq!(id(&first), id(&second), "a request without a body has its key, too");
    assert_eq!(refused(bare().json(&json!({"title": "x"}))).await.0, 409);
    channel.door.did(Method::DELETE, &format!("/v1/sessions/{}", id(&first)), Value::Null, 204).await;
    let anns = is(begin(json!({})).header("end-user", "ann"), 201).await;
    assert_ne!(id(&one), id(&anns));
    assert_eq!(ids(&is(channel.get("/sessions"), 200).await), [id(&one)]);
    let send = || {
        let path = format!("/sessions/{}/messages", id(&one));
        is(channel.post(&path).header("idempotency-key", "m").json(&said("x")), 201)
    };
    let (first, second) = tokio::join!(send(), send());
    assert_eq!(id(&first), id(&second));
}

#[tokio::test]
async fn bodies_that_are_wrong_make_no_session() {
    let channel = Channel::open(vec![]).await;
    for body in [
        json!({"title": 5}),
        json!({"title": ""}),
        json!({"title": "x".repeat(501)}),
        json!({"metadata": []}),
        json!({"metadata": "x"}),
        json!([]),
        json!("x"),
    ] {
        let sent = channel.post("/sessions").json(&body);
        assert_eq!(refused(sent).await.0, 400, "{body}");
    }
    let raw = |body: &'static str| channel.post("/sessions").header("content-type", "application/json").body(body);
    for body in ["{", "{}{}", "{\"title\":\"a\",\"title\":\"b\"}", "\u{feff}{}", "{\"title\":\"\\u0000\"}"] {
        assert_eq!(refused(raw(body)).await.0, 400, "{body}");
    }
    assert_eq!(refused(channel.post("/sessions").body("{}")).await.0, 415);
    assert_eq!(is(channel.get("/sessions"), 200).await["data"], json!([]));
    is(channel.post("/sessions"), 201).await;
}

#[tokio::test]
async fn an_archived_agent_begins_no_session_and_goes_on_with_those_it_has() {
    let channel = Channel::open(vec![text("ok")]).await;
    let session = channel.session().await;
    let test = &channel.door.server.test;
    test.app.archive_agent(&test.caller, channel.agent.id).await.unwrap();
    let begin = channel.post("/sessions").json(&json!({}));
    assert_eq!(refused(begin).await, (400, "agent_archived".into()));
    channel.say(&session, "x").await;
    channel.settle(&session).await;
    assert_eq!(is(channel.get("/sessions"), 200).await["data"].as_array().unwrap().len(), 1);
}
