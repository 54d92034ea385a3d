//! Who speaks in a thread: takes, replies, notes, hand-backs.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, Wire};

const ANN: &str = "ann@example.com";

/// A server with the member Ann, and a thread.
async fn start() -> (Wire, String) {
    let wire = Wire::start().await;
    wire.api.post("/members", json!({"email": ANN, "name": "Ann"})).await.is(201);
    wire.api.post("/members", json!({"email": "ben@example.com"})).await.is(201);
    let thread = wire.thread().await;
    (wire, thread)
}

#[tokio::test]
async fn a_thread_is_taken() {
    let (mut wire, thread) = start().await;
    wire.shows(
        "POST /threads/{}/take",
        &[&thread],
        json!({"member": ANN}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "agent": "<id 1>",
          "assignee": "<id 2>",
          "created_at": "<time>",
          "handling": "person",
          "held_since": "<time>",
          "id": "<id 3>",
          "last_at": "<time>",
          "last_seq": 2,
          "metadata": {},
          "participants": [],
          "run": {"queued": 0, "running": false, "waiting": false},
          "spellings": {"native": "<id 3>"},
          "state": "open",
          "tags": [],
          "ticket": "waiting",
          "title": "Order 4711"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/take",
        &[&thread],
        json!({"member": "ben@example.com"}),
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "held_by_other",
          "detail": "Ann has held the thread since <time>; its newest entry is of <time>",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/take",
        &[UNKNOWN],
        json!({"member": ANN}),
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

#[tokio::test]
async fn a_thread_is_handed_back() {
    let (mut wire, thread) = start().await;
    wire.shows(
        "POST /threads/{}/hand-back",
        &[&thread],
        json!({"member": ANN}),
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "not_held",
          "detail": "Nobody holds the thread",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
    wire.api.post(&format!("/threads/{thread}/take"), json!({"member": ANN})).await.is(200);
    let back = json!({"member": ANN, "answer": "auto", "brief": "Offer a voucher."});
    wire.shows(
        "POST /threads/{}/hand-back",
        &[&thread],
        back,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "agent": "<id 1>",
          "agent_paused": false,
          "created_at": "<time>",
          "handling": "agent",
          "id": "<id 2>",
          "last_at": "<time>",
          "last_seq": 3,
          "metadata": {},
          "participants": [],
          "run": {"queued": 0, "running": false, "waiting": false},
          "spellings": {"native": "<id 2>"},
          "state": "open",
          "tags": [],
          "ticket": "waiting",
          "title": "Order 4711",
          "turn": null
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_member_replies() {
    let (mut wire, thread) = start().await;
    let reply = json!({"member": ANN, "text": "I have the label.", "seen": 1});
    wire.shows(
        "POST /threads/{}/replies",
        &[&thread],
        reply,
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "author": {
            "email": "ann@example.com",
            "impersonated_by": "<id 1>",
            "kind": "member",
            "member": "<id 2>",
            "name": "Ann"
          },
          "content": [{"text": "I have the label.", "type": "text"}],
          "created_at": "<time>",
          "door": "native",
          "id": "<id 3>",
          "interrupted": false,
          "receipt": {"standing": "sent"},
          "role": "agent",
          "seq": 3,
          "thread": "<id 4>"
        }
    "#]],
    )
    .await;
    let late = json!({"member": "ben@example.com", "text": "So have I.", "seen": 1, "force": true});
    wire.shows(
        "POST /threads/{}/replies",
        &[&thread],
        late,
        expect![[r#"
        409
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "thread_moved",
          "detail": "Others have spoken since entry 1: <id 3> (entry 3)",
          "status": 409,
          "title": "Conflict",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_note_is_written() {
    let (mut wire, thread) = start().await;
    let note = json!({"member": ANN, "text": "The second parcel.", "mentions": ["ben@example.com"]});
    wire.shows(
        "POST /threads/{}/notes",
        &[&thread],
        note,
        expect![[r#"
        201
        cache-control: no-store
        content-type: application/json

        {
          "author": {"email": "ann@example.com", "id": "<id 1>", "name": "Ann"},
          "created_at": "<time>",
          "for_agent": false,
          "id": "<id 2>",
          "mentions": ["<id 3>"],
          "seq": 2,
          "text": "The second parcel."
        }
    "#]],
    )
    .await;
    let nobody = json!({"member": "eve@example.com", "text": "Hello"});
    wire.shows(
        "POST /threads/{}/notes",
        &[&thread],
        nobody,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "member_not_found",
          "detail": "member: must name a member of this project, by id or address",
          "errors": [{"message": "must name a member of this project, by id or address", "path": "member"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_assigned() {
    let (mut wire, thread) = start().await;
    let assigned = json!({"member": ANN, "assignee": "ben@example.com"});
    wire.shows(
        "PUT /threads/{}/assignee",
        &[&thread],
        assigned,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "agent": "<id 1>",
          "assignee": "<id 2>",
          "created_at": "<time>",
          "handling": "agent",
          "id": "<id 3>",
          "last_at": "<time>",
          "last_seq": 2,
          "metadata": {},
          "participants": [],
          "run": {"queued": 0, "running": false, "waiting": false},
          "spellings": {"native": "<id 3>"},
          "state": "open",
          "tags": [],
          "ticket": "waiting",
          "title": "Order 4711"
        }
    "#]],
    )
    .await;
    wire.shows(
        "PUT /threads/{}/assignee",
        &[&thread],
        json!({"member": ANN}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "assignee: required, or null",
          "errors": [{"message": "required, or null", "path": "assignee"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_person_is_asked_for() {
    let (mut wire, thread) = start().await;
    wire.shows(
        "POST /threads/{}/ask",
        &[&thread],
        json!({"reason": "a refund"}),
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "agent": "<id 1>",
          "created_at": "<time>",
          "handling": "agent",
          "id": "<id 2>",
          "last_at": "<time>",
          "last_seq": 2,
          "metadata": {},
          "participants": [],
          "run": {"queued": 0, "running": false, "waiting": false},
          "spellings": {"native": "<id 2>"},
          "state": "open",
          "tags": [],
          "ticket": "waiting",
          "title": "Order 4711",
          "wanted": {
            "at": "<time>",
            "by": {"key": "<id 3>", "kind": "key"},
            "reason": "a refund",
            "silent": false
          }
        }
    "#]],
    )
    .await;
    wire.shows(
        "POST /threads/{}/ask",
        &[&thread],
        json!({"reason": ""}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "reason: must not be empty",
          "errors": [{"message": "must not be empty", "path": "reason"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_request_for_a_person_is_withdrawn() {
    let (mut wire, thread) = start().await;
    wire.api.post(&format!("/threads/{thread}/ask"), json!({"reason": "a refund"})).await.is(200);
    wire.shows(
        "DELETE /threads/{}/ask?member=ann@example.com",
        &[&thread],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "agent": "<id 1>",
          "created_at": "<time>",
          "handling": "agent",
          "id": "<id 2>",
          "last_at": "<time>",
          "last_seq": 3,
          "metadata": {},
          "participants": [],
          "run": {"queued": 0, "running": false, "waiting": false},
          "spellings": {"native": "<id 2>"},
          "state": "open",
          "tags": [],
          "ticket": "waiting",
          "title": "Order 4711"
        }
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /threads/{}/ask?member=eve@example.com",
        &[&thread],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "member_not_found",
          "detail": "member: must name a member of this project, by id or address",
          "errors": [{"message": "must name a member of this project, by id or address", "path": "member"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn presence_is_told_and_shown() {
    let (mut wire, thread) = start().await;
    let told = json!({"member": ANN, "typing": "reply"});
    wire.shows(
        "POST /threads/{}/presence",
        &[&thread],
        told,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "customer_typing": false,
          "members": [
            {
              "email": "ann@example.com",
              "id": "<id 1>",
              "name": "Ann",
              "typing": "reply"
            }
          ]
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /threads/{}",
        &[&thread],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "agent": "<id 2>",
          "created_at": "<time>",
          "handling": "agent",
          "id": "<id 3>",
          "last_at": "<time>",
          "last_seq": 1,
          "metadata": {},
          "participants": [],
          "presence": {
            "customer_typing": false,
            "members": [
              {
                "email": "ann@example.com",
                "id": "<id 1>",
                "name": "Ann",
                "typing": "reply"
              }
            ]
          },
          "run": {"queued": 0, "running": false, "waiting": false},
          "spellings": {"native": "<id 3>"},
          "state": "open",
          "tags": [],
          "ticket": "waiting",
          "title": "Order 4711"
        }
    "#]],
    )
    .await;
    let strange = json!({"member": ANN, "typing": "song"});
    wire.shows(
        "POST /threads/{}/presence",
        &[&thread],
        strange,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "typing: expected one of reply, note, none",
          "errors": [{"message": "expected one of reply, note, none", "path": "typing"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}
