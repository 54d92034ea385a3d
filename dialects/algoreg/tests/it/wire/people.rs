//! Customers, and the tokens of people and programs.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, customer, open};

#[tokio::test]
async fn a_customer_is_made() {
    let (_door, mut wire) = open().await;
    wire.shows(
        "POST /customers",
        &[],
        json!({"external_id": "c-7", "name": "Ann", "emails": ["Ann@example.com"]}),
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "contacts": [
                {
                  "customer_id": "<id 1>",
                  "email": "ann@example.com",
                  "id": "<id 2>"
                }
              ],
              "created_at": "<time>",
              "external_id": "c-7",
              "id": "<id 1>",
              "name": "Ann"
            }
        "#]],
    )
    .await;
    wire.shows(
        "POST /customers",
        &[],
        json!({"emails": ["ann@example.com"]}),
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/json

        {
          "errors": [
            {
              "code": "contact_taken",
              "deprecated": false,
              "message": "Another customer has the address ann@example.com",
              "will_be_deprecated": false
            },
            {
              "code": "CONFLICT",
              "deprecated": true,
              "message": "Another customer has the address ann@example.com",
              "will_be_deprecated": false
            }
          ]
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn customers_are_listed() {
    let (door, mut wire) = open().await;
    customer(&door).await;
    wire.shows(
        "GET /customers",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "customers": [
            {
              "contacts": [
                {
                  "customer_id": "<id 1>",
                  "email": "ann@example.com",
                  "id": "<id 2>"
                }
              ],
              "created_at": "<time>",
              "external_id": "c-7",
              "id": "<id 1>",
              "name": "Ann"
            }
          ]
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /customers?limit=0",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/json

        {
          "errors": [
            {
              "code": "invalid_parameter",
              "deprecated": false,
              "message": "limit: must be 1 to 100",
              "will_be_deprecated": false
            },
            {
              "code": "BAD_REQUEST",
              "deprecated": true,
              "message": "limit: must be 1 to 100",
              "will_be_deprecated": false
            }
          ]
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_customer_is_found() {
    let (door, mut wire) = open().await;
    let ann = customer(&door).await;
    wire.shows(
        "GET /customers/{}",
        &[&ann],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "contacts": [
            {
              "customer_id": "<id 1>",
              "email": "ann@example.com",
              "id": "<id 2>"
            }
          ],
          "created_at": "<time>",
          "external_id": "c-7",
          "id": "<id 1>",
          "name": "Ann"
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /customers/{}",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {
          "errors": [
            {
              "code": "customer_not_found",
              "deprecated": false,
              "message": "Customer not found",
              "will_be_deprecated": false
            },
            {"code": "NOT_FOUND", "deprecated": true, "message": "Customer not found", "will_be_deprecated": false}
          ]
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_customer_is_changed() {
    let (door, mut wire) = open().await;
    let ann = customer(&door).await;
    wire.shows(
        "POST /customers/{}",
        &[&ann],
        json!({"name": "Anna"}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "contacts": [
            {
              "customer_id": "<id 1>",
              "email": "ann@example.com",
              "id": "<id 2>"
            }
          ],
          "created_at": "<time>",
          "external_id": "c-7",
          "id": "<id 1>",
          "name": "Anna"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /customers/{}",
        &[UNKNOWN],
        json!({"name": "Anna"}),
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {
          "errors": [
            {
              "code": "customer_not_found",
              "deprecated": false,
              "message": "Customer not found",
              "will_be_deprecated": false
            },
            {"code": "NOT_FOUND", "deprecated": true, "message": "Customer not found", "will_be_deprecated": false}
          ]
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_key_becomes_a_bearer() {
    let (door, mut wire) = open().await;
    let grant =
        |secret: &str| json!({"grant_type": "client_credentials", "client_id": "desk", "client_secret": secret});
    let request = wire.bare("POST /token", &[]).json(&grant(&door.test().key));
    wire.answers(
        request,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json
        pragma: no-cache

        {
          "access_token": "<opaque>",
          "expires_in": 3600,
          "token_type": "Bearer"
        }
    "#]],
    )
    .await;
    let request = wire.bare("POST /token", &[]).json(&grant("wrong"));
    wire.answers(
        request,
        expect![[r#"
        401
        cache-control: no-store
        content-type: application/json
        pragma: no-cache
        www-authenticate: Basic realm="api", charset="UTF-8"

        {
          "error": "invalid_client",
          "error_description": "Missing or invalid API key",
          "errors": [
            {
              "code": "unauthorized",
              "deprecated": false,
              "message": "Missing or invalid API key",
              "will_be_deprecated": false
            },
            {
              "code": "UNAUTHORIZED",
              "deprecated": true,
              "message": "Missing or invalid API key",
              "will_be_deprecated": false
            }
          ]
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_customer_is_let_in() {
    let (door, mut wire) = open().await;
    customer(&door).await;
    wire.shows(
        "POST /chat/token",
        &[],
        json!({"external_id": "c-7", "tags": ["chat"]}),
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json
            pragma: no-cache

            {
              "expires_at": <number>,
              "token": "<opaque>"
            }
        "#]],
    )
    .await;
    wire.shows(
        "POST /chat/token",
        &[],
        json!({}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/json

        {
          "errors": [
            {
              "code": "invalid_parameter",
              "deprecated": false,
              "message": "emails: required unless external_id is given",
              "will_be_deprecated": false
            },
            {
              "code": "BAD_REQUEST",
              "deprecated": true,
              "message": "emails: required unless external_id is given",
              "will_be_deprecated": false
            }
          ]
        }
    "#]],
    )
    .await;
}
