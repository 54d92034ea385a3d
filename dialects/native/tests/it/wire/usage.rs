//! The use of model calls.

use expect_test::expect;
use serde_json::{Value, json};

use super::Wire;

/// An agent whose first call fails and reports its use all the same.
fn costly() -> Value {
    let usage = json!({"input": 120, "cache_read": 40, "output": 9, "reasoning": 3});
    json!({"name": "costly", "model": "scripted", "script": [
        {"error": "unavailable", "usage": {"input": 120}},
        {"text": "Yes.", "usage": usage},
    ]})
}

#[tokio::test]
async fn usage_is_summed_up() {
    let mut wire = Wire::start().await;
    wire.api.post("/agents", costly()).await.is(201);
    let ask = json!({"agent": "costly", "message": {"text": "Is it?"}});
    wire.api.post("/threads?wait=30", ask).await.is(201);
    wire.shows(
        "GET /usage?by=agent,key,model&from=2020-01-01",
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
              "agent_name": "costly",
              "key": "<id 2>",
              "key_name": "bootstrap",
              "model": "scripted",
              "usage": {
                "calls": 2,
                "failed_calls": 1,
                "reported_calls": 0,
                "tokens": {"cache_read": 40, "cache_write": 0, "input": 240, "output": 9, "reasoning": 3},
                "unpriced_calls": 2
              }
            }
          ],
          "next": null,
          "total": {
            "calls": 2,
            "failed_calls": 1,
            "reported_calls": 0,
            "tokens": {"cache_read": 40, "cache_write": 0, "input": 240, "output": 9, "reasoning": 3},
            "unpriced_calls": 2
          }
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /usage?from=2020-01-01&to=2020-01-02",
        &[],
        Value::Null,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [],
          "next": null,
          "total": {
            "calls": 0,
            "failed_calls": 0,
            "reported_calls": 0,
            "tokens": {"cache_read": 0, "cache_write": 0, "input": 0, "output": 0, "reasoning": 0},
            "unpriced_calls": 0
          }
        }
    "#]],
    )
    .await;
    wire.shows(
        "GET /usage?by=day,week",
        &[],
        Value::Null,
        expect![[r#"
        400
        cache-control: no-store
        content-type: application/problem+json

        {
          "code": "invalid_parameter",
          "detail": "by: must be one or more of day, agent, key and model, joined by commas",
          "errors": [{"message": "must be one or more of day, agent, key and model, joined by commas", "path": "by"}],
          "status": 400,
          "title": "Bad Request",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}
