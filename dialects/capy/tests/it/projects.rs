//! Projects and models.

use domain::caller::{Scope, Scopes};
use reqwest::Method;

use crate::{
    answers::fits,
    client::{Door, Refused, Reply},
    send::MODELS,
    threads::project,
};

#[tokio::test]
async fn a_key_sees_its_own_project_and_no_other() {
    let door = Door::open().await;
    let test = &door.server.test;
    let (other, foreign) = test.other_project().await;
    let list = door.get("/api/v1/projects").await;
    fits(&list, "get", "/v1/projects");
    let list = list.json();
    assert_eq!(list["items"].as_array().expect("items").len(), 1);
    let one = door.get(&format!("/api/v1/projects/{}", project(&door))).await;
    fits(&one, "get", "/v1/projects/{projectId}");
    assert_eq!(one.json(), list["items"][0]);
    let theirs = Reply::of(door.request(Method::GET, "/v1/projects").bearer_auth(&foreign)).await.json();
    assert_eq!(theirs["items"][0]["id"], other.project.to_string());
    let mut bodies = Vec::new();
    for id in [other.project.to_string(), "0199a0b0-0000-7000-8000-000000000000".into(), "proj_123".into()] {
        for rest in ["", "/tags", "/browser-snapshots"] {
            let reply = door.get(&format!("/api/v1/projects/{id}{rest}")).await;
            reply.refused(404, "not_found");
            bodies.push(reply.body);
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
}

#[tokio::test]
async fn a_page_of_projects_is_asked_for_properly() {
    let door = Door::open().await;
    for (query, path) in [("limit=0", "limit"), ("limit=101", "limit"), ("cursor=x", "cursor"), ("cursor=", "cursor")] {
        door.get(&format!("/api/v1/projects?{query}")).await.invalid(path);
    }
    assert_eq!(door.get("/api/v1/projects?limit=1").await.status, 200);
}

#[tokio::test]
async fn the_25_models_are_listed_that_capy_lists() {
    let door = Door::open().await;
    let reply = door.get("/api/v1/models").await;
    fits(&reply, "get", "/v1/models");
    let list = reply.json();
    let models = list["models"].as_array().expect("models");
    let ids: Vec<&str> = models.iter().map(|model| model["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, MODELS[..25]);
    assert!(models.iter().all(|model| model["captainEligible"] == true && model["provider"] != ""));
}

#[tokio::test]
async fn a_key_that_may_not_read_sees_nothing() {
    let door = Door::open().await;
    let writes = door.server.test.new_key(Scopes::of(&[Scope::Write])).await;
    let own = project(&door);
    for path in [
        "/api/v1/projects".to_owned(),
        format!("/api/v1/projects/{own}"),
        format!("/api/v1/projects/{own}/tags"),
        format!("/api/v1/projects/{own}/browser-snapshots"),
        "/api/v1/models".into(),
        "/api/v1/tasks/0199a0b0-0000-7000-8000-000000000000".into(),
        format!("/api/v1/threads?projectId={own}"),
        format!("/api/v1/threads/{}", door.thread),
        format!("/api/v1/usage?orgId={own}&from=2026-01-01T00:00Z&to=2026-01-02T00:00Z"),
    ] {
        let reply = Reply::of(door.request(Method::GET, &path).bearer_auth(&writes)).await;
        reply.refused(403, "forbidden");
        Reply::of(door.request(Method::GET, &path)).await.refused(401, "unauthorized");
    }
}
