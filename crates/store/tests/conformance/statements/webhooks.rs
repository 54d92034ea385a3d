//! Webhooks, their backlogs, and their delivery attempts.

use std::slice::from_ref;

use domain::{
    DeliveryAttemptId, ProjectId, Result, StoredSecret, ThreadId, Timestamp, WebhookId,
    webhook::{Backlog, DeliveryAttempt, Disabled, Outcome, Proof, Webhook},
};
use store::{Tx, delivery_attempts, events, log, threads, webhook_backlogs, webhooks};

use super::log::{entry, thread};
use crate::samples::id;

super::in_a_transaction! {
    a_webhook_is_of_its_project
    a_thread_is_watched_while_a_webhook_is_enabled
    a_webhook_is_owed_a_thread_from_the_first_entry_that_it_has_not_seen
    a_backlog_is_moved_by_its_holder_alone
    a_backlog_that_is_due_later_than_any_pause_is_due_now
    a_rewound_backlog_begins_at_the_earlier_entry_and_is_nobodys
    delivery_attempts_come_newest_first_and_only_so_many_are_kept
    entries_are_found_by_their_age
}

const AT: Timestamp = Timestamp(1_760_000_000_000_001);
/// No backoff from [`AT`] on is longer.
const LONGEST: Timestamp = Timestamp(AT.0 + 3_600_000_000);

pub fn webhook(project: ProjectId) -> Webhook {
    Webhook {
        id: WebhookId(id()),
        project,
        url: "https://example.com/".into(),
        proof: Proof::Signed { generation: 1, overlap_ends_at: None },
        dialect: "native".into(),
        events: None,
        description: None,
        disabled: None,
        created_at: AT,
        updated_at: AT,
    }
}

async fn a_webhook_is_of_its_project(tx: &mut Tx) -> Result<()> {
    let mut one = webhook(ProjectId(id()));
    let project = one.project;
    let fixed = Proof::Authorization(Some(StoredSecret::new("Basic abc")));
    let other = Webhook { id: WebhookId(id()), proof: fixed, disabled: Some(Disabled::Asked), ..one.clone() };
    for each in [&one, &other] {
        webhooks::insert(tx, each).await?;
        assert_eq!(webhooks::find(tx, project, each.id).await?.as_ref(), Some(each));
    }
    assert_eq!(webhooks::find(tx, ProjectId(id()), one.id).await?, None);
    assert_eq!(webhooks::lock(tx, ProjectId(id()), one.id).await?, None);
    assert_eq!(webhooks::list(tx, project, None, 10).await?, [one.clone(), other.clone()]);
    assert_eq!(webhooks::list(tx, project, Some(one.id), 10).await?, from_ref(&other));
    assert_eq!(webhooks::list(tx, ProjectId(id()), None, 10).await?, []);
    assert_eq!((webhooks::count(tx, project).await?, webhooks::count(tx, ProjectId(id())).await?), (2, 0));

    one.events = Some(vec!["turn.completed".into()]);
    one.description = Some("x".into());
    one.proof = Proof::Signed { generation: 2, overlap_ends_at: Some(AT.plus_s(1)) };
    one.disabled = Some(Disabled::Gone);
    webhooks::save(tx, &one).await?;
    assert_eq!(webhooks::lock(tx, project, one.id).await?, Some(one.clone()));

    webhooks::delete(tx, ProjectId(id()), one.id, AT).await?;
    assert_eq!(webhooks::count(tx, project).await?, 2);
    webhooks::delete(tx, project, one.id, AT).await?;
    assert_eq!(webhooks::list(tx, project, None, 10).await?, [other]);
    Ok(())
}

async fn a_thread_is_watched_while_a_webhook_is_enabled(tx: &mut Tx) -> Result<()> {
    let head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let mut webhook = webhook(head.project);
    let foreign = Webhook { id: WebhookId(id()), project: ProjectId(id()), ..webhook.clone() };
    webhooks::insert(tx, &foreign).await?;
    assert!(!threads::lock(tx, head.project, head.id).await?.unwrap().is_watched);
    webhooks::insert(tx, &webhook).await?;
    assert!(threads::lock(tx, head.project, head.id).await?.unwrap().is_watched);
    webhook.disabled = Some(Disabled::Gone);
    webhooks::save(tx, &webhook).await?;
    assert!(!threads::lock(tx, head.project, head.id).await?.unwrap().is_watched);
    Ok(())
}

/// A thread and a webhook that is told of it.
async fn watched(tx: &mut Tx) -> Result<(ProjectId, ThreadId, WebhookId)> {
    let head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let webhook = webhook(head.project);
    webhooks::insert(tx, &webhook).await?;
    Ok((head.project, head.id, webhook.id))
}

async fn a_webhook_is_owed_a_thread_from_the_first_entry_that_it_has_not_seen(tx: &mut Tx) -> Result<()> {
    let (project, thread, webhook) = watched(tx).await?;
    let off = Webhook { id: WebhookId(id()), disabled: Some(Disabled::Asked), ..self::webhook(project) };
    webhooks::insert(tx, &off).await?;
    assert_eq!(webhooks::pending(tx, AT, LONGEST).await?, []);
    assert_eq!(webhook_backlogs::record(tx, ProjectId(id()), thread, 3, AT).await?, 0);
    assert_eq!(webhook_backlogs::record(tx, project, thread, 3, AT).await?, 1, "not the one that is off");
    assert_eq!(webhook_backlogs::record(tx, project, thread, 9, AT.plus_s(1)).await?, 0, "it is behind already");
    assert_eq!(webhooks::pending(tx, AT, LONGEST).await?, [(webhook, project, AT)]);
    assert_eq!(webhook_backlogs::due(tx, project, webhook, (AT.plus_us(-1), LONGEST), 10).await?, []);
    assert_eq!(webhook_backlogs::due(tx, ProjectId(id()), webhook, (AT, LONGEST), 10).await?, []);
    assert_eq!(webhook_backlogs::due(tx, project, webhook, (AT, LONGEST), 10).await?, [thread]);
    assert_eq!(webhook_backlogs::count(tx, project, webhook).await?, 1);
    assert_eq!(webhook_backlogs::count(tx, ProjectId(id()), webhook).await?, 0);
    assert_eq!(webhook_backlogs::forget(tx, project, webhook, 9).await?, 0, "it is told");
    let told = webhooks::find(tx, project, webhook).await?.expect("it is there");
    webhooks::save(tx, &Webhook { disabled: Some(Disabled::Asked), ..told.clone() }).await?;
    assert_eq!(webhook_backlogs::forget(tx, ProjectId(id()), webhook, 9).await?, 0);
    assert_eq!(webhook_backlogs::forget(tx, project, webhook, 9).await?, 1);
    webhooks::save(tx, &told).await?;
    assert_eq!(webhooks::pending(tx, AT, LONGEST).await?, []);
    Ok(())
}

async fn a_backlog_is_moved_by_its_holder_alone(tx: &mut Tx) -> Result<()> {
    let (project, thread, webhook) = watched(tx).await?;
    webhook_backlogs::record(tx, project, thread, 3, AT).await?;
    let (mine, theirs, later) = (id(), id(), AT.plus_s(60));
    let place = (project, webhook, thread);
    assert_eq!(
        webhook_backlogs::claim(tx, (ProjectId(id()), webhook, thread), mine, (AT, LONGEST), later).await?,
        None
    );
    let mut held = webhook_backlogs::claim(tx, place, mine, (AT, LONGEST), later).await?.unwrap();
    assert_eq!(held, Backlog { webhook, thread, project, next_seq: 3, tries: 0, since: AT });
    assert_eq!(
        webhook_backlogs::claim(tx, place, theirs, (AT, LONGEST), later).await?,
        None,
        "it is not due while it is held"
    );

    (held.next_seq, held.tries) = (5, 1);
    assert!(!webhook_backlogs::save(tx, &held, theirs, later).await?);
    webhook_backlogs::settle(tx, &held, theirs).await?;
    webhook_backlogs::release(tx, &held, theirs, AT).await?;
    assert!(webhook_backlogs::save(tx, &held, mine, later).await?);
    assert_eq!(webhook_backlogs::end_claims(tx, AT).await?, 1);
    let again = webhook_backlogs::claim(tx, place, theirs, (AT, LONGEST), later).await?;
    assert_eq!(again, Some(held.clone()), "a start ends what a dead process held");

    webhook_backlogs::release(tx, &held, theirs, later).await?;
    assert!(!webhook_backlogs::save(tx, &held, theirs, AT).await?, "it was let go");
    assert_eq!(webhook_backlogs::end_claims(tx, AT).await?, 0, "a pause is no claim");
    webhook_backlogs::claim(tx, place, mine, (later, LONGEST), later).await?.unwrap();
    webhook_backlogs::settle(tx, &held, mine).await?;
    assert_eq!(webhook_backlogs::count(tx, project, webhook).await?, 0);
    Ok(())
}

/// The clock was ahead when the backlog was rescheduled, and has been set back.
async fn a_backlog_that_is_due_later_than_any_pause_is_due_now(tx: &mut Tx) -> Result<()> {
    let (project, thread, webhook) = watched(tx).await?;
    let place = (project, webhook, thread);
    webhook_backlogs::record(tx, project, thread, 3, AT).await?;
    for (due_at, is_due) in [(LONGEST, false), (LONGEST.plus_us(1), true)] {
        let mine = id();
        let held = webhook_backlogs::claim(tx, place, mine, (AT, LONGEST), LONGEST).await?.unwrap();
        webhook_backlogs::release(tx, &held, mine, due_at).await?;
        let found = webhook_backlogs::due(tx, project, webhook, (AT, LONGEST), 10).await?;
        assert_eq!(found, if is_due { vec![thread] } else { Vec::new() });
        assert_eq!(webhooks::pending(tx, AT, LONGEST).await?, [(webhook, project, if is_due { AT } else { LONGEST })]);
        let claimed = webhook_backlogs::claim(tx, place, id(), (AT, LONGEST), AT).await?;
        assert_eq!(claimed.is_some(), is_due);
        webhook_backlogs::end_claims(tx, AT).await?;
        webhook_backlogs::rewind(tx, &Backlog { since: AT, ..held }).await?;
    }
    Ok(())
}

async fn a_rewound_backlog_begins_at_the_earlier_entry_and_is_nobodys(tx: &mut Tx) -> Result<()> {
    let (project, thread, webhook) = watched(tx).await?;
    let place = (project, webhook, thread);
    let backlog = |next_seq, since| Backlog { webhook, thread, project, next_seq, tries: 0, since };
    webhook_backlogs::rewind(tx, &backlog(5, AT)).await?;
    let mine = id();
    let mut held = webhook_backlogs::claim(tx, place, mine, (AT, LONGEST), AT.plus_s(60)).await?.unwrap();
    assert_eq!(held, backlog(5, AT));
    held.tries = 7;
    assert!(webhook_backlogs::save(tx, &held, mine, AT.plus_s(60)).await?);
    for (next_seq, first) in [(2, 2), (4, 2)] {
        webhook_backlogs::rewind(tx, &backlog(next_seq, AT.plus_s(1))).await?;
        assert!(!webhook_backlogs::save(tx, &held, mine, AT).await?, "a rewind ends the claim of the sender");
        let found = webhook_backlogs::claim(tx, place, id(), (AT.plus_s(1), LONGEST), AT.plus_s(60)).await?;
        assert_eq!(found, Some(backlog(first, AT.plus_s(1))));
    }
    Ok(())
}

async fn delivery_attempts_come_newest_first_and_only_so_many_are_kept(tx: &mut Tx) -> Result<()> {
    let (project, webhook) = (ProjectId(id()), WebhookId(id()));
    let attempt = |outcome, status| DeliveryAttempt {
        id: DeliveryAttemptId(id()),
        webhook,
        project,
        thread: ThreadId(id()),
        seq: 3,
        event: "message.created".into(),
        number: 2,
        replayed: outcome == Outcome::Failed,
        outcome,
        status,
        error: Some("why".into()),
        duration_ms: 12,
        at: AT,
    };
    let (one, two, three) =
        (attempt(Outcome::Failed, None), attempt(Outcome::Delivered, Some(204)), attempt(Outcome::Gone, Some(410)));
    for each in [&one, &two, &three] {
        delivery_attempts::insert(tx, each).await?;
    }
    let list = async |tx: &mut Tx, project, outcome, before| {
        delivery_attempts::list(tx, project, webhook, outcome, before, 10).await
    };
    assert_eq!(list(tx, project, None, None).await?, [three.clone(), two.clone(), one.clone()]);
    assert_eq!(list(tx, project, None, Some(two.id)).await?, from_ref(&one));
    assert_eq!(list(tx, project, Some(Outcome::Delivered), None).await?, from_ref(&two));
    assert_eq!(list(tx, ProjectId(id()), None, None).await?, []);
    assert_eq!(delivery_attempts::find(tx, project, webhook, one.id).await?, Some(one.clone()));
    assert_eq!(delivery_attempts::find(tx, ProjectId(id()), webhook, one.id).await?, None);
    assert_eq!(delivery_attempts::find(tx, project, WebhookId(id()), one.id).await?, None);
    assert_eq!(delivery_attempts::prune(tx, ProjectId(id()), webhook, 0).await?, 0);
    assert_eq!(delivery_attempts::prune(tx, project, webhook, 3).await?, 0);
    assert_eq!(delivery_attempts::prune(tx, project, webhook, 1).await?, 2);
    assert_eq!(list(tx, project, None, None).await?, [three]);
    Ok(())
}

async fn entries_are_found_by_their_age(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let entries = ["a", "b", "c"].map(|text| entry(&mut head, Some(text), None));
    log::append(tx, &head, &entries, 0).await?;
    assert_eq!(events::first_since(tx, head.id, entries[1].at).await?, Some(2));
    assert_eq!(events::first_since(tx, head.id, entries[2].at.plus_us(1)).await?, None);
    assert_eq!(threads::active_since(tx, head.project, entries[2].at, 10).await?, [head.id]);
    assert_eq!(threads::active_since(tx, head.project, entries[2].at.plus_us(1), 10).await?, []);
    assert_eq!(threads::active_since(tx, ProjectId(id()), AT, 10).await?, []);
    Ok(())
}
