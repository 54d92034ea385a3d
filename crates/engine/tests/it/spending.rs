//! The charge of model calls, and its sums.

use std::time::Duration;

use domain::{
    Limits, ThreadId, TurnId,
    agent::{Settings, Tool, ToolKind},
    controls::Policy,
    day::Day,
    event::Ended,
    fault::Fault,
    message::ToolResult,
    script::{Reply, ScriptedCall},
    spent::Spent,
    turn::State,
    usage::Usage,
};
use engine::{
    app::usage::sums::{By, Days, Sums, SumsQuestion},
    services,
    testing::{Choices, TestApp},
};
use store::testing::Cluster;

const ALWAYS: Days = Days { from: Day(0), to: Day(1 << 20) };

fn used(input: u64) -> Option<Usage> {
    Some(Usage { input, cache_read: 10, output: 1, ..Usage::default() })
}

fn says(input: u64) -> Reply {
    Reply { text: Some("yes".into()), usage: used(input).map(Box::new), ..Reply::default() }
}

fn fails(fault: Fault, input: u64) -> Reply {
    Reply { error: Some(fault), usage: used(input).map(Box::new), ..Reply::default() }
}

fn calls(name: &str, input: u64) -> Reply {
    let call = ScriptedCall { id: None, name: name.into(), arguments: true.into() };
    Reply { tool_calls: vec![call], usage: used(input).map(Box::new), ..Reply::default() }
}

/// The sum of calls with these inputs. Some calls failed.
fn sum(inputs: &[u64], failed: u64) -> Spent {
    let usage = inputs.iter().filter_map(|input| used(*input)).sum();
    Spent { calls: inputs.len() as u64, failed, unpriced: inputs.len() as u64, usage, ..Spent::default() }
}

async fn told(test: &TestApp, by: By) -> Sums {
    let question = SumsQuestion { days: ALWAYS, by, offset: 0, limit: 100 };
    test.app.usage_sums(&test.caller, question).await.unwrap()
}

/// What the turn's row, its last entry, the thread and the project say was spent.
async fn spent(test: &TestApp, thread: ThreadId, turn: TurnId) -> [Option<Spent>; 4] {
    let row = test.app.turn(&test.caller, thread, turn).await.unwrap().spent;
    let log = test.log(thread).await;
    let ended: Option<&Ended> = log.iter().rev().find(|entry| entry.turn == Some(turn)).and_then(|e| e.event.ended());
    let head = test.app.thread(&test.caller, thread).await.unwrap().spent;
    [row.any(), ended.and_then(|ended| ended.spent), head.any(), told(test, By::default()).await.total.any()]
}

async fn on_both(case: impl AsyncFn(Choices)) {
    for database in [None, Some(Cluster::of_this_process().fresh_database().await)] {
        case(Choices { database, ..Choices::default() }).await;
    }
}

#[tokio::test]
async fn each_call_of_a_turn_counts_once_failed_ones_too() {
    on_both(async |choices| {
        let test = TestApp::with(choices).await;
        let shown = Reply { text: Some("so far".into()), delay_ms: Some(1), ..fails(Fault::Upstream, 4) };
        let script = vec![calls("look", 3), shown, fails(Fault::Unavailable, 1), says(5)];
        let tools = vec![Tool::new("look", ToolKind::Scripted)];
        test.default_agent(Settings { model: Some("scripted".into()), script, tools, ..Settings::default() }).await;
        let thread = test.thread().await.id;
        let (turn, _) = test.say(thread, "x", Policy::Queue).await.turn.unwrap();
        test.settle(thread).await;
        assert_eq!(spent(&test, thread, turn).await, [Some(sum(&[3, 4, 1, 5], 2)); 4]);
        test.say(thread, "x", Policy::Queue).await;
        assert_eq!(test.settle(thread).await.spent, sum(&[3, 4, 1, 5, 3, 4, 1, 5], 4));
    })
    .await;
}

#[tokio::test]
async fn a_turn_that_fails_has_spent_what_its_tries_used() {
    on_both(async |choices| {
        let test = TestApp::with(choices).await;
        test.script(vec![fails(Fault::Unavailable, 1), fails(Fault::Refused, 2)]).await;
        let thread = test.thread().await.id;
        let (turn, _) = test.say(thread, "x", Policy::Queue).await.turn.unwrap();
        test.settle(thread).await;
        assert_eq!(test.app.turn(&test.caller, thread, turn).await.unwrap().state, State::Failed);
        assert_eq!(spent(&test, thread, turn).await, [Some(sum(&[1, 2], 2)); 4]);
        test.script(vec![Reply { error: Some(Fault::Refused), ..Reply::default() }]).await;
        let silent = test.thread().await.id;
        let (turn, _) = test.say(silent, "x", Policy::Queue).await.turn.unwrap();
        test.settle(silent).await;
        assert_eq!(spent(&test, silent, turn).await[..3], [None; 3], "a failure that tells no use is no call");
    })
    .await;
}

#[tokio::test]
async fn sums_go_on_in_another_process() {
    on_both(async |choices| {
        let test = TestApp::with(choices.clone()).await;
        let tools = vec![Tool::new("ask", ToolKind::Client)];
        let script = vec![calls("ask", 7), says(8)];
        test.default_agent(Settings { model: Some("scripted".into()), script, tools, ..Settings::default() }).await;
        let thread = test.thread().await.id;
        let (turn, _) = test.say(thread, "x", Policy::Queue).await.turn.unwrap();
        while test.app.turn(&test.caller, thread, turn).await.unwrap().state != State::Waiting {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(
            spent(&test, thread, turn).await,
            [Some(sum(&[7], 0)), None, Some(sum(&[7], 0)), Some(sum(&[7], 0))]
        );
        let test = TestApp::with(Choices { folder: Some(test.stop().await), ..choices }).await;
        let id = "call_1_1".to_owned();
        let result = ToolResult { tool_call_id: id, result: Some(1.into()), error: None };
        test.app.keyed(None).tool_results(&test.caller, thread, vec![result]).await.unwrap();
        test.settle(thread).await;
        assert_eq!(spent(&test, thread, turn).await, [Some(sum(&[7, 8], 0)); 4]);
    })
    .await;
}

#[tokio::test]
async fn a_pause_and_a_cancellation_keep_what_was_spent() {
    let test = TestApp::start().await;
    let paused = Reply { retry_after_s: Some(30), ..fails(Fault::RateLimited, 9) };
    test.script(vec![paused]).await;
    let thread = test.thread().await.id;
    let (turn, _) = test.say(thread, "x", Policy::Queue).await.turn.unwrap();
    while test.app.turn(&test.caller, thread, turn).await.unwrap().worker.is_some() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(test.app.turn(&test.caller, thread, turn).await.unwrap().spent, sum(&[9], 1));
    test.app.keyed(None).stop_thread(&test.caller, thread).await.unwrap();
    assert_eq!(spent(&test, thread, turn).await, [Some(sum(&[9], 1)); 4]);
}

#[tokio::test]
async fn a_page_counts_a_call_once_before_and_after_it_is_rolled_up() {
    on_both(async |choices| {
        let test = TestApp::with(choices).await;
        test.script(vec![says(3)]).await;
        let thread = test.thread().await.id;
        for _ in 0..3 {
            test.say(thread, "x", Policy::Queue).await;
            test.settle(thread).await;
            let by = By { day: true, agent: true, key: true, model: true };
            let before = told(&test, by).await;
            test.app.run_now::<services::Usage>().await.unwrap();
            let after = told(&test, by).await;
            assert_eq!((&before.groups, before.total), (&after.groups, after.total));
            assert_eq!(after.groups.len(), 1);
            let group = &after.groups[0];
            assert_eq!((group.provider.as_deref(), group.model.as_deref()), (Some(""), Some("scripted")));
            assert_eq!((group.key, group.spent), (Some(test.caller.key), after.total));
            assert_eq!(after.names.agents.values().collect::<Vec<_>>(), ["default"]);
            assert_eq!(after.names.keys.len(), 1);
        }
        let (other, _) = test.other_project().await;
        let question = SumsQuestion { days: ALWAYS, by: By::default(), offset: 0, limit: 10 };
        assert!(test.app.usage_sums(&other, question).await.unwrap().groups.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_sums_outlive_the_thread() {
    on_both(async |choices| {
        let limits = Limits { bulk_rows: 1, ..choices.limits.clone() };
        let test = TestApp::with(Choices { limits, ..choices }).await;
        test.script(vec![says(3)]).await;
        let thread = test.thread().await.id;
        test.say(thread, "x", Policy::Queue).await;
        test.settle(thread).await;
        test.app.delete_thread(&test.caller, thread).await.unwrap();
        for _ in 0..3 {
            assert_eq!(told(&test, By::default()).await.total, sum(&[3], 0));
            test.app.run_now::<services::Unfinished>().await.unwrap();
            test.app.run_now::<services::Usage>().await.unwrap();
        }
    })
    .await;
}

/// The decision on usage names this number. Without the row of the call it would be 15.
#[tokio::test]
async fn a_plain_turn_runs_sixteen_statements() {
    let test = TestApp::start().await;
    test.script(vec![says(3)]).await;
    let thread = test.thread().await.id;
    let mut fewest = u64::MAX;
    for _ in 0..20 {
        let before = test.ran().statements;
        test.say(thread, "x", Policy::Queue).await;
        while test.workers().used() > 0 {
            tokio::task::yield_now().await;
        }
        fewest = fewest.min(test.ran().statements - before);
    }
    assert_eq!(fewest, 16);
}
