//! Forks and deletions, a bounded step at a time.

use domain::{MessageId, ProjectId, Result, ThreadId, Timestamp, event::Entry};
use store::{
    Bound, Fitted, Tx, events,
    forks::{self, Fork},
    log, messages, origin_keys, receipts, removals, threads,
};

use super::{
    log::{entry, thread},
    owed::origin_key,
};
use crate::samples::id;

super::in_a_transaction! {
    a_deleted_thread_is_gone_at_once_and_removed_in_steps
    keys_of_a_deleted_thread_are_free_before_they_are_removed
    a_fork_is_nobodys_until_it_is_shown
    messages_are_read_by_rows_and_bytes_but_one_at_least
}

const AT: Timestamp = Timestamp(1_760_000_000_000_001);

/// The numbers of the entries that are left of a thread.
async fn left(tx: &mut Tx, thread: ThreadId) -> Result<Vec<i64>> {
    tx.query("SELECT seq FROM events WHERE thread_id = ?1 ORDER BY seq", &[&thread]).await
}

/// Deletes the thread with all that is left of it.
pub async fn remove(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<()> {
    removals::begin(tx, project, thread, AT).await?;
    while removals::step(tx, thread, 100, 1 << 20).await? {}
    removals::end(tx, thread).await.map(drop)
}

/// A thread with messages of these texts.
async fn said(tx: &mut Tx, texts: &[&str]) -> Result<(domain::thread::Thread, Vec<Entry>)> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let entries: Vec<_> = texts.iter().map(|text| entry(&mut head, Some(text), None)).collect();
    log::append(tx, &head, &entries, 0).await?;
    Ok((head, entries))
}

async fn a_deleted_thread_is_gone_at_once_and_removed_in_steps(tx: &mut Tx) -> Result<()> {
    let (head, entries) = said(tx, &["a", "b", "c"]).await?;
    let (project, thread) = (head.project, head.id);
    for entry in &entries {
        let message = entry.message.as_ref().unwrap().id;
        receipts::deliver(tx, project, thread, message, AT).await?;
    }
    let stored = removals::begin(tx, project, thread, AT).await?;
    assert!(stored > 0);
    assert!(threads::find(tx, project, thread).await?.is_none() && !threads::exists(tx, thread).await?);
    let all = events::stretch(tx, thread, events::Stretch::above(0), false, Bound::rows(10)).await?;
    assert_eq!(all, Fitted::none(), "its readers find nothing more");
    assert_eq!(messages::of_project(tx, project, None, Bound::rows(10)).await?, Fitted::none(), "nor does a search");
    assert_eq!(messages::find_in_project(tx, project, entries[0].message.as_ref().unwrap().id).await?, None);
    assert_eq!(removals::due(tx, AT, 10).await?, [(thread, project)]);
    assert_eq!(removals::next_due(tx).await?, Some(AT));
    assert!(removals::step(tx, thread, 2, 1 << 20).await?, "two of three entries");
    assert_eq!(left(tx, thread).await?, [3]);
    removals::put_off(tx, thread, AT.plus_us(1)).await?;
    assert_eq!(removals::due(tx, AT, 10).await?, []);
    let mut steps = 1;
    while removals::step(tx, thread, 2, 1 << 20).await? {
        steps += 1;
    }
    assert_eq!(steps, 4, "entries in two steps, receipts in two");
    assert_eq!(removals::end(tx, thread).await?, Some(stored));
    assert_eq!(removals::end(tx, thread).await?, None, "once");
    assert_eq!(removals::next_due(tx).await?, None);
    let (large, _) = said(tx, &["a", "b"]).await?;
    removals::begin(tx, large.project, large.id, AT).await?;
    assert!(removals::step(tx, large.id, 100, 1).await?);
    assert_eq!(left(tx, large.id).await?, [2], "one entry at least, whatever its bytes");
    Ok(())
}

async fn keys_of_a_deleted_thread_are_free_before_they_are_removed(tx: &mut Tx) -> Result<()> {
    let (head, _) = said(tx, &["a"]).await?;
    let key = origin_key(head.project, origin_keys::Kind::External, "", Some(head.id));
    assert!(origin_keys::claim(tx, &key).await?);
    removals::begin(tx, head.project, head.id, AT).await?;
    let find = origin_keys::find(tx, head.project, key.kind, "", "k").await?;
    assert_eq!(find, None);
    let again = origin_key(head.project, origin_keys::Kind::External, "", Some(ThreadId(id())));
    assert!(origin_keys::claim(tx, &again).await? && !origin_keys::claim(tx, &again).await?);
    while removals::step(tx, head.id, 100, 1 << 20).await? {}
    assert!(!origin_keys::claim(tx, &again).await?, "the new use stays");
    Ok(())
}

async fn a_fork_is_nobodys_until_it_is_shown(tx: &mut Tx) -> Result<()> {
    let (project, mut made) = (ProjectId(id()), thread(forks::NOBODY));
    threads::insert(tx, &made).await?;
    let fork = Fork { thread: made.id, project, from: ThreadId(id()), last_seq: 9, copied_seq: 4 };
    forks::insert(tx, &fork, AT.plus_us(5)).await?;
    assert_eq!(forks::lock(tx, made.id).await?, Some(fork.clone()));
    assert_eq!(threads::find(tx, project, made.id).await?, None);
    assert_eq!((forks::due(tx, AT, 10).await?, forks::next_due(tx).await?), (vec![], Some(AT.plus_us(5))));
    assert_eq!(forks::bring_forward(tx, AT).await?, 1);
    assert_eq!(forks::due(tx, AT, 10).await?, [(made.id, project)]);
    forks::put_off(tx, made.id, AT.plus_us(1)).await?;
    assert_eq!(forks::due(tx, AT, 10).await?, []);
    forks::advance(tx, made.id, 7, AT).await?;
    assert_eq!(forks::lock(tx, made.id).await?, Some(Fork { copied_seq: 7, ..fork }));
    forks::show(tx, project, made.id).await?;
    made.project = project;
    assert_eq!(threads::find(tx, project, made.id).await?, Some(made.clone()));
    assert_eq!(forks::lock(tx, made.id).await?, None);
    Ok(())
}

async fn messages_are_read_by_rows_and_bytes_but_one_at_least(tx: &mut Tx) -> Result<()> {
    let (head, entries) = said(tx, &["a", "b", "c", "d"]).await?;
    for (range, rows, bytes, wanted) in [
        ((0, 4), 10, 1 << 20, 0..4),
        ((0, 3), 10, 1 << 20, 0..3),
        ((1, 4), 2, 1 << 20, 1..3),
        ((0, 4), 10, 1, 0..1),
        ((4, 4), 10, 1 << 20, 4..4),
    ] {
        assert_eq!(events::messages_within(tx, head.id, range, rows, bytes).await?, entries[wanted]);
    }
    assert_eq!(messages::count_up_to(tx, head.id, 3).await?, 3);
    assert_eq!(messages::count_up_to(tx, head.id, 10).await?, 4);
    assert!(messages::any_between(tx, head.id, 3, 4).await? && !messages::any_between(tx, head.id, 4, 9).await?);
    assert!(messages::find(tx, head.id, MessageId(id())).await?.is_none());
    Ok(())
}
