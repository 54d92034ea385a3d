//! Attachments.

use expect_test::expect;
use reqwest::{Method, RequestBuilder, header::CONTENT_TYPE};
use serde_json::Value;

use super::{UNKNOWN, Wire};
use crate::server::{Api, reply, text};

fn upload(api: &Api, path: &str) -> RequestBuilder {
    api.request(Method::POST, path).header(CONTENT_TYPE, "application/octet-stream").body("Hello")
}

#[tokio::test]
async fn a_file_is_uploaded() {
    let mut wire = Wire::start().await;
    // "POST /attachments"
    let request = upload(&wire.api, "/attachments?name=hello.txt");
    wire.answers(
        request,
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "id": "<id 1>",
          "media_type": "text/plain",
          "name": "hello.txt",
          "sha256": "<opaque>",
          "size_bytes": 5
        }
    "#]],
    )
    .await;
    // "POST /attachments"
    let request = upload(&wire.api, "/attachments?title=hello.txt");
    wire.answers(
        request,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "title: unknown parameter",
          "errors": [{"message": "unknown parameter", "path": "title"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_file_is_found_and_downloaded() {
    let mut wire = Wire::start().await;
    let file = text(&reply(upload(&wire.api, "/attachments?name=hello.txt")).await.is(201)["id"]);
    wire.shows(
        "GET /attachments/{}",
        &[&file],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "created_at": "<time>",
          "id": "<id 1>",
          "media_type": "text/plain",
          "name": "hello.txt",
          "sha256": "<opaque>",
          "size_bytes": 5
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /attachments/{}",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "attachment_not_found",
          "detail": "Attachment not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /attachments/{}/content",
        &[&file],
        Value::Null,
        expect![[r#"
        200
        accept-ranges: bytes
        cache-control: private, no-cache
        content-disposition: attachment; filename="hello.txt"; filename*=UTF-8''hello.txt
        content-type: text/plain
        etag: "<opaque>"

        Hello
    "#]],
    )
    .await;
    wire.shows(
        "GET /attachments/{}/content",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "attachment_not_found",
          "detail": "Attachment not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}
