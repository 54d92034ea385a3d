//! E-mail: senders, threads and recipients.

use std::sync::Arc;

use domain::{
    Kind, MessageId, ThreadId,
    author::Author,
    codes,
    envelope::Envelope,
    message::{Body, Message, Part, Role},
    reminder::DeliveryState,
    thread::{ClosedBy, Ticket},
};
use engine::{
    Origin, OriginKind,
    app::{
        people::members::NewMember,
        reminders::NewReminder,
        threads::NewThread,
        tickets::file::{Email, Filed, NewFile},
    },
    testing::{Choices, TestApp},
};
use serde_json::{Value, json};

use crate::outcome::{at_fault, code};

/// An e-mail message with the text "Hello" and this envelope.
pub fn email(envelope: Value) -> Email {
    let envelope: Envelope = serde_json::from_value(envelope).expect("an envelope");
    let body = Body { envelope: Some(envelope), ..Body::text("Hello") };
    Email { thread: None, body, reminder: None, files: Vec::new(), origin: None }
}

pub async fn file(test: &TestApp, email: Email) -> Filed {
    test.app.file_email(&test.caller, email).await.expect("an e-mail that is filed")
}

pub async fn message(test: &TestApp, filed: Filed) -> Message {
    test.app.message(&test.caller, filed.thread, filed.message).await.expect("the message")
}

async fn ticket(test: &TestApp, thread: ThreadId) -> Ticket {
    test.app.thread(&test.caller, thread).await.expect("the thread").ticket
}

/// An e-mail message with an external id.
fn named(name: &str, body: u8) -> Email {
    let origin = Origin::new(OriginKind::External, "", name, [body; 32]);
    Email { origin: Some(origin), ..email(json!({"from_customer_id": "c-1", "external_id": name})) }
}

pub async fn member(test: &TestApp, email: &str) {
    let new = NewMember { email: email.into(), ..NewMember::default() };
    test.app.create_member(&test.caller, new, None).await.expect("a member");
}

#[tokio::test]
async fn a_customers_email_begins_a_thread_and_is_answered() {
    let test = TestApp::start().await;
    let filed = file(&test, email(json!({"from": "Ann <Ann@Example.com>", "subject": "My order"}))).await;
    let thread = test.settle(filed.thread).await;
    assert_eq!((thread.title.as_deref(), thread.ticket), (Some("My order"), Ticket::Waiting));
    let kinds = test.kinds(filed.thread).await;
    assert_eq!(kinds[..3], ["thread.created", "message.created", "turn.started"]);
    let messages = test.messages(filed.thread).await;
    assert_eq!(messages.iter().map(|m| m.role).collect::<Vec<_>>(), [Role::User, Role::Agent]);
    let Author::Customer { contact: Some(_), address: Some(address), .. } = &messages[0].author else {
        panic!("{:?}", messages[0].author)
    };
    assert_eq!(address, "ann@example.com");
    let kept = messages[0].body.envelope.as_ref().and_then(|e| e.from.as_deref());
    assert_eq!(kept, Some("Ann <Ann@Example.com>"), "the envelope keeps the address as written");
    assert_eq!(test.app.deliveries(&test.caller, filed.message).await.unwrap(), []);
}

#[tokio::test]
async fn the_sender_is_the_direction() {
    let test = TestApp::start().await;
    member(&test, "max@company.com").await;
    for (envelope, role) in [
        (json!({"to": ["ann@example.com"]}), Role::Agent),
        (json!({"from": "max@company.com", "to": ["ann@example.com"]}), Role::Agent),
        (json!({"from": "Max <MAX@company.com>", "to": ["ann@example.com"]}), Role::Agent),
        (json!({"from": "ann@example.com", "to": ["max@company.com"]}), Role::User),
        (json!({"from": "stranger@example.com"}), Role::User),
        (json!({"from_customer_id": "c-1"}), Role::User),
        (json!({"from_customer_id": "c-1", "from": "max@company.com"}), Role::User),
    ] {
        let filed = file(&test, email(envelope.clone())).await;
        assert_eq!(message(&test, filed).await.role, role, "{envelope}");
        test.settle(filed.thread).await;
        let spoken = test.messages(filed.thread).await.len();
        let pending = test.app.deliveries(&test.caller, filed.message).await.unwrap();
        match role {
            Role::Agent => {
                assert_eq!((spoken, pending.len()), (1, 1), "{envelope}");
                assert_eq!(pending[0].state, DeliveryState::Pending);
                assert_eq!(test.kinds(filed.thread).await, ["thread.created", "message.completed"]);
            }
            _ => assert_eq!((spoken, pending.len()), (2, 0), "{envelope}"),
        }
        assert_eq!(ticket(&test, filed.thread).await, Ticket::Waiting);
    }
}

#[tokio::test]
async fn the_ticket_says_whose_turn_it_is() {
    let test = TestApp::with(Choices { turns: 0, ..Choices::default() }).await;
    let thread = file(&test, email(json!({"from": "ann@example.com"}))).await.thread;
    assert_eq!(ticket(&test, thread).await, Ticket::Open);
    file(&test, Email { thread: Some(thread), ..email(json!({})) }).await;
    assert_eq!(ticket(&test, thread).await, Ticket::Open, "a turn is open still");
    test.app.keyed(None).stop_thread(&test.caller, thread).await.unwrap();
    assert_eq!(ticket(&test, thread).await, Ticket::Waiting);
    test.say(thread, "and by another door", domain::controls::Policy::Queue).await;
    assert_eq!(ticket(&test, thread).await, Ticket::Open);
    test.say(thread, "at once", domain::controls::Policy::Interrupt).await;
    assert_eq!(ticket(&test, thread).await, Ticket::Open);
    assert_eq!(test.app.close_thread(&test.caller, thread, None).await.unwrap().ticket, Ticket::Closed);
}

#[tokio::test]
async fn an_email_finds_its_thread() {
    let test = TestApp::start().await;
    let first = file(&test, named("m-1", 1)).await;
    let reply = |to: &str| email(json!({"from_customer_id": "c-1", "reply_to_external_id": to}));
    assert_eq!(file(&test, reply("m-1")).await.thread, first.thread);
    let other = file(&test, reply("nobody-knows")).await.thread;
    assert_ne!(other, first.thread, "a reply to an unknown message begins a thread");
    assert_eq!(file(&test, Email { thread: Some(other), ..email(json!({})) }).await.thread, other);
    assert_eq!(file(&test, Email { thread: Some(first.thread), ..reply("m-1") }).await.thread, first.thread);
    let torn = Email { thread: Some(other), ..reply("m-1") };
    assert_eq!(at_fault(test.app.file_email(&test.caller, torn).await), "envelope.reply_to_external_id");
    let (stranger, _) = test.other_project().await;
    let unknown = ThreadId(test.app.clock().id());
    let lost = |thread| Email { thread: Some(thread), ..email(json!({})) };
    let foreign = test.app.file_email(&stranger, lost(first.thread)).await.unwrap_err();
    let missing = test.app.file_email(&stranger, lost(unknown)).await.unwrap_err();
    assert_eq!((foreign.kind, foreign.code, &foreign.message), (missing.kind, missing.code, &missing.message));
    assert_eq!(foreign.code, codes::THREAD_NOT_FOUND);
    let theirs = test.app.file_email(&stranger, reply("m-1")).await.unwrap();
    assert_ne!(theirs.thread, first.thread, "another project's names are its own");
}

#[tokio::test]
async fn a_customer_reopens_a_thread_and_the_project_does_not() {
    let test = TestApp::start().await;
    let thread = file(&test, email(json!({"from": "ann@example.com"}))).await.thread;
    test.settle(thread).await;
    let closed_by = async || test.app.thread(&test.caller, thread).await.unwrap().closed.map(|c| c.by);
    test.app.close_thread(&test.caller, thread, None).await.unwrap();
    file(&test, Email { thread: Some(thread), ..email(json!({})) }).await;
    assert_eq!((closed_by().await, ticket(&test, thread).await), (Some(ClosedBy::Person), Ticket::Closed));
    file(&test, Email { thread: Some(thread), ..email(json!({"from": "ann@example.com"})) }).await;
    assert_eq!(closed_by().await, None);
    assert!(test.kinds(thread).await.contains(&"thread.reopened"));
    assert_eq!(test.settle(thread).await.ticket, Ticket::Waiting);
}

#[tokio::test]
async fn the_projects_email_leaves_an_expired_thread_expired() {
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { clock, ..Choices::default() }).await;
    let new = NewThread { window: true, ..NewThread::default() };
    let thread = test.app.create_thread(&test.caller, new).await.unwrap().id;
    us.fetch_add(7_200_000_000, std::sync::atomic::Ordering::SeqCst);
    let expired = async || test.app.thread(&test.caller, thread).await.unwrap().closed_at(test.app.clock().now());
    file(&test, Email { thread: Some(thread), ..email(json!({"to": ["ann@example.com"]})) }).await;
    assert_eq!(expired().await.map(|c| c.by), Some(ClosedBy::Expired));
    file(&test, Email { thread: Some(thread), ..email(json!({"from": "ann@example.com"})) }).await;
    assert_eq!(expired().await, None);
}

#[tokio::test]
async fn a_person_who_has_taken_over_gets_the_email_unanswered() {
    let test = TestApp::start().await;
    let paused = domain::agent::Settings { paused: true, ..domain::agent::Settings::default() };
    test.default_agent(paused).await;
    let filed = file(&test, email(json!({"from": "ann@example.com"}))).await;
    assert_eq!(message(&test, filed).await.turn, None);
    assert_eq!(ticket(&test, filed.thread).await, Ticket::Open);
    file(&test, Email { thread: Some(filed.thread), ..email(json!({})) }).await;
    assert_eq!(ticket(&test, filed.thread).await, Ticket::Waiting);
}

#[tokio::test]
async fn twenty_emails_at_once_under_one_name_are_one() {
    let test = Arc::new(TestApp::start().await);
    let filings: Vec<_> = (0..20)
        .map(|_| {
            let test = test.clone();
            tokio::spawn(async move { file(&test, named("m-1", 1)).await })
        })
        .collect();
    let mut filed: Vec<Filed> = Vec::new();
    for filing in filings {
        filed.push(filing.await.unwrap());
    }
    assert_eq!(filed.iter().filter(|f| !f.replayed).count(), 1);
    assert!(filed.iter().all(|f| (f.thread, f.message) == (filed[0].thread, filed[0].message)));
    test.settle(filed[0].thread).await;
    assert_eq!(test.messages(filed[0].thread).await.len(), 2);
    let reused = test.app.file_email(&test.caller, named("m-1", 2)).await;
    assert_eq!(code(reused), (Kind::Conflict, codes::ORIGIN_KEY_REUSED));
    assert_eq!(test.app.list_threads(&test.caller, Default::default(), None, 9).await.unwrap().threads.len(), 1);
    let (stranger, _) = test.other_project().await;
    let theirs = test.app.file_email(&stranger, named("m-1", 2)).await.unwrap();
    assert!(!theirs.replayed);
}

#[tokio::test]
async fn a_refused_email_leaves_nothing_behind() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    let within = |envelope: Value| Email { thread: Some(thread), ..email(envelope) };
    let many = |count: usize| (0..count).map(|i| format!("a{i}@b")).collect::<Vec<_>>();
    let remind = |delay_s, number_left| Email {
        reminder: Some(Some(NewReminder { delay_s, number_left })),
        ..within(json!({}))
    };
    let carry = |name: &str, bytes: &[u8]| Email {
        files: vec![NewFile { name: name.into(), bytes: bytes.into() }],
        ..within(json!({}))
    };
    let file = NewFile { name: "a.txt".into(), bytes: b"a".into() };
    let bad = [
        ("envelope.to", email(json!({}))),
        ("envelope.to", email(json!({"subject": "to nobody"}))),
        ("envelope.to", within(json!({}))),
        ("envelope.to", within(json!({"subject": "to nobody", "reply_to_external_id": "nobody-knows"}))),
        ("content", Email { body: Body::default(), ..within(json!({})) }),
        ("content", Email { body: Body::text(""), ..within(json!({})) }),
        ("envelope.from", within(json!({"from": "ann@example.com\r\nBcc: eve@example.com"}))),
        ("envelope.from", within(json!({"from": "a@b, c@d"}))),
        ("envelope.to", within(json!({"to": ["team: a@b;"]}))),
        ("envelope.cc", within(json!({"cc": ["a@b\u{2028}"]}))),
        ("envelope.bcc", within(json!({"bcc": ["a@b\0"]}))),
        ("envelope.to", within(json!({"to": many(40), "cc": many(10), "bcc": many(1)}))),
        ("envelope.subject", within(json!({"subject": "Hi\nBcc: eve@example.com"}))),
        ("envelope.external_id", within(json!({"external_id": ""}))),
        ("envelope.external_id", within(json!({"external_id": "x".repeat(256)}))),
        ("envelope.reply_to_external_id", within(json!({"reply_to_external_id": " "}))),
        ("envelope.mailbox", within(json!({"mailbox": ""}))),
        ("envelope.mailbox", within(json!({"mailbox": "x".repeat(321)}))),
        ("envelope.from_customer_id", within(json!({"from_customer_id": ""}))),
        ("envelope.from_customer_id", within(json!({"from_customer_id": "a\nb"}))),
        ("envelope.from_customer_id", within(json!({"from_customer_id": "x".repeat(256)}))),
        ("envelope.delivery_requested", within(json!({"delivery_requested": "x".repeat(65_536)}))),
        ("reminder.delay_s", remind(-1, 1)),
        ("reminder.delay_s", remind(i64::MAX, 1)),
        ("reminder.number_left", remind(1, 0)),
        ("reminder.number_left", remind(1, i64::MAX)),
        ("files.0.name", carry("", b"a")),
        ("files.0.name", carry("a\r\nb.txt", b"a")),
        ("files.0.name", carry("a\u{2028}b.txt", b"a")),
        ("files.0.name", carry(&"x".repeat(256), b"a")),
        ("files.0.bytes", carry("a.txt", b"")),
        ("files", Email { files: vec![file; 21], ..within(json!({})) }),
    ];
    for (field, email) in bad {
        let shown = format!("{:?} {:?} {:?}", email.body.envelope, email.reminder, email.files);
        assert_eq!(at_fault(test.app.file_email(&test.caller, email).await), field, "{shown}");
    }
    let threads = test.app.list_threads(&test.caller, Default::default(), None, 9).await.unwrap().threads;
    assert_eq!(threads.iter().map(|t| (t.id, t.last_seq)).collect::<Vec<_>>(), [(thread, 1)]);
    assert_eq!(test.app.reminder(&test.caller, thread).await.unwrap(), None);
    let stored = std::fs::read_dir(test.folder.path().join("attachments")).expect("the folder of bytes");
    let stored: Vec<_> = stored.map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(stored, ["incoming"], "no bytes are kept for an e-mail that cannot be");
}

#[tokio::test]
async fn limits_of_an_email_are_met_exactly() {
    let test = TestApp::start().await;
    let to: Vec<_> = (0..48).map(|i| format!("a{i}@b")).collect();
    let full = email(json!({
        "to": to, "cc": ["c@d"], "bcc": ["e@f"], "external_id": "x".repeat(255), "subject": "s".repeat(998),
        "mailbox": "m".repeat(320),
    }));
    let files = (0..20).map(|i| NewFile { name: format!("{i}{}", "n".repeat(230)), bytes: vec![i; 3] }).collect();
    let reminder = Some(Some(NewReminder { delay_s: 3_153_600_000, number_left: 1_000 }));
    let filed = file(&test, Email { files, reminder, ..full }).await;
    assert_eq!(message(&test, filed).await.body.content.len(), 21);
    let title = test.app.thread(&test.caller, filed.thread).await.unwrap().title;
    assert_eq!(title.map(|t| t.len()), Some(500), "a title is shorter than a subject may be");
}

#[tokio::test]
async fn files_are_stored_by_content_under_a_name_without_folders() {
    let test = TestApp::start().await;
    let files = vec![
        NewFile { name: "C:\\docs\\note.txt".into(), bytes: b"to read".into() },
        NewFile { name: "../../same.pdf".into(), bytes: b"to read".into() },
    ];
    let only_files = Email { body: Body { content: vec![], ..email(json!({"from": "a@b"})).body }, ..email(json!({})) };
    let filed = file(&test, Email { files, ..only_files }).await;
    let content = message(&test, filed).await.body.content;
    let mut hashes = Vec::new();
    for (part, expect) in content.iter().zip(["note.txt", "same.pdf"]) {
        let Part::File { attachment, name, media_type, size_bytes } = part else { panic!("{part:?}") };
        assert_eq!((name.as_str(), media_type.as_str(), *size_bytes), (expect, "text/plain", 7));
        let stored = test.app.attachment(&test.caller, *attachment).await.unwrap();
        assert_eq!((stored.name.as_str(), stored.size_bytes), (expect, 7));
        hashes.push(stored.hash);
    }
    assert_eq!(hashes[0], hashes[1]);
}

#[tokio::test]
async fn a_page_of_correspondence_says_what_became_of_each_message() {
    let test = TestApp::start().await;
    let thread = file(&test, email(json!({"from": "ann@example.com"}))).await.thread;
    test.settle(thread).await;
    let out: MessageId = file(&test, Email { thread: Some(thread), ..email(json!({})) }).await.message;
    let page = test.app.correspondence(&test.caller, thread, 0, 10).await.unwrap();
    assert_eq!((page.messages.len(), page.total), (3, 3));
    assert!(page.messages.windows(2).all(|w| w[0].seq < w[1].seq));
    assert_eq!(page.deliveries.iter().map(|d| d.message).collect::<Vec<_>>(), [out]);
    assert_eq!(page.agent_numbers.into_iter().collect::<Vec<_>>(), [(page.thread.agent, 1)]);
    let second = test.app.correspondence(&test.caller, thread, 1, 1).await.unwrap();
    assert_eq!((second.messages, second.total), (page.messages[1..2].to_vec(), 3));
    assert_eq!(second.deliveries, []);
    let beyond = test.app.correspondence(&test.caller, thread, 3, 10).await.unwrap();
    assert_eq!((beyond.messages, beyond.total), (vec![], 3));
    let (stranger, _) = test.other_project().await;
    let foreign = test.app.correspondence(&stranger, thread, 0, 10).await;
    assert_eq!(code(foreign.map(|page| page.total)), (Kind::NotFound, codes::THREAD_NOT_FOUND));
}
