//! Turns of external agents, and the keys of their programs.

use domain::{
    AgentId, KeyId, MessageId, ProjectId, Result, ThreadId, Timestamp, TurnId, WorkerId,
    event::DeltaKind,
    external::{Answer, External, Hold, Progress, Pushing, Saying},
    turn::{State, Turn},
};
use store::{Tx, external_turns, key_agents, threads, turns};

use super::{log::thread, turns::turn};
use crate::samples::id;

super::in_a_transaction! {
    a_turn_comes_back_as_it_was_saved
    offers_are_of_one_agent_and_the_longest_offered_comes_first
    alarms_come_when_they_are_due
    pushes_are_found_by_agent_and_the_longest_due_comes_first
    a_hold_of_a_program_is_no_workers_lease
    rows_go_with_their_thread
    a_key_has_its_own_agents
}

const AT: Timestamp = Timestamp(1_760_000_000_000_001);

fn external(project: ProjectId, agent: AgentId) -> External {
    External {
        turn: TurnId(id()),
        project,
        agent,
        thread: ThreadId(id()),
        offered_at: None,
        alarm_at: None,
        attempt: 0,
        n: 0,
        fingerprint: None,
        answer: None,
        progress: Progress::default(),
        pushing: Pushing::default(),
    }
}

async fn a_turn_comes_back_as_it_was_saved(tx: &mut Tx) -> Result<()> {
    let mut row = external(ProjectId(id()), AgentId(id()));
    external_turns::save(tx, &row).await?;
    assert_eq!(external_turns::find(tx, row.project, row.turn).await?.as_ref(), Some(&row));
    let saying = Saying {
        message: MessageId(id()),
        previous: (7, 2),
        kind: DeltaKind::Thinking,
        text_chars: 3,
        thinking_chars: 4,
        bytes: 9,
        at: AT,
    };
    row.progress = Progress {
        hold: Hold::Released,
        reads: 5,
        saying: Some(saying),
        first_text_at: Some(AT),
        renamed: vec![("a".into(), "a-2".into())],
    };
    (row.offered_at, row.alarm_at, row.attempt, row.n) = (Some(AT), Some(AT.plus_s(1)), 2, 3);
    row.fingerprint = Some(vec![1, 2]);
    row.pushing = Pushing { at: Some(AT.plus_s(2)), tries: 3, since: Some(AT) };
    row.answer = Some(Answer { calls: vec!["a".into()], waiting: vec!["b".into()], held: true, again: true });
    external_turns::save(tx, &row).await?;
    assert_eq!(external_turns::find(tx, row.project, row.turn).await?.as_ref(), Some(&row));
    assert_eq!(external_turns::find(tx, ProjectId(id()), row.turn).await?, None);
    external_turns::delete(tx, ProjectId(id()), row.turn).await?;
    assert!(external_turns::find(tx, row.project, row.turn).await?.is_some());
    external_turns::delete(tx, row.project, row.turn).await?;
    assert_eq!(external_turns::find(tx, row.project, row.turn).await?, None);
    Ok(())
}

async fn offers_are_of_one_agent_and_the_longest_offered_comes_first(tx: &mut Tx) -> Result<()> {
    let (project, agent) = (ProjectId(id()), AgentId(id()));
    let offered =
        |project, agent, s: Option<i64>| External { offered_at: s.map(|s| AT.plus_s(s)), ..external(project, agent) };
    let [late, early, held] = [Some(2), Some(1), None].map(|s| offered(project, agent, s));
    let (others, elsewhere) = (offered(project, AgentId(id()), Some(0)), offered(ProjectId(id()), agent, Some(0)));
    for row in [&late, &early, &held, &others, &elsewhere] {
        external_turns::save(tx, row).await?;
    }
    let found = external_turns::offered(tx, project, agent, 10).await?;
    let found: Vec<_> = found.into_iter().map(|offered| (offered.0, offered.1, offered.2)).collect();
    let expected = [&early, &late].map(|row| (row.turn, row.offered_at.unwrap(), row.thread));
    assert_eq!(found, expected);
    assert_eq!(external_turns::offered(tx, project, agent, 1).await?.len(), 1);
    Ok(())
}

async fn pushes_are_found_by_agent_and_the_longest_due_comes_first(tx: &mut Tx) -> Result<()> {
    let (project, agent, other) = (ProjectId(id()), AgentId(id()), AgentId(id()));
    let row = |agent, s: Option<i64>| {
        let pushing = Pushing { at: s.map(|s| AT.plus_s(s)), ..Pushing::default() };
        External { pushing, ..external(project, agent) }
    };
    let [late, early, none, others] =
        [(agent, Some(2)), (agent, Some(1)), (agent, None), (other, Some(0))].map(|(agent, s)| row(agent, s));
    for row in [&late, &early, &none, &others] {
        external_turns::save(tx, row).await?;
    }
    let agents = async |tx: &mut Tx| -> Result<Vec<(AgentId, Timestamp)>> {
        let all = external_turns::pushed(tx, 1_000).await?;
        Ok(all.into_iter().filter(|one| one.1 == project).map(|one| (one.0, one.2)).collect())
    };
    assert_eq!(agents(tx).await?, [(other, AT), (agent, AT.plus_s(1))]);
    let next = async |tx: &mut Tx, s| -> Result<Option<TurnId>> {
        Ok(external_turns::to_push(tx, project, agent, AT.plus_s(s)).await?.map(|found| found.0))
    };
    assert_eq!(
        (next(tx, 0).await?, next(tx, 1).await?, next(tx, 9).await?),
        (None, Some(early.turn), Some(early.turn))
    );
    external_turns::bring_pushes_forward(tx, AT.plus_s(-9), AT.plus_s(1)).await?;
    assert_eq!(agents(tx).await?, [(agent, AT.plus_s(-9)), (other, AT)]);
    assert_eq!(next(tx, 0).await?, Some(late.turn), "it was too far ahead");
    let offered = External { offered_at: Some(AT), ..external(project, AgentId(id())) };
    let held = External { offered_at: None, turn: TurnId(id()), ..offered.clone() };
    for row in [&offered, &held] {
        external_turns::save(tx, row).await?;
    }
    assert_eq!(external_turns::push_now(tx, ProjectId(id()), offered.agent, AT).await?, 0, "of another project");
    assert_eq!(external_turns::push_now(tx, project, offered.agent, AT).await?, 1, "a program holds the other");
    let pushed = external_turns::to_push(tx, project, offered.agent, AT).await?;
    assert_eq!(pushed.map(|found| found.0), Some(offered.turn));
    Ok(())
}

async fn alarms_come_when_they_are_due(tx: &mut Tx) -> Result<()> {
    let (project, agent) = (ProjectId(id()), AgentId(id()));
    let rung = |s: i64, offered: bool| External {
        alarm_at: Some(AT.plus_s(s)),
        offered_at: offered.then_some(AT),
        ..external(project, agent)
    };
    let (held, offered, far) = (rung(2, false), rung(1, true), rung(9_000, false));
    let never = external(project, agent);
    for row in [&held, &offered, &far, &never] {
        external_turns::save(tx, row).await?;
    }
    assert_eq!(external_turns::next_due(tx).await?, offered.alarm_at);
    let due = external_turns::due(tx, AT.plus_s(2), 10).await?;
    let due: Vec<_> = due.into_iter().map(|rung| (rung.0, rung.1, rung.2)).collect();
    assert_eq!(due, [&offered, &held].map(|row| (row.turn, row.thread, project)));
    assert_eq!(external_turns::due(tx, AT.plus_s(2), 1).await?.len(), 1);
    assert_eq!(external_turns::due(tx, AT, 10).await?.len(), 0);

    assert_eq!(external_turns::reschedule(tx, held.turn, AT, AT.plus_s(50)).await?, 0, "it is not due");
    assert_eq!(external_turns::reschedule(tx, held.turn, AT.plus_s(2), AT.plus_s(50)).await?, 1);
    assert_eq!(external_turns::prolong(tx, AT.plus_s(60)).await?, 1, "only what is offered");
    assert_eq!(external_turns::prolong(tx, AT.plus_s(60)).await?, 0);
    assert_eq!(external_turns::bring_forward(tx, AT, AT.plus_s(55)).await?, 1, "only what is far, and not offered");
    assert_eq!(external_turns::next_due(tx).await?, Some(AT));
    assert_eq!(external_turns::ring(tx, project, AgentId(id()), AT).await?, 0);
    assert_eq!(external_turns::ring(tx, ProjectId(id()), agent, AT).await?, 0);
    assert_eq!(external_turns::ring(tx, project, agent, AT).await?, 4);
    assert_eq!(external_turns::due(tx, AT, 10).await?.len(), 4);
    Ok(())
}

async fn a_hold_of_a_program_is_no_workers_lease(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let of = |worker: Option<WorkerId>| Turn { worker, ..turn(&thread(project), 1, State::Running) };
    let (lost, held) = (of(Some(WorkerId(id()))), Turn { due_at: None, ..of(None) });
    for turn in [&lost, &held] {
        turns::insert(tx, turn).await?;
    }
    external_turns::save(tx, &External { turn: held.id, ..external(project, held.agent) }).await?;
    assert_eq!(turns::end_leases(tx, WorkerId(id()), AT).await?, 1);
    assert_eq!(turns::find(tx, project, held.id).await?.unwrap().due_at, None);
    Ok(())
}

async fn rows_go_with_their_thread(tx: &mut Tx) -> Result<()> {
    let head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let own = External { thread: head.id, ..external(head.project, head.agent) };
    let others = external(head.project, head.agent);
    for row in [&own, &others] {
        external_turns::save(tx, row).await?;
    }
    super::bounded::remove(tx, head.project, head.id).await?;
    assert_eq!(external_turns::find(tx, head.project, own.turn).await?, None);
    assert!(external_turns::find(tx, head.project, others.turn).await?.is_some());
    Ok(())
}

async fn a_key_has_its_own_agents(tx: &mut Tx) -> Result<()> {
    let (project, key) = (ProjectId(id()), KeyId(id()));
    let mut agents = [AgentId(id()), AgentId(id())];
    agents.sort_by_key(|agent| agent.0);
    for agent in [agents[1], agents[0], agents[1]] {
        key_agents::insert(tx, project, key, agent).await?;
    }
    key_agents::insert(tx, project, KeyId(id()), AgentId(id())).await?;
    assert_eq!(key_agents::of_key(tx, project, key).await?, agents);
    assert_eq!(key_agents::of_key(tx, ProjectId(id()), key).await?, []);
    assert!(key_agents::has(tx, project, key, agents[0]).await?);
    assert!(!key_agents::has(tx, project, key, AgentId(id())).await?);
    assert!(!key_agents::has(tx, ProjectId(id()), key, agents[0]).await?);
    Ok(())
}
