//! The published verifier of the Standard Webhooks specification accepts what is sent.

use std::{io::Write, process::Stdio};

use dialect_kit::testing::{Receiver, python};
use serde_json::{Value, json};

use crate::{
    server::text,
    webhooks::{start, told},
};

/// Verifies one request after the other, with each of the secrets; a line each says whether it is accepted.
const PROGRAM: &str = r#"
import json, sys
from standardwebhooks import Webhook, WebhookVerificationError
given = json.load(sys.stdin)
for request in given["requests"]:
    for secret in given["secrets"]:
        try:
            told = Webhook(secret).verify(request["body"], request["headers"])
            print("accepted", told["type"])
        except WebhookVerificationError:
            print("refused")
"#;

async fn verified(given: Value) -> Vec<String> {
    let mut child = std::process::Command::new(python())
        .args(["-c", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_published_verifier_accepts_our_signatures_and_nothing_else() {
    let (api, receiver) = (start().await, Receiver::start().await);
    let made = told(&api, &receiver, Value::Null).await;
    let rotate = format!("/webhooks/{}/rotate", text(&made["id"]));
    let rotated = api.post(&rotate, json!({})).await.is(200);
    api.thread().await;
    let during = receiver.next().await;
    let newest = api.post(&rotate, json!({"overlap_s": 0})).await.is(200);
    api.thread().await;
    let after = receiver.next().await;
    let request = |received: &dialect_kit::testing::Received, body: &str| {
        let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        let headers: Value = headers.map(|name| (name.to_owned(), json!(received.header(name)))).into_iter().collect();
        json!({"headers": headers, "body": body})
    };
    let body = |received: &dialect_kit::testing::Received| String::from_utf8(received.body.clone()).unwrap();
    let tampered = body(&after).replacen("thread.created", "thread.deleted", 1);
    let given = json!({
        "secrets": [made["secret"], rotated["secret"], newest["secret"]],
        "requests": [request(&during, &body(&during)), request(&after, &body(&after)), request(&after, &tampered)],
    });
    let accepted = "accepted thread.created";
    let (during, after, tampered) = ([accepted, accepted, "refused"], ["refused", "refused", accepted], ["refused"; 3]);
    assert_eq!(verified(given).await, [during, after, tampered].concat());
}
