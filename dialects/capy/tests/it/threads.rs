//! Threads: begun with their first message, read, listed, stopped, archived.

use domain::{ThreadId, agent::Settings, controls::Policy, message::Part, script::Reply as Said};
use engine::app::people::members::NewMember;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    answers::{self, fits},
    client::{Door, Refused, Reply},
};

const THREADS: &str = "/api/v1/threads";

pub fn project(door: &Door) -> String {
    door.server.test.caller.project.to_string()
}

async fn begin(door: &Door, mut body: Value) -> Reply {
    let given = body.as_object_mut().expect("an object");
    given.entry("projectId").or_insert(project(door).into());
    given.entry("prompt").or_insert("hello".into());
    let reply = Reply::of(door.post(THREADS).json(&body)).await;
    fits(&reply, "post", "/v1/threads");
    reply
}

async fn begun(door: &Door, body: Value) -> (ThreadId, Value) {
    let reply = begin(door, body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let thread = reply.json();
    let id = ThreadId::parse_prefixed("jam_", thread["id"].as_str().expect("an id")).expect("a thread's id");
    (id, thread)
}

async fn found(door: &Door, id: ThreadId) -> Value {
    let reply = door.get(&format!("{THREADS}/{}", id.prefixed("jam_"))).await;
    fits(&reply, "get", "/v1/threads/{threadId}");
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

async fn hang(door: &Door) {
    let hangs = Said { hang: true, ..Said::default() };
    door.server.test.script(vec![hangs]).await;
}

#[tokio::test]
async fn a_thread_is_begun_with_its_first_message_and_runs_from_then_on() {
    let door = Door::open().await;
    let test = &door.server.test;
    hang(&door).await;
    let (id, made) = begun(&door, json!({"prompt": "look around", "model": "gpt-5.5", "speed": "fast"})).await;
    assert_eq!((&made["status"], &made["runState"]), (&json!("active"), &json!("running")));
    assert_eq!((&made["title"], &made["projectId"]), (&json!(null), &json!(project(&door))));
    let kinds = test.kinds(id).await;
    assert_eq!(kinds[..2], ["thread.created", "message.created"]);
    let first = &test.messages(id).await[0];
    assert_eq!(first.body.content, [Part::Text { text: "look around".into() }]);
    assert_eq!(first.body.controls.model.as_deref(), Some("gpt-5.5"));
    let read = found(&door, id).await;
    for field in ["id", "projectId", "title", "status", "runState", "participants", "tags", "createdAt"] {
        assert_eq!(read[field], made[field], "{field}");
    }
    assert_eq!(made["participants"][0]["userId"], test.caller.key.to_string());
    assert_eq!(made["participants"][0]["userType"], "service_user");
}

#[tokio::test]
async fn what_has_no_effect_here_is_kept_or_refused() {
    let door = Door::open().await;
    let test = &door.server.test;
    let investigation = format!("rel_{}", "0a".repeat(20));
    let repos = json!([{"repoFullName": "a/b", "branch": "main"}]);
    let (id, _) = begun(&door, json!({"repos": repos, "reliabilityInvestigationId": investigation})).await;
    let thread = test.app.thread(&test.caller, id).await.expect("the thread");
    assert_eq!(
        domain::Kept::from(thread.metadata).read(),
        Some(json!({"repos": repos, "reliabilityInvestigationId": investigation}))
    );
    begin(&door, json!({"slack": {"channel": "C1"}})).await.invalid("slack");
}

#[tokio::test]
async fn a_wrong_field_makes_no_thread() {
    let door = Door::open().await;
    let test = &door.server.test;
    let threads = async || {
        let all = test.app.list_threads(&test.caller, Default::default(), None, 100).await.expect("a list").threads;
        all.len()
    };
    let before = threads().await;
    for (body, path) in [
        (json!({"prompt": ""}), "prompt"),
        (json!({"prompt": null}), "prompt"),
        (json!({"projectId": null}), "projectId"),
        (json!({"title": "x"}), "title"),
        (json!({"model": "gpt-9"}), "model"),
        (json!({"reasoning": {"mode": "High"}}), "reasoning.mode"),
        (json!({"repos": [{"repoFullName": "a/b"}]}), "repos.0.branch"),
        (json!({"repos": [{"repoFullName": "a/b", "branch": "x", "sha": "y"}]}), "repos.0.sha"),
        (json!({"repos": [{"repoFullName": "x".repeat(70_000), "branch": "x"}]}), "repos"),
        (json!({"tags": ["Bug"]}), "tags.0"),
        (json!({"tags": vec!["a"; 21]}), "tags"),
        (json!({"tags": ["unknown"]}), "tags.0"),
        (json!({"tags": null}), "tags"),
        (json!({"slack": {"channel": ""}}), "slack.channel"),
        (json!({"reliabilityInvestigationId": "rel_1"}), "reliabilityInvestigationId"),
        (json!({"attachmentUrls": ["http://127.0.0.1/"]}), "attachmentUrls.0"),
        (json!({"browserSnapshotIds": ["x"]}), "browserSnapshotIds.0"),
        (json!({"impersonateUserEmail": "nobody@example.com"}), "impersonateUserEmail"),
    ] {
        begin(&door, body).await.invalid(path);
    }
    let (other, _) = test.other_project().await;
    let mut bodies = Vec::new();
    for project in [other.project.to_string(), "0199a0b0-0000-7000-8000-000000000000".into(), "proj_123".into()] {
        let reply = begin(&door, json!({"projectId": project})).await;
        reply.refused(404, "not_found");
        bodies.push(reply.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    assert_eq!(threads().await, before, "an effect of a refused request");
}

#[tokio::test]
async fn the_run_state_is_true_at_every_moment() {
    let door = Door::open().await;
    let test = &door.server.test;
    assert_eq!(found(&door, door.thread).await["runState"], "ready");
    hang(&door).await;
    let id = door.thread;
    door.send(&json!({"message": "one"})).await;
    let running = found(&door, id).await;
    assert_eq!((&running["status"], &running["runState"]), (&json!("active"), &json!("running")));
    assert_eq!(running["pendingWakeups"], 0);
    door.send(&json!({"message": "two"})).await;
    assert_eq!(found(&door, id).await["pendingWakeups"], 1);
    test.default_agent(Settings::default()).await;
    let path = format!("{THREADS}/{}/stop", id.prefixed("jam_"));
    let stopped = Reply::of(door.post(&path)).await;
    fits(&stopped, "post", "/v1/threads/{threadId}/stop");
    assert_eq!(stopped.json(), json!({"id": id.prefixed("jam_"), "status": "idle"}));
    assert_eq!(Reply::of(door.post(&path)).await.json()["status"], "idle", "stopping what stands");
    assert_eq!(found(&door, id).await["runState"], "ready");
    door.send(&json!({"message": "three"})).await;
    test.settle(id).await;
    let list = door.list("limit=1").await.json();
    assert_eq!(
        (&list["items"][0]["source"], &found(&door, id).await["runState"]),
        (&json!("assistant"), &json!("ready"))
    );
}

#[tokio::test]
async fn a_stop_takes_no_field_and_stops_nothing_with_one() {
    let door = Door::open().await;
    hang(&door).await;
    door.send(&json!({"message": "one"})).await;
    let path = format!("{THREADS}/{}/stop", door.thread.prefixed("jam_"));
    let stop = async |body: Value| Reply::of(door.post(&path).json(&body)).await;
    stop(json!({"impersonateUserEmail": "anna@example.com"})).await.invalid("impersonateUserEmail");
    stop(json!([])).await.invalid("");
    assert_eq!(found(&door, door.thread).await["runState"], "running", "an effect of a refused request");
    assert_eq!(stop(json!({})).await.json()["status"], "idle");
}

#[tokio::test]
async fn a_body_that_is_not_json_does_not_keep_a_stop_from_stopping() {
    let door = Door::open().await;
    let path = format!("{THREADS}/{}/stop", door.thread.prefixed("jam_"));
    for (content_type, body) in [
        (None, "x"),
        (None, ""),
        (Some("text/plain"), "stop"),
        (Some("application/x-www-form-urlencoded"), "reason=x"),
        (Some("application/json"), ""),
    ] {
        hang(&door).await;
        door.send(&json!({"message": "one"})).await;
        let mut request = door.post(&path).body(body);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let reply = Reply::of(request).await;
        fits(&reply, "post", "/v1/threads/{threadId}/stop");
        assert_eq!(reply.json()["status"], "idle", "{content_type:?} {body:?}: {reply:?}");
        assert_eq!(found(&door, door.thread).await["runState"], "ready", "{content_type:?} {body:?}");
    }
}

#[tokio::test]
async fn a_thread_whose_client_runs_a_tool_waits_for_a_worker() {
    let door = Door::open().await;
    let test = &door.server.test;
    let settings = json!({
        "model": "scripted", "script": [{"tool_calls": [{"name": "ask", "arguments": {}}]}],
        "tools": [{"name": "ask", "kind": "client"}],
    });
    test.default_agent(serde_json::from_value(settings).expect("settings")).await;
    test.say(door.thread, "x", Policy::Queue).await;
    test.until(
        door.thread,
        |item| matches!(item, domain::event::Item::Entry(entry) if entry.event.kind() == "tool.called"),
    )
    .await;
    while !test.app.thread(&test.caller, door.thread).await.expect("the thread").run.waiting {
        tokio::task::yield_now().await;
    }
    let waiting = found(&door, door.thread).await;
    assert_eq!((&waiting["status"], &waiting["runState"]), (&json!("active"), &json!("waiting")));
    assert_eq!(waiting["waitingOn"], json!(["worker"]));
}

#[tokio::test]
async fn an_archived_thread_is_archived_until_it_is_not_or_is_written_to() {
    let door = Door::open().await;
    let test = &door.server.test;
    hang(&door).await;
    let path = format!("{THREADS}/{}", door.thread.prefixed("jam_"));
    door.send(&json!({"message": "one"})).await;
    let archive = async |what: &str, body: Option<Value>| {
        let request = door.post(&format!("{path}/{what}"));
        let reply = Reply::of(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await;
        fits(&reply, "post", &format!("/v1/threads/{{threadId}}/{what}"));
        reply
    };
    for body in [None, Some(json!({}))] {
        assert_eq!(archive("archive", body).await.json()["status"], "archived");
    }
    let archived = found(&door, door.thread).await;
    assert_eq!((&archived["status"], &archived["runState"]), (&json!("archived"), &json!("archived")));
    assert_eq!(archive("unarchive", None).await.json()["status"], "idle");
    assert_eq!(archive("unarchive", Some(json!({}))).await.json()["status"], "idle");

    archive("archive", Some(json!({"impersonateUserEmail": "nobody@example.com"})))
        .await
        .invalid("impersonateUserEmail");
    archive("archive", Some(json!({"reason": "x"}))).await.invalid("reason");
    assert_eq!(found(&door, door.thread).await["status"], "idle", "an effect of a refused request");
    let new = NewMember { email: "anna@example.com".into(), ..NewMember::default() };
    let member = test.app.create_member(&test.caller, new, None).await.expect("a member");
    let by_anna = json!({"impersonateUserEmail": "Anna@example.com"});
    assert_eq!(archive("archive", Some(by_anna.clone())).await.json()["status"], "archived");
    assert_eq!(archive("unarchive", Some(by_anna.clone())).await.json()["status"], "idle");
    let trail = test.app.list_audit(&test.caller, None, 10).await.expect("the trail");
    assert_eq!(trail.iter().filter(|record| record.member == Some(member.id)).count(), 2);
    archive("archive", Some(by_anna)).await;
    door.send(&json!({"message": "again"})).await;
    assert_eq!(found(&door, door.thread).await["status"], "active", "a message reopens it");
}

#[tokio::test]
async fn a_foreign_thread_is_unknown_to_every_operation() {
    let door = Door::open().await;
    let test = &door.server.test;
    let (_, foreign) = test.other_project().await;
    let own = door.thread.prefixed("jam_");
    for (method, rest, body) in [
        (Method::GET, "", None),
        (Method::POST, "/stop", None),
        (Method::POST, "/archive", None),
        (Method::POST, "/unarchive", None),
        (Method::POST, "/message", Some(json!({"message": "x"}))),
        (Method::GET, "/messages", None),
        (Method::PUT, "/tags", Some(json!({"tags": []}))),
    ] {
        let mut bodies = Vec::new();
        for (id, key) in
            [(own.as_str(), &foreign), ("jam_0199a0b0000070008000000000000000", &test.key), ("x", &test.key)]
        {
            let mut request = door.request(method.clone(), &format!("{THREADS}/{id}{rest}")).bearer_auth(key);
            if let Some(body) = &body {
                request = request.json(body);
            }
            let reply = Reply::of(request).await;
            reply.refused(404, "not_found");
            bodies.push(reply.body);
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{method} {rest}: {bodies:?}");
    }
    door.assert_untouched().await;
}

#[tokio::test]
async fn an_unchanged_thread_is_a_304() {
    let door = Door::open().await;
    let test = &door.server.test;
    test.say(door.thread, "x", Policy::Queue).await;
    test.settle(door.thread).await;
    let thread = format!("{THREADS}/{}", door.thread.prefixed("jam_"));
    for path in [thread.clone(), format!("{thread}/messages"), format!("{thread}/messages?limit=1")] {
        let whole = door.get(&path).await;
        let tag = whole.header("etag").to_owned();
        let again = async |tag: &str| {
            let request = door.request(Method::GET, &path).bearer_auth(&test.key).header("if-none-match", tag);
            Reply::of(request).await
        };
        let unchanged = again(&tag).await;
        assert_eq!((unchanged.status, unchanged.body.as_str(), unchanged.header("etag")), (304, "", tag.as_str()));
        assert_eq!(again("\"other\"").await.body, whole.body);
        let key = test.new_key(domain::caller::Scopes::ALL).await;
        let request = door.request(Method::GET, &path).header("if-none-match", &tag);
        assert_eq!(Reply::of(request).await.status, 401);
        assert_eq!(Reply::of(door.request(Method::GET, &path).bearer_auth(key)).await.header("etag"), tag);
    }
    let tag = door.get(&thread).await.header("etag").to_owned();
    let messages = door.list("").await.header("etag").to_owned();
    test.say(door.thread, "y", Policy::Queue).await;
    assert_ne!(door.get(&thread).await.header("etag"), tag);
    assert_ne!(door.list("").await.header("etag"), messages);
    test.settle(door.thread).await;
    let tag = door.get(&thread).await.header("etag").to_owned();
    let path = format!("/api/v1/projects/{}/tags", project(&door));
    for color in ["blue", "pink"] {
        Reply::of(door.post(&path).json(&json!({"name": "bug", "color": color}))).await;
        let tags = json!({"tags": ["bug"]});
        Reply::of(door.request(Method::PUT, &format!("{thread}/tags")).bearer_auth(&test.key).json(&tags)).await;
        assert_ne!(door.get(&thread).await.header("etag"), tag, "{color}");
    }
}

#[tokio::test]
async fn every_answer_fits_the_contract_to_the_letter() {
    // What the other tests hold answers against is itself able to fail.
    let door = Door::open().await;
    let mut wrong = found(&door, door.thread).await;
    wrong["more"] = json!(1);
    assert_eq!(answers::misfit("get", "/v1/threads/{threadId}", &wrong).len(), 1);
}

#[tokio::test]
async fn a_thread_that_a_person_holds_waits_for_a_review_until_the_person_answers() {
    let door = Door::open().await;
    let (test, id) = (&door.server.test, door.thread);
    let member = test.take(id).await;
    let stands = async || {
        let found = found(&door, id).await;
        for status in ["active", "idle"] {
            let path = format!("/api/v1/threads?projectId={}&status={status}", test.caller.project);
            let listed = door.get(&path).await.json()["items"].as_array().map(Vec::len);
            assert_eq!(listed, Some(usize::from(found["status"] == status)), "the filter {status}");
        }
        json!([found["status"], found["runState"], found["waitingOn"]])
    };
    assert_eq!(stands().await, json!(["idle", "ready", []]));
    let sent = door.send(&json!({"message": "Hello?"})).await;
    assert_eq!((sent.status, &sent.json()["status"]), (200, &json!("sent")));
    assert_eq!(stands().await, json!(["active", "waiting", ["review"]]));
    test.reply(id, &member, "I am here.").await;
    assert_eq!(stands().await, json!(["idle", "ready", []]));
    let list = door.list("limit=1").await.json();
    let last = &list["items"][0];
    assert!(last.to_string().contains("I am here.") && last.to_string().contains("assistant"), "{list}");
    assert!(!list.to_string().contains(&member), "{list}");
}
