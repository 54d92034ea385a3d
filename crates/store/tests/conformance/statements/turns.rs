//! Turns.

use std::sync::mpsc;

use domain::{
    AgentId, ProjectId, Result, ThreadId, Timestamp, TurnId, WorkerId,
    controls::{Controls, Policy, Reasoning},
    event::{Entry, Event},
    message::{Message, Role},
    spent::Spent,
    thread::{Run, Thread},
    turn::{State, Turn},
};
use store::{
    Bound, Tx, events, log, messages, op,
    testing::Scratch,
    threads::{self, Stretch},
    turns,
};
use tokio::sync::oneshot;

use super::log::{entry, thread};
use crate::samples::{id, stop_until};

super::in_a_transaction! {
    a_turn_is_found_in_its_project_and_its_thread
    open_turns_come_in_running_order
    turns_are_listed_by_their_first_messages
    a_turn_hands_its_messages_over_and_is_still_listed
    queued_turns_make_room_for_one_before_them
    what_is_due_comes_longest_due_first
    only_turns_that_are_due_later_than_they_can_be_are_brought_forward
    projects_with_turns_that_are_due_come_once_each
    a_lease_is_renewed_by_its_worker_only
    a_thread_shows_what_its_turns_make_of_it
    messages_of_queued_turns_are_not_read
}

const AT: Timestamp = Timestamp(1_760_000_000_000_001);

pub fn turn(thread: &Thread, place: i64, state: State) -> Turn {
    let held = state == State::Running;
    Turn {
        id: TurnId(id()),
        project: thread.project,
        thread: thread.id,
        agent: AgentId(id()),
        state,
        place,
        policy: Policy::Queue,
        attempt: i64::from(held),
        worker: held.then(|| WorkerId(id())),
        due_at: held.then_some(AT.plus_s(10)),
        controls: Controls { reasoning: Some(Reasoning::High), ..Controls::default() },
        first_seq: 1,
        created_at: AT,
        started_at: held.then_some(AT),
        ended_at: (!state.is_open()).then_some(AT),
        reason: None,
        spent: Spent::default(),
    }
}

fn as_due(turn: &Turn) -> turns::Due {
    turns::Due { turn: turn.id, thread: turn.thread, agent: turn.agent }
}

async fn a_turn_is_found_in_its_project_and_its_thread(tx: &mut Tx) -> Result<()> {
    let thread = thread(ProjectId(id()));
    let mut turn = turn(&thread, 7, State::Running);
    turns::insert(tx, &turn).await?;
    assert_eq!(turns::find(tx, thread.project, turn.id).await?.as_ref(), Some(&turn));
    assert_eq!(turns::find(tx, ProjectId(id()), turn.id).await?, None);
    assert_eq!(turns::find_in_thread(tx, thread.id, turn.id).await?.as_ref(), Some(&turn));
    assert_eq!(turns::find_in_thread(tx, ThreadId(id()), turn.id).await?, None);
    (turn.state, turn.worker, turn.due_at) = (State::Failed, None, None);
    (turn.ended_at, turn.reason, turn.attempt) = (Some(AT.plus_s(1)), Some("why".into()), 2);
    turn.spent = Spent { calls: 2, unpriced: 1, ..Spent::default() };
    turns::save(tx, &turn).await?;
    assert_eq!(turns::find(tx, thread.project, turn.id).await?, Some(turn));
    Ok(())
}

async fn open_turns_come_in_running_order(tx: &mut Tx) -> Result<()> {
    let thread = thread(ProjectId(id()));
    let [done, second, first, running] =
        [(1, State::Completed), (4, State::Queued), (3, State::Queued), (2, State::Running)]
            .map(|(place, state)| turn(&thread, place, state));
    for turn in [&done, &second, &first, &running] {
        turns::insert(tx, turn).await?;
    }
    assert_eq!(turns::open(tx, thread.id, 10).await?, [running.clone(), first.clone(), second.clone()]);
    assert_eq!(turns::open(tx, thread.id, 2).await?, [running.clone(), first.clone()]);
    assert_eq!(turns::last_queued(tx, thread.id).await?.as_ref(), Some(&second));
    assert_eq!(turns::last_queued(tx, ThreadId(id())).await?, None);
    assert_eq!(turns::count_queued(tx, thread.id).await?, 2);
    Ok(())
}

async fn turns_are_listed_by_their_first_messages(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let [first, second] =
        [(2, 1), (1, 2)].map(|(place, first_seq)| Turn { first_seq, ..turn(&head, place, State::Completed) });
    turns::insert(tx, &first).await?;
    turns::insert(tx, &second).await?;
    let said = [first.id, second.id, first.id].map(|turn| entry(&mut head, Some("a"), Some(turn)));
    log::append(tx, &head, &said, 0).await?;
    let ids = |found: Vec<(i64, Turn)>| found.into_iter().map(|(seq, turn)| (seq, turn.id)).collect::<Vec<_>>();
    assert_eq!(ids(turns::list(tx, head.id, None, 10).await?), [(2, second.id), (1, first.id)]);
    assert_eq!(turns::list(tx, head.id, None, 1).await?, [(2, second.clone())]);
    assert_eq!(ids(turns::list(tx, head.id, Some(2), 10).await?), [(1, first.id)]);
    Ok(())
}

async fn a_turn_hands_its_messages_over_and_is_still_listed(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let [old, new] = [(1, State::Failed), (4, State::Queued)].map(|(place, state)| turn(&head, place, state));
    turns::insert(tx, &old).await?;
    turns::insert(tx, &new).await?;
    let mut said = [old.id; 3].map(|turn| entry(&mut head, Some("a"), Some(turn)));
    said[1].message.as_mut().unwrap().role = Role::Agent;
    log::append(tx, &head, &said, 0).await?;
    let retried = Event::TurnRetried { retries: old.id, messages: Vec::new() };
    let retried = Entry { event: retried, ..entry(&mut head, None, Some(new.id)) };
    log::append(tx, &head, &[retried], 0).await?;
    assert_eq!(messages::hand_over(tx, head.id, new.id, 1, old.id).await?, 0);
    assert_eq!(messages::hand_over(tx, head.id, old.id, 2, new.id).await?, 1, "those from there on");
    assert_eq!(messages::hand_over(tx, head.id, old.id, 1, new.id).await?, 1);
    let seqs = |found: &[Message]| found.iter().map(|message| message.seq).collect::<Vec<_>>();
    assert_eq!(seqs(&messages::of_turn(tx, head.id, new.id, 1).await?), [1, 3]);
    assert_eq!(seqs(&messages::of_turn(tx, head.id, old.id, 1).await?), [2], "what the agent said stays");
    let told = events::stretch(tx, head.id, events::Stretch { from: 1, to: 3 }, false, Bound::rows(9)).await?;
    assert_eq!(told.rows, said, "the log says what it said");
    assert_eq!(turns::list(tx, head.id, None, 10).await?, [(4, new.clone()), (1, old.clone())]);
    assert_eq!(turns::list(tx, head.id, Some(4), 10).await?, [(1, old.clone())]);
    super::bounded::remove(tx, head.project, head.id).await?;
    for gone in [&old, &new] {
        assert_eq!(turns::find(tx, head.project, gone.id).await?, None);
    }
    Ok(())
}

async fn queued_turns_make_room_for_one_before_them(tx: &mut Tx) -> Result<()> {
    let thread = thread(ProjectId(id()));
    for (place, state) in [(1, State::Running), (2, State::Queued), (3, State::Queued)] {
        turns::insert(tx, &turn(&thread, place, state)).await?;
    }
    assert_eq!(turns::make_room(tx, ThreadId(id())).await?, 0);
    assert_eq!(turns::make_room(tx, thread.id).await?, 2);
    let places: Vec<i64> = turns::open(tx, thread.id, 10).await?.iter().map(|turn| turn.place).collect();
    assert_eq!(places, [1, 3, 4]);
    Ok(())
}

async fn what_is_due_comes_longest_due_first(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let due = |seconds: Option<i64>| Turn {
        due_at: seconds.map(|s| AT.plus_s(s)),
        ..turn(&thread(project), 1, State::Queued)
    };
    let (late, early, later, never) = (due(Some(2)), due(Some(1)), due(Some(9)), due(None));
    let before = turns::count_due(tx, i64::MAX).await?;
    for turn in [&late, &early, &later, &never] {
        turns::insert(tx, turn).await?;
    }
    assert_eq!(turns::count_due(tx, i64::MAX).await?, before + 3);
    assert_eq!(turns::count_due(tx, 2).await?, 2, "it counts no further");
    let found = turns::due(tx, project, AT.plus_s(2), 10).await?;
    assert_eq!(found, [&early, &late].map(as_due));
    assert_eq!(turns::due(tx, project, AT.plus_s(2), 1).await?.len(), 1);
    assert_eq!(turns::due(tx, ProjectId(id()), AT.plus_s(2), 1).await?, []);
    assert_eq!(turns::reschedule(tx, later.id, AT.plus_s(2), AT.plus_s(30)).await?, 0, "it is not due");
    assert_eq!(turns::reschedule(tx, early.id, AT.plus_s(2), AT.plus_s(30)).await?, 1);
    assert_eq!(turns::due(tx, project, AT.plus_s(2), 10).await?, [as_due(&late)]);
    Ok(())
}

async fn projects_with_turns_that_are_due_come_once_each(tx: &mut Tx) -> Result<()> {
    let mut projects: Vec<ProjectId> = (0..5).map(|_| ProjectId(id())).collect();
    projects.sort();
    for (project, seconds) in [(4, 7), (0, 2), (0, 1), (0, 3), (2, 5)] {
        let due_at = Some(AT.plus_s(seconds));
        turns::insert(tx, &Turn { due_at, ..turn(&thread(projects[project]), 1, State::Queued) }).await?;
    }
    turns::insert(tx, &turn(&thread(projects[1]), 1, State::Queued)).await?;
    let first = |place: usize, seconds| (projects[place], AT.plus_s(seconds));
    let all = [first(0, 1), first(2, 5), first(4, 7)];
    let nil = ProjectId(uuid::Uuid::nil());
    assert_eq!(turns::due_projects(tx, nil, 10).await?, all);
    assert_eq!(turns::due_projects(tx, nil, 2).await?, all[..2]);
    assert_eq!(turns::due_projects(tx, projects[2], 2).await?, all[1..], "from that one on");
    assert_eq!(turns::due_projects(tx, projects[3], 1).await?, all[2..]);
    Ok(())
}

async fn only_turns_that_are_due_later_than_they_can_be_are_brought_forward(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let due = |seconds, state| Turn { due_at: Some(AT.plus_s(seconds)), ..turn(&thread(project), 1, state) };
    let (soon, late) = (due(60, State::Queued), due(61, State::Queued));
    let (held, stuck) = (due(90, State::Running), due(91, State::Running));
    let released = Turn { worker: None, ..due(62, State::Running) };
    for turn in [&soon, &late, &held, &stuck, &released] {
        turns::insert(tx, turn).await?;
    }
    assert_eq!(turns::bring_forward(tx, AT, AT.plus_s(60), AT.plus_s(90)).await?, 3);
    let mut found: Vec<TurnId> = turns::due(tx, project, AT, 10).await?.iter().map(|due| due.turn).collect();
    found.sort();
    let mut expected = [late.id, stuck.id, released.id];
    expected.sort();
    assert_eq!(found, expected);
    Ok(())
}

async fn a_lease_is_renewed_by_its_worker_only(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let (mine, theirs) = (turn(&thread(project), 1, State::Running), turn(&thread(project), 1, State::Running));
    turns::insert(tx, &mine).await?;
    turns::insert(tx, &theirs).await?;
    turns::renew(tx, &[mine.id, theirs.id], mine.worker.unwrap(), AT.plus_s(99)).await?;
    turns::renew(tx, &[], mine.worker.unwrap(), AT).await?;
    assert_eq!(turns::find(tx, project, mine.id).await?.unwrap().due_at, Some(AT.plus_s(99)));
    assert_eq!(turns::find(tx, project, theirs.id).await?.unwrap().due_at, theirs.due_at);
    assert_eq!(turns::end_leases(tx, mine.worker.unwrap(), AT).await?, 1, "but those of its own");
    assert_eq!(turns::due(tx, project, AT, 10).await?, [as_due(&theirs)]);
    Ok(())
}

/// Another node has locked the row of one of them, and may have died.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lease_whose_turn_is_locked_keeps_no_other_from_being_renewed() {
    let db = Scratch::postgres().await;
    let (project, worker) = (ProjectId(id()), Some(WorkerId(id())));
    let [held, free] = [(); 2].map(|()| Turn { worker, ..turn(&thread(project), 1, State::Running) });
    let (held_id, free_id) = (held.id, free.id);
    let both = op(move |tx| {
        Box::pin(async move {
            turns::insert(tx, &held).await?;
            turns::insert(tx, &free).await
        })
    });
    db.store.write(both).await.unwrap();
    let (locked, is_locked) = oneshot::channel();
    let (release, released) = mpsc::channel::<()>();
    let store = db.store.clone();
    let holds = tokio::spawn(async move {
        let lock = op(move |tx| {
            Box::pin(async move {
                turns::reschedule(tx, held_id, AT.plus_s(20), AT.plus_s(20)).await?;
                locked.send(()).unwrap();
                stop_until(|| released.recv().unwrap());
                Ok(())
            })
        });
        store.write(lock).await
    });
    is_locked.await.unwrap();
    let until = AT.plus_s(99);
    let renew =
        op(move |tx| Box::pin(async move { turns::renew(tx, &[held_id, free_id], worker.unwrap(), until).await }));
    db.store.write(renew).await.unwrap();
    let renewed = op(move |tx| Box::pin(turns::find(tx, project, free_id)));
    assert_eq!(db.store.read(renewed).await.unwrap().unwrap().due_at, Some(until));
    release.send(()).unwrap();
    holds.await.unwrap().unwrap();
}

async fn a_thread_shows_what_its_turns_make_of_it(tx: &mut Tx) -> Result<()> {
    let thread = thread(ProjectId(id()));
    threads::insert(tx, &thread).await?;
    for (place, state) in [(1, State::Waiting), (2, State::Queued), (3, State::Queued), (4, State::Completed)] {
        turns::insert(tx, &turn(&thread, place, state)).await?;
    }
    let found = threads::find(tx, thread.project, thread.id).await?.unwrap();
    assert_eq!(found.run, Run { running: false, waiting: true, queued: 2 });
    let busy = threads::Filter { open_turn: Some(true), is_awaited: Some(true), ..threads::Filter::default() };
    let listed = threads::list(tx, thread.project, &busy, Stretch::default(), Bound::rows(10)).await?;
    assert_eq!(listed.rows, [found]);
    Ok(())
}

async fn messages_of_queued_turns_are_not_read(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let (running, queued) = (turn(&head, 1, State::Running), turn(&head, 2, State::Queued));
    turns::insert(tx, &running).await?;
    turns::insert(tx, &queued).await?;
    let entries = [None, Some(queued.id), Some(running.id)].map(|turn| entry(&mut head, Some("a"), turn));
    log::append(tx, &head, &entries, 0).await?;
    let seqs = |found: &[Message]| found.iter().map(|message| message.seq).collect::<Vec<_>>();
    for (from, bound, expected) in [
        (0, Bound::rows(10), &[(3, AT), (1, entries[0].at)][..]),
        (2, Bound::rows(10), &[(3, AT)]),
        (0, Bound::rows(1), &[(3, AT)]),
        (0, Bound::page(10, 1), &[(3, AT)]),
    ] {
        let begun = messages::of_begun_turns(tx, head.id, from, bound).await?;
        let read: Vec<_> = begun.rows.iter().map(|(message, at)| (message.seq, *at)).collect();
        assert_eq!(read, expected, "{from} {bound:?}");
        assert_eq!(begun.more, from == 0 && expected.len() == 1);
    }
    assert_eq!(seqs(&messages::of_turn(tx, head.id, queued.id, 1).await?), [2]);
    assert_eq!(events::of_turn(tx, head.id, running.id, 1).await?, entries[2..]);
    assert!(messages::any_unread(tx, head.id, running.id, 2).await?);
    assert!(!messages::any_unread(tx, head.id, running.id, 3).await?);
    Ok(())
}
