//! Threads found as tickets, and messages that are changed.

use domain::{ProjectId, Result, ThreadId, Timestamp, message::Body, thread::Ticket};
use store::{
    Bound, Tx, events, log,
    messages::{self, Side},
    origin_keys::{self, Kind, OriginKey},
    tags,
    threads::{self, Stretch},
    tickets::{self, Filter},
};

use super::{
    customers::known,
    log::{entry, thread},
};
use crate::samples::id;

super::in_a_transaction! {
    threads_are_found_by_what_is_asked
    the_customers_of_a_thread_are_set_as_one
    a_message_is_changed_where_it_stands
    a_thread_tells_its_senders_names
}

const AT: Timestamp = Timestamp(1_760_000_000_000_001);

async fn threads_are_found_by_what_is_asked(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let customer = known(tx, project).await?;
    let [mut one, mut two, mut foreign] = [project, project, ProjectId(id())].map(thread);
    (one.title, one.ticket) = (Some("Order 100%".into()), Ticket::Reminder);
    (two.title, foreign.title) = (Some("order 1000".into()), Some("order".into()));
    for thread in [&one, &two, &foreign] {
        threads::insert(tx, thread).await?;
        threads::add_customer(tx, thread.project, thread.id, customer).await?;
    }
    tickets::set_customers(tx, project, two.id, &[]).await?;
    tags::set(tx, project, two.id, &["late".into()]).await?;
    let all = Filter::default;
    for (filter, expected) in [
        (all(), vec![two.id, one.id]),
        (Filter { ticket: Some(Ticket::Reminder), ..all() }, vec![one.id]),
        (Filter { ticket: Some(Ticket::Closed), ..all() }, vec![]),
        (Filter { customer: Some(customer), ..all() }, vec![one.id]),
        (Filter { thread: Some(two.id), ..all() }, vec![two.id]),
        (Filter { thread: Some(foreign.id), ..all() }, vec![]),
        (Filter { tag: Some("late".into()), ..all() }, vec![two.id]),
        (Filter { title: Some("order".into()), ..all() }, vec![two.id, one.id]),
        (Filter { title: Some("100%".into()), ..all() }, vec![one.id]),
        (Filter { title: Some("order".into()), ticket: Some(two.ticket), ..all() }, vec![two.id]),
    ] {
        let found = tickets::matching(tx, project, &filter, Stretch::default(), 10).await?;
        assert_eq!(found.into_iter().map(|(id, _)| id).collect::<Vec<_>>(), expected, "{filter:?}");
    }
    for (before, from, limit, expected) in
        [(Some(two.id), None, 10, vec![one.id]), (None, Some(two.id), 10, vec![two.id]), (None, None, 1, vec![two.id])]
    {
        let stretch = Stretch { before, from };
        let titled = Filter { title: Some("order".into()), ..all() };
        for filter in [all(), titled] {
            let found = tickets::matching(tx, project, &filter, stretch, limit).await?;
            assert_eq!(found.into_iter().map(|(id, _)| id).collect::<Vec<_>>(), expected, "{filter:?} {stretch:?}");
        }
    }
    assert_eq!(tickets::all(tx, project, 0, 10).await?, [two.id, one.id]);
    assert_eq!(tickets::all(tx, project, 1, 1).await?, [one.id]);
    assert_eq!(tickets::all(tx, project, i64::MAX, 1).await?, []);
    assert_eq!(tickets::count(tx, project).await?, 2);
    Ok(())
}

async fn the_customers_of_a_thread_are_set_as_one(tx: &mut Tx) -> Result<()> {
    let (project, thread) = (ProjectId(id()), ThreadId(id()));
    let (a, b, c) = (known(tx, project).await?, known(tx, project).await?, known(tx, project).await?);
    tickets::set_customers(tx, project, thread, &[a, b]).await?;
    tickets::set_customers(tx, ProjectId(id()), ThreadId(id()), &[c]).await?;
    assert_eq!(threads::customers(tx, project, thread).await?, [a, b]);
    tickets::set_customers(tx, project, thread, &[b, c]).await?;
    assert_eq!(threads::customers(tx, project, thread).await?, [b, c]);
    Ok(())
}

async fn a_message_is_changed_where_it_stands(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let entries = ["a", "b"].map(|text| entry(&mut head, Some(text), None));
    log::append(tx, &head, &entries, 0).await?;
    let [mut first, second] = entries.clone().map(|entry| entry.message.unwrap());
    for text in ["c", "d"] {
        first.body = Body::text(text);
        assert_eq!(messages::save(tx, &first).await?, 1);
        assert_eq!(messages::find(tx, head.id, first.id).await?.as_ref(), Some(&first));
        let told = events::stretch(tx, head.id, events::Stretch::above(0), false, Bound::rows(10)).await?;
        assert_eq!(told.rows, entries, "the log says what it said");
    }
    let listed = messages::page(tx, head.id, Side::Above(0), true, Bound::rows(10)).await?;
    assert_eq!(listed.rows, [first, second]);
    Ok(())
}

async fn a_thread_tells_its_senders_names(tx: &mut Tx) -> Result<()> {
    let (project, thread) = (ProjectId(id()), ThreadId(id()));
    let key = |kind, key: &str, thread, at| OriginKey {
        project,
        kind,
        scope: String::new(),
        key: key.into(),
        fingerprint: [1; 32],
        thread: Some(thread),
        answer: String::new(),
        created_at: at,
    };
    for key in [
        key(Kind::External, "b", thread, AT),
        key(Kind::External, "a", thread, AT.plus_us(1)),
        key(Kind::Client, "c", thread, AT),
        key(Kind::External, "d", ThreadId(id()), AT),
    ] {
        assert!(origin_keys::claim(tx, &key).await?);
    }
    assert_eq!(origin_keys::external_of_thread(tx, project, thread, 10).await?, ["b", "a"]);
    assert_eq!(origin_keys::external_of_thread(tx, project, thread, 1).await?, ["b"]);
    assert_eq!(origin_keys::external_of_thread(tx, ProjectId(id()), thread, 10).await?, Vec::<String>::new());
    Ok(())
}
