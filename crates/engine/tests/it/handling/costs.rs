//! The cost of each operation of people: its statements and its transactions.

use domain::{ThreadId, agent::Settings, controls::Policy};
use engine::testing::TestApp;

use super::{
    at_once::{Act, act},
    called::asks,
    team,
};

/// The statements and the transactions that write of an operation, at the least of some tries: background services add
/// to the counts.
async fn cost(test: &TestApp, before: &[Act], done: Act) -> (u64, u64) {
    let mut fewest = (u64::MAX, u64::MAX);
    for _ in 0..20 {
        let thread = test.thread().await.id;
        for one in before {
            act(test, thread, super::ANN, *one).await.unwrap();
        }
        let ran = test.ran();
        act(test, thread, super::ANN, done).await.unwrap();
        let now = test.ran();
        fewest = fewest.min((now.statements - ran.statements, now.writes - ran.writes));
        test.settle(thread).await;
    }
    fewest
}

#[tokio::test]
async fn an_operation_of_people_costs_as_many_statements_as_the_decision_says() {
    let test = team().await;
    test.default_agent(Settings { paused: true, ..Settings::default() }).await;
    for (before, done, expected) in [
        (&[][..], Act::Say, (6, 1)),
        (&[], Act::Take, (9, 1)),
        (&[Act::Take], Act::Say, (6, 1)),
        (&[Act::Take], Act::Reply, (9, 1)),
        (&[], Act::Reply, (12, 1)),
        (&[], Act::Keep, (9, 1)),
        (&[Act::Take], Act::HandBack, (9, 1)),
        (&[], Act::Assign, (8, 1)),
        (&[], Act::Ask, (7, 1)),
        (&[Act::Ask], Act::Withdraw, (8, 1)),
        (&[], Act::Note, (6, 1)),
        (&[], Act::Seen, (4, 1)),
    ] {
        assert_eq!(cost(&test, before, done).await, expected, "{before:?}, {done:?}");
    }
}

/// The statements of a turn with this script.
async fn turn(test: &TestApp, settings: Settings) -> u64 {
    test.default_agent(settings).await;
    let mut fewest = u64::MAX;
    for _ in 0..8 {
        let thread: ThreadId = test.thread().await.id;
        let before = test.ran().statements;
        test.say(thread, "a", Policy::Queue).await;
        while test.workers().used() > 0 {
            tokio::task::yield_now().await;
        }
        fewest = fewest.min(test.ran().statements - before);
    }
    fewest
}

#[tokio::test]
async fn a_call_of_the_tool_costs_the_entry_of_its_request_more_than_one_of_a_scripted_tool() {
    let test = team().await;
    let built_in = asks(&[serde_json::json!({"reason": "x"})], false);
    let mut scripted = built_in.clone();
    scripted.tools[0].kind = domain::agent::ToolKind::Scripted;
    let (built_in, scripted) = (turn(&test, built_in).await, turn(&test, scripted).await);
    assert_eq!(built_in, scripted + 1, "the entry of the request is the only statement more");
}
