//! What Capy's door takes.

use reqwest::Method;
use serde_json::{Value, json};

use super::{World, link, names, shows, text, uuid};

fn controls(snapshot: &Value) -> Value {
    json!({
        "model": "claude-opus-4-8", "speed": "fast", "reasoning": "xhigh",
        "build_model": "gpt-5.5", "build_speed": "standard", "build_reasoning": "off",
        "browser_snapshots": [snapshot],
    })
}

fn chosen(snapshot: &Value) -> Value {
    json!({
        "model": "claude-opus-4-8", "speed": "fast", "reasoning": {"mode": "xhigh"},
        "buildModel": "gpt-5.5", "buildSpeed": "standard", "buildReasoning": {"mode": "off"},
        "browserSnapshotIds": [snapshot],
        "attachmentUrls": ["https://example.com/a.pdf"],
        "impersonateUserEmail": "ann@example.com",
    })
}

fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    body
}

#[tokio::test]
async fn every_field_that_capys_door_takes_is_seen_natively() {
    let world = World::start();
    let project = text(&world.rows("/projects").await[0]["id"]).to_owned();
    let ann = world.tell(Method::POST, "/members", json!({"email": "ann@example.com"})).await["id"].clone();
    let state = json!({"cookies": [{"name": "s", "value": "v", "domain": "example.com", "path": "/", "expires": -1,
        "httpOnly": true, "secure": true, "sameSite": "Lax"}], "origins": []});
    let snapshot = json!({"name": "Shop", "storageState": state, "isDefault": true, "isPrivate": true});
    let made = world.post(&format!("/api/v1/projects/{project}/browser-snapshots"), snapshot).await;
    let snapshot = json!(uuid(&made["id"]));
    let shown = world.rows("/browser-snapshots").await;
    shows(
        &shown[0],
        json!({"id": snapshot, "name": "Shop", "is_default": true, "is_private": true, "domains": ["example.com"]}),
    );
    world.post(&format!("/api/v1/projects/{project}/tags"), json!({"name": "vip", "color": "pink"})).await;
    assert_eq!(world.rows("/tags").await, [json!({"name": "vip", "color": "pink"})]);

    let investigation = format!("rel_{}", "a".repeat(40));
    let begun = json!({
        "projectId": project, "prompt": "Look", "tags": ["vip"], "reliabilityInvestigationId": investigation,
        "repos": [{"repoFullName": "acme/shop", "branch": "main"}],
    });
    let begun = world.post("/api/v1/threads", with(begun, chosen(&snapshot))).await;
    let thread = uuid(&begun["id"]);
    world.ended(&thread, 1).await;
    let sent = with(json!({"message": "More", "messageId": "m-1", "mode": "interrupt"}), chosen(&snapshot));
    world.post(&format!("/api/v1/threads/{thread}/message"), sent).await;
    world.ended(&thread, 2).await;

    let shown = world.native(&format!("/threads/{thread}")).await;
    shows(
        &shown,
        json!({
            "tags": [{"name": "vip", "color": "pink"}],
            "metadata": {
                "repos": [{"repoFullName": "acme/shop", "branch": "main"}],
                "reliabilityInvestigationId": investigation,
            },
        }),
    );
    let messages = world.messages(&thread).await;
    let key = messages[0]["author"]["impersonated_by"].clone();
    assert!(key.is_string(), "{}", messages[0]);
    let author = json!({"kind": "member", "member": ann, "email": "ann@example.com", "impersonated_by": key});
    for (at, said) in [(0, "Look"), (2, "More")] {
        let content = json!([{"type": "text", "text": said}, link("https://example.com/a.pdf")]);
        shows(
            &messages[at],
            json!({"author": author, "controls": controls(&snapshot), "content": content, "door": "capy"}),
        );
        let turn = world.native(&format!("/threads/{thread}/turns/{}", text(&messages[at]["turn"]))).await;
        assert_eq!(turn["controls"], controls(&snapshot));
    }
    shows(&messages[2], json!({"client_id": "m-1", "when_busy": "interrupt"}));
    let trail = world.rows("/audit").await;
    assert_eq!(names(&trail, "message"), json!([messages[2]["id"], messages[0]["id"]]));
    for line in &trail {
        shows(line, json!({"key": key, "action": "impersonate", "member": ann, "thread": thread}));
    }
    world.post(&format!("/api/v1/threads/{thread}/archive"), json!({})).await;
    shows(&world.native(&format!("/threads/{thread}")).await, json!({"state": "closed", "closed": {"by": "person"}}));
}
