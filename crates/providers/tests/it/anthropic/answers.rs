//! Recorded answers, and refused requests.

use expect_test::{Expect, expect};

use super::{case, with_tools};
use crate::harness::user;

#[track_caller]
fn plays(fixture: &str, expected: Expect) {
    expected.assert_eq(&with_tools(vec![user("hello")]).play(fixture).shown());
}

#[test]
fn text_and_its_usage_are_read() {
    plays(
        "text.sse",
        expect![[r#"
        text "Hello!"
        end end input 25, output 15 request none
        block {"type":"text","text":"Hello!"}
        needs 8 of 8 events"#]],
    );
}

#[test]
fn interleaved_thinking_keeps_its_order_and_its_signatures() {
    plays(
        "interleaved.sse",
        expect![[r#"
        thinking "The user asks for two cities." signed c2ln/1==
        text "I look at Paris."
        thinking "Then Rome." signed c2ln/2==
        call toolu_1 weather {"city":"Paris","days":1.50}
        thinking "And Rome." signed c2ln/3==
        call toolu_2 weather {"city":"Rome"}
        end tool_calls input 100, cache_read 2048, output 95, reasoning 40 request none
        block {"type":"thinking","thinking":"The user asks for two cities.","signature":"c2ln/1=="}
        block {"type":"redacted_thinking","data":"EmwKAhgB/8=="}
        block {"type":"text","text":"I look at Paris."}
        block {"type":"thinking","thinking":"Then Rome.","signature":"c2ln/2=="}
        block {"type":"tool_use","id":"toolu_1","name":"weather","input":{"city":"Paris","days":1.50}}
        block {"type":"thinking","thinking":"And Rome.","signature":"c2ln/3=="}
        block {"type":"tool_use","id":"toolu_2","name":"weather","input":{"city":"Rome"}}
        needs 28 of 28 events"#]],
    );
}

#[test]
fn thinking_that_is_not_shown_keeps_its_signature() {
    plays(
        "omitted_thinking.sse",
        expect![[r#"
        thinking "" signed b21pdHRlZA==
        text "Done."
        end end input 25, output 15 request none
        block {"type":"thinking","thinking":"","signature":"b21pdHRlZA=="}
        block {"type":"text","text":"Done."}
        needs 9 of 9 events"#]],
    );
}

#[test]
fn thinking_without_its_signature_is_shown_and_not_kept() {
    plays(
        "unsigned_thinking.sse",
        expect![[r#"
        thinking "Hm.Hm again."
        text "Done."
        end end input 25, output 15 request none
        block {"type":"text","text":"Done."}
        needs 13 of 13 events"#]],
    );
}

#[test]
fn calls_have_their_own_ids_names_and_arguments() {
    plays(
        "calls.sse",
        expect![[r#"
        call toolu_1 weather {}
        call call_1_2 clock {}
        call call_1_3 files.read {"path":"a"}
        call toolu_4 whole {"n":1.0}
        call toolu_5 broken "{\"city\": \"Par"
        end tool_calls input 25, output 15 request none
        block {"type":"tool_use","id":"toolu_1","name":"weather","input":{}}
        block {"type":"tool_use","id":"toolu_1","name":"clock","input":{}}
        block {"type":"tool_use","id":"","name":"files_read_748a5886","input":{"path":"a"}}
        block {"type":"tool_use","id":"toolu_4","name":"whole","input":{"n":1.0}}
        block {"type":"tool_use","id":"toolu_5","name":"broken","input":{}}
        needs 16 of 16 events"#]],
    );
}

#[test]
fn a_paused_answer_is_kept_whole() {
    plays(
        "pause.sse",
        expect![[r#"
        text "I search."
        end pause input 25, output 15 request none
        block {"type":"text","text":"I search."}
        block {"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"x"}}
        block {"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"https://x.example","encrypted_content":"RW5j"}]}
        needs 12 of 12 events"#]],
    );
}

#[test]
fn a_refusal_is_a_failure_unless_something_was_said() {
    plays(
        "refusal.sse",
        expect![[r#"
        failure refused "This request could enable harm. (cyber)" after input 25, output 1
        needs 3 of 3 events"#]],
    );
    plays(
        "refusal_after_text.sse",
        expect![[r#"
        text "First, you"
        end refusal input 25, output 5 request none
        block {"type":"text","text":"First, you"}
        needs 6 of 6 events"#]],
    );
}

#[test]
fn each_bound_of_an_answer_is_its_own_stop() {
    plays(
        "max_tokens.sse",
        expect![[r#"
        text "I call."
        call toolu_1 weather ""
        end max_tokens input 25, output 15 request none
        block {"type":"text","text":"I call."}
        block {"type":"tool_use","id":"toolu_1","name":"weather","input":{}}
        needs 8 of 8 events"#]],
    );
    plays(
        "window.sse",
        expect![[r#"
        text "It was a dark"
        end window input 25, output 15 request none
        block {"type":"text","text":"It was a dark"}
        needs 6 of 6 events"#]],
    );
    plays(
        "stop_sequence.sse",
        expect![[r#"
        text "One"
        end sequence input 25, output 15 request none
        block {"type":"text","text":"One"}
        needs 6 of 6 events"#]],
    );
}

#[test]
fn an_error_within_the_stream_is_a_failure_with_the_usage_so_far() {
    plays(
        "overloaded.sse",
        expect![[r#"
        text "Hel"
        failure unavailable "Overloaded" after input 25, output 1 request req_1
        needs 5 of 5 events"#]],
    );
    plays(
        "html.sse",
        expect![[r#"
        failure upstream "the provider sent an event that is not readable" after input 25, output 1
        needs 2 of 2 events"#]],
    );
}

#[test]
fn usage_is_assigned_and_never_added() {
    plays(
        "gateway_usage.sse",
        expect![[r#"
        text "Hi."
        end end input 30, cache_read 10, cache_write 100, cache_write_1h 20, output 7 request none
        block {"type":"text","text":"Hi."}
        needs 6 of 6 events"#]],
    );
    plays(
        "cumulative_usage.sse",
        expect![[r#"
        text "Hi."
        end end input 30, cache_read 10, cache_write 100, cache_write_1h 20, output 7 request none
        block {"type":"text","text":"Hi."}
        needs 7 of 7 events"#]],
    );
}

#[test]
fn unknown_events_blocks_and_deltas_are_skipped() {
    plays(
        "unknown.sse",
        expect![[r#"
        text "Hi!\n"
        end end input 25, output 15 request none
        block {"type":"text","text":"Hi!","citations":[{"type":"char_location","cited_text":"x","start":1.5}]}
        block {"type":"hologram","data":"aGk="}
        block {"type":"text","text":"\n"}
        needs 16 of 16 events"#]],
    );
    plays(
        "unclosed.sse",
        expect![[r#"
        call toolu_1 clock {}
        end tool_calls input 25, output 15 request none
        block {"type":"tool_use","id":"toolu_1","name":"clock","input":{}}
        needs 4 of 4 events"#]],
    );
}

#[test]
fn refused_requests_have_their_faults() {
    let error =
        |kind: &str, words: &str| format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"{words}"}}}}"#);
    let case = case(vec![user("hello")]);
    let told = [
        (400, error("invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum")),
        (400, error("invalid_request_error", "input length and `max_tokens` exceed context limit: 1 + 2 > 3")),
        (400, error("invalid_request_error", "messages.1.content.0: Invalid `signature` in `thinking` block")),
        (
            400,
            error(
                "invalid_request_error",
                "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.",
            ),
        ),
        (400, error("invalid_request_error", "Your credit balance is too low to access the API.")),
        (400, error("invalid_request_error", "max_tokens: Field required")),
        (401, error("authentication_error", "invalid x-api-key sk-ant-secret")),
        (402, error("billing_error", "Billing")),
        (403, error("permission_error", "No")),
        (404, error("not_found_error", "model: claude-0")),
        (413, error("request_too_large", "Request exceeds the maximum size")),
        (429, error("rate_limit_error", "Slow down")),
        (500, error("api_error", "Internal server error")),
        (504, error("timeout_error", "Timeout")),
        (529, error("overloaded_error", "Overloaded")),
        (502, "<html>Bad Gateway</html>".into()),
    ]
    .map(|(status, body)| format!("{status} {}\n", case.refused(status, &body)));
    expect![[r#"
        400 failure context_too_long "prompt is too long: 208310 tokens > 200000 maximum"
        400 failure context_too_long "input length and `max_tokens` exceed context limit: 1 + 2 > 3"
        400 failure blocks_refused "messages.1.content.0: Invalid `signature` in `thinking` block"
        400 failure blocks_refused "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified."
        400 failure out_of_credit "Your credit balance is too low to access the API."
        400 failure invalid "max_tokens: Field required"
        401 failure unauthenticated "invalid x-api-key [key]"
        402 failure out_of_credit "Billing"
        403 failure unauthenticated "No"
        404 failure invalid "model: claude-0 (model claude-opus-4-8)"
        413 failure context_too_long "Request exceeds the maximum size"
        429 failure rate_limited "Slow down"
        500 failure upstream "Internal server error"
        504 failure upstream "Timeout"
        529 failure unavailable "Overloaded"
        502 failure upstream "the provider answered with status 502"
    "#]].assert_eq(&told.concat());
}
