//! The OpenAPI documents, against the routes that they describe.

mod rules;

use std::collections::BTreeSet;

use dialect_kit::openapi;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::{
    dialects,
    process::{Ran, Server, binary, client},
};

fn printed(arguments: &[&str]) -> Value {
    Ran::of(binary().arg("openapi").args(arguments)).json()
}

#[tokio::test]
async fn the_printed_documents_are_the_served_ones() {
    let server = Server::start();
    let all = printed(&[]);
    let names: Vec<&str> = all.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names.len(), dialects::names().len());
    for dialect in dialects::names() {
        let document = printed(&[dialect]);
        assert_eq!(document["openapi"], "3.1.0", "{dialect}");
        assert_eq!(document, all[dialect]);
        assert_eq!(server.get(&format!("/openapi/{dialect}.json")).await, (200, document));
    }
    assert_eq!(Ran::of(binary().args(["openapi", "klingon"])).code, 2);
}

#[test]
fn every_reference_leads_to_something() {
    for (dialect, document) in printed(&[]).as_object().unwrap() {
        let mut references = Vec::new();
        collect(document, &mut references);
        assert!(!references.is_empty());
        for reference in references {
            let pointer = reference.strip_prefix('#').expect("within the document");
            assert!(document.pointer(pointer).is_some(), "{dialect}: {reference}");
        }
    }
}

#[test]
fn generators_make_good_types_of_every_document() {
    for (dialect, document) in printed(&[]).as_object().unwrap() {
        assert_eq!(rules::broken(document), Vec::<String>::new(), "{dialect}");
    }
}

#[test]
fn no_two_schemas_of_a_document_have_one_name() {
    for dialect in dialects::all() {
        assert_eq!(openapi::names_taken_twice(&*dialect), BTreeSet::new(), "{}", dialect.name());
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            references.extend(object.get("$ref").and_then(Value::as_str).map(Into::into));
            object.values().for_each(|value| collect(value, references));
        }
        Value::Array(array) => array.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}

/// Operations that check a token themselves, because it may have expired.
const OWN_CHECK: [&str; 2] = ["/api/v1/chat/threads/{threadId}/token", "/api/v1/chat/threads/{threadId}/logout"];

#[tokio::test]
async fn every_documented_operation_is_routed_and_asks_for_a_key() {
    let server = Server::start();
    let client = client();
    for (dialect, document) in printed(&[]).as_object().unwrap() {
        for (template, item) in document["paths"].as_object().unwrap() {
            let methods =
                ["get", "post", "put", "patch", "delete"].into_iter().filter(|method| item[method].is_object());
            for method in methods {
                let operation = &item[method];
                let url = format!("{}{}", server.url, filled(template));
                let asked: Method = method.to_ascii_uppercase().parse().unwrap();
                let asked = with_wrong_key(client.request(asked, url), dialect, document);
                let answer = asked.send().await.unwrap();
                let status = answer.status().as_u16();
                let text = answer.text().await.unwrap();
                let public = operation["security"].as_array().is_some_and(Vec::is_empty);
                let refused = [401, 403].contains(&status);
                assert!(
                    refused != (public && !OWN_CHECK.contains(&template.as_str())),
                    "{dialect}: {method} {template} answers {status}"
                );
                // Without a key it is the operation that says what is not there.
                let is_routed = ![404, 405].contains(&status) || public && !text.contains("No such path");
                assert!(is_routed, "{dialect}: {method} {template} answers {status}: {text}");
                let said = operation["responses"].as_object().unwrap().contains_key(&status.to_string());
                assert!(said, "{dialect}: {method} {template} answers {status}, which it does not document");
            }
        }
    }
}

/// A key that nobody has, sent as the document says. On a path that two dialects share, its prefix says whose it is.
fn with_wrong_key(request: RequestBuilder, dialect: &str, document: &Value) -> RequestBuilder {
    let key = if dialect == "everruns" { "evr_pat_wrong" } else { "tl_wrong" };
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    let scheme = schemes.values().next().expect("a way to send a key");
    match scheme["type"].as_str().unwrap() {
        "http" => request.bearer_auth(key),
        "apiKey" => request.header(scheme["name"].as_str().unwrap(), key),
        other => panic!("a key of type {other}"),
    }
}

/// The path with an id in the place of each parameter.
fn filled(template: &str) -> String {
    let parts = template
        .split('/')
        .map(|part| if part.starts_with('{') { "01933b5a-0000-7000-8000-000000000001" } else { part });
    parts.collect::<Vec<_>>().join("/")
}
