//! What a message cannot be: each refusal names the field, and nothing is stored.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use engine::{Targets, testing::Choices};
use serde_json::{Value, json};

use crate::{
    attachments::PNG,
    server::{Api, text},
    threads::uuid_of_nobody,
};

fn part(part: Value) -> Value {
    json!({"content": [{"type": "text", "text": "x"}, part]})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = json!({"text": "x", "respond": false});
    body[field] = value;
    body
}

/// A body, and the field of it that is at fault.
fn fields() -> Vec<(Value, &'static str)> {
    let forged = |kind: &str| json!({"type": kind, "text": "x"});
    let mut cases = vec![
        (json!({}), "content"),
        (json!({"text": null}), "content"),
        (json!({"text": ""}), "text"),
        (json!({"text": 1}), "text"),
        (json!({"text": ["x"]}), "text"),
        (json!({"text": "x", "content": []}), "content"),
        (json!({"content": []}), "content"),
        (json!({"content": {}}), "content"),
        (json!({"content": "x"}), "content"),
        (json!({"content": ["x"]}), "content.0"),
        (json!({"content": [["text", "x"]]}), "content.0"),
        (json!({"content": [{"text": "x"}]}), "content.0.type"),
        (json!({"content": [{"type": "text"}]}), "content.0.text"),
        (json!({"content": [{"type": "text", "text": null}]}), "content.0.text"),
        (json!({"content": [{"type": "text", "text": "x", "bold": true}]}), "content.0.bold"),
        (json!({"content": [{"type": "text", "text": ""}]}), "content"),
        (json!({"content": vec![json!({"type": "text", "text": "x"}); 101]}), "content"),
        (json!({"content": vec![json!({"type": "link", "url": "https://example.com/"}); 21]}), "content"),
        (part(json!({"type": "audio"})), "content.1.type"),
        (part(json!({"type": 5})), "content.1.type"),
        (part(json!({"type": "link", "url": "https://example.com/", "text": "x"})), "content.1.text"),
        (part(forged("tool_call")), "content.1.type"),
        (part(forged("tool_result")), "content.1.type"),
        (part(json!({"type": "thinking", "text": "x"})), "content.1.type"),
        (part(json!({"type": "image"})), "content.1"),
        (part(json!({"type": "image", "url": "https://example.com/", "base64": "AAAA"})), "content.1"),
        (
            part(json!({"type": "image", "url": "https://example.com/", "media_type": "text/html"})),
            "content.1.media_type",
        ),
        (part(json!({"type": "image", "attachment": "x"})), "content.1.attachment"),
        (part(json!({"type": "image", "attachment": uuid_of_nobody()})), "content.1"),
        (part(json!({"type": "image_file"})), "content.1.attachment"),
        (part(json!({"type": "image_file", "attachment": uuid_of_nobody()})), "content.1"),
        (part(json!({"type": "file", "attachment": uuid_of_nobody()})), "content.1"),
        (part(json!({"type": "file", "attachment": 5})), "content.1.attachment"),
        (part(json!({"type": "link"})), "content.1.url"),
        (with("role", json!("agent")), "role"),
        (with("role", json!("system")), "role"),
        (with("role", json!("tool")), "role"),
        (with("thinking", json!({"text": "hm", "signature": "s"})), "thinking"),
        (with("controls", json!([])), "controls"),
        (with("controls", json!({"model": "gpt-9"})), "controls.model"),
        (with("controls", json!({"model": "scripted"})), "controls.model"),
        (with("controls", json!({"model": true})), "controls.model"),
        (with("controls", json!({"build_model": ""})), "controls.build_model"),
        (with("controls", json!({"locale": "uk UA"})), "controls.locale"),
        (with("controls", json!({"hints": []})), "controls.hints"),
        (with("controls", json!({"hints": {"a": "x".repeat(65_536)}})), "controls.hints"),
        (with("controls", json!({"browser_snapshots": [uuid_of_nobody()]})), "controls.browser_snapshots"),
        (with("controls", json!({"browser_snapshots": ["x"]})), "controls.browser_snapshots.0"),
        (with("controls", json!({"browser_snapshots": vec![uuid_of_nobody(); 51]})), "controls.browser_snapshots"),
        (with("author", json!("ann@example.com")), "author"),
        (with("author", json!({})), "author.member"),
        (with("author", json!({"member": "nobody@example.com"})), "author.member"),
        (with("author", json!({"member": "a@b.c", "name": "x"})), "author.name"),
        (with("metadata", json!([])), "metadata"),
        (with("metadata", json!({"a": "x".repeat(65_536)})), "metadata"),
        (with("tags", json!("a")), "tags"),
        (with("tags", json!(["a", 1])), "tags.1"),
        (with("tags", json!(["a", ""])), "tags.1"),
        (with("tags", json!(["x".repeat(201)])), "tags.0"),
        (with("tags", json!(vec!["x"; 51])), "tags"),
        (with("external_actor", json!({"actor_id": "a"})), "external_actor.source"),
        (
            with("external_actor", json!({"actor_id": "a", "source": "s", "metadata": {"a": 1}})),
            "external_actor.metadata.a",
        ),
        (with("addressed_to", json!(1)), "addressed_to"),
        (with("when_busy", json!("later")), "when_busy"),
        (with("when_busy", json!(true)), "when_busy"),
        (with("respond", json!("no")), "respond"),
        (with("respond", json!(null)), "respond"),
        (with("client_id", json!(1)), "client_id"),
        (with("door", json!("capy")), "door"),
    ];
    for (name, words) in [
        ("speed", &["slow", "Fast", "", "fast "][..]),
        ("build_speed", &["slow"]),
        ("reasoning", &["ultra", "medium_high", "true"]),
        ("build_reasoning", &["ultra"]),
        ("verbosity", &["max"]),
        ("error_disclosure", &["full"]),
    ] {
        for word in words {
            cases.push((with("controls", json!({name: word})), Box::leak(format!("controls.{name}").into_boxed_str())));
        }
    }
    cases
}

/// An envelope, and the field of it that is at fault.
fn envelopes() -> Vec<(Value, &'static str)> {
    vec![
        (json!({"from": "a@b.c\r\nBcc: d@e.f"}), "envelope.from"),
        (json!({"to": ["a@b.c", "d@e.f\nX: y"]}), "envelope.to"),
        (json!({"cc": ["team: a@b.c;"]}), "envelope.cc"),
        (json!({"bcc": ["a@b.c\u{2028}"]}), "envelope.bcc"),
        (json!({"to": "a@b.c"}), "envelope.to"),
        (json!({"to": vec!["a@b.c"; 51]}), "envelope.to"),
        (json!({"subject": "Hi\r\nBcc: a@b.c"}), "envelope.subject"),
        (json!({"subject": "x".repeat(999)}), "envelope.subject"),
        (json!({"mailbox": "a\nb"}), "envelope.mailbox"),
        (json!({"external_id": "a\rb"}), "envelope.external_id"),
        (json!({"external_id": "x".repeat(256)}), "envelope.external_id"),
        (json!({"reply_to_external_id": "a\nb"}), "envelope.reply_to_external_id"),
        (json!({"priority": "1"}), "envelope.priority"),
        (json!({"priority": 1.5}), "envelope.priority"),
        (json!({"read": 1}), "envelope.read"),
        (json!({"reply_to": "a@b.c"}), "envelope.reply_to"),
    ]
}

#[tokio::test]
async fn each_field_that_is_wrong_is_named_and_nothing_is_stored() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let path = format!("{thread}/messages");
    let envelopes = envelopes().into_iter().map(|(envelope, at)| (with("envelope", envelope), at));
    for (body, at) in fields().into_iter().chain(envelopes) {
        let shown: String = body.to_string().chars().take(200).collect();
        let refused = api.post(&path, body).await;
        assert_eq!(refused.at_fault(), at, "{shown}: {}", refused.text);
        assert!(refused.json()["detail"].as_str().unwrap().starts_with(at), "{}", refused.text);
        assert!(refused.text.len() < 1_000, "it does not echo at length");
    }
    assert_eq!(api.last_seq(&thread).await, 1);
    assert_eq!(api.list("/audit").await.len(), 0);
}

#[tokio::test]
async fn each_count_and_length_is_taken_at_its_limit() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let path = format!("{thread}/messages");
    let parts = |part: Value, count: usize| json!({"content": vec![part; count], "respond": false});
    for body in [
        parts(json!({"type": "text", "text": "x"}), 100),
        parts(json!({"type": "link", "url": "https://example.com/"}), 20),
        with("tags", json!(vec!["ä".repeat(200); 50])),
        with("metadata", json!({"a": "x".repeat(65_536 - r#"{"a":""}"#.len())})),
        with("envelope", json!({"subject": "x".repeat(998), "to": vec!["a@b.c"; 50], "external_id": "x".repeat(255)})),
        with("client_id", json!("x".repeat(255))),
        json!({"text": " ", "respond": false}),
    ] {
        api.post(&path, body).await.is(201);
    }
}

#[tokio::test]
async fn text_is_kept_as_it_is() {
    let api = Api::start().await;
    let thread = api.thread().await;
    for said in [
        "\u{1}\u{8}\u{1b}[31m\u{7f}\u{85}",
        "\u{202e}abc\u{2066}",
        "👩‍👩‍👧‍👦𝒳",
        &"a\u{301}".repeat(1_000),
        "\u{e9} e\u{301}",
        "a\r\nb\u{2028}c\td",
        "\u{feff}x",
        "</script>\"'&<>",
    ] {
        let sent = api.post(&format!("{thread}/messages"), json!({"text": said, "respond": false})).await.is(201);
        assert_eq!(sent["message"]["content"][0]["text"], said);
        let shown = api.get(&format!("{thread}/messages/{}", text(&sent["message"]["id"]))).await.is(200);
        assert_eq!(shown["content"][0]["text"], said);
    }
}

#[tokio::test]
async fn links_lead_outside() {
    let api = Api::start().await;
    let thread = api.thread().await;
    for url in [
        "",
        "example.com",
        "//example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "javascript:alert(1)",
        "https://user:pass@example.com/",
        "https://example.com:22/",
        "http://localhost/",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://224.0.0.1/",
        "http://１２７.0.0.1/",
        "http://127.0.0.1./",
    ] {
        for kind in ["link", "image"] {
            let refused = api.post(&format!("{thread}/messages"), part(json!({"type": kind, "url": url}))).await;
            assert_eq!(refused.at_fault(), "content.1.url", "{kind} {url}");
        }
    }
    assert_eq!(api.last_seq(&thread).await, 1);
}

#[tokio::test]
async fn links_lead_inside_where_the_configuration_allows_any_and_are_still_web_addresses() {
    let api = Api::with(Choices { link_targets: Targets::Any, ..Choices::default() }).await;
    let thread = api.thread().await;
    for kind in ["link", "image"] {
        for url in ["http://127.0.0.1:9200/a.png", "http://intranet.local/", "http://[fd00::1]:22/"] {
            let sent = api.post(&format!("{thread}/messages"), part(json!({"type": kind, "url": url}))).await.is(201);
            assert_eq!(sent["message"]["content"][1]["url"], url);
        }
        for url in ["ftp://127.0.0.1/", "https://user:pass@example.com/", "http://", "127.0.0.1"] {
            let refused = api.post(&format!("{thread}/messages"), part(json!({"type": kind, "url": url}))).await;
            assert_eq!(refused.at_fault(), "content.1.url", "{kind} {url}");
        }
    }
}

#[tokio::test]
async fn base64_that_is_not_a_picture_is_refused() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let good = STANDARD.encode(PNG);
    for (base64, media_type, at) in [
        ("", json!(null), "content.1.base64"),
        ("!!!!", json!(null), "content.1.base64"),
        ("AAA", json!(null), "content.1.base64"),
        ("AA-_", json!(null), "content.1.base64"),
        (&good[..good.len() - 1], json!(null), "content.1.base64"),
        (&*format!("{good}\n"), json!(null), "content.1.base64"),
        (&*format!("{} {}", &good[..8], &good[8..]), json!(null), "content.1.base64"),
        (&*format!("data:image/png;base64,{good}"), json!(null), "content.1.base64"),
        (&*STANDARD.encode("<svg/>"), json!("image/png"), "content.1.base64"),
        (&*STANDARD.encode("hello"), json!(null), "content.1.base64"),
        (&*good, json!("image/jpeg"), "content.1.media_type"),
        (&*good, json!("image/svg+xml"), "content.1.media_type"),
    ] {
        let body = part(json!({"type": "image", "base64": base64, "media_type": media_type}));
        assert_eq!(api.post(&format!("{thread}/messages"), body).await.at_fault(), at, "{base64}");
    }
    assert_eq!(api.last_seq(&thread).await, 1);
}

#[tokio::test]
async fn a_huge_list_is_refused_at_once() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let many = json!({"text": "x", "tags": vec!["a"; 100_001]});
    assert_eq!(api.post(&format!("{thread}/messages"), many).await.at_fault(), "tags");
    assert_eq!(api.last_seq(&thread).await, 1);
}

#[tokio::test]
async fn each_parameter_that_is_wrong_is_named() {
    let api = Api::start().await;
    let thread = api.thread().await;
    for (path, at) in [
        ("/threads?state=archived", "state"),
        ("/threads?state=", "state"),
        ("/threads?open_turn=1", "open_turn"),
        ("/threads?agent=nobody", "agent"),
        ("/threads?q=", "q"),
        ("/threads?q=%20", "q"),
        ("/threads?q=a&q=b", "q"),
        ("/threads?q=%ff", "q"),
        ("/agents?archived=yes", "archived"),
        ("{t}/messages?order=up", "order"),
        ("{t}/messages?after=x", "after"),
        ("{t}/messages?after=-1", "after"),
        ("{t}/messages?before=01", "before"),
        ("{t}/events?types=", "types"),
        ("{t}/events?types=turn.ended", "types"),
        ("{t}/events?types=message.delta", "types"),
        ("{t}/events?wait=61", "wait"),
        ("{t}/events?wait=-1", "wait"),
        ("{t}/events?wait=1.5", "wait"),
    ] {
        assert_eq!(api.get(&path.replace("{t}", &thread)).await.at_fault(), at, "{path}");
    }
    let beyond = api.get(&format!("{thread}/messages?after=2")).await;
    assert_eq!(beyond.refused(400), "invalid_position");
}
