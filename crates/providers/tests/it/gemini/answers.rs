//! Recorded answers, and refused requests.

use expect_test::{Expect, expect};

use super::{case, with_tools};
use crate::harness::user;

#[track_caller]
fn plays(fixture: &str, expected: Expect) {
    expected.assert_eq(&with_tools(vec![user("hello")]).play(fixture).shown());
}

#[test]
fn the_piece_with_a_finish_reason_is_the_last() {
    plays(
        "text.sse",
        expect![[r#"
        text "Hello!"
        end end input 10, output 3 request resp-1
        block {"text":"Hello!"}
        needs 3 of 3 events"#]],
    );
}

#[test]
fn thoughts_are_thinking_and_count_beside_the_candidates() {
    plays(
        "thoughts.sse",
        expect![[r#"
        thinking "**Looking** at it."
        text "It is fine."
        end end input 43, cache_read 64, output 35, reasoning 30 request resp-1
        block {"text":"**Looking** at it.","thought":true}
        block {"text":"It is fine."}
        block {"text":"","thoughtSignature":"c2lnMQ=="}
        needs 5 of 5 events"#]],
    );
}

#[test]
fn a_signed_text_is_shown_once_as_text() {
    plays(
        "signed_text.sse",
        expect![[r#"
        text "Fine."
        end end input 10, output 2 request resp-1
        block {"text":"Fi"}
        block {"text":"ne.","thoughtSignature":"c2lnMQ=="}
        needs 2 of 2 events"#]],
    );
}

#[test]
fn calls_are_read_with_and_without_ids() {
    plays(
        "parallel_calls.sse",
        expect![[r#"
        thinking "Two cities."
        text "I look."
        call call_1_1 weather {"city":"Paris","days":1.5}
        call call_1_2 weather {"city":"Rome"}
        call call_1_3 files.read {}
        end tool_calls input 50, output 42, reasoning 12 request resp-1
        block {"text":"Two cities.","thought":true}
        block {"text":"I look."}
        block {"functionCall":{"name":"weather","args":{"city":"Paris","days":1.5}},"thoughtSignature":"c2lnMQ=="}
        block {"functionCall":{"name":"weather","args":{"city":"Rome"}}}
        block {"functionCall":{"name":"files_read_748a5886"}}
        needs 4 of 4 events"#]],
    );
    plays(
        "calls_with_ids.sse",
        expect![[r#"
        call fc-1 weather {"city":"Paris"}
        call call_1_2 weather {"city":"Rome"}
        end tool_calls input 50, output 30 request resp-1
        block {"functionCall":{"id":"fc-1","name":"weather","args":{"city":"Paris"}},"thoughtSignature":"c2lnMQ=="}
        block {"functionCall":{"id":"fc-1","name":"weather","args":{"city":"Rome"}},"thoughtSignature":"c2lnMg=="}
        needs 2 of 2 events"#]],
    );
    plays(
        "broken_call.sse",
        expect![[r#"
        call call_1_1 weather "[1]"
        call call_1_2  {}
        end tool_calls input 5, output 1 request resp-1
        block {"functionCall":{"name":"weather","args":{}}}
        block {"functionCall":"odd"}
        needs 1 of 1 events"#]],
    );
}

#[test]
fn a_filter_is_a_failure_unless_something_was_said() {
    plays(
        "blocked_prompt.sse",
        expect![[r#"
        failure refused "the provider blocked the prompt: PROHIBITED_CONTENT" after input 9
        needs 1 of 1 events"#]],
    );
    plays(
        "filtered.sse",
        expect![[r#"
        failure refused "the provider ended the answer: SAFETY" after input 9
        needs 1 of 1 events"#]],
    );
    plays(
        "filtered_after_text.sse",
        expect![[r#"
        text "First, you"
        end filter input 9, output 4 request resp-1
        block {"text":"First, you"}
        needs 2 of 2 events"#]],
    );
}

#[test]
fn each_other_finish_reason_has_its_stop_or_its_fault() {
    plays(
        "max_tokens.sse",
        expect![[r#"
        text "It was a dark"
        end max_tokens input 9, output 4 request resp-1
        block {"text":"It was a dark"}
        needs 1 of 1 events"#]],
    );
    plays(
        "malformed_call.sse",
        expect![[r#"
        text "I call."
        failure upstream "Malformed function call: call:weather{" after input 9, output 4
        needs 2 of 2 events"#]],
    );
    plays(
        "missing_signature.sse",
        expect![[r#"
        failure blocks_refused "the provider ended the answer: MISSING_THOUGHT_SIGNATURE" after input 9
        needs 1 of 1 events"#]],
    );
}

#[test]
fn an_error_within_the_stream_is_a_failure_with_the_usage_so_far() {
    plays(
        "unavailable.sse",
        expect![[r#"
        text "Hel"
        failure unavailable "The model is overloaded. Please retry in 2.5s." retry after 2.5s after input 9, output 1
        needs 2 of 2 events"#]],
    );
    plays(
        "html.sse",
        expect![[r#"
        text "Hel"
        failure upstream "the provider sent an event that is not readable"
        needs 2 of 2 events"#]],
    );
}

#[test]
fn unknown_parts_are_kept_and_not_shown() {
    plays(
        "unknown.sse",
        expect![[r#"
        text "Hi"
        end end input 9, output 2 request resp-1
        block {"executableCode":{"language":"PYTHON","code":"1"}}
        block {"inlineData":{"mimeType":"image/png","data":"aGk="},"thoughtSignature":"c2lnMw=="}
        block {"text":"Hi"}
        block {"hologram":{}}
        needs 3 of 3 events"#]],
    );
}

#[test]
fn refused_requests_have_their_faults() {
    let error = |code: u16, status: &str, words: &str| {
        (code, format!(r#"[{{"error":{{"code":{code},"message":"{words}","status":"{status}"}}}}]"#))
    };
    let case = case(vec![user("hello")]);
    let told = [
        error(
            400,
            "INVALID_ARGUMENT",
            "The input token count (1048580) exceeds the maximum number of tokens allowed (1048576).",
        ),
        error(400, "INVALID_ARGUMENT", "Function call is missing a thought_signature in functionCall parts."),
        error(400, "INVALID_ARGUMENT", "Thought signature is not valid."),
        error(
            400,
            "INVALID_ARGUMENT",
            "Please ensure that the number of function response parts is equal to the number of function call parts.",
        ),
        error(400, "FAILED_PRECONDITION", "User location is not supported."),
        error(403, "PERMISSION_DENIED", "Method doesn't allow callers without AIza-secret."),
        error(404, "NOT_FOUND", "models/gemini-0 is not found."),
        error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota. Please retry in 33.5s."),
        error(500, "INTERNAL", "An internal error has occurred."),
        error(503, "UNAVAILABLE", "The model is overloaded."),
        error(504, "DEADLINE_EXCEEDED", "Deadline expired."),
        (502, String::new()),
    ]
    .map(|(status, body)| format!("{status} {}\n", case.refused(status, &body)));
    expect![[r#"
        400 failure context_too_long "The input token count (1048580) exceeds the maximum number of tokens allowed (1048576)."
        400 failure blocks_refused "Function call is missing a thought_signature in functionCall parts."
        400 failure blocks_refused "Thought signature is not valid."
        400 failure invalid "Please ensure that the number of function response parts is equal to the number of function call parts."
        400 failure invalid "User location is not supported."
        403 failure unauthenticated "Method doesn't allow callers without [key]."
        404 failure invalid "models/gemini-0 is not found. (model gemini-3-flash-preview)"
        429 failure rate_limited "You exceeded your current quota. Please retry in 33.5s." retry after 33.5s
        500 failure upstream "An internal error has occurred."
        503 failure unavailable "The model is overloaded."
        504 failure upstream "Deadline expired."
        502 failure upstream "the provider answered with status 502"
    "#]].assert_eq(&told.concat());
}

#[test]
fn a_key_that_is_not_valid_is_told_as_such() {
    let error = r#""code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT""#;
    let body = format!(r#"{{"error":{{{error},"details":[{{"reason":"API_KEY_INVALID"}}]}}}}"#);
    assert_eq!(case(vec![]).refused(400, &body), r#"failure unauthenticated "API key not valid.""#);
}

#[test]
fn the_wait_of_retry_info_is_read_like_a_header() {
    let refused = |code: u16, status: &str, details: &str| {
        let error = format!(r#""code":{code},"message":"Quota. Please retry in 33.5s.","status":"{status}""#);
        case(vec![]).refused(code, &format!(r#"[{{"error":{{{error},"details":[{details}]}}}}]"#))
    };
    let info = |delay: &str| {
        let violations = r#"{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[]}"#;
        format!(r#"{violations},{{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":{delay}}}"#)
    };
    let told = [
        refused(429, "RESOURCE_EXHAUSTED", &info(r#""7s""#)),
        refused(503, "UNAVAILABLE", &info(r#""0.250s""#)),
        refused(429, "RESOURCE_EXHAUSTED", &info(r#""172800s""#)),
        refused(429, "RESOURCE_EXHAUSTED", &info("7")),
        refused(400, "INVALID_ARGUMENT", &info(r#""7s""#)),
    ];
    expect![[r#"
        failure rate_limited "Quota. Please retry in 33.5s." retry after 7s
        failure unavailable "Quota. Please retry in 33.5s." retry after 250ms
        failure rate_limited "Quota. Please retry in 33.5s." retry after 33.5s
        failure rate_limited "Quota. Please retry in 33.5s." retry after 33.5s
        failure invalid "Quota. Please retry in 33.5s.""#]]
    .assert_eq(&told.join("\n"));
}
