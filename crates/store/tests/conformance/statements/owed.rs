//! Origin keys, deliveries, reminders.

use std::slice::from_ref;

use domain::{
    DeliveryId, MessageId, ProjectId, Result, ThreadId, Timestamp,
    reminder::{Delivery, DeliveryKind, DeliveryState, Reminder},
};
use store::{
    Tx, deliveries, log,
    origin_keys::{self, Kind, OriginKey},
    reminders, threads,
};

use super::log::{entry, thread};
use crate::samples::id;

super::in_a_transaction! {
    an_origin_key_is_taken_once_in_its_namespace
    only_keys_of_no_thread_expire
    a_delivery_is_found_by_its_message
    deliveries_of_a_stretch_of_the_log_come_in_its_order
    a_thread_has_one_reminder
}

const AT: Timestamp = Timestamp(1_760_000_000_000_001);

pub fn origin_key(project: ProjectId, kind: Kind, scope: &str, thread: Option<ThreadId>) -> OriginKey {
    OriginKey {
        project,
        kind,
        scope: scope.into(),
        key: "k".into(),
        fingerprint: [1; 32],
        thread,
        answer: "{}".into(),
        created_at: AT,
    }
}

async fn an_origin_key_is_taken_once_in_its_namespace(tx: &mut Tx) -> Result<()> {
    let (project, thread) = (ProjectId(id()), ThreadId(id()));
    let mut key = origin_key(project, Kind::Client, "t", None);
    assert!(origin_keys::claim(tx, &key).await?);
    assert!(!origin_keys::claim(tx, &key).await?);
    for other in [
        origin_key(ProjectId(id()), Kind::Client, "t", None),
        origin_key(project, Kind::Request, "t", None),
        origin_key(project, Kind::Client, "u", None),
    ] {
        assert!(origin_keys::claim(tx, &other).await?);
    }
    (key.answer, key.thread) = ("{\"id\":1}".into(), Some(thread));
    origin_keys::answer(tx, &key).await?;
    let used = origin_keys::find(tx, project, Kind::Client, "t", "k").await?.unwrap();
    assert_eq!(
        (used.fingerprint.as_slice(), used.thread, used.answer),
        (&[1; 32][..], Some(thread), key.answer.clone())
    );
    assert_eq!(origin_keys::find(tx, project, Kind::External, "t", "k").await?, None);
    origin_keys::release(tx, &key, AT).await?;
    assert!(!origin_keys::claim(tx, &key).await?, "it is not older");
    origin_keys::release(tx, &key, AT.plus_us(1)).await?;
    assert!(origin_keys::claim(tx, &key).await?);
    assert!(origin_keys::find(tx, project, Kind::Client, "u", "k").await?.is_some(), "another key stays");
    Ok(())
}

async fn only_keys_of_no_thread_expire(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    origin_keys::claim(tx, &origin_key(project, Kind::Request, "a", None)).await?;
    origin_keys::claim(tx, &origin_key(project, Kind::Client, "b", Some(ThreadId(id())))).await?;
    origin_keys::claim(tx, &origin_key(project, Kind::Request, "c", None)).await?;
    assert_eq!(origin_keys::expire(tx, AT, 9).await?, 0);
    assert_eq!(origin_keys::expire(tx, AT.plus_us(1), 1).await?, 1, "no more than were asked for");
    assert_eq!(origin_keys::expire(tx, AT.plus_us(1), 9).await?, 1);
    assert_eq!(origin_keys::find(tx, project, Kind::Request, "a", "k").await?, None);
    assert!(origin_keys::find(tx, project, Kind::Client, "b", "k").await?.is_some());
    Ok(())
}

fn delivery(project: ProjectId) -> Delivery {
    Delivery {
        id: DeliveryId(id()),
        project,
        thread: ThreadId(id()),
        message: MessageId(id()),
        kind: DeliveryKind::Mail,
        state: DeliveryState::Pending,
        created_at: AT,
    }
}

async fn a_delivery_is_found_by_its_message(tx: &mut Tx) -> Result<()> {
    let delivery = delivery(ProjectId(id()));
    deliveries::insert(tx, &delivery).await?;
    assert_eq!(deliveries::of_message(tx, delivery.project, delivery.message).await?, from_ref(&delivery));
    assert_eq!(deliveries::of_message(tx, ProjectId(id()), delivery.message).await?, []);
    Ok(())
}

async fn deliveries_of_a_stretch_of_the_log_come_in_its_order(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let entries = ["a", "b", "c"].map(|text| entry(&mut head, Some(text), None));
    log::append(tx, &head, &entries, 0).await?;
    let mut pending = Vec::new();
    for entry in entries.iter().rev() {
        let message = entry.message.as_ref().unwrap().id;
        let delivery = Delivery { thread: head.id, message, ..delivery(head.project) };
        deliveries::insert(tx, &delivery).await?;
        pending.insert(0, delivery);
    }
    assert_eq!(deliveries::of_messages(tx, head.project, head.id, 2, 3).await?, pending[1..]);
    assert_eq!(deliveries::of_messages(tx, ProjectId(id()), head.id, 1, 3).await?, []);
    Ok(())
}

async fn a_thread_has_one_reminder(tx: &mut Tx) -> Result<()> {
    assert_eq!(reminders::next_due(tx).await?, None);
    let project = ProjectId(id());
    let reminder = |number_left, due_at| Reminder { thread: ThreadId(id()), project, delay_s: 60, number_left, due_at };
    let (mut early, late) = (reminder(3, AT), reminder(1, AT.plus_s(60)));
    reminders::set(tx, &late).await?;
    reminders::set(tx, &early).await?;
    assert_eq!(reminders::next_due(tx).await?, Some(AT));
    assert_eq!(reminders::due(tx, AT, 10).await?, [early.clone()]);
    (early.number_left, early.due_at) = (2, AT.plus_s(120));
    reminders::set(tx, &early).await?;
    assert_eq!(reminders::due(tx, AT.plus_s(120), 10).await?, [late.clone(), early.clone()]);
    assert_eq!(reminders::find(tx, project, early.thread).await?.as_ref(), Some(&early));
    assert_eq!(reminders::find(tx, ProjectId(id()), early.thread).await?, None);
    assert_eq!(reminders::clear(tx, early.thread).await?, 1);
    assert_eq!(reminders::next_due(tx).await?, Some(late.due_at));
    assert_eq!(reminders::reschedule(tx, late.thread, AT, AT.plus_s(90)).await?, 0, "it is not due");
    assert_eq!(reminders::reschedule(tx, late.thread, AT.plus_s(60), AT.plus_s(90)).await?, 1);
    assert_eq!(reminders::next_due(tx).await?, Some(AT.plus_s(90)));
    Ok(())
}
