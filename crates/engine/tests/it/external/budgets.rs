//! What programs report of their models: charged, marked, and held against the budgets of their turns.

use domain::{
    ThreadId, TurnId,
    agent::Settings,
    budget::{Budget, Owner, Per, Unit},
    codes,
    controls::Policy,
    day::Day,
    event::Event,
    external::Left,
    spent::Spent,
    turn::State,
    usage::{Usage, Usd},
};
use engine::{
    app::{
        external::{Act, Reported, Tokens},
        usage::sums::{By, Days, SumsQuestion},
    },
    services,
    testing::Choices,
};
use store::testing::Cluster;

use super::program::{Held, Program, calling, ended, held, said, settings};

fn usd(text: &str) -> Option<Usd> {
    Usd::parse(text)
}

/// A message whose models used so many tokens.
fn used(tokens: i64, cost: Option<Usd>) -> Vec<Reported> {
    let usage = Tokens { input: tokens - 1, output: 1, cost, ..Tokens::default() };
    said("yes").into_iter().map(|one| Reported { usage: Some(usage), ..one }).collect()
}

/// The sum of reports with these tokens.
fn sum(tokens: &[u64], cost: &str, unpriced: u64) -> Spent {
    let usage = tokens.iter().map(|tokens| Usage { input: tokens - 1, output: 1, ..Usage::default() }).sum();
    let calls = tokens.len() as u64;
    Spent { calls, unpriced, reported: calls, usage, cost: Usd::parse(cost).unwrap(), ..Spent::default() }
}

async fn on_both(case: impl AsyncFn(Program)) {
    for database in [None, Some(Cluster::of_this_process().fresh_database().await)] {
        case(Program::with(Choices { database, ..Choices::default() }).await).await;
    }
}

impl Program {
    /// The sums of the turn's row, its last entry, the thread and the project.
    async fn sums(&self, thread: ThreadId, turn: TurnId) -> [Option<Spent>; 4] {
        let test = &self.test;
        let row = test.app.turn(&test.caller, thread, turn).await.unwrap().spent;
        let log = test.log(thread).await;
        let last = log.iter().rev().find(|entry| entry.turn == Some(turn)).and_then(|entry| entry.event.ended());
        let head = test.app.thread(&test.caller, thread).await.unwrap().spent;
        let question =
            SumsQuestion { days: Days { from: Day(0), to: Day(1 << 20) }, by: By::default(), offset: 0, limit: 1 };
        let total = test.app.usage_sums(&test.caller, question).await.unwrap().total;
        [row.any(), last.and_then(|ended| ended.spent), head.any(), total.any()]
    }

    async fn budget(&self, budgets: Vec<Budget>) {
        self.test.default_agent(Settings { budgets, ..settings() }).await;
    }

    /// What a claim says is left. `None`: no turn is given out.
    async fn left(&self) -> Option<Left> {
        self.claim_now().await.first().map(|claimed| claimed.left)
    }
}

fn tokens(per: Per, most: u64) -> Vec<Budget> {
    vec![Budget { per, tokens: Some(most), usd: None }]
}

fn dollars(per: Per, most: &str) -> Vec<Budget> {
    vec![Budget { per, tokens: None, usd: usd(most) }]
}

/// The code with which the turn of this report ended.
async fn fails(turn: &mut Held<'_>, act: Act) -> Option<String> {
    let done = turn.next(act).await.unwrap();
    assert_eq!((done.state, done.answer.held), (State::Failed, false));
    let (program, thread) = (turn.program, turn.claimed.turn.thread);
    ended(&program.test, thread).await.1
}

fn exceeded() -> Option<String> {
    Some(codes::BUDGET_EXCEEDED.to_string())
}

#[tokio::test]
async fn what_a_program_reports_is_summed_once_and_marked() {
    on_both(async |program| {
        let thread = program.asked().await;
        let mut turn = program.claim_one().await;
        turn.next(Act::Messages(used(10, usd("0.5")))).await.unwrap();
        turn.again(1, Act::Messages(used(10, usd("0.5"))), None).await.unwrap();
        let first = sum(&[10], "0.5", 0);
        assert_eq!(program.sums(thread, turn.turn).await, [Some(first), None, Some(first), Some(first)]);
        turn.next(Act::Release).await.unwrap();
        let mut turn = program.claim_one().await;
        let last = [used(20, None), said("plain"), used(30, usd("1"))].concat();
        turn.next(Act::Complete(last)).await.unwrap();
        let whole = sum(&[10, 20, 30], "1.5", 1);
        assert_eq!(program.sums(thread, turn.turn).await, [Some(whole); 4]);
        program.test.app.run_now::<services::Usage>().await.unwrap();
        assert_eq!(program.sums(thread, turn.turn).await, [Some(whole); 4], "rolled up");
    })
    .await;
}

#[tokio::test]
async fn a_turn_that_fails_or_is_cancelled_keeps_what_was_reported() {
    let program = Program::start().await;
    for act in [Some(Act::Fail("why".into())), None] {
        let thread = program.asked().await;
        let mut turn = program.claim_one().await;
        turn.next(Act::Messages(used(10, None))).await.unwrap();
        match act {
            Some(act) => drop(turn.next(act).await.unwrap()),
            None => drop(program.test.app.keyed(None).stop_thread(&program.test.caller, thread).await.unwrap()),
        }
        assert_eq!(program.sums(thread, turn.turn).await[..3], [Some(sum(&[10], "0", 1)); 3]);
    }
}

#[tokio::test]
async fn the_report_that_spends_a_budget_is_kept_and_ends_the_turn() {
    on_both(async |program| {
        program.budget(tokens(Per::Turn, 30)).await;
        let thread = program.asked().await;
        let mut turn = program.claim_one().await;
        assert_eq!(turn.next(Act::Messages(used(29, None))).await.unwrap().answer, held());
        assert_eq!(fails(&mut turn, Act::Messages(used(1, None))).await, exceeded());
        let told: Vec<String> = program.test.messages(thread).await.iter().map(|m| m.body.plain_text()).collect();
        assert_eq!(told, ["hello", "yes", "yes", domain::agent::FAILURE_TEXT]);
        let row = program.test.app.turn(&program.test.caller, thread, turn.turn).await.unwrap();
        assert_eq!(row.reason.as_deref(), Some("the budget of the agent, 30 tokens per turn, is spent"));
        assert_eq!(row.spent, sum(&[29, 1], "0", 2));
        // Another turn has a budget of its own. A call that the report brings is closed with the turn.
        program.test.say(thread, "again", Policy::Queue).await;
        let mut turn = program.claim_one().await;
        let Act::Messages(call) = calling(&[("a", "ask")]) else { unreachable!() };
        let call = [used(30, None), call].concat();
        assert_eq!(fails(&mut turn, Act::Messages(call)).await, exceeded());
        let results = program.test.messages(thread).await;
        assert_eq!(results.iter().filter(|message| message.body.tool_results().next().is_some()).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_turn_that_is_said_to_its_end_is_not_failed_by_its_last_call() {
    let program = Program::start().await;
    program.budget(tokens(Per::Day, 30)).await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    assert_eq!(turn.next(Act::Complete(used(31, None))).await.unwrap().state, State::Completed);
    program.test.say(thread, "again", Policy::Queue).await;
    assert_eq!(program.left().await, None, "no program is given a turn that has nothing to spend");
    assert_eq!(ended(&program.test, thread).await, ("turn.failed", exceeded()));
    program.budget(tokens(Per::Day, 40)).await;
    program.test.say(thread, "again", Policy::Queue).await;
    assert_eq!(program.left().await, Some(Left { tokens: Some(9), usd: None }));
}

#[tokio::test]
async fn a_claim_says_the_least_that_is_left() {
    let program = Program::start().await;
    let both = Budget { per: Per::Day, tokens: Some(50), usd: usd("2") };
    program.budget([tokens(Per::Turn, 30), vec![both], dollars(Per::Month, "1.5")].concat()).await;
    program.asked().await;
    let mut turn = program.claim_one().await;
    assert_eq!(turn.claimed.left, Left { tokens: Some(30), usd: usd("1.5") });
    turn.next(Act::Complete(used(25, usd("0.25")))).await.unwrap();
    program.asked().await;
    assert_eq!(program.left().await, Some(Left { tokens: Some(25), usd: usd("1.25") }));
    program.budget(Vec::new()).await;
    program.asked().await;
    assert_eq!(program.left().await, Some(Left::default()));
}

#[tokio::test]
async fn a_budget_of_money_needs_the_cost_of_each_report() {
    let program = Program::start().await;
    program.budget(dollars(Per::Day, "1")).await;
    let unknown = Some(codes::PRICE_UNKNOWN.to_string());
    for act in [Act::Messages(used(10, None)), Act::Complete(used(10, None))] {
        program.asked().await;
        let mut turn = program.claim_one().await;
        assert_eq!(fails(&mut turn, act).await, unknown);
    }
    program.asked().await;
    let mut turn = program.claim_one().await;
    turn.next(Act::Messages(used(10, usd("0.999")))).await.unwrap();
    turn.next(Act::Messages(said("no model was asked"))).await.unwrap();
    assert_eq!(fails(&mut turn, Act::Messages(used(10, usd("0.001")))).await, exceeded());
}

#[tokio::test]
async fn a_turn_whose_answer_is_there_is_claimed_to_be_ended() {
    let program = Program::start().await;
    program.budget(tokens(Per::Day, 30)).await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    turn.next(Act::Messages(used(29, None))).await.unwrap();
    turn.next(Act::Release).await.unwrap();
    program.budget(tokens(Per::Day, 29)).await;
    let mut turn = program.claim_one().await;
    assert!(turn.claimed.is_answered);
    assert_eq!(turn.next(Act::Complete(Vec::new())).await.unwrap().state, State::Completed);
    assert_eq!(ended(&program.test, thread).await.0, "turn.completed");
}

#[tokio::test]
async fn a_lost_programs_calls_are_closed_once_if_the_next_claim_finds_nothing_left() {
    let program = Program::start().await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    turn.next(calling(&[("a", "own")])).await.unwrap();
    turn.next(Act::Release).await.unwrap();
    program.budget(tokens(Per::Day, 0)).await;
    assert_eq!(program.left().await, None);
    assert_eq!(ended(&program.test, thread).await, ("turn.failed", exceeded()));
    let messages = program.test.messages(thread).await;
    assert_eq!(messages.iter().filter(|message| message.body.tool_results().next().is_some()).count(), 1);
}

#[tokio::test]
async fn the_end_of_a_budget_is_told_once() {
    let program = Program::start().await;
    program.budget(tokens(Per::Day, 100)).await;
    let thread = program.asked().await;
    let mut turn = program.claim_one().await;
    for tokens in [79, 1, 1] {
        turn.next(Act::Messages(used(tokens, None))).await.unwrap();
    }
    let alerts = program.test.log(thread).await.into_iter().filter_map(|entry| match entry.event {
        Event::BudgetAlert { owner, unit, most, used, .. } => Some((owner, unit, most, used)),
        _ => None,
    });
    assert_eq!(alerts.collect::<Vec<_>>(), [(Owner::Agent, Unit::Tokens, 100, 80)]);
}

#[tokio::test]
async fn reports_at_once_count_all() {
    on_both(async |program| {
        program.budget(tokens(Per::Day, 1_000)).await;
        let mut turns = Vec::new();
        for _ in 0..8 {
            program.asked().await;
            turns.push(program.claim_one().await);
        }
        let reports = turns.iter_mut().map(|turn| turn.next(Act::Complete(used(100, None))));
        for done in futures_util::future::join_all(reports).await {
            assert_eq!(done.unwrap().state, State::Completed);
        }
        program.asked().await;
        assert_eq!(program.left().await, Some(Left { tokens: Some(200), usd: None }));
    })
    .await;
}
