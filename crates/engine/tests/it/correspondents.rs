//! Senders and recipients of e-mail: members, customers, contacts.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    CustomerId, Kind,
    author::Author,
    caller::{Scope, Scopes},
    codes,
};
use engine::{
    Caller,
    app::tickets::file::Email,
    testing::{Choices, TestApp},
};
use serde_json::{Value, json};
use store::testing::Cluster;

use crate::{
    emails::{email, file, member, message},
    outcome::code,
};

#[tokio::test]
async fn an_email_in_a_members_name_needs_the_scope_and_is_audited() {
    let test = TestApp::start().await;
    member(&test, "max@company.com").await;
    let key = test.new_key(Scopes::of(&[Scope::Read, Scope::Write])).await;
    let writer: Caller = test.app.authenticate(&key).await.unwrap();
    let from_max = || email(json!({"from": "max@company.com", "to": ["ann@example.com"]}));
    assert_eq!(code(test.app.file_email(&writer, from_max()).await), (Kind::Forbidden, codes::FORBIDDEN));
    assert_eq!(test.app.list_threads(&test.caller, Default::default(), None, 9).await.unwrap().threads, []);
    let own = test.app.file_email(&writer, email(json!({"to": ["ann@example.com"]}))).await.unwrap();
    assert_eq!(message(&test, own).await.author, Author::Key { key: writer.key });
    let filed = file(&test, from_max()).await;
    let Author::Member { email, impersonated_by, .. } = message(&test, filed).await.author else { panic!("a member") };
    assert_eq!((email.as_str(), impersonated_by), ("max@company.com", Some(test.caller.key)));
    let mut trail = test.app.list_audit(&test.caller, None, 9).await.unwrap();
    trail.retain(|record| record.action == "impersonate");
    assert_eq!(trail.iter().map(|r| r.message).collect::<Vec<_>>(), [Some(filed.message)]);
}

#[tokio::test]
async fn a_customer_is_known_by_id_and_by_address() {
    let test = TestApp::start().await;
    let author = async |envelope: Value| match message(&test, file(&test, email(envelope)).await).await.author {
        Author::Customer { customer, contact, .. } => (customer, contact),
        other => panic!("{other:?}"),
    };
    let (ann, by_home) = author(json!({"from_customer_id": "ann", "from": "ann@home.com"})).await;
    assert_eq!(author(json!({"from_customer_id": "ann"})).await, (ann, None));
    assert_eq!(author(json!({"from": "ANN@home.com"})).await, (ann, by_home));
    let (again, by_work) = author(json!({"from_customer_id": "ann", "from": "ann@work.com"})).await;
    assert_eq!(again, ann);
    assert!(by_work.is_some() && by_work != by_home, "a customer may write from many addresses");
    let (bob, his) = author(json!({"from_customer_id": "bob", "from": "ann@work.com"})).await;
    assert_ne!(bob, ann);
    assert_eq!(his, None, "somebody else's address stays theirs");
    assert_eq!(author(json!({"from": "ann@work.com"})).await, (ann, by_work));
}

/// On SQLite, the transactions run one after the other. Here they run in parallel.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn customers_and_contacts_that_are_made_at_once_are_one() {
    let database = Some(Cluster::of_this_process().fresh_database().await);
    let test = Arc::new(TestApp::with(Choices { database, turns: 0, ..Choices::default() }).await);
    let round = async |envelopes: [Value; 2]| {
        let filings: Vec<_> = envelopes
            .into_iter()
            .cycle()
            .take(20)
            .map(|envelope| {
                let test = test.clone();
                tokio::spawn(async move { message(&test, file(&test, email(envelope)).await).await.author })
            })
            .collect();
        let mut authors = Vec::new();
        for filing in filings {
            authors.push(filing.await.expect("an e-mail"));
        }
        authors
    };
    for i in 0..5 {
        let (id, from, to) = (format!("c-{i}"), format!("ann{i}@home.com"), format!("ann{i}@work.com"));
        let named = round([json!({"from_customer_id": id}), json!({"from_customer_id": id, "from": from})]).await;
        let addressed = round([json!({"from": from}), json!({"from": from, "subject": "x"})]).await;
        let customers: BTreeSet<_> = named.iter().chain(&addressed).map(customer).collect();
        assert_eq!(customers.len(), 1, "{named:?} {addressed:?}");
        let other = format!("bob{i}@work.com");
        round([json!({"to": [to, other]}), json!({"to": [other, to]})]).await;
        let known = round([json!({"from": to}), json!({"from": to})]).await;
        assert_eq!(known.iter().map(customer).collect::<BTreeSet<_>>().len(), 1);
    }
}

fn customer(author: &Author) -> CustomerId {
    match author {
        Author::Customer { customer, .. } => *customer,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_email_goes_only_to_contacts_of_the_threads_customers() {
    let test = TestApp::start().await;
    let to_both = json!({"to": ["Ann <ann@example.com>"], "cc": ["bob@example.com"]});
    let thread = file(&test, email(to_both)).await.thread;
    let within = |envelope: Value| Email { thread: Some(thread), ..email(envelope) };
    file(&test, within(json!({"to": ["BOB@example.com"], "bcc": ["ann@example.com"]}))).await;
    let head = test.app.thread(&test.caller, thread).await.unwrap().last_seq;
    for (field, envelope) in [
        ("envelope.to", json!({"to": ["eve@example.com"]})),
        ("envelope.cc", json!({"to": ["ann@example.com"], "cc": ["eve@example.com"]})),
        ("envelope.bcc", json!({"bcc": ["bob@example.com", "eve@example.com"]})),
    ] {
        let refused = test.app.file_email(&test.caller, within(envelope)).await.unwrap_err();
        assert_eq!((refused.code, refused.fields[0].path.as_str()), (codes::CONTACT_NOT_IN_THREAD, field));
    }
    assert_eq!(test.app.thread(&test.caller, thread).await.unwrap().last_seq, head);
    file(&test, within(json!({"from": "eve@example.com"}))).await;
    file(&test, within(json!({"to": ["eve@example.com"]}))).await;
}

#[tokio::test]
async fn a_known_recipient_brings_their_other_addresses_along() {
    let test = TestApp::start().await;
    for from in ["ann@home.com", "ann@work.com"] {
        file(&test, email(json!({"from_customer_id": "ann", "from": from}))).await;
    }
    let thread = file(&test, email(json!({"to": ["ann@home.com", "new@example.com"]}))).await.thread;
    let to_work = email(json!({"to": ["ann@work.com"], "cc": ["new@example.com"]}));
    file(&test, Email { thread: Some(thread), ..to_work }).await;
}
