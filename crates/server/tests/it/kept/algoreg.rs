//! What Algoreg's door takes.

use reqwest::Method;
use serde_json::json;

use super::{World, names, shows, text};

#[tokio::test]
async fn every_field_of_algoregs_messages_is_seen_natively() {
    let world = World::start();
    let email = json!({
        "from": "ann@example.com", "from_customer_id": "c-7", "to": "desk@example.org; b@example.org",
        "cc": "c@example.org", "bcc": "d@example.org", "subject": "Parcel", "content": "Where?",
        "attachments": [{"name": "a.txt", "file": "aGVsbG8="}], "delivery": {"soon": true}, "ext_msg_id": "<1@example.com>",
        "mailbox_id": "desk", "priority": 3, "read": true, "set_reminder": {"delay": 3_600, "number_left": 2},
    });
    world.post("/api/v1/message", email).await;
    let found = world.rows("/threads?q=parcel").await;
    shows(&found[0], json!({"title": "Parcel", "reminder": {"delay_s": 3_600, "number_left": 2}}));
    let thread = text(&found[0]["id"]).to_owned();
    world.ended(&thread, 1).await;
    let answer = json!({
        "thread_id": thread, "to": "ann@example.com", "content": "Tomorrow", "reply_to_ext_msg_id": "<1@example.com>",
        "delivery": "mail",
    });
    world.post("/api/v1/message", answer).await;

    let customer = &world.rows(&format!("/threads/{thread}/customers")).await[0];
    assert_eq!(
        (&customer["external_id"], &customer["contacts"][0]["address"]),
        (&json!("c-7"), &json!("ann@example.com"))
    );
    let messages = world.messages(&thread).await;
    let author = json!({"kind": "customer", "customer": customer["id"], "address": "ann@example.com"});
    shows(
        &messages[0],
        json!({
            "author": author, "door": "algoreg",
            "envelope": {
                "from": "ann@example.com", "from_customer_id": "c-7", "to": ["desk@example.org", "b@example.org"],
                "cc": ["c@example.org"], "bcc": ["d@example.org"], "subject": "Parcel", "mailbox": "desk",
                "external_id": "<1@example.com>", "priority": 3, "read": true, "delivery_requested": {"soon": true},
            },
        }),
    );
    let file = &messages[0]["content"][1];
    shows(file, json!({"type": "file", "name": "a.txt", "media_type": "text/plain", "size_bytes": 5}));
    let path = format!("/threadline/v1/attachments/{}/content", text(&file["attachment"]));
    let bytes = world.request(Method::GET, &path).bearer_auth(crate::process::KEY);
    assert_eq!(world.taken(bytes).await, json!("hello"));
    let id = text(&messages[2]["id"]);
    let expected = json!({
        "role": "agent", "author": {"kind": "key"}, "delivery": {"kind": "mail", "state": "pending"},
        "envelope": {
            "to": ["ann@example.com"], "reply_to_external_id": "<1@example.com>", "delivery_requested": "mail",
        },
    });
    shows(&messages[2], expected);
    let change =
        json!({"content": "Today", "subject": "Re: Parcel", "delivery": {"at": 9}, "priority": 5, "read": true});
    world.post(&format!("/api/v1/message/{id}"), change).await;
    let envelope = json!({"subject": "Re: Parcel", "priority": 5, "read": true, "delivery_requested": {"at": 9}});
    let shown = world.native(&format!("/threads/{thread}/messages/{id}")).await;
    shows(&shown, json!({"content": [{"type": "text", "text": "Today"}], "envelope": envelope}));
}

#[tokio::test]
async fn every_field_of_algoregs_threads_and_people_is_seen_natively() {
    let world = World::start();
    let person = json!({"external_id": "c-7", "name": "Ann", "emails": ["ann@example.com"]});
    world.post("/api/v1/customers", person).await;
    let ann = world.rows("/customers?external_id=c-7").await[0].clone();
    shows(&ann, json!({"external_id": "c-7", "name": "Ann"}));
    let fields = json!({
        "subject": "Order", "status": 2, "customer_external_ids": ["c-7"], "tag_codes": ["late"],
        "reminder": {"delay": 60, "number_left": 1}, "comment": "Called",
    });
    let made = world.post("/api/v1/thread", fields).await;
    let thread = text(&made["id"]).to_owned();
    shows(
        &world.native(&format!("/threads/{thread}")).await,
        json!({
            "title": "Order", "ticket": "reminder", "tags": [{"name": "late", "color": "default"}],
            "reminder": {"delay_s": 60, "number_left": 1},
        }),
    );
    assert_eq!(world.rows(&format!("/threads/{thread}/customers")).await, [ann]);
    let update = json!({
        "subject": "Order 2", "status": 3, "customer_ids": [], "tag_codes": [], "reminder": null, "comment": "Solved",
    });
    world.post(&format!("/api/v1/thread/{thread}"), update).await;
    let shown = world.native(&format!("/threads/{thread}")).await;
    shows(&shown, json!({"title": "Order 2", "ticket": "closed", "state": "closed", "tags": []}));
    assert_eq!(shown.get("reminder"), None);
    let said = world.rows(&format!("/threads/{thread}/events?types=thread.updated")).await;
    let comments: Vec<_> = said.iter().filter_map(|entry| entry["data"]["changed"].get("comment")).collect();
    assert_eq!(comments, ["Called", "Solved"]);

    let end_user = json!({
        "emails": ["bob@example.com"], "external_id": "c-8", "from": "desk@example.org", "mailbox_id": "desk",
        "tags": ["chat"],
    });
    world.post("/api/v1/chat/token", end_user).await;
    let bob = &world.rows("/customers?external_id=c-8").await[0];
    assert_eq!(names(bob["contacts"].as_array().expect("contacts"), "address"), json!(["bob@example.com"]));
    shows(bob, json!({"writes": {"to": "desk@example.org", "mailbox": "desk", "tags": ["chat"]}}));
}
