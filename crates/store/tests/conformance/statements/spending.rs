//! Model calls and their sums.

use std::sync::Arc;

use domain::{
    AgentId, KeyId, ProjectId, Result, ThreadId, Timestamp, TurnId,
    day::Day,
    spent::{Call, Spent},
    usage::{Usage, Usd},
};
use store::{
    Error, Tx, log, op, removals, step_usage,
    testing::Scratch,
    threads,
    usage_sums::{self, By, Days, Sum},
};
use uuid::Uuid;

use super::log::{entry, thread};
use crate::samples::id;

super::in_a_transaction! {
    a_turns_calls_are_summed_by_their_rows
    a_projects_calls_are_told_the_same_before_and_after_they_are_rolled_up
    a_head_and_a_turn_keep_their_sums
    the_sums_of_a_deleted_thread_stay
    costs_beyond_any_sum_are_the_largest_one
}

/// 2025-10-09, a microsecond before midnight.
const LATE: Timestamp = Timestamp(20_371 * 86_400_000_000 - 1);
const DAY: Day = Day(20_370);

fn call(project: ProjectId, thread: ThreadId) -> Call {
    Call {
        id: id(),
        project,
        thread,
        turn: TurnId(id()),
        agent: AgentId(Uuid::from_u128(1)),
        key: None,
        at: LATE,
        provider: None,
        model: "echo".into(),
        usage: Usage { input: 1, cache_read: 2, cache_write: 4, cache_write_1h: 8, output: 16, reasoning: 3 },
        cost: None,
        failed: false,
        reported: false,
    }
}

fn sum<'c>(calls: impl IntoIterator<Item = &'c Call>) -> Spent {
    let mut sum = Spent::default();
    calls.into_iter().for_each(|call| sum += call.into());
    sum
}

async fn a_turns_calls_are_summed_by_their_rows(tx: &mut Tx) -> Result<()> {
    let plain = call(ProjectId(id()), ThreadId(id()));
    let failed = Call { id: id(), failed: true, cost: Some(Usd(7)), ..plain.clone() };
    let late = Call { id: id(), at: LATE.plus_us(9), reported: true, ..plain.clone() };
    let other = Call { id: id(), turn: TurnId(id()), ..plain.clone() };
    step_usage::insert(tx, &[plain.clone(), failed.clone()]).await?;
    step_usage::insert(tx, &[late.clone(), other]).await?;
    step_usage::insert(tx, &[]).await?;
    let (thread, turn) = (plain.thread, plain.turn);
    assert_eq!(step_usage::of_turn(tx, thread, turn, LATE).await?, sum([&plain, &failed, &late]));
    assert_eq!(step_usage::of_turn(tx, thread, turn, LATE.plus_us(1)).await?, sum([&late]));
    assert_eq!(step_usage::of_turn(tx, ThreadId(id()), turn, LATE).await?, Spent::default());
    Ok(())
}

async fn a_projects_calls_are_told_the_same_before_and_after_they_are_rolled_up(tx: &mut Tx) -> Result<()> {
    let (project, key) = (ProjectId(id()), KeyId(Uuid::from_u128(9)));
    let one = call(project, ThreadId(id()));
    let priced = Call { id: id(), provider: Some("p".into()), model: "m".into(), cost: Some(Usd(5)), ..one.clone() };
    let next_day = Call { id: id(), at: LATE.plus_us(1), key: Some(key), reported: true, ..one.clone() };
    let of_agent = Call { agent: AgentId(Uuid::from_u128(2)), ..call(project, ThreadId(id())) };
    let foreign = call(ProjectId(id()), ThreadId(id()));
    let all = [&one, &priced, &next_day, &of_agent];
    step_usage::insert(tx, &[one.clone(), priced.clone(), next_day.clone(), of_agent.clone(), foreign]).await?;
    let days = Days { from: DAY, to: DAY.plus(2) };
    let none = Sum { day: None, agent: None, key: None, provider: None, model: None, spent: Spent::default() };
    let of_day = |day, calls: &[&Call]| Sum { day: Some(day), spent: sum(calls.iter().copied()), ..none.clone() };
    let of_key = |key, calls: &[&Call]| Sum { key: Some(key), spent: sum(calls.iter().copied()), ..none.clone() };
    let of_model = |provider: &str, model: &str, calls: &[&Call]| Sum {
        provider: Some(provider.into()),
        model: Some(model.into()),
        spent: sum(calls.iter().copied()),
        ..none.clone()
    };
    let by_agent = Sum { agent: Some(of_agent.agent), spent: sum([&of_agent]), ..none.clone() };
    for limit in [0, 1, 2, 9] {
        assert!(usage_sums::is_behind(tx).await?);
        assert_eq!(usage_sums::roll(tx, limit).await?, limit.min(2).unsigned_abs() as usize, "{limit}");
        let list = async |tx: &mut Tx, by: By| usage_sums::list(tx, project, days, by, 0, 10).await;
        assert_eq!(list(tx, By::default()).await?, [Sum { spent: sum(all), ..none.clone() }], "{limit}");
        let by = By { day: true, ..By::default() };
        let by_day = [of_day(DAY, &[&one, &priced, &of_agent]), of_day(DAY.plus(1), &[&next_day])];
        assert_eq!(list(tx, by).await?, by_day, "{limit}");
        assert_eq!(usage_sums::list(tx, project, Days { from: DAY.plus(1), ..days }, by, 0, 9).await?, by_day[1..]);
        assert_eq!(usage_sums::list(tx, project, Days { to: DAY.plus(1), ..days }, by, 0, 9).await?, by_day[..1]);
        let by = By { key: true, ..By::default() };
        let by_key = [of_key(KeyId(Uuid::nil()), &[&one, &priced, &of_agent]), of_key(key, &[&next_day])];
        assert_eq!(list(tx, by).await?, by_key);
        assert_eq!(usage_sums::list(tx, project, days, by, 1, 1).await?, by_key[1..], "{limit}");
        let by_model = [of_model("", "echo", &[&one, &next_day, &of_agent]), of_model("p", "m", &[&priced])];
        assert_eq!(list(tx, By { model: true, ..By::default() }).await?, by_model);
        assert_eq!(list(tx, By { agent: true, ..By::default() }).await?[1], by_agent);
        if limit == 9 {
            break;
        }
    }
    assert!(!usage_sums::is_behind(tx).await?);
    assert_eq!(usage_sums::roll(tx, 9).await?, 0, "each call once");
    Ok(())
}

async fn a_head_and_a_turn_keep_their_sums(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    head.spent = sum([&call(head.project, head.id)]);
    threads::insert(tx, &head).await?;
    assert_eq!(threads::find(tx, head.project, head.id).await?.map(|found| found.spent), Some(head.spent));
    head.spent += head.spent;
    log::append(tx, &head, &[], 0).await?;
    assert_eq!(threads::find(tx, head.project, head.id).await?, Some(head.clone()), "without an entry, too");
    Ok(())
}

async fn the_sums_of_a_deleted_thread_stay(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let said = entry(&mut head, Some("a"), None);
    log::append(tx, &head, &[said], 0).await?;
    let calls = [(); 3].map(|()| call(head.project, head.id));
    let other = call(head.project, ThreadId(id()));
    step_usage::insert(tx, &calls).await?;
    step_usage::insert(tx, std::slice::from_ref(&other)).await?;
    assert_eq!(usage_sums::roll_of_thread(tx, ProjectId(id()), head.id, 9).await?, 0);
    assert_eq!(usage_sums::roll_of_thread(tx, head.project, head.id, 1).await?, 1);
    removals::begin(tx, head.project, head.id, LATE).await?;
    let mut steps = 0;
    while removals::step(tx, head.id.0, 1, 1 << 20).await? {
        steps += 1;
    }
    assert_eq!(steps, 6, "two calls are rolled up, one entry goes, and three calls");
    removals::end(tx, head.id.0).await?;
    let left: Vec<Uuid> = tx.query("SELECT thread_id FROM step_usage", &[]).await?;
    assert_eq!(left, [other.thread.0]);
    let days = Days { from: DAY, to: DAY.plus(1) };
    let told = usage_sums::list(tx, head.project, days, By::default(), 0, 9).await?;
    assert_eq!(told.iter().map(|sum| sum.spent.calls).collect::<Vec<_>>(), [4]);
    Ok(())
}

async fn calls_that_two_nodes_roll_up_at_once_count_once(db: Scratch) {
    let project = ProjectId(id());
    let store = Arc::new(db.store.clone());
    let calls: Vec<Call> = (0..200).map(|_| call(project, ThreadId(id()))).collect();
    let written = calls.clone();
    store.write(op(move |tx| Box::pin(async move { step_usage::insert(tx, &written).await }))).await.unwrap();
    let nodes = (0..4).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut rolled = 0;
            loop {
                let roll = op(|tx| Box::pin(async move { usage_sums::roll(tx, 7).await }));
                match store.write(roll).await? {
                    0 => return Ok::<_, Error>(rolled),
                    more => rolled += more,
                }
            }
        })
    });
    let mut rolled = 0;
    for node in nodes.collect::<Vec<_>>() {
        rolled += node.await.unwrap().unwrap();
    }
    assert_eq!(rolled, 200);
    let days = Days { from: DAY, to: DAY.plus(1) };
    let list = op(move |tx| Box::pin(async move { usage_sums::list(tx, project, days, By::default(), 0, 9).await }));
    let told = store.read(list).await.unwrap();
    assert_eq!(told.iter().map(|sum| sum.spent).collect::<Vec<_>>(), [sum(&calls)]);
}

mod at_once {
    use super::calls_that_two_nodes_roll_up_at_once_count_once;

    crate::on_both! {
        calls_that_two_nodes_roll_up_at_once_count_once
    }
}

async fn costs_beyond_any_sum_are_the_largest_one(tx: &mut Tx) -> Result<()> {
    let huge = Call { cost: Some(Usd(i64::MAX)), ..call(ProjectId(id()), ThreadId(id())) };
    let (project, thread, turn) = (huge.project, huge.thread, huge.turn);
    let days = Days { from: DAY, to: DAY.plus(1) };
    for _ in 0..3 {
        step_usage::insert(tx, &[Call { id: id(), ..huge.clone() }, Call { id: id(), ..huge.clone() }]).await?;
        assert_eq!(step_usage::of_turn(tx, thread, turn, LATE).await?.cost, Usd(i64::MAX));
        for _ in 0..2 {
            let sums = usage_sums::list(tx, project, days, By::default(), 0, 1).await?;
            assert_eq!(sums[0].spent.cost, Usd(i64::MAX));
            usage_sums::roll(tx, 9).await?;
        }
    }
    Ok(())
}
