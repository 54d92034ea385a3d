//! Tests of the views of entries by subject.

use serde_json::json;

use super::*;
use crate::{AgentId, CustomerId, MemberId, NoteId, author::Author, message::Body, thread::ClosedBy};

fn updated(changed: serde_json::Value) -> Event {
    Event::ThreadUpdated { changed: serde_json::from_value(changed).expect("an object") }
}

fn person() -> Person {
    Person { id: MemberId(uuid::Uuid::nil()), email: "ann@example.com".into(), name: None }
}

fn wanted() -> Event {
    Event::ThreadWanted { by: None, reason: "rude".into(), until: None, turns: vec![] }
}

fn noted() -> Event {
    let id = NoteId(uuid::Uuid::nil());
    let note =
        Note { id, author: person(), text: "rude".into(), mentions: vec![], attachments: vec![], for_agent: false };
    Event::ThreadNoted { note: Box::new(note) }
}

#[test]
fn a_note_an_assignment_and_a_hand_back_are_equal_below_the_project() {
    let (thread, at, turn) = (ThreadId(uuid::Uuid::nil()), Timestamp(1), Some(TurnId(uuid::Uuid::nil())));
    let below = |turn, event| {
        let entry = Entry { thread, seq: 7, at, turn, event, message: None };
        entry.shown_to(Subject::Thread(thread))
    };
    let comment = below(None, updated(json!({"comment": "rude"})));
    assert_eq!(comment.event, Event::ThreadInternal {});
    assert_eq!(below(None, noted()), comment);
    assert_eq!(below(None, Event::ThreadAssigned { member: None }), comment);
    assert_eq!(below(turn, Event::ThreadHandedBack { member: None, brief: None }), comment);
}

fn spent() -> Ended {
    Ended { spent: Some(Spent { calls: 1, ..Spent::default() }), ..Ended::default() }
}

fn alert() -> Event {
    let (owner, owner_id) = (Owner::Agent, uuid::Uuid::nil());
    Event::BudgetAlert { owner, owner_id, per: Per::Day, unit: Unit::Tokens, most: 10, used: 8 }
}

#[test]
fn what_is_the_projects_alone_is_told_to_nobody_below_it() {
    let message = MessageId(uuid::Uuid::nil());
    let amended = |changed: serde_json::Value| Event::MessageUpdated {
        message,
        changed: serde_json::from_value(changed).expect("an object"),
    };
    let closed = |reason: Option<&str>| Event::ThreadClosed {
        closed: Closed { by: ClosedBy::Person, reason: reason.map(str::to_owned), at: Timestamp(1) },
    };
    let failed = |reason: Option<&str>| {
        let (reason, code) = (reason.map(str::to_owned), reason.map(|_| "upstream".to_owned()));
        Event::TurnFailed(Ended { reason, code, ..Ended::default() })
    };
    for (event, below) in [
        (updated(json!({"comment": "rude"})), Event::ThreadInternal {}),
        (updated(json!({"ticket": "open", "tags": ["rude"]})), Event::ThreadInternal {}),
        (updated(json!({"title": "t", "comment": "rude"})), updated(json!({"title": "t"}))),
        (updated(json!({"title": "t", "metadata": {}})), updated(json!({"title": "t", "metadata": {}}))),
        (updated(json!({"what comes later": 1})), Event::ThreadInternal {}),
        (amended(json!({"priority": 9})), Event::ThreadInternal {}),
        (amended(json!({"text": "x", "priority": 9})), amended(json!({"text": "x"}))),
        (closed(Some("NOT_INTERESTED")), closed(None)),
        (Event::ThreadReminder { number_left: 1, ticket: Ticket::Open }, Event::ThreadInternal {}),
        (alert(), Event::ThreadInternal {}),
        (Event::ThreadTaken { member: person(), from: None, turns: vec![] }, Event::ThreadInternal {}),
        (Event::ThreadHandedBack { member: None, brief: Some("rude".into()) }, Event::ThreadInternal {}),
        (wanted(), Event::ThreadInternal {}),
        (Event::ThreadWantedExpired {}, Event::ThreadInternal {}),
        (Event::ThreadWantedWithdrawn { by: person() }, Event::ThreadInternal {}),
        (Event::ThreadAssigned { member: Some(person()) }, Event::ThreadInternal {}),
        (noted(), Event::ThreadInternal {}),
        (Event::MessageCreated {}, Event::MessageCreated {}),
        (Event::TurnCompleted(spent()), Event::TurnCompleted(Ended::default())),
        (Event::TurnCancelled(spent()), Event::TurnCancelled(Ended::default())),
        (Event::TurnFailed(spent()), Event::TurnFailed(Ended::default())),
        (Event::TurnCompleted(Ended::default()), Event::TurnCompleted(Ended::default())),
        (failed(Some("no credit left")), failed(None)),
        (failed(Some(&"x".repeat(501))), failed(None)),
    ] {
        let (thread, seq, at) = (ThreadId(uuid::Uuid::nil()), 7, Timestamp(1));
        let entry = Entry { thread, seq, at, turn: None, event: event.clone(), message: None };
        let item = Arc::new(Item::Entry(entry.clone()));
        assert_eq!(entry.clone().shown_to(Subject::Project), entry);
        assert!(Arc::ptr_eq(&item.clone().shown_to(Subject::Project), &item));
        let bound = Subject::Customer(CustomerId(uuid::Uuid::nil()));
        let shown = Entry { event: below.clone(), ..entry.clone() };
        assert_eq!(entry.shown_to(bound), shown);
        assert_eq!(*item.clone().shown_to(bound), Item::Entry(shown));
        assert_eq!(Arc::ptr_eq(&item.clone().shown_to(bound), &item), event == below);
    }
}

#[test]
fn why_a_turn_failed_is_told_to_keys_alone_and_at_length_to_the_projects() {
    let id = uuid::Uuid::nil();
    let (agent, customer) = (AgentId(id), CustomerId(id));
    let long = "é".repeat(4_000);
    let ended = Ended { reason: Some(long.clone()), code: Some("upstream".into()), ..Ended::default() };
    let body = Body { error_code: Some("upstream".into()), ..Body::text("I could not answer.") };
    let message = Message {
        id: MessageId(id),
        thread: ThreadId(id),
        seq: 7,
        turn: None,
        role: Role::Agent,
        author: Author::Agent { agent },
        at: Timestamp(1),
        body,
    };
    let entry = |event, message| Entry { thread: ThreadId(id), seq: 7, at: Timestamp(1), turn: None, event, message };
    let (failed, said) =
        (entry(Event::TurnFailed(ended), None), entry(Event::MessageCompleted { record: None }, Some(message)));
    let cut = format!("{}…", "é".repeat(499));
    for (subject, reason, code) in [
        (Subject::Project, Some(long), Some("upstream")),
        (Subject::Agent(agent), Some(cut), Some("upstream")),
        (Subject::Customer(customer), None, None),
        (Subject::Thread(ThreadId(id)), None, None),
        (Subject::EndUser { agent, customer }, None, None),
    ] {
        let Event::TurnFailed(shown) = failed.clone().shown_to(subject).event else { panic!("{subject:?}") };
        assert_eq!((shown.reason, shown.code.as_deref()), (reason, code), "{subject:?}");
        for shown in [said.clone().shown_to(subject), of_item(Arc::new(Item::Entry(said.clone())).shown_to(subject))] {
            let body = shown.message.expect("a message").body;
            assert_eq!((body.error_code.as_deref(), body.only_text().as_str()), (code, "I could not answer."));
        }
    }
}

fn of_item(item: Arc<Item>) -> Entry {
    match &*item {
        Item::Entry(entry) => entry.clone(),
        Item::Delta(delta) => panic!("{delta:?}"),
    }
}
