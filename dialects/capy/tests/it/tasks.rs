//! `GET …/tasks`: a page in the contract's shape, although there are no tasks yet.

use reqwest::Method;
use serde_json::json;

use crate::{
    client::{Door, Refused, Reply},
    threads::project,
};

#[tokio::test]
async fn tasks_are_an_empty_page_whose_filters_are_looked_at() {
    let door = Door::open().await;
    let own = project(&door);
    let empty = json!({"items": [], "nextCursor": null, "hasMore": false});
    for base in ["/api/v1", "/v1"] {
        for query in ["", "&limit=30", "&limit=100&status=in_progress", "&status=needs_review"] {
            let reply = door.get(&format!("{base}/tasks?projectId={own}{query}")).await;
            assert_eq!((reply.status, reply.json()), (200, empty.clone()), "{base} {query}");
        }
    }
    let refused = async |query: &str, path: &str| door.get(&format!("/api/v1/tasks?{query}")).await.invalid(path);
    refused("", "projectId").await;
    for (query, path) in
        [("limit=0", "limit"), ("limit=101", "limit"), ("status=done", "status"), ("cursor=x", "cursor")]
    {
        refused(&format!("projectId={own}&{query}"), path).await;
    }
}

#[tokio::test]
async fn tasks_of_another_project_are_not_found() {
    let door = Door::open().await;
    let (other, foreign) = door.server.test.other_project().await;
    for id in [other.project.to_string(), "0199a0b0-0000-7000-8000-000000000000".into(), "proj_123".into()] {
        door.get(&format!("/api/v1/tasks?projectId={id}")).await.refused(404, "not_found");
    }
    let theirs = door.request(Method::GET, &format!("/api/v1/tasks?projectId={}", other.project)).bearer_auth(foreign);
    assert_eq!(Reply::of(theirs).await.status, 200);
}
