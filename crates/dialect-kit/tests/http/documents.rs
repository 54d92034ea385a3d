//! The OpenAPI documents: served, complete, and the same as for the command line.

use std::sync::Arc;

use dialect_kit::{Contract, openapi};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    dialects::{Alpha, Beta},
    server::Server,
};

async fn document(server: &Server, name: &str) -> Value {
    let reply = server.request(Method::GET, &format!("/openapi/{name}.json")).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    reply.json().await.unwrap()
}

fn statuses(operation: &Value) -> Vec<&str> {
    operation["responses"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn every_operation_documents_what_the_doors_may_answer() {
    let server = Server::start().await;
    let alpha = document(&server, "alpha").await;
    assert_eq!(alpha["openapi"], "3.1.0");
    assert_eq!(alpha["info"]["title"], "Alpha");
    assert_eq!(alpha["security"], json!([{"key": []}]));
    assert_eq!(alpha["components"]["securitySchemes"]["key"]["scheme"], "bearer");
    let create = &alpha["paths"]["/alpha/things"]["post"];
    let with_body = ["201", "400", "401", "403", "404", "405", "408", "413", "415", "429", "431", "500", "503"];
    assert_eq!(statuses(create), with_body);
    let schema = &create["responses"]["413"]["content"]["application/json"]["schema"];
    assert_eq!(schema["$ref"], "#/components/schemas/AlphaError");
    assert!(alpha["components"]["schemas"]["AlphaError"].is_object());
    let open = &alpha["paths"]["/alpha/open"]["get"];
    assert_eq!(statuses(open), ["200", "400", "404", "405", "429", "431", "500", "503"]);
    assert_eq!(open["security"], json!([]));
    let beta = document(&server, "beta").await;
    let shared = statuses(&beta["paths"]["/shared/{id}"]["post"]);
    assert!(shared.contains(&"422") && shared.contains(&"403") && !shared.contains(&"401"), "{shared:?}");
}

#[tokio::test]
async fn the_command_line_prints_what_the_server_serves() {
    let server = Server::start().await;
    let alpha = Alpha(Arc::default());
    for dialect in [&alpha as &dyn Contract, &Beta] {
        let printed: Value = serde_json::from_slice(&openapi::json(&openapi::document(dialect)).unwrap()).unwrap();
        assert_eq!(printed, document(&server, dialect.name()).await);
    }
}
