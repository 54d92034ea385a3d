//! Data of web chat beside the log: receipts, windows, variables, origins.

use domain::{
    DeliveryId, MessageId, ProjectId, Result, ThreadId, Timestamp,
    message::{Message, Role},
    receipt::{Receipt, Standing},
    reminder::{Delivery, DeliveryKind, DeliveryState},
    variables::Variables,
};
use store::{Bound, Tx, deliveries, log, origins, receipts, threads, variables, windows};

use super::log::{entry, thread};
use crate::samples::id;

super::in_a_transaction! {
    a_message_stands_as_far_as_it_has_come
    messages_are_read_up_to_one_and_no_more_than_a_bound
    receipts_keep_their_first_times
    a_window_is_looked_at_when_it_is_due
    variables_are_a_threads_own
    origins_are_an_owners_and_known_to_all
}

const AT: Timestamp = Timestamp(1_760_000_000_000_001);

/// A thread of a person's message and then `count` of the project's.
async fn said(tx: &mut Tx, project: ProjectId, count: usize) -> Result<Vec<Message>> {
    let mut head = thread(project);
    threads::insert(tx, &head).await?;
    let mut entries: Vec<_> = (0..=count).map(|_| entry(&mut head, Some("x"), None)).collect();
    for entry in &mut entries[1..] {
        entry.message.as_mut().unwrap().role = Role::Agent;
    }
    log::append(tx, &head, &entries, 0).await?;
    Ok(entries.into_iter().filter_map(|entry| entry.message).collect())
}

async fn a_message_stands_as_far_as_it_has_come(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let messages = said(tx, project, 5).await?;
    let thread = messages[0].thread;
    for (message, state) in [(&messages[2], DeliveryState::Pending), (&messages[3], DeliveryState::Failed)] {
        let (id, kind) = (DeliveryId(id()), DeliveryKind::Mail);
        let pending = Delivery { id, project, thread, message: message.id, kind, state, created_at: AT };
        deliveries::insert(tx, &pending).await?;
    }
    receipts::deliver(tx, project, thread, messages[4].id, AT).await?;
    receipts::read(tx, project, thread, messages[5].id, AT).await?;
    let all = receipts::listed_before(tx, thread, i64::MAX, (None, None), Bound::rows(10)).await?.rows;
    let expected =
        [Standing::Read, Standing::Delivered, Standing::Failed, Standing::Queued, Standing::Sent, Standing::Received];
    assert_eq!(all.iter().map(|(_, receipt)| receipt.standing).collect::<Vec<_>>(), expected);
    assert_eq!(all.iter().rev().map(|(message, _)| message.clone()).collect::<Vec<_>>(), messages);
    for standing in expected {
        let of = receipts::listed_before(tx, thread, i64::MAX, (None, Some(standing)), Bound::rows(10)).await?.rows;
        assert_eq!(of.iter().map(|(_, receipt)| receipt.standing).collect::<Vec<_>>(), [standing]);
    }
    for (by_person, count) in [(true, 1), (false, 5)] {
        assert_eq!(
            receipts::listed_before(tx, thread, i64::MAX, (Some(by_person), None), Bound::rows(10)).await?.rows.len(),
            count
        );
    }
    let some = receipts::between(tx, thread, messages[0].seq, messages[3].seq).await?;
    assert_eq!(some.len(), 3, "without what a person said");
    let stands: Vec<_> = some.iter().map(|(message, receipt)| (*message, receipt.standing)).collect();
    let expected = [Standing::Sent, Standing::Queued, Standing::Failed];
    assert_eq!(stands, [1, 2, 3].map(|i| messages[i].id).into_iter().zip(expected).collect::<Vec<_>>());
    let read = receipts::between(tx, thread, messages[5].seq, i64::MAX).await?;
    assert_eq!(read[0].1, Receipt { standing: Standing::Read, delivered_at: Some(AT), read_at: Some(AT) });
    let page = receipts::listed_before(tx, thread, messages[4].seq, (None, None), Bound::rows(2)).await?.rows;
    assert_eq!(page.iter().map(|(message, _)| message.seq).collect::<Vec<_>>(), [messages[3].seq, messages[2].seq]);
    let page = receipts::listed_after(tx, thread, messages[3].seq, Bound::rows(1)).await?;
    assert!(page.more);
    assert_eq!(page.rows[0].0, messages[4]);
    assert_eq!(page.rows[0].1.standing, Standing::Delivered);
    Ok(())
}

async fn messages_are_read_up_to_one_and_no_more_than_a_bound(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let messages = said(tx, project, 5).await?;
    let (thread, other) = (messages[0].thread, said(tx, project, 1).await?);
    receipts::deliver(tx, project, thread, messages[2].id, AT).await?;
    receipts::read(tx, project, thread, messages[1].id, AT).await?;
    receipts::read_up_to(tx, project, thread, messages[3].seq, 2, AT.plus_s(1)).await?;
    receipts::read_up_to(tx, project, thread, messages[3].seq, 9, AT.plus_s(2)).await?;
    let mut found = Vec::new();
    for message in messages.iter().chain(&other) {
        let (_, receipt) = receipts::find(tx, message.thread, message.id).await?.unwrap();
        found.push((receipt.delivered_at, receipt.read_at));
    }
    let later = Some(AT.plus_s(1));
    let none = (None, None);
    let expected = [none, (Some(AT), Some(AT)), (Some(AT), later), (later, later), none, none, none, none];
    assert_eq!(found, expected, "the first times stay, and the person's own messages have none");
    Ok(())
}

async fn receipts_keep_their_first_times(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let messages = said(tx, project, 2).await?;
    let thread = messages[0].thread;
    for at in [AT, AT.plus_s(1)] {
        receipts::deliver(tx, project, thread, messages[1].id, at).await?;
    }
    for at in [AT.plus_s(2), AT.plus_s(3)] {
        receipts::read(tx, project, thread, messages[1].id, at).await?;
        receipts::read(tx, project, thread, messages[2].id, at).await?;
    }
    let receipt =
        async |tx: &mut Tx, message: MessageId| receipts::find(tx, thread, message).await.map(|found| found.unwrap().1);
    let read = |delivered_at: Timestamp| Receipt {
        standing: Standing::Read,
        delivered_at: Some(delivered_at),
        read_at: Some(AT.plus_s(2)),
    };
    assert_eq!(receipt(tx, messages[1].id).await?, read(AT));
    assert_eq!(receipt(tx, messages[2].id).await?, read(AT.plus_s(2)));
    assert_eq!(receipts::find(tx, ThreadId(id()), messages[1].id).await?, None);
    super::bounded::remove(tx, project, thread).await?;
    assert_eq!(receipts::find(tx, thread, messages[1].id).await?, None);
    Ok(())
}

async fn a_window_is_looked_at_when_it_is_due(tx: &mut Tx) -> Result<()> {
    assert_eq!(windows::next_due(tx).await?, None);
    let (project, early, late) = (ProjectId(id()), ThreadId(id()), ThreadId(id()));
    assert!(windows::insert(tx, project, late, AT.plus_s(60)).await?);
    assert!(windows::insert(tx, project, early, AT).await?);
    assert!(!windows::insert(tx, project, early, AT.plus_s(90)).await?);
    assert_eq!(windows::next_due(tx).await?, Some(AT));
    assert_eq!(windows::due(tx, AT, 10).await?, [(early, project)]);
    assert_eq!(windows::due(tx, AT.plus_s(60), 10).await?, [(early, project), (late, project)]);
    assert_eq!(windows::reschedule(tx, ProjectId(id()), early, AT.plus_s(90)).await?, 0);
    assert_eq!(windows::reschedule(tx, project, early, AT.plus_s(90)).await?, 1);
    assert_eq!(windows::due(tx, AT.plus_s(60), 10).await?, [(late, project)]);
    assert_eq!(windows::bring_forward(tx, ProjectId(id()), late, AT).await?, 0);
    assert_eq!(windows::bring_forward(tx, project, late, AT.plus_s(60)).await?, 0);
    assert_eq!(windows::bring_forward(tx, project, late, AT.plus_s(59)).await?, 1);
    assert_eq!(windows::due(tx, AT.plus_s(59), 10).await?, [(late, project)]);
    assert_eq!(windows::clear(tx, ProjectId(id()), late).await?, 0);
    assert_eq!(windows::clear(tx, project, late).await?, 1);
    assert_eq!(windows::next_due(tx).await?, Some(AT.plus_s(90)));
    Ok(())
}

async fn variables_are_a_threads_own(tx: &mut Tx) -> Result<()> {
    let (project, thread) = (ProjectId(id()), ThreadId(id()));
    assert_eq!(variables::of_thread(tx, project, thread).await?, Variables::new());
    let of = |value: &str| Variables::from([("name".into(), value.into())]);
    variables::set(tx, project, thread, &of("Ann")).await?;
    variables::set(tx, project, thread, &of("Bob")).await?;
    assert_eq!(variables::of_thread(tx, project, thread).await?, of("Bob"));
    assert_eq!(variables::of_thread(tx, ProjectId(id()), thread).await?, Variables::new());
    super::bounded::remove(tx, project, thread).await?;
    assert_eq!(variables::of_thread(tx, project, thread).await?, Variables::new());
    Ok(())
}

async fn origins_are_an_owners_and_known_to_all(tx: &mut Tx) -> Result<()> {
    let (project, owner) = (ProjectId(id()), id());
    for origin in ["https://b.example", "https://a.example", "https://b.example"] {
        origins::add(tx, project, owner, origin).await?;
    }
    assert_eq!(origins::list(tx, project, owner).await?, ["https://a.example", "https://b.example"]);
    assert_eq!(origins::list(tx, ProjectId(id()), owner).await?, Vec::<String>::new());
    assert!(origins::any(tx, "https://a.example").await? && !origins::any(tx, "https://c.example").await?);
    assert_eq!(origins::clear(tx, ProjectId(id()), owner).await?, 0);
    assert_eq!(origins::clear(tx, project, owner).await?, 2);
    assert!(!origins::any(tx, "https://a.example").await?);
    Ok(())
}
