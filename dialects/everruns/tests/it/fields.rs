//! Fields of a message that are not as they must be: refused with the field's name, and without effect.

use domain::Limits;
use serde_json::{Value, json};

use crate::{
    client::{Door, said},
    create::png,
};

/// Sends each body; the answer must be 400 with this code and name the field, and nothing may have been stored.
async fn check(door: &Door, cases: &[(Value, &str, &str)]) {
    let (session, thread) = door.session().await;
    for (body, code, field) in cases {
        let shown: String = body.to_string().chars().take(300).collect();
        let answer = door.send(&session, body).await;
        assert_eq!(answer.status, 400, "{shown}: {answer:?}");
        assert_eq!(answer.content_type, "application/problem+json", "{shown}");
        let error = answer.json();
        let detail = error["detail"].as_str().unwrap();
        assert_eq!(error["error"], json!({"code": code, "message": detail}), "{shown}");
        assert_eq!(
            (&error["status"], &error["title"], &error["code"]),
            (&json!(400), &json!("Bad Request"), &json!(code))
        );
        assert!(detail.starts_with(&format!("{field}:")), "{shown}: {detail}");
        assert_eq!(door.last_seq(thread).await, 1, "{shown}");
    }
    let messages = door.server.test.messages(thread).await;
    assert!(messages.is_empty());
    assert_eq!(door.send(&session, &said("still works")).await.status, 201);
}

fn content(parts: Value) -> Value {
    json!({"message": {"content": parts}})
}

fn with(field: &str, value: Value) -> Value {
    let mut body = said("x");
    body[field] = value;
    body
}

const WRONG: &str = "invalid_parameter";

#[tokio::test]
async fn the_message_and_its_role() {
    let door = Door::open().await;
    let role = |role: Value| json!({"message": {"role": role, "content": [{"type": "text", "text": "x"}]}});
    check(
        &door,
        &[
            (json!({}), WRONG, "message"),
            (json!({"message": null}), WRONG, "message"),
            (json!({"message": "hi"}), WRONG, "message"),
            (json!({"message": ["x"]}), WRONG, "message"),
            (json!({"message": {}}), WRONG, "message.content"),
            (json!({"message": {"role": "user"}}), WRONG, "message.content"),
            (content(json!(null)), WRONG, "message.content"),
            (content(json!("hi")), WRONG, "message.content"),
            (content(json!({"type": "text", "text": "x"})), WRONG, "message.content"),
            (content(json!([])), WRONG, "message.content"),
            (role(json!(null)), WRONG, "message.role"),
            (role(json!("")), WRONG, "message.role"),
            (role(json!("User")), WRONG, "message.role"),
            (role(json!("assistant")), WRONG, "message.role"),
            (role(json!(1)), WRONG, "message.role"),
            (role(json!("agent")), WRONG, "message.role"),
            (role(json!("system")), WRONG, "message.role"),
            (role(json!("tool_result")), WRONG, "message.role"),
        ],
    )
    .await;
}

#[tokio::test]
async fn parts_that_are_none_or_not_a_clients() {
    let door = Door::open().await;
    let (first, kind) = ("message.content.0", "message.content.0.type");
    let part = |part: Value| content(json!([part]));
    check(
        &door,
        &[
            (part(json!(null)), WRONG, first),
            (part(json!("hi")), WRONG, first),
            (part(json!({})), WRONG, kind),
            (part(json!({"text": "x"})), WRONG, kind),
            (part(json!({"type": "text"})), WRONG, "message.content.0.text"),
            (part(json!({"type": "text", "text": null})), WRONG, first),
            (part(json!({"type": "text", "text": 1})), WRONG, first),
            (part(json!({"type": "text", "text": ""})), WRONG, "message.content"),
            (part(json!({"type": "Text", "text": "x"})), WRONG, kind),
            (part(json!({"type": "audio", "url": "https://example.com"})), WRONG, kind),
            (part(json!(["text", "x"])), WRONG, first),
            (part(json!({"type": "tool_call", "id": "1", "name": "a", "arguments": {}})), WRONG, kind),
            (part(json!({"type": "tool_result", "tool_call_id": "1", "result": 1})), WRONG, kind),
            (part(json!({"type": "reasoning", "provider": "p", "text": "hm", "signature": "s"})), WRONG, kind),
            (content(json!([{"type": "text", "text": "x"}, {"type": "text"}])), WRONG, "message.content.1.text"),
        ],
    )
    .await;
}

#[tokio::test]
async fn pictures_that_are_none() {
    let door = Door::open().await;
    let image = |fields: Value| {
        let mut part = fields;
        part["type"] = "image".into();
        content(json!([part]))
    };
    let (first, base64) = ("message.content.0", "message.content.0.base64");
    let (media_type, url) = ("message.content.0.media_type", "message.content.0.url");
    let mut cases = vec![
        (image(json!({})), WRONG, first),
        (image(json!({"url": null, "base64": null})), WRONG, first),
        (image(json!({"media_type": "image/png"})), WRONG, first),
        (image(json!({"base64": ""})), WRONG, first),
        (image(json!({"base64": 1})), WRONG, first),
        (image(json!({"base64": "aGVsbG8="})), WRONG, base64),
        (image(json!({"base64": "JVBERi0xLjcK", "media_type": "image/png"})), WRONG, base64),
        (image(json!({"base64": png(), "media_type": "image/gif"})), WRONG, media_type),
        (image(json!({"base64": png(), "media_type": ""})), WRONG, media_type),
        (image(json!({"base64": png(), "media_type": "text/html"})), WRONG, media_type),
        (image(json!({"url": "https://example.com/a", "media_type": "image/svg+xml"})), WRONG, media_type),
    ];
    let png = png();
    let for_urls = format!("{}-_==", &png[..png.len() - 4]);
    for broken in [&png[..png.len() - 1], &format!("{png}="), &format!(" {png}"), &format!("{png}\n"), &for_urls] {
        cases.push((image(json!({"base64": broken})), WRONG, first));
    }
    cases.push((image(json!({"base64": format!("data:image/png;base64,{png}")})), WRONG, first));
    for bad in [
        "",
        "a.png",
        "file:///etc/passwd",
        "data:image/png;base64,AA==",
        "javascript:alert(1)",
        "https://user:pw@example.com/",
        "https://example.com:22/",
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://１２７.０.０.１/",
        "http://localhost./",
        "http://10.0.0.1/",
    ] {
        cases.push((image(json!({"url": bad})), WRONG, url));
    }
    check(&door, &cases).await;
}

#[tokio::test]
async fn names_that_lead_elsewhere() {
    let door = Door::open().await;
    let bytes = futures_util::stream::iter([Ok(crate::create::PNG)]);
    let id = door.server.test.app.upload(&door.server.test.caller, "a.png", bytes, None).await.unwrap().id;
    let long = "a".repeat(256);
    let bad = ["", " ", ".", "..", "../a.png", "/etc/passwd", "C:\\a.png", "a\r\nb.png", "a\u{7f}", &long];
    let image = |name: &str| json!({"type": "image_file", "image_id": id.prefixed("img_"), "filename": name});
    let file = |name: &str| json!({"type": "file", "file_id": id.prefixed("file_"), "filename": name});
    let cases: Vec<_> = bad
        .iter()
        .flat_map(|name| [image(name), file(name)])
        .map(|part| (content(json!([part])), WRONG, "message.content.0.filename"))
        .collect();
    check(&door, &cases).await;
    let (session, _) = door.session().await;
    for good in ["a.png", "Übersicht 1.png", "\"a\".png", &long[..255]] {
        let parts = json!([image(good), file(good)]);
        let sent = door.send(&session, &content(parts.clone())).await;
        assert_eq!((sent.status.as_u16(), &sent.json()["content"]), (201, &parts));
    }
}

#[tokio::test]
async fn ids_that_name_nothing_of_this_project() {
    let door = Door::open().await;
    let (other, _) = door.server.test.other_project().await;
    let bytes = || futures_util::stream::iter([Ok(crate::create::PNG)]);
    let foreign = door.server.test.app.upload(&other, "a.png", bytes(), None).await.unwrap().id;
    let text = futures_util::stream::iter([Ok(b"plain".as_slice())]);
    let no_image = door.server.test.app.upload(&door.server.test.caller, "a.txt", text, None).await.unwrap().id;
    let image = |id: &str| content(json!([{"type": "image_file", "image_id": id}]));
    let file = |id: &str| content(json!([{"type": "file", "file_id": id}]));
    let model = |id: &str| with("controls", json!({"model_id": id}));
    let (image_id, file_id, model_id) =
        ("message.content.0.image_id", "message.content.0.file_id", "controls.model_id");
    let mut cases = Vec::new();
    for unknown in [
        "img_01933b5a00007000800000000000001",
        "img_01933b5a000070008000000000000001",
        "01933b5a-0000-7000-8000-000000000001",
    ] {
        cases.push((image(unknown), "image_not_found", "message.content.0"));
    }
    cases.push((image(&foreign.prefixed("img_")), "image_not_found", "message.content.0"));
    cases.push((image(&no_image.prefixed("img_")), "image_not_found", "message.content.0"));
    cases.push((file(&foreign.prefixed("file_")), "file_not_found", file_id));
    cases.push((file("file_01933b5a000070008000000000000001"), "file_not_found", file_id));
    for unknown in [
        "model_01933b5a00007000800000000000001",
        "model_01933b5a000070008000000000000001",
        "01933b5a-0000-7000-8000-000000000001",
    ] {
        cases.push((model(unknown), "model_not_found", model_id));
    }
    for malformed in
        ["", "gpt-5.5", "MODEL_01933b5a000070008000000000000001", "model_01933B5A000070008000000000000001", "model_1"]
    {
        cases.push((model(malformed), WRONG, model_id));
        cases.push((image(malformed), WRONG, image_id));
        cases.push((file(malformed), WRONG, file_id));
    }
    check(&door, &cases).await;
}

#[tokio::test]
async fn what_a_message_may_not_choose() {
    let door = Door::open().await;
    let controls = |field: &str, value: Value| with("controls", json!({field: value}));
    check(
        &door,
        &[
            (with("controls", json!([])), WRONG, "controls"),
            (with("controls", json!("fast")), WRONG, "controls"),
            (controls("model_id", json!(1)), WRONG, "controls.model_id"),
            (controls("reasoning", json!("low")), WRONG, "controls.reasoning"),
            (controls("reasoning", json!({"effort": "lowest"})), WRONG, "controls.reasoning.effort"),
            (controls("reasoning", json!({"effort": "off"})), WRONG, "controls.reasoning.effort"),
            (controls("reasoning", json!({"effort": "Low"})), WRONG, "controls.reasoning.effort"),
            (controls("reasoning", json!({"effort": 1})), WRONG, "controls.reasoning.effort"),
            (controls("speed", json!("standard")), WRONG, "controls.speed"),
            (controls("verbosity", json!("none")), WRONG, "controls.verbosity"),
            (controls("error_disclosure", json!("full")), WRONG, "controls.error_disclosure"),
            (controls("locale", json!("")), WRONG, "controls.locale"),
            (controls("locale", json!("uk UA")), WRONG, "controls.locale"),
            (controls("locale", json!("a".repeat(65))), WRONG, "controls.locale"),
            (controls("hints", json!([1])), WRONG, "controls.hints"),
            (controls("hints", json!({"a": "x".repeat(65_536)})), WRONG, "controls.hints"),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_comes_with_a_message() {
    let door = Door::open().await;
    let actor = |fields: Value| with("external_actor", fields);
    let part = "addressed_participant_id";
    let client = "client_message_id";
    check(
        &door,
        &[
            (with("metadata", json!([])), WRONG, "metadata"),
            (with("metadata", json!("x")), WRONG, "metadata"),
            (with("metadata", json!({"a": "x".repeat(65_536)})), WRONG, "metadata"),
            (with("tags", json!("x")), WRONG, "tags"),
            (with("tags", json!({})), WRONG, "tags"),
            (with("tags", json!(["a", 1])), WRONG, "tags.1"),
            (with("tags", json!(["a", null])), WRONG, "tags.1"),
            (with("tags", json!(["a", " "])), WRONG, "tags.1"),
            (with("tags", json!(["x".repeat(201)])), WRONG, "tags.0"),
            (with("tags", json!(vec!["a"; 51])), WRONG, "tags"),
            (actor(json!("U1")), WRONG, "external_actor"),
            (actor(json!({})), WRONG, "external_actor.actor_id"),
            (actor(json!({"actor_id": "U1"})), WRONG, "external_actor.source"),
            (actor(json!({"actor_id": null, "source": "slack"})), WRONG, "external_actor.actor_id"),
            (actor(json!({"actor_id": "U1", "source": 1})), WRONG, "external_actor.source"),
            (actor(json!({"actor_id": "U1", "source": "s", "metadata": {"a": 1}})), WRONG, "external_actor.metadata.a"),
            (actor(json!({"actor_id": "U1", "source": "s", "metadata": []})), WRONG, "external_actor.metadata"),
            (with(part, json!("01933b5a")), WRONG, part),
            (with(part, json!("agent_01933b5a000070008000000000000001")), WRONG, part),
            (with(part, json!("")), WRONG, part),
            (with(client, json!("")), WRONG, client),
            (with(client, json!(" ")), WRONG, client),
            (with(client, json!("a\nb")), WRONG, client),
            (with(client, json!("c".repeat(256))), WRONG, client),
            (with(client, json!(1)), WRONG, client),
        ],
    )
    .await;
}

#[tokio::test]
async fn each_count_holds_at_its_limit_and_is_refused_one_past_it() {
    let door = Door::limited(Limits { parts: 3, attachments: 2, requests_per_s: 0, ..Limits::default() }).await;
    let texts = |count: usize| content(json!(vec![json!({"type": "text", "text": "x"}); count]));
    let images =
        |count: usize| content(json!(vec![json!({"type": "image", "url": "https://example.com/a.png"}); count]));
    check(&door, &[(texts(4), WRONG, "message.content"), (images(3), WRONG, "message.content")]).await;
    let (session, _) = door.session().await;
    let tags = with("tags", json!(vec!["x".repeat(200); 50]));
    let long_name = with("client_message_id", json!("ü".repeat(255)));
    for good in [texts(3), images(2), tags, long_name] {
        assert_eq!(door.send(&session, &good).await.status, 201);
    }
}

#[tokio::test]
async fn text_is_kept_as_it_came() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let flood = format!("e{}", "\u{301}".repeat(10_000));
    for text in ["\u{1}\u{7f}\u{1b}[31m\t\r\n", "\u{202e}evil\u{2066}", "🚒𝔘😀", "e\u{301} é", "\u{feff}x", " ", &flood]
    {
        let sent = door.say(&session, text).await;
        assert_eq!(sent["content"][0]["text"], text);
        door.server.test.settle(thread).await;
        let list = door.list(&session).await;
        assert!(
            list.iter().any(|message| message["role"] == "user" && message["content"][0]["text"] == text),
            "{text:?}"
        );
    }
}
