//! Threads and their logs.

use domain::{
    AgentId, CustomerId, KeyId, MessageId, Position, ProjectId, Result, ThreadId, Timestamp, TurnId,
    author::Author,
    event::{Delta, DeltaKind, Entry, Event},
    handling::People,
    message::{Body, Message, Part, Role},
    spent::Spent,
    thread::{Closed, ClosedBy, Run, Thread, Ticket},
};
use store::{
    Bound, Tx, deltas,
    events::{self, Stretch as Entries},
    log,
    messages::{self, Side},
    owners::{self, Holder},
    threads::{self, Filter, Stretch},
};

use super::customers::known;
use crate::samples::id;

super::in_a_transaction! {
    an_append_writes_entries_messages_and_the_head
    only_messages_with_something_to_read_are_listed
    threads_are_listed_newest_first_by_filter
    an_agents_threads_are_listed_by_their_newest_entry
    deltas_lie_beside_the_log_until_they_are_pruned
    deleting_a_thread_leaves_nothing_of_it
    a_search_reads_the_messages_of_its_project_alone
}

pub const AT: Timestamp = Timestamp(1_760_000_000_000_001);

pub fn thread(project: ProjectId) -> Thread {
    Thread {
        id: ThreadId(id()),
        project,
        agent: AgentId(id()),
        title: None,
        metadata: serde_json::from_str(r#"{"z":1,"a":[true,null]}"#).unwrap(),
        last_seq: 0,
        last_at: AT,
        last_words: None,
        listed: 0,
        spent: Spent::default(),
        created_at: AT,
        closed: None,
        window_s: None,
        window_ends_at: None,
        ticket: Ticket::Waiting,
        participants: Vec::new(),
        people: People::default(),
        run: Run::default(),
        tags: Vec::new(),
    }
}

/// The next entry of the thread: a user's message of `turn`, or without a text an entry that is none.
pub fn entry(head: &mut Thread, text: Option<&str>, turn: Option<TurnId>) -> Entry {
    head.last_seq += 1;
    head.last_at = head.last_at.plus_us(1);
    let (thread, seq, at) = (head.id, head.last_seq, head.last_at);
    let body = |text: &str| Body { content: vec![Part::Text { text: text.into() }], ..Body::default() };
    let message = text.map(|text| Message {
        id: MessageId(id()),
        thread,
        seq,
        turn,
        role: Role::User,
        author: Author::Key { key: KeyId(id()) },
        at,
        body: body(text),
    });
    head.listed += i64::from(message.as_ref().is_some_and(|message| message.body.is_listed()));
    let event = if message.is_some() { Event::MessageCreated {} } else { Event::ThreadCreated {} };
    Entry { thread, seq, at, turn, event, message }
}

async fn an_append_writes_entries_messages_and_the_head(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let entries =
        vec![entry(&mut head, None, None), entry(&mut head, Some("a"), None), entry(&mut head, Some("b"), None)];
    (head.title, head.ticket, head.window_s) = (Some("Title".into()), Ticket::Open, Some(7200));
    head.window_ends_at = Some(AT.plus_s(7200));
    head.closed = Some(Closed { by: ClosedBy::Person, reason: Some("done".into()), at: AT });
    log::append(tx, &head, &entries, 0).await?;

    assert_eq!(threads::find(tx, head.project, head.id).await?.as_ref(), Some(&head));
    assert_eq!(threads::find(tx, ProjectId(id()), head.id).await?, None);
    let locked = threads::lock(tx, head.project, head.id).await?.unwrap();
    assert_eq!((locked.thread, locked.is_watched), (head.clone(), false));
    assert!(threads::lock(tx, ProjectId(id()), head.id).await?.is_none());
    assert_eq!(threads::share(tx, head.id).await?, Some(3));
    assert!(threads::exists(tx, head.id).await? && !threads::exists(tx, ThreadId(id())).await?);
    let within = async |tx: &mut Tx, stretch, bound| -> Result<(Vec<i64>, bool)> {
        let found = events::stretch(tx, head.id, stretch, false, bound).await?;
        let backwards = events::stretch(tx, head.id, stretch, true, bound).await?;
        assert_eq!((found.rows.len(), found.more), (backwards.rows.len(), backwards.more), "they are all as long");
        assert!(found.rows.iter().all(|found| entries.contains(found)));
        Ok((found.rows.iter().map(|entry| entry.seq).collect(), found.more))
    };
    let all = Entries::above(0);
    assert_eq!(within(tx, all, Bound::rows(10)).await?, (vec![1, 2, 3], false));
    assert_eq!(within(tx, all, Bound::rows(3)).await?, (vec![1, 2, 3], false));
    assert_eq!(within(tx, Entries::above(1), Bound::rows(1)).await?, (vec![2], true));
    assert_eq!(within(tx, Entries::one(2), Bound::rows(2)).await?, (vec![2], false));
    assert_eq!(within(tx, Entries::above(3), Bound::rows(10)).await?, (vec![], false));

    let said: Vec<Message> = entries.iter().filter_map(|entry| entry.message.clone()).collect();
    assert_eq!(page(tx, head.id, Side::Above(0), Bound::rows(1)).await?, (said[..1].to_vec(), true));
    assert_eq!(page(tx, head.id, Side::Below(i64::MAX), Bound::rows(1)).await?, (said[1..].to_vec(), true));
    assert_eq!(page(tx, head.id, Side::Below(3), Bound::rows(1)).await?, (said[..1].to_vec(), false));
    assert_eq!(messages::find(tx, head.id, said[0].id).await?.as_ref(), Some(&said[0]));
    assert_eq!(messages::find(tx, ThreadId(id()), said[0].id).await?, None);
    assert_eq!(messages::find_in_project(tx, head.project, said[1].id).await?.as_ref(), Some(&said[1]));
    assert_eq!(messages::find_in_project(tx, ProjectId(id()), said[1].id).await?, None);
    assert_eq!(messages::newest_of_user(tx, head.id).await?.as_ref(), Some(&said[1]));
    Ok(())
}

async fn only_messages_with_something_to_read_are_listed(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let entries = ["a", "", "b", "c"].map(|text| entry(&mut head, Some(text), None));
    log::append(tx, &head, &entries, 0).await?;
    let listed = async |tx: &mut Tx, side, rows| -> Result<Vec<i64>> {
        Ok(seqs(&messages::page(tx, head.id, side, true, Bound::rows(rows)).await?.rows))
    };
    assert_eq!(listed(tx, Side::Below(4), 10).await?, [3, 1]);
    assert_eq!(listed(tx, Side::Above(1), 1).await?, [3]);
    for (known, before, limit, expected, more) in [
        (None, i64::MAX, 10, &[4, 3, 1][..], false),
        (None, 4, 1, &[3], true),
        (None, 1, 10, &[], false),
        (Some(3), i64::MAX, 2, &[4, 3], true),
        (Some(4), i64::MAX, 10, &[], false),
    ] {
        let bound = Bound::rows(limit);
        let (last_seq, page) = messages::listed_since(tx, head.project, head.id, known, before, bound).await?.unwrap();
        assert_eq!((last_seq, seqs(&page.rows), page.more), (4, expected.to_vec(), more), "{known:?} {before} {limit}");
    }
    for (project, thread) in [(ProjectId(id()), head.id), (head.project, ThreadId(id()))] {
        assert_eq!(messages::listed_since(tx, project, thread, None, i64::MAX, Bound::rows(10)).await?, None);
    }
    assert_eq!(seqs(&messages::listed_at(tx, head.id, 1, Bound::rows(10)).await?.rows), [3, 4]);
    Ok(())
}

async fn threads_are_listed_newest_first_by_filter(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let (mut plain, mut closed) = (thread(project), thread(project));
    plain.title = Some("100% of A_Z".into());
    closed.title = Some("1000 of AbZ".into());
    closed.closed = Some(Closed { by: ClosedBy::Person, reason: None, at: AT });
    for thread in [&plain, &closed, &thread(ProjectId(id()))] {
        threads::insert(tx, thread).await?;
    }
    let all = Filter::default;
    for (filter, before, expected) in [
        (all(), None, vec![&closed, &plain]),
        (all(), Some(closed.id), vec![&plain]),
        (Filter { agent: Some(plain.agent), ..all() }, None, vec![&plain]),
        (Filter { closed: Some(true), ..all() }, None, vec![&closed]),
        (Filter { closed: Some(false), ..all() }, None, vec![&plain]),
        (Filter { open_turn: Some(true), ..all() }, None, vec![]),
        (Filter { is_awaited: Some(true), ..all() }, None, vec![]),
        (Filter { open_turn: Some(false), ..all() }, None, vec![&closed, &plain]),
        (Filter { title: Some("0% of a_z".into()), ..all() }, None, vec![&plain]),
        (Filter { title: Some("of a".into()), ..all() }, None, vec![&closed, &plain]),
    ] {
        let found = threads::list(tx, project, &filter, Stretch { before, from: None }, Bound::rows(10)).await?;
        assert_eq!(found.rows.iter().collect::<Vec<_>>(), expected, "{filter:?} before {before:?}");
    }
    let down_to = Stretch { before: None, from: Some(closed.id) };
    let found = threads::list(tx, project, &all(), down_to, Bound::rows(10)).await?;
    assert_eq!((&found.rows[..], found.more), (&[closed.clone()][..], false));
    let found = threads::list(tx, project, &all(), Stretch::default(), Bound::page(10, 1)).await?;
    assert_eq!((&found.rows[..], found.more), (&[closed.clone()][..], true), "one at least");
    for (before, count, expected) in [
        (None, 1, Some(closed.id)),
        (None, 9, Some(plain.id)),
        (Some(closed.id), 1, Some(plain.id)),
        (Some(plain.id), 9, None),
    ] {
        assert_eq!(threads::edge(tx, project, before, count).await?, expected, "{before:?} {count}");
    }
    let mut expired = thread(project);
    (expired.window_s, expired.window_ends_at) = (Some(1), Some(AT));
    threads::insert(tx, &expired).await?;
    for (closed_at, expected) in [
        ((true, AT), vec![&expired, &closed]),
        ((true, AT.plus_us(-1)), vec![&closed]),
        ((false, AT), vec![&plain]),
        ((false, AT.plus_us(-1)), vec![&expired, &plain]),
    ] {
        let filter = Filter { closed_at: Some(closed_at), ..all() };
        let found = threads::list(tx, project, &filter, Stretch::default(), Bound::rows(10)).await?.rows;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{closed_at:?}");
    }
    Ok(())
}

async fn an_agents_threads_are_listed_by_their_newest_entry(tx: &mut Tx) -> Result<()> {
    let (project, foreign, agent) = (ProjectId(id()), ProjectId(id()), AgentId(id()));
    let customer = known(tx, project).await?;
    let mut made = Vec::new();
    for (agent, later_s) in [(agent, 2), (agent, 1), (agent, 2), (AgentId(id()), 9)] {
        let head = Thread { agent, last_at: AT.plus_s(later_s), ..thread(project) };
        threads::insert(tx, &head).await?;
        made.push(head.id);
    }
    let (line, ann) = (Holder::Line(KeyId(id())), Holder::Customer(customer));
    let Holder::Line(key) = line else { unreachable!("it is one") };
    for thread in &made {
        owners::give_to(tx, project, *thread, key).await?;
    }
    owners::give_to(tx, foreign, made[0], KeyId(id())).await?;
    threads::add_customer(tx, project, made[1], customer).await?;
    for (thread, of, holder, held) in [
        (made[0], project, line, true),
        (made[0], project, ann, false),
        (made[1], project, ann, true),
        (made[0], foreign, line, false),
        (made[0], project, Holder::Line(KeyId(id())), false),
        (made[3], project, line, false),
    ] {
        assert_eq!(owners::is_held(tx, of, thread, agent, holder).await?, held, "{holder:?}");
    }
    let ids = |found: Vec<Thread>| found.into_iter().map(|found| found.id).collect::<Vec<_>>();
    let all = threads::recent(tx, project, agent, line, None, 10).await?;
    assert_eq!(ids(all.clone()), [made[2], made[0], made[1]]);
    let before = Some((all[0].last_at, all[0].id));
    assert_eq!(ids(threads::recent(tx, project, agent, line, before, 1).await?), [made[0]]);
    let before = Some((all[1].last_at, all[1].id));
    assert_eq!(ids(threads::recent(tx, project, agent, line, before, 10).await?), [made[1]]);
    assert_eq!(ids(threads::recent(tx, project, agent, ann, None, 10).await?), [made[1]]);
    for nobody in [Holder::Customer(CustomerId(id())), Holder::Line(KeyId(id()))] {
        assert_eq!(ids(threads::recent(tx, project, agent, nobody, None, 10).await?), []);
    }
    assert_eq!(ids(threads::recent(tx, foreign, agent, line, None, 10).await?), []);
    Ok(())
}

async fn deltas_lie_beside_the_log_until_they_are_pruned(tx: &mut Tx) -> Result<()> {
    let thread = ThreadId(id());
    let delta = |seq, n, text: &str| Delta {
        thread,
        seq,
        n,
        turn: TurnId(id()),
        attempt: 1,
        message: MessageId(id()),
        kind: DeltaKind::Text,
        offset: i64::from(n) * 10,
        text: text.into(),
        at: AT,
    };
    let all = [delta(3, 1, "a"), delta(3, 2, "b"), delta(4, 1, "c")];
    for delta in &all {
        deltas::insert(tx, delta).await?;
    }
    assert_eq!(deltas::all(tx, thread).await?, all);
    assert_eq!(deltas::after(tx, thread, Position::delta(3, 1), 10).await?, all[1..]);
    assert_eq!(deltas::after(tx, thread, Position::entry(3), 1).await?, all[..1]);
    assert_eq!((deltas::newest(tx, thread, 3).await?, deltas::newest(tx, thread, 5).await?), (2, 0));
    assert_eq!(deltas::prune(tx, ThreadId(id())).await?, 0);
    assert_eq!(deltas::prune(tx, thread).await?, 3);
    assert_eq!(deltas::all(tx, thread).await?, []);
    Ok(())
}

async fn deleting_a_thread_leaves_nothing_of_it(tx: &mut Tx) -> Result<()> {
    let mut heads = [thread(ProjectId(id())), thread(ProjectId(id()))];
    for head in &mut heads {
        threads::insert(tx, head).await?;
        let said = entry(head, Some("a"), None);
        log::append(tx, head, &[said], 0).await?;
        threads::add_customer(tx, head.project, head.id, CustomerId(id())).await?;
    }
    let [gone, kept] = heads;
    super::bounded::remove(tx, gone.project, gone.id).await?;
    assert_eq!(threads::find(tx, gone.project, gone.id).await?, None);
    let (all, bound) = (Entries::above(0), Bound::rows(10));
    assert_eq!(events::stretch(tx, gone.id, all, false, bound).await?.rows, []);
    assert_eq!(page(tx, gone.id, Side::Above(0), bound).await?, (vec![], false));
    assert_eq!(threads::customers(tx, gone.project, gone.id).await?, []);
    assert_eq!(threads::find(tx, kept.project, kept.id).await?.as_ref(), Some(&kept));
    assert_eq!(events::stretch(tx, kept.id, all, false, bound).await?.rows.len(), 1);
    Ok(())
}

async fn a_search_reads_the_messages_of_its_project_alone(tx: &mut Tx) -> Result<()> {
    let (mut own, mut foreign) = (thread(ProjectId(id())), thread(ProjectId(id())));
    let mut said = Vec::new();
    for head in [&mut own, &mut foreign] {
        threads::insert(tx, head).await?;
        let entries = ["a", "b"].map(|text| entry(head, Some(text), None));
        log::append(tx, head, &entries, 0).await?;
        said.extend(entries.into_iter().filter_map(|entry| entry.message));
    }
    let (a, b, c) = (said[0].clone(), said[1].clone(), said[2].id);
    let read = async |tx: &mut Tx, project, before, bound| -> Result<(Vec<Message>, bool)> {
        let found = messages::of_project(tx, project, (None, before), bound).await?;
        Ok((found.rows, found.more))
    };
    let ten = Bound::rows(10);
    assert_eq!(read(tx, own.project, None, ten).await?, (vec![b.clone(), a.clone()], false));
    assert_eq!(read(tx, own.project, Some(c), ten).await?, (vec![b.clone(), a.clone()], false));
    assert_eq!(read(tx, own.project, Some(b.id), ten).await?, (vec![a.clone()], false));
    assert_eq!(read(tx, own.project, None, Bound::rows(1)).await?, (vec![b.clone()], true));
    assert_eq!(read(tx, own.project, None, Bound::page(9, 1)).await?, (vec![b], true), "one at least");
    assert_eq!(read(tx, own.project, Some(a.id), ten).await?, (vec![], false));
    assert_eq!(read(tx, ProjectId(id()), None, ten).await?, (vec![], false));
    let above = messages::of_project(tx, own.project, (Some(said[0].id), None), ten).await?;
    assert_eq!(above.rows, [said[1].clone()]);
    Ok(())
}

async fn page(tx: &mut Tx, thread: ThreadId, side: Side, bound: Bound) -> Result<(Vec<Message>, bool)> {
    let found = messages::page(tx, thread, side, false, bound).await?;
    Ok((found.rows, found.more))
}

fn seqs(messages: &[Message]) -> Vec<i64> {
    messages.iter().map(|message| message.seq).collect()
}
