//! Budgets that change, and turns that go on or are tried again.

use super::*;

/// Sends the result of the call `ask` that the thread's turn waits for.
async fn results(test: &TestApp, thread: ThreadId) {
    let result = ToolResult { tool_call_id: "call_1_1".into(), result: Some(1.into()), error: None };
    test.app.keyed(None).tool_results(&test.caller, thread, vec![result]).await.unwrap();
}

async fn waits(test: &TestApp, thread: ThreadId, turn: TurnId) {
    while test.app.turn(&test.caller, thread, turn).await.unwrap().state != State::Waiting {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn a_change_holds_from_the_next_call_of_a_running_turn_on() {
    let test = TestApp::start().await;
    let script = || vec![calls("ask"), says()];
    for (then, code) in [(0, exceeded()), (CALL, exceeded()), (2 * CALL, None), (1_000 * CALL, None)] {
        // The node's slice of the first budget would be enough for many calls.
        test.default_agent(scripted(script(), tokens(Per::Turn, 1_000 * CALL))).await;
        let thread = test.thread().await.id;
        let (turn, _) = test.say(thread, "x", Policy::Queue).await.turn.unwrap();
        waits(&test, thread, turn).await;
        test.default_agent(scripted(script(), tokens(Per::Turn, then))).await;
        results(&test, thread).await;
        assert_eq!(ended(&test, thread).await.code, code, "{then}");
    }
}

#[tokio::test]
async fn a_retried_turn_has_a_new_budget_of_its_own_and_the_days_goes_on() {
    let test = TestApp::start().await;
    let script = || vec![calls("look"), says()];
    let both = |turn: u64, day: u64| [tokens(Per::Turn, turn * CALL), tokens(Per::Day, day * CALL)].concat();
    test.default_agent(scripted(script(), both(1, 5))).await;
    let thread = test.thread().await.id;
    let (first, _) = test.say(thread, "x", Policy::Queue).await.turn.unwrap();
    assert_eq!(ended(&test, thread).await.code, exceeded());
    test.default_agent(scripted(script(), both(2, 4))).await;
    let second = test.app.keyed(None).retry_turn(&test.caller, thread, first).await.unwrap().id;
    assert_eq!((ended(&test, thread).await.code, second != first), (None, true));
    let failed = ask(&test, thread).await;
    assert_eq!(failed, exceeded(), "the day has one call left, and the turn needs two");
    assert!(ended(&test, thread).await.reason.unwrap().contains("400 tokens per day"));
}
