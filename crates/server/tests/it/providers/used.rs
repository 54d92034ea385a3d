//! What a real model's calls used, as each dialect that has a word for it says it.

use serde_json::{Value, json};

use super::{
    smol::smol,
    talk::{Talk, one, tokens},
};
use crate::process::{KEY, Server, client};

async fn get(server: &Server, path: &str) -> Value {
    let answer = client().get(format!("{}{path}", server.url)).bearer_auth(KEY).send().await.expect("an answer");
    answer.error_for_status().expect("a success").json().await.expect("JSON")
}

fn dollars(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no amount: {value}"))
}

#[tokio::test]
async fn each_dialect_says_the_same_of_a_real_models_call() {
    let smol = smol().await;
    let server = smol.behind().await;
    let mut talk = Talk::begin(&server, "chat").await;
    let events = talk.says("Tell me about the sea").await;
    let record = &one(&events, "message.completed")["record"];
    let [input, cached, output] = ["input", "cache_read", "output"].map(|bucket| tokens(record, &[bucket]));
    let cost: f64 = record["cost_usd"].as_str().and_then(|cost| cost.parse().ok()).expect("a cost");
    assert!(output > 0 && cost > 0.0, "{record}");
    assert!((cost - (2 * input + 10 * output) as f64 / 1e6 - cached as f64 / 2e6).abs() < 1e-9, "{record}");

    let session = get(&server, &format!("/v1/sessions/{}", talk.thread)).await;
    let used = &session["usage"];
    assert_eq!(
        [&used["input_tokens"], &used["cache_read_tokens"], &used["output_tokens"]],
        [&json!(input), &json!(cached), &json!(output)]
    );
    assert!((dollars(&used["effective_cost_usd"]) - cost).abs() < 1e-9, "{used}");
    let told = get(&server, &format!("/v1/sessions/{}/events?types=turn.completed", talk.thread)).await;
    assert_eq!(&told["data"][0]["data"]["usage"], used, "the session has one turn");

    let projects = get(&server, "/api/v1/projects").await;
    let project = projects["items"][0]["id"].as_str().expect("an id");
    let period = "from=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00Z";
    let usage = get(&server, &format!("/api/v1/usage?orgId={project}&{period}")).await;
    assert_eq!((usage["total"].as_i64(), &usage["items"][0]["routedSource"]), (Some(1), &json!("paid")), "{usage}");
    for amounts in [&usage["totals"], &usage["items"][0], &usage["users"][0]] {
        assert!((dollars(&amounts["llmDollars"]) - cost).abs() < 1e-9, "{usage}");
    }
}
