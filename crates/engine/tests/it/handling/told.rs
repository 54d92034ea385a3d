//! Whom the project's own entries are told: nobody below the project.

use domain::{Caller, Kind, ThreadId, caller::Subject, codes, event::Entry};
use engine::app::{handling::note::NewNote, messages::follow::Start, tickets::file::Email};
use serde_json::json;

use super::{ANN, BEN, hand_back, reply, take, team};
use crate::emails::{email, file};

const MARKER: &str = "marker-of-a-note";

#[tokio::test]
async fn notes_and_holders_are_told_to_nobody_below_the_project() {
    let test = team().await;
    let thread = test.thread().await.id;
    let guest = Caller { subject: Subject::Thread(thread), ..test.caller.clone() };
    let mut reader = test.app.follow(&guest, thread, Start::Beyond(domain::Position::START)).await.unwrap();
    take(&test, thread, ANN).await.unwrap();
    let bytes = futures_util::stream::iter([domain::Result::Ok("the bytes of a note")]);
    let attached = test.app.upload(&test.caller, "marker-of-a-note.txt", bytes, None).await.unwrap().id;
    for _ in 0..20 {
        let (mentions, attachments) = (vec![BEN.to_owned()], vec![attached]);
        let note = NewNote { member: ANN.into(), text: MARKER.into(), mentions, attachments, ..NewNote::default() };
        test.app.keyed(None).note(&test.caller, thread, note).await.unwrap();
    }
    reply(&test, thread, ANN, "Here.").await.unwrap();
    hand_back(&test, thread, engine::app::handling::hand_back::Answer::Auto).await;
    let log = test.log(thread).await;
    assert_eq!(log.iter().filter(|entry| format!("{entry:?}").contains(MARKER)).count(), 20, "told to the project");
    let mut streamed = Vec::new();
    while streamed.len() < log.len() {
        let items = reader.next().await.unwrap().unwrap();
        streamed.extend(items.into_iter().filter_map(|item| match &*item {
            domain::event::Item::Entry(entry) => Some(entry.clone()),
            domain::event::Item::Delta(_) => None,
        }));
    }
    let seqs: Vec<i64> = streamed.iter().map(|entry: &Entry| entry.seq).collect();
    assert_eq!(seqs, (1..=log.len() as i64).collect::<Vec<_>>(), "positions have no gaps");
    let internal = streamed.iter().filter(|entry| entry.event.kind() == "thread.internal");
    assert_eq!(internal.count(), 22, "{streamed:?}");
    let shown = format!("{streamed:?}");
    assert!(!shown.contains(MARKER) && !shown.contains(&attached.to_string()));
    for caller in below(&test, thread).await {
        let of_project = test.app.attachment(&caller, attached).await.unwrap_err();
        assert_eq!(of_project.kind, Kind::Forbidden, "{:?}", caller.subject);
    }
    assert_untold(&test, &guest, thread).await;
}

/// Every kind of caller below the project that may read the thread, and the customer who takes part in it.
async fn below(test: &engine::testing::TestApp, thread: ThreadId) -> Vec<Caller> {
    let head = test.app.thread(&test.caller, thread).await.unwrap();
    let customer = domain::CustomerId(uuid::Uuid::from_u128(1));
    [
        Subject::Thread(thread),
        Subject::Customer(customer),
        Subject::Agent(head.agent),
        Subject::EndUser { agent: head.agent, customer },
    ]
    .map(|subject| Caller { subject, ..test.caller.clone() })
    .into()
}

/// No list of the thread tells of a note.
async fn assert_untold(test: &engine::testing::TestApp, guest: &Caller, thread: ThreadId) {
    let page = engine::app::messages::list::Page {
        from: engine::app::messages::list::From::After(0),
        limit: 100,
        listed: false,
    };
    let messages = test.app.list_messages(guest, thread, page).await.unwrap();
    assert!(!format!("{:?}", messages.messages).contains(MARKER));
    let found = test.app.correspondence(guest, thread, 0, 100).await.unwrap();
    let shown = format!("{:?}", found.messages);
    assert!(!shown.contains(MARKER) && !shown.contains(ANN), "{shown}");
}

#[tokio::test]
async fn a_letter_in_a_held_thread_is_the_holders_alone() {
    let test = team().await;
    let filed = file(&test, email(json!({"from": "carol@example.com"}))).await;
    let thread = filed.thread;
    test.settle(thread).await;
    take(&test, thread, ANN).await.unwrap();
    let letter = |from: Option<&str>| {
        let envelope = json!({"from": from, "to": ["carol@example.com"]});
        Email { thread: Some(thread), ..email(envelope) }
    };
    let before = test.log(thread).await;
    for (from, code) in [(Some(BEN), codes::HELD_BY_OTHER), (None, codes::THREAD_HELD)] {
        let refused = test.app.file_email(&test.caller, letter(from)).await.unwrap_err();
        assert_eq!((refused.kind, refused.code), (Kind::Conflict, code));
    }
    assert_eq!(test.log(thread).await, before);
    let again = Email { thread: Some(thread), ..email(json!({"from": "carol@example.com"})) };
    file(&test, again).await;
    assert!(!test.app.thread(&test.caller, thread).await.unwrap().run.is_open(), "nobody is asked");
    file(&test, letter(Some(ANN))).await;
    let found = test.app.thread(&test.caller, thread).await.unwrap();
    assert_eq!((found.people.unanswered, found.ticket), (None, domain::thread::Ticket::Waiting));
}
