//! A session as a trajectory (ATIF), whole and in segments.

use std::collections::BTreeSet;

use domain::{
    Limits,
    agent::{Tool, ToolKind},
    controls::Policy,
    fault::Fault,
    message::Body,
    script::Reply,
};
use engine::app::messages::Send;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Door, calls, text, tool},
    create::png,
};

const HEX: &str = "01933b5a000070008000000000000001";

async fn export(door: &Door, session: &str, query: &str) -> Answer {
    let file = door.call(Method::GET, &format!("/v1/sessions/{session}/export?format=atif{query}"), None).await;
    assert_eq!((file.status.as_u16(), file.content_type.as_str()), (200, "application/json"), "{file:?}");
    check(&file.json());
    file
}

/// What the format asks of every document (Harbor's RFC 0001).
fn check(document: &Value) {
    assert_eq!(document["schema_version"], "ATIF-v1.7");
    assert!(document["agent"]["name"].is_string() && document["agent"]["version"].is_string(), "{document}");
    let steps = document["steps"].as_array().unwrap();
    assert_eq!(document["final_metrics"]["total_steps"], steps.len());
    let first = steps.first().map_or(0, |step| step["step_id"].as_u64().unwrap());
    for (step, id) in steps.iter().zip(first..) {
        assert_eq!(step["step_id"], id);
        assert!(["user", "agent"].contains(&step["source"].as_str().unwrap()), "{step}");
        assert!(step["message"].is_string() || step["message"].is_array(), "{step}");
        if step["source"] == "user" {
            for of_agents in ["model_name", "reasoning_content", "tool_calls", "llm_call_count"] {
                assert!(step.get(of_agents).is_none(), "{of_agents}: {step}");
            }
        }
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let called = list(&step["tool_calls"]);
        assert!(called.iter().all(|call| call["arguments"].is_object()), "{step}");
        let ids: BTreeSet<&str> = called.iter().map(|call| call["tool_call_id"].as_str().unwrap()).collect();
        for result in list(&step["observation"]["results"]) {
            assert!(ids.contains(result["source_call_id"].as_str().unwrap()), "{step}");
        }
    }
}

#[tokio::test]
async fn what_is_said_is_a_step_with_the_results_of_its_calls() {
    let door = Door::open().await;
    let good = Tool { result: Some(json!({"temp_c": 22}).into()), ..tool("good", ToolKind::Scripted) };
    let bad = Tool { error: Some("no such city".into()), ..tool("bad", ToolKind::Scripted) };
    let looks = Reply { text: Some("Looking".into()), thinking: Some("hm".into()), ..calls(&["good", "bad"]) };
    let fails = Reply { error: Some(Fault::Refused), ..Reply::default() };
    let (session, thread) = door.session().await;
    for (words, script) in [("go", vec![looks, text("done")]), ("again", vec![fails])] {
        door.agent(script, vec![good.clone(), bad.clone()]).await;
        door.say(&session, words).await;
        door.server.test.settle(thread).await;
    }
    let file = export(&door, &session, "").await;
    assert_eq!(file.headers["content-disposition"], format!("attachment; filename=\"{session}.atif.json\""));
    assert!(!file.headers.contains_key("x-atif-images-omitted") && !file.headers.contains_key("x-atif-segment-index"));
    let document = file.json();
    assert_eq!(document["session_id"], session.as_str());
    let messages = door.list(&session).await;
    let steps = document["steps"].as_array().unwrap();
    let spoken: Vec<&Value> = messages.iter().filter(|message| message["role"] != "tool_result").collect();
    let told: Vec<&Value> = steps.iter().map(|step| &step["timestamp"]).collect();
    assert_eq!(told, spoken.iter().map(|message| &message["created_at"]).collect::<Vec<_>>());
    let question = json!({"step_id": 1, "timestamp": told[0], "source": "user", "message": "go"});
    assert_eq!(steps[0], question);
    let call = |n: i32, name: &str| {
        let id = format!("call_1_{n}");
        json!({"tool_call_id": id, "function_name": name, "arguments": {"q": 1}})
    };
    let mut looked = steps[1].clone();
    looked["observation"]["results"].as_array_mut().unwrap().sort_by_key(|result| result["source_call_id"].to_string());
    let expected = json!({
        "step_id": 2, "timestamp": told[1], "source": "agent", "model_name": "scripted", "message": "Looking",
        "reasoning_content": "hm", "tool_calls": [call(1, "good"), call(2, "bad")],
        "observation": {"results": [
            {"source_call_id": "call_1_1", "content": "{\"temp_c\":22}"},
            {"source_call_id": "call_1_2", "content": "no such city", "extra": {"success": false}},
        ]},
        "llm_call_count": 1,
    });
    assert_eq!(looked, expected);
    assert_eq!((&steps[2]["message"], steps[2].get("observation")), (&json!("done"), None));
    assert_eq!((&steps[4]["llm_call_count"], &steps[4]["extra"]["error"]), (&json!(0), &json!("refused")));
    let turns = document["extra"]["turns"].as_array().unwrap();
    assert_eq!((&turns[0]["status"], &turns[0]["iterations"]), (&json!("completed"), &json!(2)));
    assert_eq!((&turns[1]["status"], turns[1]["error"].is_string()), (&json!("failed"), true));
}

#[tokio::test]
async fn results_belong_to_their_call_whatever_is_said_between() {
    let door = Door::open().await;
    door.agent(vec![calls(&["ask"]), text("thanks")], vec![tool("ask", ToolKind::Client)]).await;
    let (session, thread) = door.session().await;
    door.say(&session, "go").await;
    door.server
        .test
        .until(thread, |item| matches!(item, domain::event::Item::Entry(e) if e.event.kind() == "tool.called"))
        .await;
    door.say(&session, "meanwhile").await;
    let open = export(&door, &session, "").await.json();
    let said = |document: &Value| {
        let steps = document["steps"].as_array().unwrap().clone();
        steps.into_iter().map(|step| (step["message"].clone(), step["observation"].clone())).collect::<Vec<_>>()
    };
    let silent = |words: &str| (json!(words), Value::Null);
    assert_eq!(said(&open), [silent("go"), silent(""), silent("meanwhile")], "an open call has no result");
    let result = json!({"tool_results": [{"tool_call_id": "call_1_1", "result": "blue"}]});
    door.did(Method::POST, &format!("/v1/sessions/{session}/tool-results"), result, 200).await;
    door.server.test.settle(thread).await;
    let observed = json!({"results": [{"source_call_id": "call_1_1", "content": "blue"}]});
    assert_eq!(
        said(&export(&door, &session, "").await.json()),
        [silent("go"), (json!(""), observed), silent("meanwhile"), silent("thanks")]
    );
}

#[tokio::test]
async fn what_waits_for_a_result_is_no_longer_than_a_document() {
    let door = Door::limited(Limits { trajectory_bytes: 900, requests_per_s: 0, ..Limits::default() }).await;
    door.agent(vec![calls(&["ask"]), text("thanks")], vec![tool("ask", ToolKind::Client)]).await;
    let (session, thread) = door.session().await;
    door.say(&session, "go").await;
    door.server
        .test
        .until(thread, |item| matches!(item, domain::event::Item::Entry(e) if e.event.kind() == "tool.called"))
        .await;
    let path = format!("/v1/sessions/{session}/export?format=atif");
    door.say(&session, &"x".repeat(500)).await;
    export(&door, &session, "&segmented=true").await;
    door.say(&session, &"x".repeat(500)).await;
    for query in ["", "&segmented=true"] {
        let refused = door.did(Method::GET, &format!("{path}{query}"), Value::Null, 413).await;
        assert_eq!(refused["code"], "atif_export_too_large", "{query}");
    }
}

#[tokio::test]
async fn pictures_are_named_by_where_they_are_and_counted_when_they_are_gone() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let url = "https://example.com/a.png";
    let content = json!([
        {"type": "text", "text": "look"}, {"type": "image", "base64": png()}, {"type": "image", "url": url},
    ]);
    assert_eq!(door.send(&session, &json!({"message": {"content": content}})).await.status, 201);
    door.server.test.settle(thread).await;
    let step = |file: &Answer| file.json()["steps"][0].clone();
    let image = door.did(Method::GET, "/v1/images", Value::Null, 200).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/images/{image}");
    let there = export(&door, &session, "").await;
    let linked = json!({"type": "image", "source": {"path": url}});
    let own = json!({"type": "image", "source": {"media_type": "image/png", "path": path}});
    assert_eq!(step(&there)["message"], json!([{"type": "text", "text": "look"}, own, linked]));
    door.did(Method::DELETE, &path, Value::Null, 204).await;
    let gone = export(&door, &session, "").await;
    assert_eq!(step(&gone)["message"][1], json!({"type": "text", "text": "[image]"}));
    assert_eq!(step(&gone)["extra"]["omitted_images"], json!([{"image_id": image}]));
    assert_eq!(
        (&gone.headers["x-atif-images-omitted"], &gone.json()["extra"]["images_omitted"]),
        (&"1".parse().unwrap(), &json!(1))
    );
}

#[tokio::test]
async fn a_long_session_comes_in_segments_that_are_linked() {
    let door = Door::limited(Limits { trajectory_bytes: 900, requests_per_s: 0, ..Limits::default() }).await;
    let (session, thread) = door.session().await;
    for i in 0..5 {
        door.say(&session, &format!("question {i} {}", "x".repeat(100))).await;
        door.server.test.settle(thread).await;
    }
    let refused = door.call(Method::GET, &format!("/v1/sessions/{session}/export?format=atif"), None).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (413, &json!("atif_export_too_large")));
    let (mut steps, mut turns, mut cursor, mut index) = (Vec::new(), Vec::new(), String::new(), 0);
    loop {
        let file = export(&door, &session, &format!("&segmented=true{cursor}")).await;
        let document = file.json();
        assert!(file.text.len() <= 900 + 300, "about as long as it may be: {}", file.text.len());
        assert_eq!(document["trajectory_id"], format!("{session}#segment-{index}"));
        assert_eq!(
            (&document["extra"]["segment_index"], &file.headers["x-atif-segment-index"]),
            (&json!(index), &index.to_string().parse().unwrap())
        );
        steps.extend(document["steps"].as_array().unwrap().clone());
        turns.extend(document["extra"]["turns"].as_array().unwrap().clone());
        let Some(next) = file.headers.get("x-atif-next-cursor") else {
            assert!(document.get("continued_trajectory_ref").is_none());
            break;
        };
        cursor = format!("&cursor={}", next.to_str().unwrap());
        let path = format!("/v1/sessions/{session}/export?format=atif&segmented=true{cursor}");
        assert_eq!(document["continued_trajectory_ref"], path);
        index += 1;
        // What is said now belongs to another export.
        if index == 1 {
            door.say(&session, "later").await;
            door.server.test.settle(thread).await;
        }
    }
    assert!(index > 1, "more than two segments");
    assert_eq!((steps.len(), turns.len()), (10, 5));
    assert!(steps.iter().zip(1..).all(|(step, id)| step["step_id"] == id), "numbered through");
    assert!(steps.iter().all(|step| step["message"].as_str().unwrap().contains("question")));
    let whole = Door::open().await;
    let (short, _) = whole.session().await;
    let only = export(&whole, &short, "&segmented=true").await.json();
    assert_eq!((&only["steps"], only.get("continued_trajectory_ref")), (&json!([]), None));
}

#[tokio::test]
async fn a_document_is_as_long_as_the_limit_and_no_longer() {
    let written = async |limit: u64| {
        let door = Door::limited(Limits { trajectory_bytes: limit, requests_per_s: 0, ..Limits::default() }).await;
        let (session, thread) = door.session().await;
        let test = &door.server.test;
        // Without a turn, whose duration is never the same: ids and times are always as long.
        let note = Send { respond: false, ..Send::new(thread, Body::text("note"), Policy::Queue) };
        test.app.send(&test.caller, note).await.unwrap();
        door.call(Method::GET, &format!("/v1/sessions/{session}/export?format=atif"), None).await
    };
    let length = written(1_000_000).await.text.len() as u64;
    assert_eq!(written(length).await.status, 200);
    assert_eq!(written(length - 1).await.status, 413);
}

#[tokio::test]
async fn a_step_longer_than_a_segment_stands_alone() {
    let door = Door::limited(Limits { trajectory_bytes: 10, requests_per_s: 0, ..Limits::default() }).await;
    let (session, thread) = door.session().await;
    door.say(&session, "one").await;
    door.server.test.settle(thread).await;
    let first = export(&door, &session, "&segmented=true").await;
    assert_eq!(first.json()["steps"].as_array().unwrap().len(), 1);
    let rest = export(
        &door,
        &session,
        &format!("&segmented=true&cursor={}", first.headers["x-atif-next-cursor"].to_str().unwrap()),
    )
    .await;
    assert_eq!((rest.json()["steps"][0]["step_id"].clone(), rest.headers.get("x-atif-next-cursor")), (json!(2), None));
}

#[tokio::test]
async fn cursors_and_parameters_that_are_wrong_are_refused() {
    let door = Door::limited(Limits { trajectory_bytes: 10, requests_per_s: 0, ..Limits::default() }).await;
    let (session, thread) = door.session().await;
    door.say(&session, "one").await;
    door.server.test.settle(thread).await;
    let first = export(&door, &session, "&segmented=true").await;
    let cursor = first.headers["x-atif-next-cursor"].to_str().unwrap();
    let (other, _) = door.session().await;
    let flipped = format!("{}{}", &cursor[..cursor.len() - 2], if cursor.ends_with("AA") { "BA" } else { "AA" });
    for (session, query, code) in [
        (&session, "format=atif&cursor=x".to_owned(), "invalid_parameter"),
        (&session, "format=jsonl&segmented=true".into(), "invalid_parameter"),
        (&session, "segmented=true".into(), "invalid_parameter"),
        (&session, "format=ATIF".into(), "invalid_parameter"),
        (&session, "format=atif&segmented=1".into(), "invalid_parameter"),
        (&session, "format=atif&segmented=true&cursor=".into(), "atif_cursor_invalid"),
        (&session, format!("format=atif&segmented=true&cursor={flipped}"), "atif_cursor_invalid"),
        (&session, format!("format=atif&segmented=true&cursor={}", "A".repeat(10_000)), "atif_cursor_invalid"),
        (&other, format!("format=atif&segmented=true&cursor={cursor}"), "atif_cursor_invalid"),
    ] {
        let path = format!("/v1/sessions/{session}/export?{query}");
        assert_eq!(door.did(Method::GET, &path, Value::Null, 400).await["code"], code, "{query}");
    }
    let (_, stranger) = door.server.test.other_project().await;
    let ask = async |session: &str, key: &str| {
        let path = format!("/v1/sessions/{session}/export?format=atif");
        Answer::of(door.request(Method::GET, &path).header("authorization", key).send().await.unwrap()).await
    };
    let unknown = ask(&format!("session_{HEX}"), &door.server.test.key).await;
    assert_eq!(unknown.status, 404);
    assert_eq!(ask(&session, &stranger).await.text, unknown.text);
}
