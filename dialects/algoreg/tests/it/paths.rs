//! Which paths are answered, and what the document says of them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::door::{Door, Reply};

#[tokio::test]
async fn what_does_not_exist_is_not_found_in_the_same_schema() {
    let door = Door::open().await;
    let id = door.test().thread().await.id;
    for (method, path) in [
        (Method::POST, "/api/v1/message/".into()),
        (Method::GET, format!("/api/v1/thread/{id}/message")),
        (Method::POST, "/api/v1/thread/".into()),
        (Method::GET, "/api/v1/attachment/".into()),
        (Method::POST, format!("/api/v1/customers/{id}/contacts")),
    ] {
        Reply::of(door.request(method, &path)).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn another_method_is_told_which_ones_there_are() {
    let door = Door::open().await;
    let id = door.test().thread().await.id;
    for (method, path, allow) in [
        (Method::GET, "/api/v1/message".into(), "POST"),
        (Method::DELETE, "/api/v1/message".into(), "POST"),
        (Method::POST, format!("/api/v1/thread/{id}/messages"), "GET, HEAD"),
        (Method::GET, "/api/v1/thread".into(), "POST"),
        (Method::DELETE, format!("/api/v1/thread/{id}"), "GET, HEAD, POST"),
        (Method::POST, format!("/api/v1/attachment/{id}"), "GET, HEAD"),
    ] {
        let reply = Reply::of(door.request(method, &path)).await;
        reply.refused(405, "method_not_allowed");
        assert_eq!(reply.header("allow"), Some(allow));
    }
}

#[tokio::test]
async fn the_document_is_the_contract() {
    let door = Door::open().await;
    let document = Reply::of(door.client.get(format!("{}/openapi/algoreg.json", door.server.url))).await.json();
    let paths: Vec<_> = document["paths"].as_object().expect("paths").keys().cloned().collect();
    let covered = [
        "/api/v1/attachment/{id}",
        "/api/v1/chat/token",
        "/api/v1/customers",
        "/api/v1/customers/{id}",
        "/api/v1/message",
        "/api/v1/message/{id}",
        "/api/v1/thread",
        "/api/v1/thread/search",
        "/api/v1/thread/{id}",
        "/api/v1/thread/{id}/messages",
        "/api/v1/token",
    ];
    assert_eq!(paths, covered);
    let create = &document["paths"]["/api/v1/message"]["post"];
    let created = create["responses"]["204"].as_object().expect("a response");
    assert_eq!(created["description"], "No content.");
    let said: Vec<_> = created.keys().map(String::as_str).collect();
    assert_eq!(said, ["description", "headers"], "no content, and a header that says of a repeat that it is one");
    let documented: Vec<_> = create["responses"].as_object().expect("responses").keys().cloned().collect();
    let statuses = ["204", "400", "401", "403", "404", "405", "408", "409", "413", "415", "429", "431", "500", "503"];
    assert_eq!(documented, statuses);
    let schemas = &document["components"]["schemas"];
    let input = &schemas["MessageInput"];
    let fields: Vec<_> = input["properties"].as_object().expect("fields").keys().cloned().collect();
    let contract = [
        "attachments",
        "bcc",
        "cc",
        "content",
        "delivery",
        "ext_msg_id",
        "from",
        "from_customer_id",
        "mailbox_id",
        "priority",
        "read",
        "reply_to_ext_msg_id",
        "set_reminder",
        "subject",
        "thread_id",
        "to",
    ];
    let mut sorted = fields.clone();
    sorted.sort();
    assert_eq!(sorted, contract);
    assert_eq!(input["required"], Value::Null, "no field is required");
    assert_eq!(input["additionalProperties"], Value::Null, "other fields are ignored");
    assert_eq!(input["properties"]["priority"]["type"], json!(["integer", "null"]));
    let delivery = input["properties"]["delivery"]["oneOf"].as_array().expect("choices");
    let kinds: Vec<&Value> = delivery.iter().map(|choice| &choice["type"]).collect();
    assert_eq!(kinds, ["string", "object", "null"]);
    let error = &schemas["APIError"];
    assert_eq!(error["required"], json!(["code", "deprecated", "message", "will_be_deprecated"]));
    let list = &document["paths"]["/api/v1/thread/{id}/messages"]["get"]["responses"]["200"];
    assert_eq!(list["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Messages");
    let message = &schemas["Messages"]["properties"]["messages"]["items"];
    let required = message["required"].as_array().map(Vec::len);
    assert_eq!(required, message["properties"].as_object().map(serde_json::Map::len), "every field is always there");
    assert_eq!(document["security"], json!([{"bearer": []}, {"basic": []}]));
}
