//! `GET …/threads`: pages, and every filter.

use domain::{ThreadId, agent::Settings, caller::Scopes, controls::Policy};
use engine::app::{messages::Send, people::members::NewMember, threads::NewThread};
use serde_json::Value;

use crate::{
    answers::fits,
    client::{Door, Refused, Reply},
    threads::project,
};

async fn list(door: &Door, query: &str) -> Reply {
    let reply = door.get(&format!("/api/v1/threads?projectId={}&{query}", project(door))).await;
    fits(&reply, "get", "/v1/threads");
    reply
}

fn ids(page: &Value) -> Vec<ThreadId> {
    let id = |item: &Value| ThreadId::parse_prefixed("jam_", item["id"].as_str().expect("an id")).expect("an id");
    page["items"].as_array().expect("items").iter().map(id).collect()
}

#[tokio::test]
async fn pages_are_whole_and_stable_while_threads_arrive() {
    let door = Door::open().await;
    let test = &door.server.test;
    let mut all = vec![door.thread];
    for _ in 0..6 {
        all.insert(0, test.thread().await.id);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(&door, &format!("limit=3{cursor}")).await.json();
        assert_eq!(page["nextCursor"].is_null(), page["hasMore"] == false, "{page}");
        seen.extend(ids(&page));
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
        test.thread().await;
    }
    assert_eq!(seen, all);
    let next = list(&door, "limit=1").await.json()["nextCursor"].as_str().expect("a cursor").to_owned();
    list(&door, &format!("status=idle&cursor={next}")).await.invalid("cursor");
    assert_eq!(list(&door, &format!("limit=2&cursor={next}")).await.status, 200);
}

#[tokio::test]
async fn threads_are_found_by_status_tag_and_people() {
    let door = Door::open().await;
    let test = &door.server.test;
    test.default_agent(Settings { paused: true, ..Settings::default() }).await;
    let (idle, archived) = (door.thread, test.thread().await.id);
    test.app.close_thread(&test.caller, archived, None).await.expect("a thread to close");
    let tagged = test.thread().await.id;
    test.app.set_thread_tags(&test.caller, tagged, vec!["bug".into()], false).await.expect("tags");
    test.say(tagged, "by the key", Policy::Queue).await;
    let new = NewMember { email: "anna@example.com".into(), ..NewMember::default() };
    let anna = test.app.create_member(&test.caller, new, None).await.expect("a member");
    let by_anna = Send {
        impersonate: Some("anna@example.com".into()),
        ..Send::new(tagged, domain::message::Body::text("by anna"), Policy::Queue)
    };
    test.app.send(&test.caller, by_anna).await.expect("a message");
    let (key, anna) = (test.caller.key, anna.id);
    let none: Vec<ThreadId> = Vec::new();
    for (query, expected) in [
        (String::new(), vec![tagged, archived, idle]),
        ("status=idle".into(), vec![tagged, idle]),
        ("status=archived".into(), vec![archived]),
        ("status=active".into(), none.clone()),
        ("tag=bug".into(), vec![tagged]),
        ("tag=bu".into(), none.clone()),
        (format!("authorId={key}"), vec![tagged]),
        (format!("authorId={anna}"), none.clone()),
        ("authorEmail=anna@example.com".into(), none.clone()),
        (format!("participantId={anna}"), vec![tagged]),
        ("participantEmail=Anna@example.com".into(), vec![tagged]),
        ("participantEmail=nobody@example.com".into(), none.clone()),
        ("participantId=user_1".into(), none.clone()),
        ("origin=api".into(), vec![tagged, archived, idle]),
        ("origin=slack".into(), none.clone()),
        ("prState=none&tag=bug".into(), vec![tagged]),
        ("q=BY+ANNA".into(), vec![tagged]),
        ("q=by+anna&status=archived".into(), none.clone()),
        ("q=".into(), vec![tagged, archived, idle]),
        ("q=content".into(), none.clone()),
        ("prState=open".into(), none.clone()),
        ("prNumber=1".into(), none.clone()),
        ("branch=main".into(), none.clone()),
        ("slackThreadTs=1.2".into(), none.clone()),
        ("slackChannelId=C1".into(), none),
    ] {
        assert_eq!(ids(&list(&door, &query).await.json()), expected, "{query}");
    }
}

#[tokio::test]
async fn a_thread_with_an_open_turn_is_active() {
    let door = Door::open().await;
    let test = &door.server.test;
    test.script(vec![domain::script::Reply { hang: true, ..Default::default() }]).await;
    test.say(door.thread, "x", Policy::Queue).await;
    test.app.create_thread(&test.caller, NewThread::default()).await.expect("a thread");
    assert_eq!(ids(&list(&door, "status=active").await.json()), [door.thread]);
}

#[tokio::test]
async fn a_wrong_query_is_named() {
    let door = Door::open().await;
    for (query, path) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("cursor=x", "cursor"),
        ("status=open", "status"),
        ("prNumber=x", "prNumber"),
        ("prNumber=1.5", "prNumber"),
        ("prNumber=9007199254740992", "prNumber"),
        ("authorId=", "authorId"),
        ("authorEmail=x", "authorEmail"),
        ("authorId=x&authorEmail=a@b.co", "authorId"),
        ("participantId=x&participantEmail=a@b.co", "participantId"),
        ("origin=github", "origin"),
        ("prState=draft", "prState"),
        ("tag=", "tag"),
        ("slackChannelId=", "slackChannelId"),
        ("tag=a&tag=b", "tag"),
    ] {
        list(&door, query).await.invalid(path);
    }
    door.get("/api/v1/threads").await.invalid("projectId");
    let test = &door.server.test;
    let (other, _) = test.other_project().await;
    for project in [other.project.to_string(), "x".into()] {
        door.get(&format!("/api/v1/threads?projectId={project}")).await.refused(404, "not_found");
    }
    let colleague = test.new_key(Scopes::ALL).await;
    let path = format!("/api/v1/threads?projectId={}", project(&door));
    let reply = Reply::of(door.request(reqwest::Method::GET, &path).bearer_auth(colleague)).await;
    assert_eq!(ids(&reply.json()), [door.thread]);
}
