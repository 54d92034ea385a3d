//! Every field of a send, wrong in every way: 422 with the field named, and no effect.

use domain::controls::Controls;
use engine::testing::Choices;
use serde_json::{Value, json};

use crate::client::{Door, Refused, Reply};

/// A send with this field beside a good text.
fn with(field: &str, value: Value) -> Value {
    let mut body = json!({"message": "x"});
    body[field] = value;
    body
}

#[tokio::test]
async fn a_body_is_one_object_with_a_text() {
    let door = Door::open().await;
    for (body, path) in [
        (json!({}), "message"),
        (json!([]), ""),
        (json!("x"), ""),
        (json!(1), ""),
        (json!(null), ""),
        (json!(true), ""),
        (json!([{"message": "x"}]), ""),
        (json!({"Message": "x"}), "Message"),
        (with("message", json!("")), "message"),
        (with("message", json!(null)), "message"),
        (with("message", json!(1)), "message"),
        (with("message", json!(["x"])), "message"),
        (with("message", json!({"text": "x"})), "message"),
    ] {
        door.send(&body).await.invalid(path);
    }
    door.assert_untouched().await;
}

#[tokio::test]
async fn an_unknown_key_is_refused_by_its_name() {
    let door = Door::open().await;
    for key in
        ["extra", "", "role", "threadId", "delivery", "tags", "repos", "impersonateuseremail", "message_id", "ключ"]
    {
        door.send(&with(key, json!(null))).await.invalid(key);
    }
    door.send(&with("reasoning", json!({"mode": "low", "effort": 1}))).await.invalid("reasoning.effort");
    door.assert_untouched().await;
}

#[tokio::test]
async fn an_enum_takes_its_words_alone() {
    let door = Door::open().await;
    let not_words = [json!(""), json!(null), json!(0), json!(true), json!([]), json!({})];
    for field in ["model", "buildModel"] {
        for name in [
            "echo",
            "scripted",
            "claude-opus-4-9",
            "Claude-Opus-4-8",
            "claude-opus-4-8 ",
            "gpt-5",
            "gpt-5.5pro",
            "auto",
        ] {
            door.send(&with(field, json!(name))).await.invalid(field);
        }
        for value in &not_words {
            door.send(&with(field, value.clone())).await.invalid(field);
        }
    }
    for field in ["speed", "buildSpeed"] {
        for name in ["Fast", "flex", "default", "priority", "ultrafast", "slow", " fast"] {
            door.send(&with(field, json!(name))).await.invalid(field);
        }
        for value in &not_words {
            door.send(&with(field, value.clone())).await.invalid(field);
        }
    }
    for name in ["steer", "batch", "reject", "Queue", "sent"] {
        door.send(&with("mode", json!(name))).await.invalid("mode");
    }
    for value in &not_words {
        door.send(&with("mode", value.clone())).await.invalid("mode");
    }
    door.assert_untouched().await;
}

/// Names of other revisions of Capy.
const FORMER: [&str; 5] = ["auto", "gpt-5.4-fast", "claude-sonnet-4-5", "kimi-k3", "qwen-3-coder"];

#[tokio::test]
async fn a_model_of_another_revision_is_the_agents_own_where_the_operator_lets_it_pass() {
    let strict = Door::open().await;
    let door = Door::of(Choices { former_models: true, turns: 0, ..Choices::default() }).await;
    let project = crate::threads::project(&door);
    for name in FORMER {
        for field in ["model", "buildModel"] {
            strict.send(&with(field, json!(name))).await.invalid(field);
            let begin = json!({"projectId": crate::threads::project(&strict), "prompt": "x", field: name});
            Reply::of(strict.post("/api/v1/threads").json(&begin)).await.invalid(field);
            assert_eq!(door.send(&with(field, json!(name))).await.status, 200, "{field} {name}");
            let begin = json!({"projectId": project, "prompt": "x", field: name});
            assert_eq!(Reply::of(door.post("/api/v1/threads").json(&begin)).await.status, 200, "{field} {name}");
        }
    }
    strict.assert_untouched().await;
    let kept = door.server.test.messages(door.thread).await;
    assert_eq!(kept.len(), 2 * FORMER.len());
    assert!(kept.iter().all(|message| message.body.controls == Controls::default()), "as if nothing was chosen");
    for name in ["claude-opus-4-9", "echo", "Auto", "gpt-5.5pro", ""] {
        door.send(&with("model", json!(name))).await.invalid("model");
    }
}

#[tokio::test]
async fn reasoning_is_an_object_with_a_mode() {
    let door = Door::open().await;
    for field in ["reasoning", "buildReasoning"] {
        let mode = format!("{field}.mode");
        for value in [json!(null), json!("low"), json!([]), json!(["low"]), json!(true), json!(1)] {
            door.send(&with(field, value)).await.invalid(field);
        }
        door.send(&with(field, json!({}))).await.invalid(&mode);
        for value in
            [json!("Off"), json!("x-high"), json!("maximum"), json!(false), json!(true), json!(null), json!("")]
        {
            door.send(&with(field, json!({ "mode": value }))).await.invalid(&mode);
        }
    }
    door.assert_untouched().await;
}

#[tokio::test]
async fn an_address_is_one_by_the_contracts_pattern() {
    let door = Door::open().await;
    let too_long = format!("{}@example.com", "a".repeat(400));
    for value in [
        json!(""),
        json!(null),
        json!(1),
        json!(["a@example.com"]),
        json!("ann"),
        json!(".ann@example.com"),
        json!("ann..lee@example.com"),
        json!("ann@example"),
        json!("ann@example.com\n"),
        json!("Ann <ann@example.com>"),
        json!("änn@example.com"),
        json!(too_long),
    ] {
        door.send(&with("impersonateUserEmail", value)).await.invalid("impersonateUserEmail");
    }
    door.assert_untouched().await;
}

#[tokio::test]
async fn links_are_uris_that_lead_outside() {
    let door = Door::open().await;
    let field = "attachmentUrls";
    for value in [json!(null), json!("https://example.com"), json!({}), json!(1)] {
        door.send(&with(field, value)).await.invalid(field);
    }
    let good = "https://example.com/a.png";
    for value in [json!(null), json!(1), json!({"url": good})] {
        door.send(&with(field, json!([good, value]))).await.invalid("attachmentUrls.1");
    }
    for url in [
        "",
        "example.com/a.png",
        "/a.png",
        "//example.com/a",
        "https://example.com/ä",
        "https://exa mple.com/",
        "https://example.com/\r\nHost: evil",
        "file:///etc/passwd",
        "ftp://example.com/a",
        "data:text/plain,hello",
        "javascript:alert(1)",
        "https://user:pass@example.com/",
        "https://example.com:22/",
        "http://localhost/",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1./",
        "http://224.0.0.1/",
        "http://metadata.google.internal/",
    ] {
        door.send(&with(field, json!([good, url]))).await.invalid("attachmentUrls.1");
    }
    door.send(&with(field, json!(vec![good; 21]))).await.invalid(field);
    door.assert_untouched().await;
    assert_eq!(door.send(&with(field, json!(vec![good; 20]))).await.status, 200);
}

#[tokio::test]
async fn a_client_name_has_1_to_64_visible_characters() {
    let door = Door::open().await;
    for value in [
        json!(""),
        json!(" "),
        json!("a b"),
        json!("a\n"),
        json!("ä"),
        json!("\u{2028}"),
        json!("a".repeat(65)),
        json!("a".repeat(256)),
        json!(null),
        json!(7),
    ] {
        door.send(&with("messageId", value)).await.invalid("messageId");
    }
    door.assert_untouched().await;
    assert_eq!(door.send(&with("messageId", json!("~".repeat(64)))).await.status, 200);
}

#[tokio::test]
async fn an_empty_list_is_no_fault() {
    let door = Door::open().await;
    assert_eq!(door.send(&json!({"message": "x", "attachmentUrls": [], "browserSnapshotIds": []})).await.status, 200);
}
