//! Answers of servers, and how the wire reads them.

use expect_test::{Expect, expect};

use super::{local, openai};

fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&openai().play(fixture).shown());
}

#[test]
fn text_comes_in_pieces_and_once() {
    check(
        "text.sse",
        expect![[r#"
        text "Hello, wörld."
        end end input 176, cache_read 1024, output 9, reasoning 4 request resp_1
        block {"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"Hello, wörld."}],"phase":"final_answer","role":"assistant"}
        needs 9 of 9 events"#]],
    );
    check(
        "changing_ids.sse",
        expect![[r#"
        text "Hello, wörld."
        end end input 5, output 6 request resp_1
        block {"id":"rot_3","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"Hello, wörld."}],"phase":"final_answer","role":"assistant"}
        needs 6 of 6 events"#]],
    );
    check(
        "only_terminal.sse",
        expect![[r#"
        thinking "Why."
        text "Whole."
        call call_A weather {}
        end tool_calls input 5, output 6 request resp_1
        block {"id":"rs_1","type":"reasoning","encrypted_content":"e","summary":[{"type":"summary_text","text":"Why."}]}
        block {"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"Whole."}],"phase":"final_answer","role":"assistant"}
        block {"id":"fc_1","type":"function_call","status":"completed","arguments":"{}","call_id":"call_A","name":"weather"}
        needs 2 of 2 events"#]],
    );
}

#[test]
fn thinking_and_calls_stand_in_their_order_and_the_items_are_whole() {
    check(
        "reasoning_and_calls.sse",
        expect![[r#"
        thinking "**Plan**\n\nThen look."
        text "I look."
        call call_A weather {"city":"Paris"}
        call call_B files.read {"z":1.50,"a":12345678901234567890}
        end tool_calls input 80, output 30, reasoning 11 request resp_1
        block {"id":"rs_1","type":"reasoning","encrypted_content":"gAAA=","summary":[{"type":"summary_text","text":"**Plan**"},{"type":"summary_text","text":"Then look."}]}
        block {"id":"msg_0","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"I look."}],"phase":"commentary","role":"assistant"}
        block {"id":"fc_1","type":"function_call","status":"completed","arguments":"{\"city\":\"Paris\"}","call_id":"call_A","name":"weather"}
        block {"id":"fc_2","type":"function_call","status":"completed","arguments":"{\"z\":1.50,\"a\":12345678901234567890}","call_id":"call_B","name":"files_read_748a5886"}
        needs 22 of 23 events"#]],
    );
}

#[test]
fn texts_of_two_items_are_apart() {
    check(
        "two_messages.sse",
        expect![[r#"
        thinking "One.\n\nTwo."
        text "First.\n\nSecond."
        end end input 5, output 5 request resp_1
        block {"id":"rs_1","type":"reasoning","encrypted_content":"a","summary":[{"type":"summary_text","text":"One."}]}
        block {"id":"rs_2","type":"reasoning","encrypted_content":"b","summary":[{"type":"summary_text","text":"Two."}]}
        block {"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"First."}],"phase":"commentary","role":"assistant"}
        block {"id":"msg_2","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"Second."}],"phase":"final_answer","role":"assistant"}
        needs 20 of 20 events"#]],
    );
}

#[test]
fn a_refusal_and_a_filter_are_ends_if_something_was_said() {
    check(
        "refusal.sse",
        expect![[r#"
        text "I can't help."
        end refusal input 5, output 4 request resp_1
        block {"id":"msg_1","type":"message","status":"completed","content":[{"type":"refusal","refusal":"I can't help."}],"role":"assistant"}
        needs 6 of 6 events"#]],
    );
    check(
        "filtered_after_text.sse",
        expect![[r#"
        text "The way"
        end filter input 5, output 2 request resp_1
        needs 3 of 3 events"#]],
    );
    check(
        "filtered_before_text.sse",
        expect![[r#"
        failure refused "the provider's filter stopped the answer" after input 5 request resp_1
        needs 2 of 2 events"#]],
    );
}

#[test]
fn an_incomplete_answer_gives_back_only_items_that_the_provider_takes() {
    check(
        "incomplete_text.sse",
        expect![[r#"
        text "The w"
        end max_tokens input 5, output 50 request resp_1
        block {"id":"msg_1","type":"message","status":"incomplete","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"The w"}],"phase":"final_answer","role":"assistant"}
        needs 7 of 7 events"#]],
    );
    check(
        "incomplete_call.sse",
        expect![[r#"
        text "I look."
        end max_tokens input 5, output 50, reasoning 40 request resp_1
        needs 12 of 12 events"#]],
    );
    check(
        "incomplete_thinking.sse",
        expect![[r#"
        text "I look."
        call call_A weather {"city":"Paris"}
        end max_tokens input 5, output 50 request resp_1
        block {"id":"msg_0","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"I look."}],"phase":"commentary","role":"assistant"}
        block {"id":"fc_1","type":"function_call","status":"completed","arguments":"{\"city\":\"Paris\"}","call_id":"call_A","name":"weather"}
        needs 13 of 13 events"#]],
    );
}

#[test]
fn thinking_without_its_seal_goes_back_to_compatible_servers_if_it_is_readable() {
    check(
        "unsealed_reasoning.sse",
        expect![[r#"
        call call_A weather {"city":"Paris"}
        end tool_calls input 5, output 6 request resp_1
        needs 8 of 8 events"#]],
    );
    expect![[r#"
        call call_A weather {"city":"Paris"}
        end tool_calls input 5, output 6 request resp_1
        block {"id":"fc_1","type":"function_call","status":"completed","arguments":"{\"city\":\"Paris\"}","call_id":"call_A","name":"weather"}
        needs 8 of 8 events"#]].assert_eq(&local().play("unsealed_reasoning.sse").shown());
    expect![[r#"
        thinking "I need it."
        call call_ixbDyvgBJD4ufriBw2LmT2plD8DqPjCk weather {"city":"Paris"}
        end tool_calls input 277, output 42 request resp_pa03GaSY4Tp7ioVQdcJ1YiyJjZ6sGpud
        block {"id":"rs_2VBunCZnlkGejZMJtLvRBW09j62lTkgQ","summary":[],"type":"reasoning","content":[{"text":"I need it.","type":"reasoning_text"}],"encrypted_content":""}
        block {"id":"fc_ixbDyvgBJD4ufriBw2LmT2plD8DqPjCk","type":"function_call","status":"completed","arguments":"{\n  \"city\": \"Paris\"\n}","call_id":"call_ixbDyvgBJD4ufriBw2LmT2plD8DqPjCk","name":"weather"}
        needs 19 of 19 events"#]].assert_eq(&local().play("llama_cpp_thinking.sse").shown());
}

#[test]
fn a_terminal_failure_is_told_at_once_in_the_providers_words() {
    check(
        "failed_rate_limit.sse",
        expect![[r#"
        failure rate_limited "Rate limit reached for gpt-5.5 in organization org-1 on tokens per min (TPM): Limit 30000, Used 22999, Requested 12528. Please try again in 11.054s. Visit https://platform.openai.com/account/rate-limits to learn more." retry after 11.054s request resp_1
        needs 2 of 2 events"#]],
    );
    check(
        "failed_overflow.sse",
        expect![[r#"
        failure context_too_long "Your input exceeds the context window of this model. Please adjust your input and try again." request resp_1
        needs 2 of 2 events"#]],
    );
    check(
        "failed_after_text.sse",
        expect![[r#"
        text "Half"
        failure upstream "An error occurred while processing your request." after input 7, output 1 request resp_1
        needs 3 of 3 events"#]],
    );
    check(
        "bare_error.sse",
        expect![[r#"
        failure out_of_credit "You exceeded your current quota, please check your plan and billing details." request resp_1
        needs 2 of 2 events"#]],
    );
    check(
        "nested_error.sse",
        expect![[r#"
        failure blocks_refused "The encrypted content gAAA... could not be verified." request resp_1
        needs 2 of 2 events"#]],
    );
}

#[test]
fn ids_are_unique_and_broken_arguments_are_a_text() {
    check(
        "reused_ids.sse",
        expect![[r#"
        call call_A weather {}
        call call_1_2 weather {}
        call call_1_3 weather "[1]"
        end tool_calls input 5, output 6 request resp_1
        block {"id":"fc_1","type":"function_call","status":"completed","arguments":"{}","call_id":"call_A","name":"weather"}
        block {"id":"fc_2","type":"function_call","status":"completed","arguments":"","call_id":"call_A","name":"weather"}
        block {"id":"fc_3","type":"function_call","status":"completed","arguments":"[1]","call_id":"","name":"weather"}
        needs 14 of 14 events"#]],
    );
}

#[test]
fn unknown_events_items_and_fields_are_skipped() {
    check(
        "odd_fields.sse",
        expect![[r#"
        text "Hello, wörld."
        end end no tokens request resp_1
        block {"type":"web_search_call","id":"ws_1","status":"completed","action":{"z":1,"a":2}}
        block {"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"Hello, wörld."}],"phase":"final_answer","role":"assistant"}
        needs 11 of 11 events"#]],
    );
}

#[test]
fn llama_cpp_names_no_places() {
    check(
        "llama_cpp_text.sse",
        expect![[r#"
        text "I'm glad you're happy with the response."
        end end input 33, output 11 request resp_TNOOf3VwJnpVedomj5hyj8UW2jHlOMeu
        block {"type":"message","status":"completed","id":"msg_AhaqQ9DSTYjREK1yvvhc6BpKVcxqTj6z","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"I'm glad you're happy with the response."}],"role":"assistant"}
        needs 18 of 18 events"#]],
    );
    check(
        "llama_cpp_call.sse",
        expect![[r#"
        call call_S9nx1YzEB1Ve82dAE4O1x3UpUkn4pxOd weather {"city":"Paris"}
        end tool_calls input 232, output 33 request resp_rslBGk9pP2lMVX6h64bbEkT4t7fV18tB
        block {"id":"fc_S9nx1YzEB1Ve82dAE4O1x3UpUkn4pxOd","type":"function_call","status":"completed","arguments":"{\n  \"city\": \"Paris\"\n}","call_id":"call_S9nx1YzEB1Ve82dAE4O1x3UpUkn4pxOd","name":"weather"}
        needs 13 of 13 events"#]],
    );
}
