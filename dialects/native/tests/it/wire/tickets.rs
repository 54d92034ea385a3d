//! Tickets, and the customers of a thread.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, Wire};

#[tokio::test]
async fn a_ticket_is_changed() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.shows(
        "PATCH /threads/{}/ticket",
        &[&thread],
        json!({"ticket": "closed", "comment": "Sent again"}),
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "agent": "<id 1>",
              "closed": {"at": "<time>", "by": "person"},
              "created_at": "<time>",
              "handling": "agent",
              "id": "<id 2>",
              "last_at": "<time>",
              "last_seq": 3,
              "metadata": {},
              "participants": [],
              "run": {"queued": 0, "running": false, "waiting": false},
              "spellings": {"native": "<id 2>"},
              "state": "closed",
              "tags": [],
              "ticket": "closed",
              "title": "Order 4711"
            }
        "#]],
    )
    .await;
    wire.shows(
        "PATCH /threads/{}/ticket",
        &[&thread],
        json!({"ticket": "lost"}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "ticket: expected one of open, waiting, reminder, closed",
          "errors": [{"message": "expected one of open, waiting, reminder, closed", "path": "ticket"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn the_customers_of_a_thread_are_listed() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    let ann = wire.api.post("/customers", json!({"external_id": "ann", "name": "Ann"})).await.is(201);
    let named = json!({"customers": [ann["id"]]});
    wire.api.patch(&format!("/threads/{thread}/ticket"), named).await.is(200);
    wire.shows(
        "GET /threads/{}/customers",
        &[&thread],
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
        "GET /threads/{}/customers",
        &[UNKNOWN],
        Value::Null,
        expect![[r#"
        404
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "thread_not_found",
          "detail": "Thread not found",
          "status": 404,
          "title": "Not Found",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}
