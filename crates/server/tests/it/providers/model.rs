//! A real language model behind the server: SmolLM2 in llama.cpp's own server, over each wire that it speaks. The tests
//! look at structure and counts, never at words, because these differ by CPU.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    smol::{OUTPUT_MAX, Smol, WIRES, smol},
    talk::{Talk, all, one, pieces, tokens},
};

#[tokio::test]
async fn text_is_streamed_over_each_wire() {
    let smol = smol().await;
    let server = smol.behind().await;
    for wire in WIRES {
        let events = Talk::begin(&server, wire).await.says("Tell me about the sea").await;
        let (message, shown) = (&one(&events, "message.completed")["message"], pieces(&events, "text"));
        assert!(all(&events, "message.delta").len() > 1, "{wire}: {events:?}");
        let text = message["content"][0]["text"].as_str().expect("text");
        assert!(!shown.is_empty() && text.starts_with(&shown), "{wire}: {shown:?} begins {text:?}");
        let record = &one(&events, "message.completed")["record"];
        assert_eq!((&record["provider"], &record["model"]), (&json!(wire), &json!("smol")), "{record}");
        assert!(["end", "max_tokens"].contains(&record["stop"].as_str().unwrap_or_default()), "{record}");
        let output = tokens(record, &["output"]);
        assert!(tokens(record, &["input", "cache_read"]) > 5 && (1..=OUTPUT_MAX).contains(&output), "{record}");
        one(&events, "turn.completed");
    }
}

#[tokio::test]
async fn each_turn_of_a_thread_begins_with_the_prompt_of_the_turn_before() {
    let smol = smol().await;
    let server = smol.behind().await;
    for wire in WIRES {
        let mut talk = Talk::begin(&server, wire).await;
        let mut before = 0;
        for text in ["Tell me about the sea", "And the sky?", "And the land?"] {
            let events = talk.says(text).await;
            let record = &one(&events, "message.completed")["record"];
            let (cached, prompt) = (tokens(record, &["cache_read"]), tokens(record, &["input", "cache_read"]));
            // The last tokens of a prompt may join with the first of the answer.
            assert!(cached + 4 >= before && prompt > before, "{wire}: {before} tokens before, now {record}");
            before = prompt;
        }
        assert!(before > 30, "{wire}: the thread has grown to {before} tokens");
    }
}

#[tokio::test]
async fn a_tool_is_called_and_its_result_answered_over_each_wire() {
    let smol = smol().await;
    let server = smol.behind().await;
    for wire in WIRES {
        let mut talk = Talk::with_tool(&server, wire).await;
        let mut ids = Vec::new();
        for place in ["Paris", "Rome"] {
            let events = talk.says(&format!("Use weather: {place}")).await;
            let call = &one(&events, "tool.called")["call"];
            assert_eq!(call["name"], "weather", "{wire}: {events:?}");
            assert!(call["arguments"].is_object(), "{wire}: {call}");
            assert_eq!(one(&events, "message.completed")["record"]["stop"], "tool_calls", "{wire}");
            let id = call["id"].as_str().expect("an id").to_owned();
            let events = talk.gives(&id, json!({"sky": "clear"})).await;
            assert_eq!(one(&events, "tool.completed")["tool_call_id"], id.as_str(), "{wire}");
            let message = &one(&events, "message.completed")["message"];
            assert!(message["content"][0]["text"].as_str().is_some_and(|text| !text.is_empty()), "{wire}: {message}");
            one(&events, "turn.completed");
            ids.push(id);
        }
        assert_ne!(ids[0], ids[1], "{wire}");
    }
}

#[tokio::test]
async fn thinking_is_streamed_and_stays_apart_from_the_text_over_each_wire() {
    let smol = smol().await;
    let server = smol.behind().await;
    for wire in WIRES {
        let mut talk = Talk::begin(&server, wire).await;
        for text in ["Think: question 4", "Think: question 5"] {
            let events = talk.says(text).await;
            let content = &one(&events, "message.completed")["message"]["content"];
            let kinds: Vec<&Value> = content.as_array().expect("parts").iter().map(|part| &part["type"]).collect();
            assert_eq!(kinds, ["thinking", "text"], "{wire}: {content}");
            assert!(pieces(&events, "thinking").len() > 1, "{wire}: {events:?}");
            assert!(!content.to_string().contains("think>"), "{wire}: {content}");
            one(&events, "turn.completed");
        }
    }
}

/// The whole answer would take the model a multiple of this.
const FREED_WITHIN: Duration = Duration::from_secs(15);

#[tokio::test]
async fn a_cancel_in_mid_stream_frees_the_place_at_the_model() {
    let smol = smol().await;
    let server = smol.behind().await;
    for wire in WIRES {
        let mut talk = Talk::begin(&server, &format!("long-{wire}")).await;
        talk.send("Write a very long story about a ship. Do not stop.").await;
        talk.until(|event| event["type"] == "message.delta").await;
        assert_eq!(smol.busy().await, 1, "{wire}");
        let cancelled_at = Instant::now();
        talk.cancel().await;
        let events = talk.until(|event| event["type"] == "turn.cancelled").await;
        let message = &one(&events, "message.completed")["message"];
        assert_eq!(message["interrupted"], true, "{wire}: {message}");
        while smol.busy().await > 0 {
            assert!(cancelled_at.elapsed() < FREED_WITHIN, "{wire}: the model still answers");
            Smol::moment().await;
        }
        one(&talk.says("Tell me about the sea").await, "turn.completed");
    }
}
