//! Answers of servers, and how the wire reads them.

use domain::agent::{Tool, ToolKind};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::local;
use crate::harness::{Case, Event, tool};

fn case() -> Case {
    local().with(|case| case.request.tools = vec![tool("files.read", "Reads.", "{}"), tool("weather", "Looks.", "{}")])
}

fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&case().play(fixture).shown());
}

#[test]
fn text_comes_in_pieces_and_usage_after_the_finish() {
    check(
        "text.sse",
        expect![[r#"
        text "Hello, wörld."
        end end input 176, cache_read 1024, output 9, reasoning 4 request chatcmpl-C1
        block {"role":"assistant","content":"Hello, wörld."}
        needs 4 of 6 events"#]],
    );
    check(
        "azure_first_chunk.sse",
        expect![[r#"
            text "Hi"
            end end input 5, output 1 request chatcmpl-C1
            block {"role":"assistant","content":"Hi"}
            needs 3 of 5 events"#]],
    );
    check(
        "odd_fields.sse",
        expect![[r#"
        text "Yes."
        end end no tokens request chatcmpl-C1
        block {"role":"assistant","content":"Yes."}
        needs 4 of 5 events"#]],
    );
}

#[test]
fn parallel_calls_are_put_together_by_their_index() {
    check(
        "parallel_calls.sse",
        expect![[r#"
        call call_A weather {"city":"Paris"}
        call call_B files.read {"z":1.50,"a":12345678901234567890}
        end tool_calls input 80, output 30 request chatcmpl-C1
        block {"role":"assistant","content":null,"tool_calls":[{"id":"call_A","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}},{"id":"call_B","type":"function","function":{"name":"files_read_748a5886","arguments":"{\"z\":1.50,\"a\":12345678901234567890}"}}]}
        needs 6 of 8 events"#]],
    );
    check(
        "ollama_parallel_calls.sse",
        expect![[r#"
        thinking "Two cities."
        call call_a1 weather {"city":"Paris"}
        call call_b2 weather {"city":"Rome"}
        end tool_calls input 50, output 20 request chatcmpl-581
        block {"role":"assistant","content":null,"reasoning":"Two cities.","tool_calls":[{"id":"call_a1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}},{"id":"call_b2","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}}]}
        needs 4 of 6 events"#]],
    );
}

#[test]
fn thinking_has_many_names() {
    check(
        "deepseek_reasoning.sse",
        expect![[r#"
        thinking "The user asks."
        text "Yes."
        end end input 36, cache_read 64, output 12, reasoning 8 request 930c60df
        block {"role":"assistant","content":"Yes.","reasoning_content":"The user asks."}
        needs 6 of 7 events"#]],
    );
    check(
        "vllm_reasoning.sse",
        expect![[r#"
            thinking "Hmm."
            text "Done."
            end end input 10, output 5 request chatcmpl-vl
            block {"role":"assistant","content":"Done.","reasoning":"Hmm."}
            needs 5 of 7 events"#]],
    );
    check(
        "openrouter_details.sse",
        expect![[r#"
            thinking "Let me see."
            text "Looking."
            call toolu_1 weather {"city":"Oslo"}
            end tool_calls input 500, cache_read 2000, cache_write 500, output 40, reasoning 11 request gen-1
            block {"role":"assistant","content":"Looking.","reasoning_details":[{"type":"reasoning.text","format":"anthropic-claude-v1","index":0,"text":"Let me see.","signature":"c2ln"},{"type":"reasoning.encrypted","data":"eA==","format":"anthropic-claude-v1","index":1,"id":"r2"}],"tool_calls":[{"id":"toolu_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]}
            needs 7 of 9 events"#]],
    );
    check(
        "moonshot_call.sse",
        expect![[r#"
        thinking "Weather."
        call functions.weather:0 weather {}
        end tool_calls input 40, cache_read 50, output 20 request chatcmpl-m
        block {"role":"assistant","content":null,"reasoning_content":"Weather.","tool_calls":[{"id":"functions.weather:0","type":"function","function":{"name":"weather","arguments":"{}"}}]}
        needs 5 of 6 events"#]],
    );
}

#[test]
fn thinking_whose_signature_never_came_is_not_given_back() {
    check(
        "length_in_signed_thinking.sse",
        expect![[r#"
            thinking "Signed."
            text "First."
            thinking "Never sig"
            end max_tokens no tokens request gen-1
            block {"role":"assistant","content":"First.","reasoning_details":[{"type":"reasoning.text","format":"anthropic-claude-v1","index":0,"text":"Signed.","signature":"c2ln"}]}
            needs 3 of 4 events"#]],
    );
}

#[test]
fn usage_counts_thinking_as_output() {
    check(
        "xai_usage.sse",
        expect![[r#"
        text "Yes."
        end end input 20, cache_read 80, output 53, reasoning 50 request chatcmpl-C1
        block {"role":"assistant","content":"Yes."}
        needs 2 of 4 events"#]],
    );
}

#[test]
fn a_refusal_and_a_filter_are_ends_if_something_was_said() {
    check(
        "refusal.sse",
        expect![[r#"
        text "I can't help with that."
        end refusal input 12, output 7 request chatcmpl-C1
        block {"role":"assistant","content":null,"refusal":"I can't help with that."}
        needs 4 of 6 events"#]],
    );
    check(
        "filtered_after_text.sse",
        expect![[r#"
        text "The way to"
        end filter input 12, output 3 request chatcmpl-C1
        block {"role":"assistant","content":"The way to"}
        needs 2 of 4 events"#]],
    );
    check(
        "filtered_before_text.sse",
        expect![[r#"
        failure refused "the provider's filter stopped the answer" after input 12 request chatcmpl-C1
        needs 2 of 4 events"#]],
    );
}

#[test]
fn a_call_that_was_cut_by_the_length_has_its_text_as_arguments() {
    check(
        "length_in_call.sse",
        expect![[r#"
        text "Sure."
        call call_A weather "{\"city\": \"Par"
        end max_tokens input 12, output 30 request chatcmpl-C1
        block {"role":"assistant","content":"Sure.","tool_calls":[{"id":"call_A","type":"function","function":{"name":"weather","arguments":"{\"city\": \"Par"}}]}
        needs 3 of 5 events"#]],
    );
}

#[test]
fn an_answer_is_whole_with_its_finish_reason_only() {
    check(
        "end_of_connection.sse",
        expect![[r#"
        text "Whole."
        end end input 3, output 2 request chatcmpl-C1
        block {"role":"assistant","content":"Whole."}
        needs 2 of 3 events"#]],
    );
    check(
        "done_without_finish.sse",
        expect![[r#"
        text "Ha"
        failure upstream "the provider's answer ended early" request chatcmpl-C1
        needs 2 of 2 events"#]],
    );
}

#[test]
fn an_error_within_the_stream_is_a_failure_with_the_providers_words() {
    check(
        "openrouter_error.sse",
        expect![[r#"
        text "Half an ans"
        failure upstream "Provider disconnected" request gen-1
        needs 2 of 2 events"#]],
    );
    check(
        "rate_limit_in_stream.sse",
        expect![[r#"
        text "One"
        failure rate_limited "Rate limit reached for gpt-5.5 in organization org-1 on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 1.2s." retry after 1.2s after input 30, output 1 request chatcmpl-C1
        needs 3 of 3 events"#]],
    );
    check(
        "overflow_in_stream.sse",
        expect![[r#"
        failure context_too_long "the request exceeds the available context size, try increasing it"
        needs 1 of 1 events"#]],
    );
    check(
        "lm_studio_error.sse",
        expect![[r#"
        text "a"
        failure upstream "The model has crashed without additional information. (Exit code: 6)" request chatcmpl-x
        needs 2 of 2 events"#]],
    );
    check(
        "broken_event.sse",
        expect![[r#"
        text "a"
        failure upstream "the provider sent an event that is not readable" request chatcmpl-C1
        needs 2 of 2 events"#]],
    );
}

#[test]
fn llama_cpp_answers_as_it_was_recorded() {
    check(
        "llama_cpp_call.sse",
        expect![[r#"
        call FButGWiKzYi2JKHOlnXAPPDLKy2XI236 weather {"city":"Paris"}
        end tool_calls input 1, cache_read 231, output 33 request chatcmpl-4lWTWs7v7wEqdV0LGoadgYBaLOCoxJbo
        block {"role":"assistant","content":null,"tool_calls":[{"id":"FButGWiKzYi2JKHOlnXAPPDLKy2XI236","type":"function","function":{"name":"weather","arguments":"{\n  \"city\": \"Paris\"\n}"}}]}
        needs 10 of 12 events"#]],
    );
    check(
        "llama_cpp_thinking.sse",
        expect![[r#"
        thinking "I need it."
        call du0TIM6SrY1GIR4lwIxe4cd3fcEXgc5T weather {"city":"Paris"}
        end tool_calls input 1, cache_read 276, output 42 request chatcmpl-9BPKQxkxwMEck0J91WI5DDkPrVLAB4FM
        block {"role":"assistant","content":null,"reasoning_content":"I need it.","tool_calls":[{"id":"du0TIM6SrY1GIR4lwIxe4cd3fcEXgc5T","type":"function","function":{"name":"weather","arguments":"{\n  \"city\": \"Paris\"\n}"}}]}
        needs 14 of 16 events"#]],
    );
    check(
        "llama_cpp_length.sse",
        expect![[r#"
        text "I'm so glad you're"
        end max_tokens input 11, cache_read 1, output 6 request chatcmpl-bandyyJbZGEoaYlosT2oyonFGG0i6VES
        block {"role":"assistant","content":"I'm so glad you're"}
        needs 8 of 10 events"#]],
    );
}

/// An answer of these pieces of calls.
fn calls(pieces: &[Value]) -> Vec<String> {
    let data = |delta: Value, finish: Value| {
        let data = json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}).to_string();
        Event { name: None, data }
    };
    let pieces = pieces.iter().map(|piece| data(json!({"tool_calls": [piece]}), Value::Null));
    let events: Vec<Event> = pieces.chain([data(json!({}), json!("stop"))]).collect();
    let shown =
        local().with(|case| case.request.tools = vec![Tool::new("a", ToolKind::Client)]).play_events(&events).shown();
    shown.lines().filter_map(|line| line.strip_prefix("call ")).map(str::to_owned).collect()
}

/// A piece with the members that are not null.
fn piece(index: impl Into<Value>, id: impl Into<Value>, name: impl Into<Value>, arguments: impl Into<Value>) -> Value {
    let members = [("index", index.into()), ("id", id.into())].map(|(name, value)| (name.to_owned(), value));
    let mut piece: serde_json::Map<String, Value> = members.into_iter().filter(|(_, value)| !value.is_null()).collect();
    piece.insert("function".into(), json!({"name": name.into(), "arguments": arguments.into()}));
    Value::Object(piece)
}

const NONE: Value = Value::Null;

#[test]
fn calls_are_told_apart_by_index_id_or_name() {
    let two = [r#"1 a {"n":1}"#, r#"2 b {"n":2}"#];
    // One index for all calls, in pieces that name the call by its id.
    let constant = [
        piece(0, "1", "a", "{\"n\""),
        piece(0, "2", "b", "{\"n\""),
        piece(0, "1", NONE, ":1}"),
        piece(0, "2", NONE, ":2}"),
    ];
    assert_eq!(calls(&constant), two);
    // No index.
    assert_eq!(
        calls(&[piece(NONE, "1", "a", "{\"n\""), piece(NONE, NONE, NONE, ":1}"), piece(NONE, "2", "b", "{\"n\":2}")]),
        two
    );
    // Indices that begin at 1.
    assert_eq!(
        calls(&[piece(1, "1", "a", "{\"n\":1}"), piece(2, "2", "b", "{\"n\""), piece(2, NONE, NONE, ":2}")]),
        two
    );
    // An index that shifts within a call.
    assert_eq!(
        calls(&[piece(1, "1", "a", "{\"n\""), piece(0, NONE, NONE, ":1}"), piece(2, "2", "b", "{\"n\":2}")]),
        two
    );
    // Ids that come late.
    let late = [
        piece(0, NONE, "a", ""),
        piece(0, "1", NONE, "{\"n\":1}"),
        piece(1, NONE, "b", NONE),
        piece(1, "2", NONE, "{\"n\":2}"),
    ];
    assert_eq!(calls(&late), two);
    // Names that come late.
    assert_eq!(
        calls(&[piece(0, "1", NONE, ""), piece(0, NONE, "a", "{\"n\":1}"), piece(1, "2", "b", "{\"n\":2}")]),
        two
    );
    // Name and id in each piece.
    let repeated = [
        piece(0, "1", "a", "{\"n\""),
        piece(0, "1", "a", ":1}"),
        piece(0, "1", "a", ""),
        piece(1, "2", "b", "{\"n\":2}"),
    ];
    assert_eq!(calls(&repeated), two);
    // Arguments that are no text.
    assert_eq!(calls(&[piece(0, "1", "a", json!({"n": 1})), piece(0, "2", "b", json!({"n": 2}))]), two);
    // An id that changes from piece to piece.
    let changing = [piece(0, "1", "a", "{\"n\""), piece(0, "x", NONE, ":1}"), piece(1, "2", "b", "{\"n\":2}")];
    assert_eq!(calls(&changing), two);
}

#[test]
fn missing_and_reused_ids_get_own_ones() {
    let own = [r#"call_1_1 a {"n":1}"#, r#"call_1_2 a {"n":1}"#];
    assert_eq!(calls(&[piece(NONE, NONE, "a", "{\"n\":1}"), piece(NONE, NONE, "a", "{\"n\":1}")]), own);
    assert_eq!(calls(&[piece(0, NONE, "a", "{\"n\":1}"), piece(0, "", "a", "{\"n\":1}")]), own);
    let second = [r#"x a {"n":1}"#, r#"call_1_2 b {}"#];
    assert_eq!(calls(&[piece(0, "x", "a", "{\"n\":1}"), piece(1, "x", "b", "")]), second, "one id for all");
    assert_eq!(calls(&[piece(NONE, "x", "a", "{\"n\":1}"), piece(NONE, "x", "b", NONE)]), second, "and no index");
}

#[test]
fn a_call_without_a_name_is_none_and_broken_arguments_are_a_text() {
    assert_eq!(calls(&[piece(0, "1", NONE, "{}")]), [""; 0]);
    assert_eq!(calls(&[piece(0, "1", "a", "{\"n\": ")]), [r#"1 a "{\"n\": ""#]);
    assert_eq!(calls(&[piece(0, "1", "a", "[1]")]), [r#"1 a "[1]""#]);
}
