//! The activity of threads in a period, and default snapshots.

use std::slice::from_ref;

use domain::{
    AgentId, KeyId, MessageId, ProjectId, Result, SnapshotId, StoredSecret, Timestamp, TurnId,
    event::Event,
    participant::{Kind, Participant},
    snapshot::Snapshot,
    spent::Call,
    thread::Thread,
    usage::{Usage, Usd},
};
use store::{
    Tx, log, snapshots, step_usage,
    threads::{self, Stretch},
    usage::{self, Active, Period},
};

use super::log::{entry, thread};
use crate::samples::id;

super::in_a_transaction! {
    threads_with_an_entry_in_the_period_were_active
    shared_and_own_snapshots_are_default
}

const AT: i64 = 1_760_000_000_000_001;

/// A thread of the project with entries at these times, the last of which records a model call.
async fn said(tx: &mut Tx, project: ProjectId, title: &str, at: &[i64], by: Participant) -> Result<Thread> {
    let mut head = thread(project);
    (head.title, head.created_at, head.participants) = (Some(title.into()), Timestamp(at[0]), vec![by]);
    threads::insert(tx, &head).await?;
    let mut entries = Vec::new();
    for at in at {
        let mut entry = entry(&mut head, None, None);
        entry.at = Timestamp(*at);
        entries.push(entry);
    }
    let asked = Event::StepStarted {
        attempt: 1,
        step: 1,
        reads: 1,
        message: MessageId(id()),
        thinks: false,
        model: Some("echo".into()),
    };
    let last = entries.last_mut().unwrap();
    (last.event, last.turn, head.last_at) = (asked, Some(TurnId(id())), last.at);
    log::append(tx, &head, &entries, 0).await?;
    Ok(head)
}

/// A call of the thread's model at this time.
fn call(of: &Thread, at: i64, cost: Option<i64>) -> Call {
    Call {
        id: id(),
        project: of.project,
        thread: of.id,
        turn: TurnId(id()),
        agent: AgentId(id()),
        key: None,
        at: Timestamp(at),
        provider: None,
        model: "m".into(),
        usage: Usage::default(),
        cost: cost.map(Usd),
        failed: false,
        reported: false,
    }
}

async fn threads_with_an_entry_in_the_period_were_active(tx: &mut Tx) -> Result<()> {
    let (project, foreign) = (ProjectId(id()), ProjectId(id()));
    let [one, two] = [id(), id()].map(|id| {
        let (first_at, last_at) = (Timestamp(AT), Timestamp(AT));
        Participant { id, kind: Kind::Key, first_at, last_at }
    });
    let b = said(tx, project, "B", &[AT, AT + 10], two).await?;
    let a = said(tx, project, "a", &[AT + 5, AT + 30], one).await?;
    let _before_and_after = said(tx, project, "c", &[AT - 5, AT + 40], one).await?;
    threads::insert(tx, &thread(project)).await?;
    said(tx, foreign, "d", &[AT, AT + 1], one).await?;
    let period = Period { from: Timestamp(AT), to: Timestamp(AT + 30) };
    let active = |thread: &Thread, at: i64, by: &Participant| Active {
        thread: thread.id,
        last_at: Timestamp(at),
        title: thread.title.clone(),
        begun_by: by.id,
        cost: Usd::default(),
    };
    let (of_a, of_b) = (active(&a, AT + 5, &one), active(&b, AT + 10, &two));
    let all = Stretch::default();
    assert_eq!(usage::active(tx, project, period, None, all).await?, [of_a.clone(), of_b.clone()]);
    assert_eq!(usage::active(tx, project, period, Some(two.id), all).await?, from_ref(&of_b));
    let (before, from) = (Stretch { before: Some(a.id), from: None }, Stretch { before: None, from: Some(a.id) });
    assert_eq!(usage::active(tx, project, period, None, before).await?, from_ref(&of_b));
    assert_eq!(usage::active(tx, project, period, None, from).await?, from_ref(&of_a));
    let calls = [(AT - 1, Some(1)), (AT, Some(20)), (AT + 29, Some(300)), (AT + 29, None), (AT + 30, Some(4_000))];
    step_usage::insert(tx, &calls.map(|(at, cost)| call(&b, at, cost))).await?;
    let charged = Active { cost: Usd(320), ..of_b };
    assert_eq!(usage::active(tx, project, period, None, all).await?, [of_a, charged]);
    let steps = usage::steps(tx, project, b.id, period, 10).await?;
    assert!(matches!(steps.as_slice(), [Event::StepStarted { .. }]), "{steps:?}");
    assert_eq!(usage::steps(tx, project, a.id, period, 10).await?, [], "it came after the period");
    assert_eq!(usage::steps(tx, foreign, b.id, period, 10).await?, []);
    Ok(())
}

async fn shared_and_own_snapshots_are_default(tx: &mut Tx) -> Result<()> {
    let (project, foreign, [mine, theirs]) = (ProjectId(id()), ProjectId(id()), [KeyId(id()), KeyId(id())]);
    let snapshot = |is_default, is_private| Snapshot {
        id: SnapshotId(id()),
        project,
        key: mine,
        name: "login".into(),
        domains: Vec::new(),
        is_default,
        is_private,
        created_at: Timestamp(AT),
        updated_at: Timestamp(AT),
    };
    let (shared, private, plain) = (snapshot(true, false), snapshot(true, true), snapshot(false, false));
    for snapshot in [&shared, &private, &plain] {
        snapshots::insert(tx, snapshot, &StoredSecret::new("{}")).await?;
    }
    assert_eq!(snapshots::defaults(tx, project, mine, 10).await?, [shared.id, private.id]);
    assert_eq!(snapshots::defaults(tx, project, mine, 1).await?, [shared.id]);
    assert_eq!(snapshots::defaults(tx, project, theirs, 10).await?, [shared.id]);
    assert_eq!(snapshots::defaults(tx, foreign, mine, 10).await?, []);
    assert_eq!((snapshots::count(tx, project).await?, snapshots::count(tx, foreign).await?), (3, 0));
    let changed =
        Snapshot { name: "shop".into(), is_default: true, is_private: true, updated_at: Timestamp(9), ..plain };
    snapshots::save(tx, &changed).await?;
    snapshots::save(tx, &Snapshot { project: foreign, name: "stolen".into(), ..changed.clone() }).await?;
    assert_eq!(snapshots::lock(tx, project, changed.id).await?.as_ref(), Some(&changed));
    assert_eq!(snapshots::lock(tx, foreign, changed.id).await?, None);
    Ok(())
}
