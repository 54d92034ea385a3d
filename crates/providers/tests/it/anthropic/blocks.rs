//! An answer's own blocks, given back.

use domain::message::Part;
use expect_test::expect;

use super::{case, said, with_tools};
use crate::harness::{agent, result, text, user};

#[test]
fn an_answers_own_blocks_go_back_byte_for_byte() {
    let case = with_tools(vec![user("weather?")]);
    let own = case.answered("interleaved.sse");
    let blocks: Vec<String> =
        own.blocks.iter().flat_map(|own| &own.blocks).map(|block| block.text().to_owned()).collect();
    let transcript = vec![user("weather?"), own, result("toolu_1", "1"), result("toolu_2", "2")];
    let case = case.saying(transcript.clone());
    let answer = format!(r#"{{"role":"assistant","content":[{}]}}"#, blocks.join(","));
    assert_eq!(said(&case).lines().nth(1), Some(answer.as_str()));
    expect![[r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"1"},{"type":"tool_result","tool_use_id":"toolu_2","content":"2"}]}"#]].assert_eq(said(&case).lines().nth(2).unwrap_or_default());

    let foreign = case.with(|case| case.model = "claude-opus-4-7");
    expect![[r#"
        {"role":"user","content":[{"type":"text","text":"weather?"}]}
        {"role":"assistant","content":[{"type":"text","text":"I look at Paris."},{"type":"tool_use","id":"toolu_1","name":"weather","input":{"city":"Paris","days":1.50}},{"type":"tool_use","id":"toolu_2","name":"weather","input":{"city":"Rome"}}]}
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"1"},{"type":"tool_result","tool_use_id":"toolu_2","content":"2"}]}
    "#]].assert_eq(&said(&foreign));
    let other = with_tools(transcript.clone()).with(|case| case.provider = "another");
    assert_eq!(said(&other), said(&foreign));
    let back = with_tools(transcript);
    assert_eq!(said(&back).lines().nth(1), Some(answer.as_str()), "and back again");
}

#[test]
fn a_call_goes_back_under_the_id_that_the_message_gave_it() {
    let case = with_tools(vec![user("weather?")]);
    let mut own = case.answered("interleaved.sse");
    let renamed = |part: &mut Part| {
        if let Part::ToolCall(call) = part {
            call.id.push_str("_turn2");
        }
    };
    own.message.body.content.iter_mut().for_each(renamed);
    let case = case.saying(vec![user("weather?"), own, result("toolu_1_turn2", "1"), result("toolu_2_turn2", "2")]);
    let said = said(&case);
    assert_eq!(said.matches(r#""id":"toolu_1_turn2""#).count(), 1);
    assert_eq!(said.matches(r#""tool_use_id":"toolu_1_turn2""#).count(), 1);
    assert!(!said.contains(r#""toolu_1""#) && said.contains("c2ln/3=="), "{said}");
}

#[test]
fn blocks_that_do_not_fit_the_message_are_left_out() {
    let case = with_tools(vec![]);
    let own = case.answered("interleaved.sse");
    let mut fewer = own.clone();
    fewer.message.body.content.pop();
    let mut broken = own;
    broken.blocks = broken.blocks.map(|blocks| {
        let mut blocks = (*blocks).clone();
        blocks.blocks.insert(0, domain::Kept::null());
        blocks.into()
    });
    for odd in [fewer, broken] {
        let said = said(&with_tools(vec![user("weather?"), odd]));
        assert!(!said.contains("thinking") && said.contains("I look at Paris."), "{said}");
    }
}

#[test]
fn an_answer_never_ends_with_thinking_and_has_no_blank_text() {
    let answered = |fixture: &str| {
        let own = case(vec![]).answered(fixture);
        said(&case(vec![user("hello"), own, user("go on")]))
    };
    expect![[r#"
        {"role":"user","content":[{"type":"text","text":"hello"}]}
        {"role":"assistant","content":[{"type":"text","text":"Hi!","citations":[{"type":"char_location","cited_text":"x","start":1.5}]},{"type":"hologram","data":"aGk="}]}
        {"role":"user","content":[{"type":"text","text":"go on"}]}
    "#]].assert_eq(&answered("unknown.sse"));
    expect![[r#"
        {"role":"user","content":[{"type":"text","text":"hello"},{"type":"text","text":"go on"}]}
    "#]]
    .assert_eq(&answered("thinking_only.sse"));
    expect![[r#"
        {"role":"user","content":[{"type":"text","text":"hello"}]}
        {"role":"assistant","content":[{"type":"text","text":"I search."},{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"x"}},{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"https://x.example","encrypted_content":"RW5j"}]}]}
        {"role":"user","content":[{"type":"text","text":"go on"}]}
    "#]].assert_eq(&answered("pause.sse"));
}

#[test]
fn the_prefix_stays_the_same_while_the_transcript_grows() {
    let own = with_tools(vec![]).answered("interleaved.sse");
    let transcript = [
        user("weather?"),
        own,
        result("toolu_1", "1"),
        result("toolu_2", "2"),
        user("and?"),
        agent(vec![text("fine")]),
        user("thanks"),
        agent(vec![text("welcome")]),
        user("bye"),
    ];
    let bodies: Vec<String> = [1, 4, 5, 7, 9].map(|count| said(&with_tools(transcript[..count].to_vec()))).into();
    for pair in bodies.windows(2) {
        let open = pair[0].trim_end().strip_suffix("]}").expect("a message");
        assert!(pair[1].starts_with(open), "{} begins as {open}", pair[1]);
    }
    let settled = with_tools(transcript.to_vec()).with(|case| case.request.tools.reverse());
    assert_eq!(settled.outgoing().body, with_tools(transcript.to_vec()).outgoing().body, "in any order of the tools");
}
