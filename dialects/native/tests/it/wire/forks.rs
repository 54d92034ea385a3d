//! Forks.

use expect_test::expect;
use serde_json::Value;

use super::{UNKNOWN, Wire};

#[tokio::test]
async fn an_unknown_thread_is_not_forked() {
    let mut wire = Wire::start().await;
    wire.shows(
        "POST /threads/{}/fork",
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
