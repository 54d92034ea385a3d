//! Members and customers, and tokens for those who have no key.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, Wire};
use crate::server::text;

#[tokio::test]
async fn members_are_made_and_listed() {
    let mut wire = Wire::start().await;
    wire.shows(
        "POST /members",
        &[],
        json!({"email": "ann@example.com", "name": "Ann"}),
        expect![[r#"
            201
            cache-control: no-store
            content-type: application/json

            {
              "created_at": "<time>",
              "email": "ann@example.com",
              "id": "<id 1>",
              "name": "Ann",
              "role": "member"
            }
        "#]],
    )
    .await;
    wire.shows(
        "POST /members",
        &[],
        json!({"email": "ann@example.com"}),
        expect![[r#"
            409
            cache-control: no-store
            content-type: application/problem+json

            {
              "code": "member_exists",
              "detail": "The project already has a member with this address",
              "status": 409,
              "title": "Conflict",
              "type": "about:blank"
            }
        "#]],
    )
    .await;
    wire.shows(
        "GET /members",
        &[],
        Value::Null,
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "data": [
                {
                  "created_at": "<time>",
                  "email": "ann@example.com",
                  "id": "<id 1>",
                  "name": "Ann",
                  "role": "member"
                }
              ],
              "next": null
            }
        "#]],
    )
    .await;
    wire.shows(
        "GET /members?limit=x",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "limit: expected an integer in range",
          "errors": [{"message": "expected an integer in range", "path": "limit"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_member_is_found() {
    let mut wire = Wire::start().await;
    let made = wire.api.post("/members", json!({"email": "ann@example.com", "name": "Ann"})).await.is(201);
    let ann = text(&made["id"]);
    wire.shows(
        "GET /members/{}",
        &[&ann],
        Value::Null,
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "created_at": "<time>",
              "email": "ann@example.com",
              "id": "<id 1>",
              "name": "Ann",
              "role": "member"
            }
        "#]],
    )
    .await;
    wire.shows(
        "GET /members/{}",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "member_not_found",
          "detail": "Member not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_link_signs_a_member_in() {
    let mut wire = Wire::start().await;
    let made = wire.api.post("/members", json!({"email": "ann@example.com"})).await.is(201);
    let ann = text(&made["id"]);
    wire.shows(
        "POST /members/{}/sign-in-links",
        &[&ann],
        Value::Null,
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "expires_at": "<time>",
          "path": "/console/sign-in?link=<opaque>"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /members/{}/sign-in-links",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "member_not_found",
          "detail": "Member not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_role_is_changed() {
    let mut wire = Wire::start().await;
    let made = wire.api.post("/members", json!({"email": "ann@example.com"})).await.is(201);
    let ann = text(&made["id"]);
    wire.shows(
        "PATCH /members/{}",
        &[&ann],
        json!({"role": "admin"}),
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "created_at": "<time>",
              "email": "ann@example.com",
              "id": "<id 1>",
              "role": "admin"
            }
        "#]],
    )
    .await;
    wire.shows(
        "PATCH /members/{}",
        &[&ann],
        json!({"role": "member"}),
        expect![[r#"
            409
            cache-control: no-store
            content-type: application/problem+json

            {
              "code": "last_admin",
              "detail": "This member is the last admin of the project. Make another member an admin first",
              "status": 409,
              "title": "Conflict",
              "type": "about:blank"
            }
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_member_is_deleted() {
    let mut wire = Wire::start().await;
    let made = wire.api.post("/members", json!({"email": "ann@example.com", "name": "Ann"})).await.is(201);
    let ann = text(&made["id"]);
    wire.shows(
        "DELETE /members/{}",
        &[&ann],
        Value::Null,
        expect![[r#"
        204
        cache-control: no-store
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /members/{}",
        &[&ann],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "member_not_found",
          "detail": "Member not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn customers_are_made_and_listed() {
    let mut wire = Wire::start().await;
    wire.shows(
        "POST /customers",
        &[],
        json!({"external_id": "ann", "name": "Ann"}),
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "contacts": [],
          "created_at": "<time>",
          "external_id": "ann",
          "id": "<id 1>",
          "name": "Ann"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /customers",
        &[],
        json!({"external_id": "ann"}),
        expect![[r#"
            409
            cache-control: no-store
            content-type: application/problem+json

            {
              "code": "customer_exists",
              "detail": "The project already has a customer with this external id",
              "status": 409,
              "title": "Conflict",
              "type": "about:blank"
            }
        "#]],
    )
    .await;
    wire.shows(
        "GET /customers",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "contacts": [],
              "created_at": "<time>",
              "external_id": "ann",
              "id": "<id 1>",
              "name": "Ann"
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /customers?limit=x",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "limit: expected an integer in range",
          "errors": [{"message": "expected an integer in range", "path": "limit"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_customer_is_found_and_changed() {
    let mut wire = Wire::start().await;
    let made = wire.api.post("/customers", json!({"external_id": "ann", "name": "Ann"})).await.is(201);
    let ann = text(&made["id"]);
    wire.shows(
        "GET /customers/{}",
        &[&ann],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "contacts": [],
          "created_at": "<time>",
          "external_id": "ann",
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
        content-type: application/problem+json

        {
          "code": "customer_not_found",
          "detail": "Customer not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "PATCH /customers/{}",
        &[&ann],
        json!({"name": "Anna"}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "contacts": [],
          "created_at": "<time>",
          "external_id": "ann",
          "id": "<id 1>",
          "name": "Anna"
        }
    "#]],
    )
    .await;
    wire.shows(
        "PATCH /customers/{}",
        &[&ann],
        json!({"name": 5}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "name: expected a string, got an integer",
          "errors": [{"message": "expected a string, got an integer", "path": "name"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_customer_is_deleted() {
    let mut wire = Wire::start().await;
    let made = wire.api.post("/customers", json!({"external_id": "ann", "name": "Ann"})).await.is(201);
    let ann = text(&made["id"]);
    wire.shows(
        "DELETE /customers/{}",
        &[&ann],
        Value::Null,
        expect![[r#"
        204
        cache-control: no-store
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /customers/{}",
        &[&ann],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "customer_not_found",
          "detail": "Customer not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}
