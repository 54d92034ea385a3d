//! Forks and deletions in bounded steps.

use domain::{
    DeliveryAttemptId, Error, MessageId, ProjectId, Result, ThreadId, Timestamp,
    event::Entry,
    webhook::{Backlog, DeliveryAttempt, Disabled, Outcome, Webhook},
};
use store::{
    Bound, Fitted, Tx, customers, delivery_attempts, events,
    forks::{self, Fork},
    log, messages, origin_keys,
    owners::{self, Holder},
    receipts, removals, threads, tickets, webhook_backlogs, webhooks,
};

use super::{
    customers::customer,
    log::{entry, thread},
    owed::origin_key,
    webhooks::webhook,
};
use crate::samples::id;

super::in_a_transaction! {
    a_deleted_thread_is_gone_at_once_and_removed_in_steps
    keys_of_a_deleted_thread_are_free_before_they_are_removed
    a_fork_is_nobodys_until_it_is_shown
    messages_are_read_by_rows_and_bytes_but_one_at_least
    a_deleted_customer_takes_part_in_nothing_and_is_removed_in_steps
    what_a_webhook_leaves_is_removed_in_steps
}

const AT: Timestamp = Timestamp(1_760_000_000_000_001);

/// The numbers of the entries that are left of a thread.
async fn left(tx: &mut Tx, thread: ThreadId) -> Result<Vec<i64>> {
    tx.query("SELECT seq FROM events WHERE thread_id = ?1 ORDER BY seq", &[&thread]).await
}

/// Deletes the thread with all its remaining rows.
pub async fn remove(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<()> {
    removals::begin(tx, project, thread, AT).await?;
    while removals::step(tx, thread.0, 100, 1 << 20).await? {}
    removals::end(tx, thread.0).await.map(drop)
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
    assert_eq!(
        messages::of_project(tx, project, (None, None), Bound::rows(10)).await?,
        Fitted::none(),
        "nor does a search"
    );
    assert_eq!(messages::find_in_project(tx, project, entries[0].message.as_ref().unwrap().id).await?, None);
    assert_eq!(removals::due(tx, AT, 10).await?, [(thread.0, project)]);
    assert_eq!(removals::next_due(tx).await?, Some(AT));
    assert!(removals::step(tx, thread.0, 2, 1 << 20).await?, "two of three entries");
    assert_eq!(left(tx, thread).await?, [3]);
    removals::reschedule(tx, thread.0, AT.plus_us(1)).await?;
    assert_eq!(removals::due(tx, AT, 10).await?, []);
    let mut steps = 1;
    while removals::step(tx, thread.0, 2, 1 << 20).await? {
        steps += 1;
    }
    assert_eq!(steps, 4, "entries in two steps, receipts in two");
    assert_eq!(removals::end(tx, thread.0).await?, Some(stored));
    assert_eq!(removals::end(tx, thread.0).await?, None, "once");
    assert_eq!(removals::next_due(tx).await?, None);
    let (large, _) = said(tx, &["a", "b"]).await?;
    removals::begin(tx, large.project, large.id, AT).await?;
    assert!(removals::step(tx, large.id.0, 100, 1).await?);
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
    while removals::step(tx, head.id.0, 100, 1 << 20).await? {}
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
    forks::reschedule(tx, made.id, AT.plus_us(1)).await?;
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

/// The number of rows that a table still has of an owner, by this column.
async fn rows(tx: &mut Tx, table: &str, owner: uuid::Uuid) -> Result<i64> {
    let sql = match table {
        "thread_customers" => "SELECT COUNT(*) FROM thread_customers WHERE customer_id = ?1",
        "webhook_backlogs" => "SELECT COUNT(*) FROM webhook_backlogs WHERE webhook_id = ?1",
        _ => "SELECT COUNT(*) FROM webhook_postings WHERE webhook_id = ?1",
    };
    Ok(tx.query_opt(sql, &[&owner]).await?.unwrap_or(0))
}

async fn a_deleted_customer_takes_part_in_nothing_and_is_removed_in_steps(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let (gone, stays) = (customer(project, Some("c-1")), customer(project, None));
    customers::insert(tx, &gone).await?;
    customers::insert(tx, &stays).await?;
    let mut heads = Vec::new();
    for _ in 0..5 {
        let head = thread(project);
        threads::insert(tx, &head).await?;
        threads::add_customer(tx, project, head.id, gone.id).await?;
        threads::add_customer(tx, project, head.id, stays.id).await?;
        heads.push(head);
    }
    let (agent, first) = (heads[0].agent, heads[0].id);
    assert!(owners::is_held(tx, project, first, agent, Holder::Customer(gone.id)).await?);
    assert!(customers::delete(tx, project, gone.id, AT).await?);
    assert_eq!(rows(tx, "thread_customers", gone.id.0).await?, 5, "not in one transaction");
    assert_eq!(threads::customers(tx, project, first).await?, [stays.id]);
    assert!(!owners::is_held(tx, project, first, agent, Holder::Customer(gone.id)).await?);
    assert_eq!(threads::recent(tx, project, agent, Holder::Customer(gone.id), None, 9).await?, []);
    let all = threads::Stretch { before: None, from: None };
    let filter = tickets::Filter { customer: Some(gone.id), ..Default::default() };
    assert_eq!(tickets::matching(tx, project, &filter, all, 9).await?, []);
    let filter = threads::Filter { customer: Some(gone.id), ..Default::default() };
    assert_eq!(threads::list(tx, project, &filter, all, Bound::rows(9)).await?.rows, []);
    let mut left = Vec::new();
    while removals::step(tx, gone.id.0, 2, 1 << 20).await? {
        left.push(rows(tx, "thread_customers", gone.id.0).await?);
    }
    assert_eq!(left, [3, 1, 0]);
    assert_eq!(removals::end(tx, gone.id.0).await?, Some(0));
    assert_eq!(removals::next_due(tx).await?, None);
    assert_eq!(rows(tx, "thread_customers", stays.id.0).await?, 5);
    Ok(())
}

async fn what_a_webhook_leaves_is_removed_in_steps(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let told = webhook(project);
    webhooks::insert(tx, &told).await?;
    for _ in 0..3 {
        let backlog = Backlog { webhook: told.id, thread: ThreadId(id()), project, next_seq: 1, tries: 0, since: AT };
        webhook_backlogs::rewind(tx, &backlog).await?;
        let attempt = DeliveryAttempt {
            id: DeliveryAttemptId(id()),
            webhook: told.id,
            project,
            thread: backlog.thread,
            seq: 1,
            event: "message.created".into(),
            number: 1,
            replayed: false,
            outcome: Outcome::Delivered,
            status: Some(204),
            error: None,
            duration_ms: 1,
            at: AT,
        };
        delivery_attempts::insert(tx, &attempt).await?;
    }
    let left = async |tx: &mut Tx| {
        Ok::<_, Error>((rows(tx, "webhook_backlogs", told.id.0).await?, rows(tx, "webhook_postings", told.id.0).await?))
    };
    removals::remain(tx, project, told.id.0, AT).await?;
    assert!(!removals::step(tx, told.id.0, 2, 1 << 20).await?, "nothing is taken from one that is told");
    let off = Webhook { disabled: Some(Disabled::Asked), ..told.clone() };
    webhooks::save(tx, &off).await?;
    removals::remain(tx, project, told.id.0, AT).await?;
    assert!(removals::step(tx, told.id.0, 2, 1 << 20).await?);
    assert_eq!(left(tx).await?, (1, 3), "of one that is disabled the log stays");
    while removals::step(tx, told.id.0, 2, 1 << 20).await? {}
    assert_eq!(left(tx).await?, (0, 3));
    webhooks::delete(tx, project, told.id, AT).await?;
    assert_eq!(left(tx).await?, (0, 3), "not in one transaction");
    assert!(removals::step(tx, told.id.0, 2, 1 << 20).await?);
    assert_eq!(left(tx).await?, (0, 1));
    while removals::step(tx, told.id.0, 2, 1 << 20).await? {}
    removals::end(tx, told.id.0).await?;
    assert_eq!((left(tx).await?, removals::next_due(tx).await?), ((0, 0), None));
    Ok(())
}
