//! Who speaks in a thread, and what is unanswered in it.

use domain::{
    AgentId, MemberId, NoteId, ProjectId, Result, TurnId,
    author::Author,
    event::{Entry, Event},
    handling::{Handling, Note, PERSON_WANTED, People, Person, TAKEN_OVER, Unanswered, Wanted},
    last_words::LastWords,
    message::Role,
    project::Member,
    thread::Thread,
    turn::{State, Turn},
};
use store::{
    Bound, Tx, events, handling, log, members, messages,
    threads::{self, Filter, Overdue, Stretch},
    turns,
};

use super::{
    log::{AT, entry, thread},
    turns::turn,
};
use crate::samples::id;

super::in_a_transaction! {
    the_head_keeps_who_speaks
    silences_end_in_order
    threads_of_members_who_are_gone_are_found
    threads_are_listed_by_who_speaks
    messages_wait_for_an_answer_by_their_turns
    what_was_spoken_and_noted_is_found
}

async fn the_head_keeps_who_speaks(tx: &mut Tx) -> Result<()> {
    let by = Some(Author::Guest {});
    let wanted = Wanted { by, reason: "é".into(), at: AT, until: Some(AT.plus_s(9)) };
    let silent = People { wanted: Some(wanted), assignee: Some(MemberId(id())), ..People::default() };
    let mut head = Thread { people: silent, ..thread(ProjectId(id())) };
    threads::insert(tx, &head).await?;
    assert_eq!(threads::find(tx, head.project, head.id).await?, Some(head.clone()));
    let unanswered = Some(Unanswered { since: AT, seq: 7 });
    let assignee = Some(MemberId(id()));
    head.people = People {
        held_since: Some(AT),
        assignee,
        wanted: None,
        unanswered,
        first_seq: Some(3),
        idle_s: Some(60),
        agent_silent_at: Some(AT.plus_s(-60)),
    };
    let (role, author, text) = (Role::User, Author::Guest {}, "Where is it?".into());
    let door = Some("chat".to_owned());
    head.last_words = Some(LastWords { seq: 7, at: AT, role, author, text, door });
    log::append(tx, &head, &[], 0).await?;
    assert_eq!(threads::find(tx, head.project, head.id).await?, Some(head.clone()));
    assert_eq!(threads::lock(tx, head.project, head.id).await?.map(|locked| locked.thread), Some(head));
    Ok(())
}

fn silent(project: ProjectId, until_s: i64) -> Thread {
    let wanted = Wanted { by: None, reason: "x".into(), at: AT, until: Some(AT.plus_s(until_s)) };
    Thread { people: People { wanted: Some(wanted), ..People::default() }, ..thread(project) }
}

async fn silences_end_in_order(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let [late, early] = [20, 10].map(|until_s| silent(project, until_s));
    for head in [&late, &early, &thread(project)] {
        threads::insert(tx, head).await?;
    }
    assert_eq!(handling::next_due(tx).await?, Some(AT.plus_s(10)));
    assert_eq!(handling::due(tx, AT.plus_s(9), 10).await?, []);
    assert_eq!(handling::due(tx, AT.plus_s(20), 10).await?, [(early.id, project), (late.id, project)]);
    let (now, later) = (AT.plus_s(10), AT.plus_s(40));
    assert_eq!(handling::reschedule(tx, ProjectId(id()), early.id, now, later).await?, 0, "of another project");
    assert_eq!(handling::reschedule(tx, project, early.id, now, later).await?, 1);
    assert_eq!(handling::next_due(tx).await?, Some(AT.plus_s(20)));
    Ok(())
}

async fn threads_of_members_who_are_gone_are_found(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let member = Member {
        id: MemberId(id()),
        project,
        email: "a@example.com".into(),
        name: None,
        role: domain::project::Role::Member,
        created_at: AT,
    };
    members::insert(tx, &member).await?;
    let gone = MemberId(id());
    let of = |assignee| Thread { people: People { assignee, ..People::default() }, ..thread(project) };
    let orphan = of(Some(gone));
    for head in [&of(Some(member.id)), &of(None), &orphan] {
        threads::insert(tx, head).await?;
    }
    assert_eq!(handling::orphaned(tx, 10).await?, [(orphan.id, project, gone)]);
    Ok(())
}

async fn threads_are_listed_by_who_speaks(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let assignee = Some(MemberId(id()));
    let unanswered = Some(Unanswered { since: AT, seq: 1 });
    let held = People { held_since: Some(AT), assignee, unanswered, ..People::default() };
    // After as many seconds as its agent says. The other threads have the server's.
    let slow = People { held_since: Some(AT), unanswered, idle_s: Some(20), ..People::default() };
    let [held, wanted, plain, slow] =
        [held, silent(project, 9).people, People { unanswered, ..People::default() }, slow]
            .map(|people| Thread { people, ..thread(project) });
    for head in [&held, &wanted, &plain, &slow] {
        threads::insert(tx, head).await?;
    }
    let overdue = |is, after_s| Some(Overdue { is, now: AT.plus_s(after_s), idle_s: 10 });
    let all = Filter::default;
    for (filter, expected) in [
        (Filter { handling: Some(Handling::Person), ..all() }, vec![&slow, &held]),
        (Filter { handling: Some(Handling::Agent), ..all() }, vec![&plain, &wanted]),
        (Filter { assignee, ..all() }, vec![&held]),
        (Filter { assignee: Some(MemberId(id())), ..all() }, vec![]),
        (Filter { wanted: Some(true), ..all() }, vec![&wanted]),
        (Filter { wanted: Some(false), ..all() }, vec![&slow, &plain, &held]),
        (Filter { overdue: overdue(true, 9), ..all() }, vec![]),
        (Filter { overdue: overdue(true, 10), ..all() }, vec![&held]),
        (Filter { overdue: overdue(true, 19), ..all() }, vec![&held]),
        (Filter { overdue: overdue(true, 20), ..all() }, vec![&slow, &held]),
        (Filter { overdue: overdue(false, 10), ..all() }, vec![&slow, &plain, &wanted]),
        (Filter { needs_person: overdue(true, 9), ..all() }, vec![&wanted]),
        (Filter { needs_person: overdue(true, 10), ..all() }, vec![&wanted, &held]),
        (Filter { needs_person: overdue(false, 10), ..all() }, vec![&slow, &plain]),
        (Filter { is_awaited: Some(true), ..all() }, vec![&slow, &held]),
        (Filter { is_awaited: Some(false), ..all() }, vec![&plain, &wanted]),
    ] {
        let found = threads::list(tx, project, &filter, Stretch::default(), Bound::rows(10)).await?;
        assert_eq!(found.rows.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    }
    Ok(())
}

async fn messages_wait_for_an_answer_by_their_turns(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let ended =
        |place, state, reason: Option<&str>| Turn { reason: reason.map(str::to_owned), ..turn(&head, place, state) };
    let all = [
        ended(1, State::Completed, None),
        ended(2, State::Failed, None),
        ended(3, State::Cancelled, Some(TAKEN_OVER)),
        ended(4, State::Cancelled, Some(PERSON_WANTED)),
        ended(5, State::Cancelled, Some("cancelled on request")),
        ended(6, State::Queued, None),
    ];
    for one in &all {
        turns::insert(tx, one).await?;
    }
    let mut said: Vec<Entry> = all.iter().map(|one| entry(&mut head, Some("a"), Some(one.id))).collect();
    said.push(entry(&mut head, Some("free"), None));
    log::append(tx, &head, &said, 0).await?;
    let seqs = |found: Vec<domain::message::Message>| found.into_iter().map(|message| message.seq).collect::<Vec<_>>();
    assert_eq!(seqs(messages::unanswered(tx, head.id, 1, 10).await?), [2, 3, 4, 7]);
    assert_eq!(seqs(messages::unanswered(tx, head.id, 4, 10).await?), [4, 7]);
    assert_eq!(seqs(messages::unanswered(tx, head.id, 1, 2).await?), [4, 7], "the newest");
    let new = TurnId(id());
    assert_eq!(messages::give_to(tx, head.id, 7, new).await?, 1);
    assert_eq!(seqs(messages::of_turn(tx, head.id, new, 1).await?), [7]);
    Ok(())
}

async fn what_was_spoken_and_noted_is_found(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let mut said = entry(&mut head, Some("a"), None);
    let message = said.message.as_mut().expect("a message");
    (message.role, message.author) = (Role::Agent, Author::Agent { agent: AgentId(id()) });
    let author = Person { id: MemberId(id()), email: "a@example.com".into(), name: None };
    let note = Note {
        id: NoteId(id()),
        author: author.clone(),
        text: "x".into(),
        mentions: vec![],
        attachments: vec![],
        for_agent: true,
    };
    let mut event = |event| Entry { event, ..entry(&mut head, None, None) };
    let noted = event(Event::ThreadNoted { note: Box::new(note.clone()) });
    let taken = event(Event::ThreadTaken { member: author, from: None, turns: vec![] });
    let user = entry(&mut head, Some("b"), None);
    log::append(tx, &head, &[said.clone(), noted.clone(), taken.clone(), user], 0).await?;
    let spoken = messages::spoken_since(tx, head.id, 0, 10).await?;
    assert_eq!(spoken, [said.message.expect("a message")]);
    assert_eq!(messages::spoken_since(tx, head.id, 1, 10).await?, []);
    assert_eq!(events::note(tx, head.id, note.id).await?, Some(noted.clone()));
    assert_eq!(events::note(tx, head.id, NoteId(id())).await?, None);
    assert_eq!(events::stages(tx, head.id, 1, 10).await?, [], "no turn did anything");
    assert_eq!(events::of_people(tx, head.id, (1, 9), 10).await?, [noted, taken.clone()]);
    assert_eq!(events::of_people(tx, head.id, (1, 9), 1).await?, std::slice::from_ref(&taken), "the newest");
    assert_eq!(events::of_people(tx, head.id, (3, 3), 10).await?, [taken]);
    Ok(())
}
