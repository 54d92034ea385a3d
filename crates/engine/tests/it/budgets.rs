//! Budgets: no turn spends beyond them, whatever fails, dies or happens at once.

mod changes;
mod owners;
mod providers;

use std::time::Duration;

use domain::{
    Limits, ThreadId, TurnId,
    agent::{Settings, Tool, ToolKind},
    budget::{Budget, Owner, Per, Unit},
    caller::Subject,
    codes,
    controls::Policy,
    event::{Ended, Event, Item},
    fault::Fault,
    message::ToolResult,
    script::{Reply, ScriptedCall},
    turn::State,
    usage::Usage,
};
use engine::{
    services,
    testing::{Choices, TestApp},
};
use store::testing::Cluster;

/// Tokens of each call of the scripts below.
const CALL: u64 = 100;

fn used() -> Option<Box<Usage>> {
    Some(Box::new(Usage { input: CALL - 10, output: 10, ..Usage::default() }))
}

fn says() -> Reply {
    Reply { text: Some("yes".into()), usage: used(), ..Reply::default() }
}

fn calls(name: &str) -> Reply {
    let call = ScriptedCall { id: None, name: name.into(), arguments: true.into() };
    Reply { tool_calls: vec![call], usage: used(), ..Reply::default() }
}

fn tokens(per: Per, tokens: u64) -> Vec<Budget> {
    vec![Budget { per, tokens: Some(tokens), usd: None }]
}

/// An agent with this script and these budgets.
fn scripted(script: Vec<Reply>, budgets: Vec<Budget>) -> Settings {
    let tools = vec![Tool::new("look", ToolKind::Scripted), Tool::new("ask", ToolKind::Client)];
    Settings { model: Some("scripted".into()), script, tools, budgets, ..Settings::default() }
}

/// The end of the thread's last turn.
async fn ended(test: &TestApp, thread: ThreadId) -> Ended {
    test.settle(thread).await;
    test.log(thread).await.iter().rev().find_map(|entry| entry.event.ended().cloned()).expect("the turn has ended")
}

/// Says a word in the thread. The code of the turn's failure.
async fn ask(test: &TestApp, thread: ThreadId) -> Option<String> {
    test.say(thread, "x", Policy::Queue).await;
    ended(test, thread).await.code
}

fn exceeded() -> Option<String> {
    Some(codes::BUDGET_EXCEEDED.to_string())
}

async fn on_both(case: impl AsyncFn(Choices)) {
    for database in [None, Some(Cluster::of_this_process().fresh_database().await)] {
        case(Choices { database, ..Choices::default() }).await;
    }
}

/// Says a word in so many new threads at once. The number of turns that were answered; all others fail by their budget.
async fn answered(test: &TestApp, turns: usize) -> usize {
    let mut threads = Vec::new();
    for _ in 0..turns {
        threads.push(test.thread().await.id);
    }
    let asked = threads.iter().map(|thread| test.say(*thread, "x", Policy::Queue));
    futures_util::future::join_all(asked).await;
    let mut count = 0;
    for thread in threads {
        match ended(test, thread).await.code {
            None => count += 1,
            code => assert_eq!(code, exceeded()),
        }
    }
    count
}

#[tokio::test]
async fn many_turns_at_once_make_as_many_calls_as_their_budget_has() {
    on_both(async |choices| {
        let test = TestApp::with(choices).await;
        test.default_agent(scripted(vec![says()], tokens(Per::Day, 10 * CALL + CALL / 2))).await;
        assert_eq!(answered(&test, 64).await, 10);
        assert_eq!(answered(&test, 3).await, 0);
    })
    .await;
}

#[tokio::test]
async fn two_nodes_do_not_spend_beyond_one_budget() {
    let database = Some(Cluster::of_this_process().fresh_database().await);
    let one = TestApp::with(Choices { database: database.clone(), ..Choices::default() }).await;
    let two = TestApp::with(Choices { database, ..Choices::default() }).await;
    // First each slice is one call, then a node draws several at once.
    for (per, most) in [(Per::Day, 9), (Per::Month, 200)] {
        one.default_agent(scripted(vec![says()], tokens(per, most * CALL))).await;
        let (first, second) = tokio::join!(answered(&one, 120), answered(&two, 120));
        let calls = (first + second) as u64;
        // What one node has drawn and not spent, the other cannot spend: less than a sixteenth.
        assert!(calls <= most && calls >= most - most / 16, "{first} and {second} of {most}");
    }
}

#[tokio::test]
async fn a_turn_beyond_its_budget_fails_with_the_neutral_sentence_and_the_thread_goes_on() {
    let test = TestApp::start().await;
    test.default_agent(scripted(vec![calls("look"), says()], tokens(Per::Turn, CALL))).await;
    let thread = test.thread().await.id;
    let (turn, _) = test.say(thread, "x", Policy::Queue).await.turn.unwrap();
    let failed = ended(&test, thread).await;
    assert_eq!((failed.code, failed.steps), (exceeded(), 1));
    let why = "the budget of the agent, 100 tokens per turn, leaves too little for the next model call";
    assert_eq!(failed.reason.as_deref(), Some(why));
    let row = test.app.turn(&test.caller, thread, turn).await.unwrap();
    assert_eq!((row.state, row.reason.as_deref(), row.spent.usage.total()), (State::Failed, Some(why), CALL));
    let last = test.messages(thread).await.pop().unwrap().body;
    assert_eq!(last.plain_text(), domain::agent::FAILURE_TEXT);
    assert_eq!(ask(&test, thread).await, exceeded(), "another turn has a budget of its own, for one call");
    test.default_agent(scripted(vec![calls("look"), says()], tokens(Per::Turn, 2 * CALL))).await;
    assert_eq!(ask(&test, thread).await, None);
}

#[tokio::test]
async fn a_budget_of_zero_allows_no_call() {
    let test = TestApp::start().await;
    for per in [Per::Turn, Per::Day, Per::Month] {
        test.default_agent(scripted(vec![says()], tokens(per, 0))).await;
        let thread = test.thread().await.id;
        assert_eq!(ask(&test, thread).await, exceeded());
        assert_eq!(test.app.thread(&test.caller, thread).await.unwrap().spent.calls, 0);
    }
}

#[tokio::test]
async fn failed_calls_count() {
    let test = TestApp::start().await;
    let told = Reply { error: Some(Fault::Unavailable), usage: used(), ..Reply::default() };
    let lost = Reply { cut_after: Some(0), usage: None, ..says() };
    let refused = Reply { error: Some(Fault::Unavailable), ..Reply::default() };
    for (fails, calls, code) in [
        (told, 1, exceeded()),
        // Nobody knows what a call used whose connection was lost: it counts as its worst case.
        (lost, 1, exceeded()),
        // A provider that refused a request ran no model.
        (refused, 1, None),
    ] {
        let script = vec![fails.clone(), says()];
        test.default_agent(scripted(script.clone(), tokens(Per::Turn, calls * CALL))).await;
        let thread = test.thread().await.id;
        assert_eq!(ask(&test, thread).await, code, "{fails:?}");
        test.default_agent(scripted(script, tokens(Per::Turn, (calls + 1) * CALL))).await;
        assert_eq!(ask(&test, thread).await, None, "{fails:?}");
    }
}

#[tokio::test]
async fn days_and_months_end_at_midnight_in_utc() {
    let at = |text: &str| domain::Timestamp::parse(text).unwrap().0;
    for (per, last, first) in [
        (Per::Day, "2027-03-14T23:59:59.9Z", "2027-03-15T00:00:00Z"),
        (Per::Month, "2027-02-28T23:59:59.9Z", "2027-03-01T00:00:00Z"),
    ] {
        let (clock, now) = TestApp::manual_clock();
        now.store(at(last), std::sync::atomic::Ordering::SeqCst);
        let test = TestApp::with(Choices { clock, ..Choices::default() }).await;
        test.default_agent(scripted(vec![says()], tokens(per, CALL))).await;
        let thread = test.thread().await.id;
        assert_eq!(ask(&test, thread).await, None);
        assert_eq!(ask(&test, thread).await, exceeded());
        now.store(at(first), std::sync::atomic::Ordering::SeqCst);
        assert_eq!(ask(&test, thread).await, None, "{per:?}");
        assert_eq!(ask(&test, thread).await, exceeded());
    }
}

#[tokio::test]
async fn what_a_dead_process_had_drawn_counts_as_spent() {
    on_both(async |choices| {
        let limits = Limits { drain_s: 0, ..choices.limits.clone() };
        let hangs =
            Reply { hang: true, text: Some("so far".into()), delay_ms: Some(1), usage: used(), ..Reply::default() };
        let choices = Choices { limits, ..choices };
        let mut test = TestApp::with(choices.clone()).await;
        // Two calls, which both die in their middle.
        test.default_agent(scripted(vec![hangs], tokens(Per::Turn, 2 * CALL))).await;
        let thread = test.thread().await.id;
        test.say(thread, "x", Policy::Queue).await;
        for attempt in 1..=2 {
            test.until(thread, |item| matches!(item, Item::Delta(delta) if delta.attempt == attempt)).await;
            test = TestApp::with(Choices { folder: Some(test.stop().await), ..choices.clone() }).await;
        }
        assert_eq!(ended(&test, thread).await.code, exceeded(), "the third attempt makes no call");
    })
    .await;
}

#[tokio::test]
async fn an_idle_slice_is_given_back() {
    let (clock, now) = TestApp::manual_clock();
    let database = Some(Cluster::of_this_process().fresh_database().await);
    let choices = Choices { clock, database, ..Choices::default() };
    let (one, two) = (TestApp::with(choices.clone()).await, TestApp::with(choices).await);
    // The first node draws a sixteenth for its first call, and has three calls left of it.
    one.default_agent(scripted(vec![says()], tokens(Per::Day, 64 * CALL))).await;
    let thread = one.thread().await.id;
    assert_eq!(ask(&one, thread).await, None);
    assert_eq!(answered(&two, 64).await, 60);
    now.fetch_add(20_000_000, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(one.app.run_now::<services::Budgets>().await.unwrap(), 1);
    assert_eq!(answered(&two, 4).await, 3);
}

#[tokio::test]
async fn most_of_a_budget_is_told_once_and_to_the_project_alone() {
    let test = TestApp::start().await;
    let agent = test.default_agent(scripted(vec![says()], tokens(Per::Day, 10 * CALL))).await;
    let thread = test.thread().await.id;
    for calls in 1..=10 {
        assert_eq!(ask(&test, thread).await, None);
        let log = test.log(thread).await;
        let alerts: Vec<_> = log.iter().filter(|entry| entry.event.kind() == "budget.alert").collect();
        assert_eq!(alerts.len(), usize::from(calls >= 8), "after {calls} calls");
        if let [alert] = alerts[..] {
            let (owner, owner_id, per) = (Owner::Agent, agent.id.0, Per::Day);
            let expected = Event::BudgetAlert { owner, owner_id, per, unit: Unit::Tokens, most: 1_000, used: 800 };
            assert_eq!(alert.event, expected);
            assert_eq!(alert.clone().shown_to(Subject::Agent(agent.id)).event, Event::ThreadInternal {});
        }
    }
    assert_eq!(ask(&test, thread).await, exceeded());
}

/// The decision on budgets names these numbers. A plain turn without budgets runs 16, as `spending.rs` holds.
#[tokio::test]
async fn a_turn_under_a_budget_reads_once_and_draws_seldom() {
    let test = TestApp::start().await;
    test.default_agent(scripted(vec![says()], tokens(Per::Day, 1_000_000 * CALL))).await;
    let thread = test.thread().await.id;
    let mut counts = Vec::new();
    for _ in 0..20 {
        let before = test.ran().statements;
        test.say(thread, "x", Policy::Queue).await;
        while test.workers().used() > 0 {
            tokio::task::yield_now().await;
        }
        counts.push(test.ran().statements - before);
    }
    assert_eq!((counts[0].min(19), counts[1..].iter().min()), (19, Some(&17)), "{counts:?}");
}
