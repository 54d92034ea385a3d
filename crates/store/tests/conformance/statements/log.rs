//! Threads and their logs.

use domain::{
    AgentId, CustomerId, KeyId, MessageId, Position, ProjectId, Result, ThreadId, Timestamp, TurnId,
    author::Author,
    event::{Delta, DeltaKind, Entry, Event},
    message::{Body, Message, Part, Role},
    thread::{Closed, ClosedBy, Run, Thread, Ticket},
};
use store::{
    Tx, deltas, events, log, messages,
    threads::{self, Filter},
};

use crate::samples::id;

super::in_a_transaction! {
    an_append_writes_entries_messages_and_the_head
    only_messages_with_something_to_read_are_listed
    threads_are_listed_newest_first_by_filter
    an_agents_threads_are_listed_by_their_newest_entry
    deltas_lie_beside_the_log_until_they_are_pruned
    deleting_a_thread_leaves_nothing_of_it
    a_stretch_of_messages_shows_only_those_of_the_project
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
        created_at: AT,
        closed: None,
        window_s: None,
        window_ends_at: None,
        ticket: Ticket::Waiting,
        participants: Vec::new(),
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
    let event = if message.is_some() { Event::MessageCreated {} } else { Event::ThreadCreated {} };
    Entry { thread, seq, at, turn, event, message }
}

/// What stands of it in documents.
fn stored_bytes(entry: &Entry) -> i64 {
    let body = entry.message.as_ref().map_or(0, |message| store::json(&message.body).unwrap().len());
    i64::try_from(store::json(&entry.event).unwrap().len() + body).unwrap()
}

async fn an_append_writes_entries_messages_and_the_head(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let entries =
        vec![entry(&mut head, None, None), entry(&mut head, Some("a"), None), entry(&mut head, Some("b"), None)];
    (head.title, head.ticket, head.window_s) = (Some("Title".into()), Ticket::Open, Some(7200));
    head.window_ends_at = Some(AT.plus_s(7200));
    head.closed = Some(Closed { by: ClosedBy::Person, reason: Some("done".into()), at: AT });
    log::append(tx, &head, &entries).await?;

    assert_eq!(threads::find(tx, head.project, head.id).await?.as_ref(), Some(&head));
    assert_eq!(threads::find(tx, ProjectId(id()), head.id).await?, None);
    let locked = threads::lock(tx, head.project, head.id).await?.unwrap();
    assert_eq!((locked.thread, locked.is_watched), (head.clone(), false));
    assert!(threads::lock(tx, ProjectId(id()), head.id).await?.is_none());
    assert_eq!(threads::share(tx, head.id).await?, Some(3));
    assert!(threads::exists(tx, head.id).await? && !threads::exists(tx, ThreadId(id())).await?);
    assert_eq!(events::after(tx, head.id, 0, 10).await?, entries);
    assert_eq!(events::after(tx, head.id, 1, 1).await?, entries[1..2]);
    let within = async |tx: &mut Tx, after, rows, bytes| -> Result<(usize, bool)> {
        let (found, at_end) = events::within(tx, head.id, after, rows, bytes).await?;
        let from = usize::try_from(after).unwrap();
        assert_eq!(found, entries[from..from + found.len()]);
        Ok((found.len(), at_end))
    };
    assert_eq!(within(tx, 0, 10, i64::MAX).await?, (3, true));
    assert_eq!(within(tx, 1, 1, i64::MAX).await?, (1, false));
    assert_eq!(within(tx, 2, 1, i64::MAX).await?, (1, true));
    assert_eq!(within(tx, 3, 10, i64::MAX).await?, (0, true));
    assert_eq!(within(tx, 0, 10, 1).await?, (1, false), "one at least");
    let two = entries[1..].iter().map(stored_bytes).sum::<i64>();
    assert_eq!(within(tx, 1, 10, two).await?, (2, true));
    assert_eq!(within(tx, 1, 10, two - 1).await?, (1, false));
    assert_eq!(events::between(tx, head.id, 2, 3).await?, entries[1..]);

    let said: Vec<Message> = entries.into_iter().filter_map(|entry| entry.message).collect();
    assert_eq!(messages::after(tx, head.id, 0, 1).await?, said[..1]);
    let bytes: Vec<i64> = said.iter().map(|message| store::json(&message.body).unwrap().len() as i64).collect();
    for (limit, most, expect) in
        [(10, bytes[0] + bytes[1], (2, 2)), (10, bytes[0], (2, 1)), (1, bytes[0], (1, 1)), (10, 0, (2, 0))]
    {
        let expect = Some((expect.0, Some(expect.1)));
        assert_eq!(messages::fitting_after(tx, head.id, 0, limit, most).await?, expect);
        assert_eq!(messages::fitting_before(tx, head.id, i64::MAX, limit, most).await?, expect, "both are as long");
    }
    assert_eq!(messages::fitting_after(tx, head.id, 3, 10, 1).await?, Some((0, None)));
    assert_eq!(messages::before(tx, head.id, i64::MAX, 1).await?, said[1..]);
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
    log::append(tx, &head, &entries).await?;
    let texts = |found: Vec<Message>| found.iter().map(|message| message.seq).collect::<Vec<_>>();
    assert_eq!(messages::count_listed(tx, head.id).await?, 3);
    assert_eq!(texts(messages::listed_before(tx, head.id, 4, 10).await?), [3, 1]);
    assert_eq!(texts(messages::listed_after(tx, head.id, 1, 1).await?), [3]);
    for (known, before, limit, expected) in [
        (None, i64::MAX, 10, &[4, 3, 1][..]),
        (None, 4, 1, &[3]),
        (None, 1, 10, &[]),
        (Some(3), i64::MAX, 2, &[4, 3]),
        (Some(4), i64::MAX, 10, &[]),
    ] {
        let (last_seq, page) = messages::listed_since(tx, head.project, head.id, known, before, limit).await?.unwrap();
        assert_eq!((last_seq, texts(page)), (4, expected.to_vec()), "{known:?} {before} {limit}");
    }
    for (project, thread) in [(ProjectId(id()), head.id), (head.project, ThreadId(id()))] {
        assert_eq!(messages::listed_since(tx, project, thread, None, i64::MAX, 10).await?, None);
    }
    assert_eq!(texts(messages::listed_at(tx, head.id, 1, 10).await?), [3, 4]);
    assert_eq!(texts(messages::containing(tx, head.id, None, i64::MAX, 2).await?), [4, 3]);
    assert_eq!(texts(messages::containing(tx, head.id, Some("\"b"), 4, 2).await?), [0; 0]);
    let quoted = entry(&mut head, Some("100% \"B\""), None);
    log::append(tx, &head, &[quoted]).await?;
    for (part, expected) in [("0% \"b\"", &[5][..]), ("100_", &[]), ("\"b", &[5])] {
        assert_eq!(texts(messages::containing(tx, head.id, Some(part), i64::MAX, 2).await?), expected, "{part}");
    }
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
        (Filter { open_turn: Some(false), ..all() }, None, vec![&closed, &plain]),
        (Filter { title: Some("0% of a_z".into()), ..all() }, None, vec![&plain]),
        (Filter { title: Some("of a".into()), ..all() }, None, vec![&closed, &plain]),
    ] {
        let found = threads::list(tx, project, &filter, before, 10).await?;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?} before {before:?}");
    }
    assert_eq!(threads::list(tx, project, &all(), None, 1).await?, [closed.clone()]);
    let mut lapsed = thread(project);
    (lapsed.window_s, lapsed.window_ends_at) = (Some(1), Some(AT));
    threads::insert(tx, &lapsed).await?;
    for (closed_at, expected) in [
        ((true, AT), vec![&lapsed, &closed]),
        ((true, AT.plus_us(-1)), vec![&closed]),
        ((false, AT), vec![&plain]),
        ((false, AT.plus_us(-1)), vec![&lapsed, &plain]),
    ] {
        let found = threads::list(tx, project, &Filter { closed_at: Some(closed_at), ..all() }, None, 10).await?;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{closed_at:?}");
    }
    Ok(())
}

async fn an_agents_threads_are_listed_by_their_newest_entry(tx: &mut Tx) -> Result<()> {
    let (project, foreign, agent, customer) = (ProjectId(id()), ProjectId(id()), AgentId(id()), CustomerId(id()));
    let mut made = Vec::new();
    for (agent, later_s) in [(agent, 2), (agent, 1), (agent, 2), (AgentId(id()), 9)] {
        let head = Thread { agent, last_at: AT.plus_s(later_s), ..thread(project) };
        threads::insert(tx, &head).await?;
        made.push(head.id);
    }
    threads::add_customer(tx, project, made[1], customer).await?;
    assert_eq!(threads::agent(tx, project, made[0]).await?, Some(agent));
    assert_eq!(threads::agent(tx, foreign, made[0]).await?, None);
    let ids = |found: Vec<Thread>| found.into_iter().map(|found| found.id).collect::<Vec<_>>();
    let all = threads::recent(tx, project, agent, None, None, 10).await?;
    assert_eq!(ids(all.clone()), [made[2], made[0], made[1]]);
    let before = Some((all[0].last_at, all[0].id));
    assert_eq!(ids(threads::recent(tx, project, agent, None, before, 1).await?), [made[0]]);
    let before = Some((all[1].last_at, all[1].id));
    assert_eq!(ids(threads::recent(tx, project, agent, None, before, 10).await?), [made[1]]);
    assert_eq!(ids(threads::recent(tx, project, agent, Some(customer), None, 10).await?), [made[1]]);
    assert_eq!(ids(threads::recent(tx, project, agent, Some(CustomerId(id())), None, 10).await?), []);
    assert_eq!(ids(threads::recent(tx, foreign, agent, None, None, 10).await?), []);
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
        log::append(tx, head, &[said]).await?;
        threads::add_customer(tx, head.project, head.id, CustomerId(id())).await?;
    }
    let [gone, kept] = heads;
    super::bounded::remove(tx, gone.project, gone.id).await?;
    assert_eq!(threads::find(tx, gone.project, gone.id).await?, None);
    assert_eq!(events::after(tx, gone.id, 0, 10).await?, []);
    assert_eq!(messages::after(tx, gone.id, 0, 10).await?, []);
    assert_eq!(threads::customers(tx, gone.project, gone.id).await?, []);
    assert_eq!(threads::find(tx, kept.project, kept.id).await?.as_ref(), Some(&kept));
    assert_eq!(events::after(tx, kept.id, 0, 10).await?.len(), 1);
    Ok(())
}

async fn a_stretch_of_messages_shows_only_those_of_the_project(tx: &mut Tx) -> Result<()> {
    assert_eq!(messages::stretch(tx, None, 10).await?, None);
    let (mut own, mut foreign) = (thread(ProjectId(id())), thread(ProjectId(id())));
    let mut said = Vec::new();
    for head in [&mut own, &mut foreign] {
        threads::insert(tx, head).await?;
        let entries = ["a", "b"].map(|text| entry(head, Some(text), None));
        log::append(tx, head, &entries).await?;
        said.extend(entries.into_iter().filter_map(|entry| entry.message));
    }
    let (a, b, c, d) = (said[0].clone(), said[1].clone(), said[2].id, said[3].id);
    assert_eq!(messages::stretch(tx, None, 1).await?, Some(d));
    assert_eq!(messages::stretch(tx, None, 3).await?, Some(b.id));
    assert_eq!(messages::stretch(tx, Some(d), 2).await?, Some(b.id));
    assert_eq!(messages::stretch(tx, Some(c), 9).await?, Some(a.id));
    assert_eq!(messages::stretch(tx, Some(a.id), 9).await?, None);
    assert_eq!(messages::of_stretch(tx, own.project, a.id, None).await?, [b.clone(), a.clone()]);
    assert_eq!(messages::of_stretch(tx, own.project, a.id, Some(b.id)).await?, [a]);
    assert_eq!(messages::of_stretch(tx, own.project, b.id, None).await?, [b]);
    assert_eq!(messages::of_stretch(tx, ProjectId(id()), c, None).await?, []);
    Ok(())
}
