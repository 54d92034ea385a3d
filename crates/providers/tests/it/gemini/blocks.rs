//! An answer's own parts, given back.

use domain::message::Part;
use expect_test::expect;
use providers::Said;

use super::{said, with_tools};
use crate::harness::{agent, call, result, text, user};

/// The answer of the fixture, then results of these calls.
fn called(fixture: &str, ids: &[&str]) -> Vec<Said> {
    let own = with_tools(vec![]).answered(fixture);
    let results = ids.iter().map(|id| result(id, "1"));
    [user("weather?"), own].into_iter().chain(results).collect()
}

#[test]
fn a_signature_stays_on_its_part() {
    expect![[r#"
        {"role":"user","parts":[{"text":"weather?"}]}
        {"role":"model","parts":[{"text":"Two cities.","thought":true},{"text":"I look."},{"functionCall":{"name":"weather","args":{"city":"Paris","days":1.5}},"thoughtSignature":"c2lnMQ=="},{"functionCall":{"name":"weather","args":{"city":"Rome"}}},{"functionCall":{"name":"files_read_748a5886"}}]}
        {"role":"user","parts":[{"functionResponse":{"name":"weather","response":{"output":"1"}}},{"functionResponse":{"name":"weather","response":{"output":"1"}}},{"functionResponse":{"name":"files_read_748a5886","response":{"output":"1"}}}]}
    "#]].assert_eq(&said(&with_tools(called("parallel_calls.sse", &["call_1_1", "call_1_2", "call_1_3"]))));
    expect![[r#"
        {"role":"user","parts":[{"text":"weather?"}]}
        {"role":"model","parts":[{"text":"**Looking** at it.","thought":true},{"text":"It is fine."},{"text":"","thoughtSignature":"c2lnMQ=="}]}
    "#]].assert_eq(&said(&with_tools(called("thoughts.sse", &[]))));
    expect![[r#"
        {"role":"user","parts":[{"text":"weather?"}]}
        {"role":"model","parts":[{"text":"Fi"},{"text":"ne.","thoughtSignature":"c2lnMQ=="}]}
    "#]]
    .assert_eq(&said(&with_tools(called("signed_text.sse", &[]))));
}

#[test]
fn a_call_with_an_id_goes_back_under_the_id_that_the_message_gave_it() {
    let mut transcript = called("calls_with_ids.sse", &["turn2_1", "turn2_2"]);
    let calls = transcript[1].message.body.content.iter_mut();
    for (number, part) in (1..).zip(calls) {
        if let Part::ToolCall(call) = part {
            call.id = format!("turn2_{number}");
        }
    }
    expect![[r#"
        {"role":"user","parts":[{"text":"weather?"}]}
        {"role":"model","parts":[{"functionCall":{"id":"turn2_1","name":"weather","args":{"city":"Paris"}},"thoughtSignature":"c2lnMQ=="},{"functionCall":{"id":"turn2_2","name":"weather","args":{"city":"Rome"}},"thoughtSignature":"c2lnMg=="}]}
        {"role":"user","parts":[{"functionResponse":{"id":"turn2_1","name":"weather","response":{"output":"1"}}},{"functionResponse":{"id":"turn2_2","name":"weather","response":{"output":"1"}}}]}
    "#]].assert_eq(&said(&with_tools(transcript)));
}

#[test]
fn a_history_of_another_origin_has_the_stand_in_for_signatures() {
    let transcript = || called("parallel_calls.sse", &["call_1_1", "call_1_2", "call_1_3"]);
    let foreign = with_tools(transcript()).with(|case| case.model = "gemini-3.1-pro-preview");
    expect![[r#"
        {"role":"user","parts":[{"text":"weather?"}]}
        {"role":"model","parts":[{"text":"I look."},{"functionCall":{"name":"weather","args":{"city":"Paris","days":1.5}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"name":"weather","args":{"city":"Rome"}}},{"functionCall":{"name":"files_read_748a5886","args":{}}}]}
        {"role":"user","parts":[{"functionResponse":{"name":"weather","response":{"output":"1"}}},{"functionResponse":{"name":"weather","response":{"output":"1"}}},{"functionResponse":{"name":"files_read_748a5886","response":{"output":"1"}}}]}
    "#]].assert_eq(&said(&foreign));
    let other = with_tools(transcript()).with(|case| case.provider = "another");
    assert_eq!(said(&other), said(&foreign));
    assert!(said(&with_tools(transcript())).contains("c2lnMQ=="), "and back again");
}

#[test]
fn parts_that_do_not_fit_the_message_are_left_out() {
    let mut fewer = called("parallel_calls.sse", &["call_1_1", "call_1_2"]);
    fewer[1].message.body.content.pop();
    let said = said(&with_tools(fewer));
    assert!(!said.contains("thought\":") && said.contains("skip_thought_signature_validator"), "{said}");
}

#[test]
fn arguments_that_are_no_object_go_back_as_an_empty_one() {
    expect![[r#"
        {"role":"user","parts":[{"text":"weather?"}]}
        {"role":"model","parts":[{"functionCall":{"name":"weather","args":{}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"name":"__050c5d1f","args":{}}}]}
        {"role":"user","parts":[{"functionResponse":{"name":"weather","response":{"output":"1"}}},{"functionResponse":{"name":"__050c5d1f","response":{"output":"1"}}}]}
    "#]].assert_eq(&said(&with_tools(called("broken_call.sse", &["call_1_1", "call_1_2"]))));
}

#[test]
fn the_prefix_stays_the_same_while_the_transcript_grows() {
    let mut transcript = called("parallel_calls.sse", &["call_1_1", "call_1_2", "call_1_3"]);
    transcript.extend([
        user("and?"),
        agent(vec![text("fine"), call("x", "weather", "{}")]),
        result("x", "2"),
        user("thanks"),
        agent(vec![text("welcome")]),
        user("bye"),
    ]);
    let all = |count: usize| said(&with_tools(transcript[..count].to_vec()));
    let bodies = [1, 5, 6, 8, 9, 11].map(all);
    for pair in bodies.windows(2) {
        let open = pair[0].trim_end().strip_suffix("]}").expect("a content");
        assert!(pair[1].starts_with(open), "{} begins as {open}", pair[1]);
    }
    let settled = with_tools(transcript.clone()).with(|case| case.request.tools.reverse());
    assert_eq!(settled.outgoing().body, with_tools(transcript).outgoing().body, "in any order of the tools");
}
