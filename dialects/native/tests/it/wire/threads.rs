//! Threads.

use expect_test::expect;
use serde_json::{Value, json};

use super::{UNKNOWN, Wire};

#[tokio::test]
async fn a_thread_is_made() {
    let mut wire = Wire::start().await;
    wire.shows(
        "POST /threads",
        &[],
        json!({"title": "Order 4711", "agent": "default", "metadata": {"order": 4711}, "tags": ["late"]}),
        expect![[r#"
            201
            cache-control: no-store
            content-type: application/json

            {
              "agent": "<id 1>",
              "created_at": "<time>",
              "handling": "agent",
              "id": "<id 2>",
              "last_at": "<time>",
              "last_seq": 1,
              "metadata": {"order": 4711},
              "participants": [],
              "run": {"queued": 0, "running": false, "waiting": false},
              "spellings": {"native": "<id 2>"},
              "state": "open",
              "tags": [{"color": "default", "name": "late"}],
              "ticket": "waiting",
              "title": "Order 4711"
            }
        "#]],
    )
    .await;
    wire.shows(
        "POST /threads",
        &[],
        json!({"agent": "nobody"}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "agent_not_found",
          "detail": "agent: names no agent of this project",
          "errors": [{"message": "names no agent of this project", "path": "agent"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn threads_are_listed() {
    let mut wire = Wire::start().await;
    wire.thread().await;
    wire.shows(
        "GET /threads",
        &[],
        Value::Null,
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "data": [
                {
                  "agent": "<id 1>",
                  "created_at": "<time>",
                  "handling": "agent",
                  "id": "<id 2>",
                  "last_at": "<time>",
                  "last_seq": 1,
                  "metadata": {},
                  "participants": [],
                  "run": {"queued": 0, "running": false, "waiting": false},
                  "spellings": {"native": "<id 2>"},
                  "state": "open",
                  "tags": [],
                  "ticket": "waiting",
                  "title": "Order 4711"
                }
              ],
              "next": null
            }
        "#]],
    )
    .await;
    wire.shows(
        "GET /threads?state=old",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "state: expected one of open, closed",
          "errors": [{"message": "expected one of open, closed", "path": "state"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_found() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.shows(
        "GET /threads/{}",
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
              "last_seq": 1,
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
        "GET /threads/{}",
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

#[tokio::test]
async fn a_thread_is_changed() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.shows(
        "PATCH /threads/{}",
        &[&thread],
        json!({"title": "Order 4712", "variables": {"name": "Ann"}}),
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
              "title": "Order 4712",
              "variables": {"name": "Ann"}
            }
        "#]],
    )
    .await;
    wire.shows(
        "PATCH /threads/{}",
        &[&thread],
        json!({"title": 4712}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "title: expected a string, got an integer",
          "errors": [{"message": "expected a string, got an integer", "path": "title"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_deleted() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.shows(
        "DELETE /threads/{}",
        &[&thread],
        Value::Null,
        expect![[r#"
        204
        cache-control: no-store
    "#]],
    )
    .await;
    wire.shows(
        "DELETE /threads/{}",
        &[&thread],
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

#[tokio::test]
async fn a_thread_is_closed() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.shows(
        "POST /threads/{}/close",
        &[&thread],
        json!({"reason": "Solved"}),
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "agent": "<id 1>",
              "closed": {"at": "<time>", "by": "person", "reason": "Solved"},
              "created_at": "<time>",
              "handling": "agent",
              "id": "<id 2>",
              "last_at": "<time>",
              "last_seq": 2,
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
        "POST /threads/{}/close",
        &[&thread],
        json!({"reason": 1}),
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "reason: expected a string, got an integer",
          "errors": [{"message": "expected a string, got an integer", "path": "reason"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_opened_again() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.shows(
        "POST /threads/{}/reopen",
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
              "last_seq": 1,
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
        "POST /threads/{}/reopen",
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

#[tokio::test]
async fn the_turns_of_a_thread_are_cancelled() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.shows(
        "POST /threads/{}/cancel",
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
              "last_seq": 1,
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
        "POST /threads/{}/cancel",
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

#[tokio::test]
async fn the_overrides_of_a_thread_are_shown() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.shows(
        "GET /threads/{}/overrides",
        &[&thread],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {"extras": {}}
    "#]],
    )
    .await;
    wire.shows(
        "GET /threads/{}/overrides",
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

#[tokio::test]
async fn the_log_of_a_thread_is_read() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.asked(&thread).await;
    wire.shows(
        "GET /threads/{}/events?limit=3",
        &[&thread],
        Value::Null,
        expect![[r#"
            200
            cache-control: no-store
            content-type: application/json

            {
              "data": [
                {
                  "at": "<time>",
                  "data": {},
                  "seq": 1,
                  "thread": "<id 1>",
                  "type": "thread.created"
                },
                {
                  "at": "<time>",
                  "data": {
                    "message": {
                      "author": {"key": "<id 2>", "kind": "key"},
                      "content": [{"text": "Where is it?", "type": "text"}],
                      "created_at": "<time>",
                      "door": "native",
                      "id": "<id 3>",
                      "interrupted": false,
                      "role": "user",
                      "seq": 2,
                      "thread": "<id 1>",
                      "turn": "<id 4>"
                    }
                  },
                  "seq": 2,
                  "thread": "<id 1>",
                  "turn": "<id 4>",
                  "type": "message.created"
                },
                {
                  "at": "<time>",
                  "data": {"attempt": 1, "input": "<id 3>"},
                  "seq": 3,
                  "thread": "<id 1>",
                  "turn": "<id 4>",
                  "type": "turn.started"
                }
              ],
              "next": "<opaque>"
            }
        "#]],
    )
    .await;
    wire.shows(
        "GET /threads/{}/events?after=99",
        &[&thread],
        Value::Null,
        expect![[r#"
            400
            cache-control: no-store
            content-type: application/problem+json

            {
              "code": "invalid_position",
              "detail": "This position is beyond the end of the thread's log",
              "status": 400,
              "title": "Bad Request",
              "type": "about:blank"
            }
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_thread_is_forked() {
    let mut wire = Wire::start().await;
    let thread = wire.thread().await;
    wire.asked(&thread).await;
    wire.shows(
        "POST /threads/{}/fork",
        &[&thread],
        json!({"title": "Again"}),
        expect![[r#"
            201
            cache-control: no-store
            content-type: application/json

            {
              "agent": "<id 1>",
              "created_at": "<time>",
              "handling": "agent",
              "id": "<id 2>",
              "last_at": "<time>",
              "last_seq": 3,
              "last_words": {
                "at": "<time>",
                "author": {"agent": "<id 1>", "kind": "agent"},
                "role": "agent",
                "seq": 3,
                "text": "Where is it?"
              },
              "metadata": {},
              "participants": [
                {
                  "first_at": "<time>",
                  "id": "<id 3>",
                  "kind": "key",
                  "last_at": "<time>"
                }
              ],
              "run": {"queued": 0, "running": false, "waiting": false},
              "spellings": {"native": "<id 2>"},
              "state": "open",
              "tags": [],
              "ticket": "waiting",
              "title": "Again",
              "unanswered_since": "<time>"
            }
        "#]],
    )
    .await;
}
