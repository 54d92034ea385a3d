//! Tokens: their rights and their expiry. A caller who is bound to a thread finds no other thread.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use domain::{
    AgentId, AttachmentId, Caller, Code, CustomerId, Kind, MessageId, Result, SnapshotId, ThreadId, TurnId,
    author::Author,
    caller::{Scope, Scopes, Subject},
    codes,
    controls::{Controls, Policy},
    fault::Fault,
    message::{Body, Part},
    script::Reply,
};
use engine::{
    app::{
        access::{keys::NewKey, tokens::Token},
        messages::{
            Send,
            follow::Start,
            list::{From, Listed, Page},
            receipts::Wanted,
            sift::Stretch,
        },
        people::members::NewMember,
        reminders::NewReminder,
        snapshots::NewSnapshot,
        threads::{Filter, NewThread, ThreadPatch},
        tickets::file::Email,
    },
    testing::{Choices, TestApp},
};
use uuid::Uuid;

use crate::{
    outcome::{code, refused},
    sources::sources,
};

const UNKNOWN: (Kind, Code) = (Kind::Unauthenticated, codes::UNAUTHORIZED);

/// A customer of the project, with a thread that they wrote into.
async fn customer(test: &TestApp) -> (CustomerId, ThreadId) {
    let email = Email {
        thread: None,
        body: Body {
            envelope: Some(domain::envelope::Envelope { from: Some("ann@example.com".into()), ..Default::default() }),
            ..Body::text("hello")
        },
        reminder: None,
        files: Vec::new(),
        origin: None,
    };
    let filed = test.app.file_email(&test.caller, email).await.unwrap();
    let found = test.app.message(&test.caller, filed.thread, filed.message).await.unwrap();
    let Author::Customer { customer, .. } = found.author else { panic!("{found:?}") };
    (customer, found.thread)
}

async fn enter(test: &TestApp, token: &Token) -> Caller {
    test.app.authenticate(&token.text).await.unwrap()
}

const ALL: Page = Page { from: From::Before(None), limit: 10, listed: true };

#[tokio::test]
async fn a_key_is_exchanged_for_a_bearer_of_an_hour_that_may_as_much() {
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { clock, ..Choices::default() }).await;
    let key = test.new_key(Scopes::of(&[Scope::Read])).await;
    let own = test.app.authenticate(&key).await.unwrap();
    let token = test.app.exchange_key(&key).await.unwrap();
    assert_eq!(token.expires_at, test.app.clock().now().plus_s(3_600));
    let own = Caller { until: Some(token.expires_at), ..own };
    assert_eq!(enter(&test, &token).await, own);
    assert_eq!(code(test.app.exchange_key(&token.text).await), UNKNOWN, "a token prolongs nothing");
    us.fetch_add(3_600_000_000 - 1, Ordering::SeqCst);
    assert_eq!(enter(&test, &token).await, own);
    us.fetch_add(1, Ordering::SeqCst);
    assert_eq!(code(test.app.authenticate(&token.text).await), UNKNOWN);
}

#[tokio::test]
async fn a_token_dies_with_its_key() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    let new = NewKey { name: "parent".into(), scopes: Scopes::ALL, ..NewKey::default() };
    let (key, text) = test.app.create_key(&test.caller, new, None).await.unwrap();
    let parent = test.app.authenticate(&text).await.unwrap();
    let bearer = test.app.exchange_key(&text).await.unwrap();
    let guest = test.app.let_in(&parent, Subject::Thread(thread)).await.unwrap();
    let ticket = test.app.ticket(&enter(&test, &guest).await, thread).await.unwrap();
    enter(&test, &bearer).await;
    test.app.redeem_ticket(&ticket.text, thread).await.unwrap();
    test.app.revoke_key(&test.caller, key.id).await.unwrap();
    for token in [bearer, guest] {
        assert_eq!(code(test.app.authenticate(&token.text).await), UNKNOWN);
    }
    assert_eq!(code(test.app.redeem_ticket(&ticket.text, thread).await), UNKNOWN);
}

#[tokio::test]
async fn a_token_with_any_bit_flipped_or_from_another_installation_is_none() {
    let (test, other) = (TestApp::start().await, TestApp::start().await);
    let thread = test.thread().await.id;
    let token = test.app.let_in(&test.caller, Subject::Thread(thread)).await.unwrap();
    assert_eq!(code(other.app.authenticate(&token.text).await), UNKNOWN);
    assert!(token.text.len() <= 256 && !format!("{token:?}").contains(&token.text[4..]), "{token:?}");
    for at in 0..token.text.len() {
        let mut bytes = token.text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'Q' } else { b'A' };
        let forged = String::from_utf8(bytes).unwrap();
        assert_eq!(code(test.app.authenticate(&forged).await), UNKNOWN, "{at}");
    }
    for forged in ["tlt_", "tlt_AAAA", &token.text[..60], &format!("{}A", token.text), &token.text[4..]] {
        assert_eq!(code(test.app.authenticate(forged).await), UNKNOWN, "{forged}");
    }
}

#[tokio::test]
async fn a_ticket_opens_a_stream_of_its_thread_for_a_minute_and_nothing_else() {
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { clock, ..Choices::default() }).await;
    let (own, other) = (test.thread().await.id, test.thread().await.id);
    let token = test.app.let_in(&test.caller, Subject::Thread(own)).await.unwrap();
    let guest = enter(&test, &token).await;
    assert_eq!(code(test.app.ticket(&guest, other).await), (Kind::NotFound, codes::THREAD_NOT_FOUND));
    let ticket = test.app.ticket(&guest, own).await.unwrap();
    assert_eq!(code(test.app.authenticate(&ticket.text).await), UNKNOWN, "a ticket is no bearer");
    assert_eq!(code(test.app.redeem_ticket(&token.text, own).await), UNKNOWN, "a bearer is no ticket");
    assert_eq!(code(test.app.redeem_ticket(&ticket.text, other).await), UNKNOWN);
    let reader = test.app.redeem_ticket(&ticket.text, own).await.unwrap();
    test.app.follow(&reader, own, Start::Head).await.unwrap();
    let send = Send::new(own, Body::text("x"), Policy::Queue);
    assert_eq!(code(test.app.send(&reader, send).await), (Kind::Forbidden, codes::FORBIDDEN));
    us.fetch_add(60_000_000, Ordering::SeqCst);
    assert_eq!(code(test.app.redeem_ticket(&ticket.text, own).await), UNKNOWN);
}

#[tokio::test]
async fn nobody_is_let_into_what_is_not_there_or_not_theirs() {
    let test = TestApp::start().await;
    let (other, _) = test.other_project().await;
    let foreign = test.app.create_thread(&other, NewThread::default()).await.unwrap().id;
    let not_found = (Kind::NotFound, codes::THREAD_NOT_FOUND);
    for id in [foreign, ThreadId(Uuid::from_u128(1))] {
        assert_eq!(code(test.app.let_in(&test.caller, Subject::Thread(id)).await), not_found);
    }
    let nobody = Subject::Customer(CustomerId(Uuid::from_u128(1)));
    assert_eq!(code(test.app.let_in(&test.caller, nobody).await), (Kind::NotFound, codes::CUSTOMER_NOT_FOUND));
    assert_eq!(code(test.app.let_in(&test.caller, Subject::Project).await), (Kind::Forbidden, codes::FORBIDDEN));
    let reads = test.app.authenticate(&test.new_key(Scopes::of(&[Scope::Read])).await).await.unwrap();
    let thread = Subject::Thread(test.thread().await.id);
    assert_eq!(code(test.app.let_in(&reads, thread).await), (Kind::Forbidden, codes::FORBIDDEN));
}

#[tokio::test]
async fn guests_and_customers_see_and_write_their_own_threads_as_themselves() {
    let test = TestApp::start().await;
    let guests = test.thread().await.id;
    let (customer, customers) = customer(&test).await;
    test.settle(customers).await;
    for (subject, thread, author) in [
        (Subject::Thread(guests), guests, Author::Guest {}),
        (Subject::Customer(customer), customers, Author::Customer { customer, contact: None, address: None }),
    ] {
        let caller = enter(&test, &test.app.let_in(&test.caller, subject).await.unwrap()).await;
        let sent = test.app.send(&caller, Send::new(thread, Body::text("x"), Policy::Queue)).await.unwrap();
        assert_eq!(sent.message.author, author);
        test.settle(thread).await;
        let Listed { thread: found, messages, .. } = test.app.list_messages(&caller, thread, ALL).await.unwrap();
        assert_eq!((found.id, messages[1].id), (thread, sent.message.id));
        assert_eq!(test.app.thread(&caller, thread).await.unwrap().id, thread);
        assert_eq!(test.app.message(&caller, thread, sent.message.id).await.unwrap(), sent.message);
        test.app.follow(&caller, thread, Start::Head).await.unwrap();
        test.app.delete_thread(&test.caller, thread).await.unwrap();
        assert_eq!(code(test.app.thread(&caller, thread).await), (Kind::NotFound, codes::THREAD_NOT_FOUND));
    }
}

#[tokio::test]
async fn a_guest_sends_words_and_chooses_nothing() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    let caller = enter(&test, &test.app.let_in(&test.caller, Subject::Thread(thread)).await.unwrap()).await;
    let plain = || Send::new(thread, Body::text("x"), Policy::Queue);
    let controls = Controls { model: Some("echo".into()), ..Controls::default() };
    let stored = Part::ImageFile { attachment: AttachmentId(Uuid::from_u128(1)), filename: None };
    for send in [
        Send { body: Body { controls, ..Body::text("x") }, ..plain() },
        Send { body: Body { content: vec![stored], ..Body::default() }, ..plain() },
        Send { impersonate: Some("ann@example.com".into()), ..plain() },
        Send { respond: false, ..plain() },
        Send { reminder: Some(NewReminder { delay_s: 60, number_left: 1 }), ..plain() },
    ] {
        assert_eq!(code(test.app.send(&caller, send).await), (Kind::Forbidden, codes::FORBIDDEN));
    }
    assert_eq!(test.app.thread(&caller, thread).await.unwrap().last_seq, 1);
}

/// The answers of every operation on a thread that is not the caller's.
pub async fn told_of(test: &TestApp, caller: &Caller, thread: ThreadId) -> Vec<(Kind, String)> {
    let (app, message, turn) = (&test.app, MessageId(Uuid::from_u128(1)), TurnId(Uuid::from_u128(1)));
    let send = Send::new(thread, Body::text("x"), Policy::Queue);
    let email = Email { thread: Some(thread), body: Body::text("x"), reminder: None, files: Vec::new(), origin: None };
    let told = |outcome: Result<()>| {
        let error = refused(outcome);
        (error.kind, error.message)
    };
    vec![
        told(app.thread(caller, thread).await.map(drop)),
        told(app.list_messages(caller, thread, ALL).await.map(drop)),
        told(app.message(caller, thread, message).await.map(drop)),
        told(app.follow(caller, thread, Start::Head).await.map(drop)),
        told(app.send(caller, send).await.map(drop)),
        told(app.ticket(caller, thread).await.map(drop)),
        told(app.admit_page(caller, thread, "https://shop.example").await),
        told(app.list_receipted(caller, thread, Wanted { limit: 1, ..Wanted::default() }).await.map(drop)),
        told(app.note_delivered(caller, thread, vec![message]).await),
        told(app.keyed(None).note_read(caller, thread, message).await.map(drop)),
        told(app.messages_around(caller, thread, message, 1).await.map(drop)),
        told(app.next_messages(caller, thread, ALL).await.map(drop)),
        told(app.correspondence(caller, thread, 0, 1).await.map(drop)),
        told(app.next_events(caller, thread, Stretch::one(1)).await.map(drop)),
        told(app.list_events(caller, thread, 0, 1).await.map(drop)),
        told(app.unfinished(caller, thread).await.map(drop)),
        told(app.newest_question(caller, thread).await.map(drop)),
        told(app.entry(caller, thread, 1).await.map(drop)),
        told(app.update_thread(caller, thread, ThreadPatch::default()).await.map(drop)),
        told(app.close_thread(caller, thread, None).await.map(drop)),
        told(app.keyed(None).reopen_thread(caller, thread).await.map(drop)),
        told(app.delete_thread(caller, thread).await),
        told(app.keyed(None).stop_thread(caller, thread).await.map(drop)),
        told(app.keyed(None).stop_thread(caller, thread).await.map(drop)),
        told(app.turn(caller, thread, turn).await.map(drop)),
        told(app.list_turns(caller, thread, None, 1).await.map(drop)),
        told(app.keyed(None).cancel_turn(caller, thread, turn).await.map(drop)),
        told(app.file_email(caller, email).await.map(drop)),
        told(app.let_in(caller, Subject::Thread(thread)).await.map(drop)),
    ]
}

#[tokio::test]
async fn a_bound_caller_finds_no_other_thread_by_any_operation() {
    let test = TestApp::start().await;
    let (own, other) = (test.thread().await.id, test.thread().await.id);
    let (customer, _) = customer(&test).await;
    let (stranger, _) = test.other_project().await;
    let foreign = test.app.create_thread(&stranger, NewThread::default()).await.unwrap().id;
    for subject in [Subject::Thread(own), Subject::Customer(customer)] {
        let caller = enter(&test, &test.app.let_in(&test.caller, subject).await.unwrap()).await;
        let of_unknown = told_of(&test, &caller, ThreadId(Uuid::from_u128(1))).await;
        let kinds: BTreeSet<&str> = of_unknown.iter().map(|(_, message)| message.as_str()).collect();
        let mut expected = BTreeSet::from(["This token is valid only for conversations", "Thread not found"]);
        if subject == Subject::Thread(own) {
            // A guest sends no e-mail.
            expected.insert("This token may send text and files to the project, but must not set anything else");
        }
        assert_eq!(kinds, expected);
        for thread in [other, foreign] {
            assert_eq!(told_of(&test, &caller, thread).await, of_unknown, "{subject:?}");
        }
    }
    assert_eq!(test.app.thread(&test.caller, other).await.unwrap().last_seq, 1);
}

#[tokio::test]
async fn the_projects_own_operations_are_closed_to_bound_callers() {
    let test = TestApp::start().await;
    let own = test.thread().await.id;
    let caller = enter(&test, &test.app.let_in(&test.caller, Subject::Thread(own)).await.unwrap()).await;
    let (app, forbidden) = (&test.app, (Kind::Forbidden, codes::FORBIDDEN));
    let state = serde_json::json!({"cookies": [], "origins": []});
    let snapshot = NewSnapshot { name: "s".into(), state: state.into(), is_default: false, is_private: false };
    let snapshot_id = SnapshotId(Uuid::from_u128(1));
    assert_eq!(code(app.list_threads(&caller, Filter::default(), None, 10).await), forbidden);
    assert_eq!(code(app.create_thread(&caller, NewThread::default()).await), forbidden);
    assert_eq!(code(app.list_agents(&caller, true, None, 10).await), forbidden);
    assert_eq!(code(app.agent(&caller, AgentId(Uuid::from_u128(1))).await), forbidden);
    assert_eq!(code(app.agent_by_name(&caller, "default").await), forbidden);
    assert_eq!(code(app.list_keys(&caller, None, 10).await), forbidden);
    assert_eq!(code(app.create_key(&caller, NewKey::default(), None).await), forbidden);
    assert_eq!(code(app.list_members(&caller, None, 10).await), forbidden);
    assert_eq!(code(app.create_member(&caller, NewMember::default(), None).await), forbidden);
    assert_eq!(code(app.list_projects(&caller, None, 10).await), forbidden);
    assert_eq!(code(app.project(&caller).await), forbidden);
    assert_eq!(code(app.list_snapshots(&caller, None, 10).await), forbidden);
    assert_eq!(code(app.create_snapshot(&caller, snapshot, None).await), forbidden);
    assert_eq!(code(app.snapshot_with_state(&caller, snapshot_id).await), forbidden);
    assert_eq!(code(app.attachment(&caller, AttachmentId(Uuid::from_u128(1))).await), forbidden);
    assert_eq!(code(app.prepare_attachment(&caller, "a", vec![1]).await), forbidden);
    assert_eq!(code(app.list_audit(&caller, None, 10).await), forbidden);
}

/// Few operations are not closed by [`Caller::require`]. Each is tested above with a foreign thread.
#[test]
fn only_these_operations_are_open_to_bound_callers() {
    let mut open = BTreeSet::new();
    for source in sources() {
        let mut operation = String::new();
        for line in source.lines() {
            if let Some((_, name)) = line.split_once("pub async fn ") {
                operation = name.split(['(', '<']).next().unwrap_or_default().to_owned();
            }
            if line.contains(".require_bound(") {
                open.insert(operation.clone());
            }
        }
    }
    let expected = [
        "admit_page",
        "ask_for_person",
        "attachment_said",
        "change_contact",
        "contact",
        "correspondence",
        "correspondence_rest",
        "faces",
        "file_email",
        "files_as_guest",
        "follow",
        "follow_typists",
        "join_identity",
        "list_messages",
        "list_receipted",
        "message",
        "next_messages",
        "note_delivered",
        "note_read",
        "note_read_up_to",
        "send",
        "tell_typing",
        "thread",
        "ticket",
        "unfinished",
        "upload_as_guest",
    ]
    .map(str::to_owned);
    assert_eq!(open, expected.into());
}

#[tokio::test]
async fn why_a_turn_failed_is_in_no_message_that_people_read() {
    let test = TestApp::start().await;
    test.script(vec![Reply { error: Some(Fault::Refused), ..Reply::default() }]).await;
    let thread = test.thread().await.id;
    test.say(thread, "go", Policy::Queue).await;
    test.settle(thread).await;
    let guest = Caller { subject: Subject::Thread(thread), ..test.caller.clone() };
    for (caller, code) in [(&test.caller, Some("refused".to_owned())), (&guest, None)] {
        let page = Page { from: From::Before(None), limit: 1, listed: true };
        let listed = test.app.list_messages(caller, thread, page).await.unwrap().messages.remove(0);
        let next = test.app.next_messages(caller, thread, page).await.unwrap().messages.remove(0);
        let one = test.app.message(caller, thread, listed.id).await.unwrap();
        let email = test.app.correspondence(caller, thread, 1, 1).await.unwrap().messages.remove(0);
        let wanted = Wanted { limit: 1, ..Wanted::default() };
        let receipted = test.app.list_receipted(caller, thread, wanted).await.unwrap().1.rows.remove(0).0;
        let read = test.app.keyed(None).note_read(caller, thread, listed.id).await.unwrap().0;
        for message in [listed, next, one, email, receipted, read] {
            assert_eq!(message.body.only_text(), domain::agent::FAILURE_TEXT);
            assert_eq!(message.body.error_code, code);
        }
    }
}
