//! Forks and deletions that take many transactions, with a crash between any two.

use std::sync::Arc;

use domain::{CustomerId, Error, Kind, Limits, Result, ThreadId, WebhookId, controls::Policy};
use engine::{
    App, Origin, OriginKind, Payload, PendingEntry, Wording,
    app::{
        threads::{
            Filter,
            fork::{Begun, NewFork},
        },
        webhooks::{Draft, NewWebhook},
    },
    services,
    testing::{Choices, TestApp},
};
use futures_util::future::BoxFuture;
use serde_json::json;
use store::{Tx, op, removals, testing::Cluster};

use crate::emails::{email, file};

/// One row in each step, and a clock that stands still, so that no service continues the work.
async fn small_steps_on(database: Option<String>) -> (TestApp, Choices) {
    let limits = Limits { bulk_rows: 1, ..Choices::default().limits };
    let choices = Choices { limits, clock: TestApp::manual_clock().0, turns: 0, database, ..Choices::default() };
    (TestApp::with(choices.clone()).await, choices)
}

async fn small_steps() -> (TestApp, Choices) {
    small_steps_on(None).await
}

async fn thread_of_three(test: &TestApp) -> ThreadId {
    let thread = test.thread().await.id;
    for text in ["a", "b", "c"] {
        test.say(thread, text, Policy::Batch).await;
        test.app.keyed(None).stop_thread(&test.caller, thread).await.unwrap();
    }
    thread
}

fn keyed() -> NewFork {
    let origin = Origin::new(OriginKind::Request, "fork", "k", [1; 32]);
    NewFork { origin: Some(origin), ..NewFork::default() }
}

async fn begun(test: &TestApp, from: ThreadId) -> ThreadId {
    match test.app.begin_fork(&test.caller, from, keyed()).await.unwrap() {
        Begun::Part(thread) => thread,
        Begun::Whole(_) => panic!("it takes more than one step"),
    }
}

async fn listed(test: &TestApp) -> Vec<ThreadId> {
    let all = test.app.list_threads(&test.caller, Filter::default(), None, 10).await.unwrap().threads;
    all.into_iter().map(|thread| thread.id).collect()
}

#[tokio::test]
async fn a_fork_is_seen_by_nobody_before_its_last_step_and_finished_after_a_death() {
    let (test, choices) = small_steps().await;
    let from = thread_of_three(&test).await;
    let fork = begun(&test, from).await;
    assert_eq!(test.app.thread(&test.caller, fork).await.unwrap_err().kind, Kind::NotFound);
    assert_eq!(listed(&test).await, [from]);
    assert_eq!(
        test.app.run_now::<services::Unfinished>().await.unwrap(),
        0,
        "the request that began it may go on with it"
    );
    let folder = Some(test.stop().await);
    let test = TestApp::with(Choices { folder, ..choices }).await;
    while test.app.thread(&test.caller, fork).await.is_err() {
        test.app.run_now::<services::Unfinished>().await.unwrap();
    }
    let texts = |messages: Vec<domain::message::Message>| messages.into_iter().map(|m| m.body).collect::<Vec<_>>();
    assert_eq!(texts(test.messages(fork).await), texts(test.messages(from).await));
    assert_eq!(listed(&test).await, [fork, from]);
    test.app.delete_thread(&test.caller, from).await.unwrap();
    let again = test.app.fork_thread(&test.caller, from, keyed()).await.unwrap();
    assert_eq!(again.id, fork, "the same key, the same fork, after the death too");
}

#[tokio::test]
async fn a_repeat_while_a_fork_is_made_is_answered_with_that_fork() {
    for database in [None, Some(Cluster::of_this_process().fresh_database().await)] {
        repeat_midway(small_steps_on(database).await.0).await;
    }
}

async fn repeat_midway(test: TestApp) {
    let from = thread_of_three(&test).await;
    let fork = begun(&test, from).await;
    let fork_again = || test.app.fork_thread(&test.caller, from, keyed());
    let (one, two) = tokio::join!(fork_again(), fork_again());
    assert_eq!((one.unwrap().id, two.unwrap().id), (fork, fork));
    assert_eq!(test.messages(fork).await.len(), 3, "each message once");
    assert_eq!(listed(&test).await, [fork, from]);
}

#[tokio::test]
async fn a_fork_of_a_thread_that_is_deleted_midway_is_given_up() {
    let (test, _) = small_steps().await;
    let from = thread_of_three(&test).await;
    let fork = begun(&test, from).await;
    test.app.delete_thread(&test.caller, from).await.unwrap();
    let gone = test.app.fork_thread(&test.caller, from, keyed()).await.unwrap_err();
    assert_eq!(gone.kind, Kind::NotFound);
    while left(&test, fork).await > 0 {
        test.app.run_now::<services::Unfinished>().await.unwrap();
    }
    assert_eq!(listed(&test).await, []);
}

/// Entries that the store still has of a thread.
async fn left(test: &TestApp, thread: ThreadId) -> usize {
    let sql = "SELECT COUNT(*) FROM events WHERE thread_id = ?1";
    let count = op(move |tx| Box::pin(async move { tx.query_opt::<i64>(sql, &[&thread]).await }));
    test.store().read(count).await.unwrap().unwrap() as usize
}

#[tokio::test]
async fn a_deleted_thread_is_removed_step_by_step_also_after_a_death() {
    let (test, choices) = small_steps().await;
    let thread = thread_of_three(&test).await;
    let entries = left(&test, thread).await;
    let (project, now) = (test.caller.project, test.app.clock().now());
    // Like the deletion, without notifying the service: the process crashes then.
    let begin = op(move |tx| {
        Box::pin(async move {
            removals::begin(tx, project, thread, now).await?;
            removals::step(tx, thread.0, 1, 1 << 20).await
        })
    });
    test.store().write(begin).await.unwrap();
    assert_eq!(test.app.thread(&test.caller, thread).await.unwrap_err().kind, Kind::NotFound);
    assert_eq!((listed(&test).await, left(&test, thread).await), (vec![], entries - 1));
    let folder = Some(test.stop().await);
    let test = TestApp::with(Choices { folder, ..choices }).await;
    while left(&test, thread).await > 0 {
        test.app.run_now::<services::Unfinished>().await.unwrap();
    }
}

#[tokio::test]
async fn a_reader_of_a_deleted_thread_gets_nothing_that_is_not_removed_yet() {
    let (test, _) = small_steps().await;
    let thread = thread_of_three(&test).await;
    let from = engine::app::messages::follow::Start::Beyond(domain::Position::START);
    let mut reader = test.app.follow(&test.caller, thread, from).await.unwrap();
    test.app.delete_thread(&test.caller, thread).await.unwrap();
    assert!(reader.next().await.unwrap().is_none(), "the stream ends");
}

/// The threads in which a customer remains, and the number of threads with pending entries of a webhook.
async fn remains(test: &TestApp, customer: CustomerId, webhook: WebhookId) -> (i64, i64) {
    test.store().read(op(move |tx| Box::pin(remaining(tx, customer, webhook)))).await.unwrap()
}

async fn remaining(tx: &mut Tx, customer: CustomerId, webhook: WebhookId) -> Result<(i64, i64)> {
    let threads = "SELECT COUNT(*) FROM thread_customers WHERE customer_id = ?1";
    let pending = "SELECT COUNT(*) FROM webhook_backlogs WHERE webhook_id = ?1";
    let threads: Option<i64> = tx.query_opt(threads, &[&customer]).await?;
    let pending: Option<i64> = tx.query_opt(pending, &[&webhook]).await?;
    Ok((threads.unwrap_or(0), pending.unwrap_or(0)))
}

/// Has no event for any entry, so that nothing is sent.
struct Wordless;

impl Wording for Wordless {
    fn word<'a>(&'a self, _: &'a App, _: &'a PendingEntry) -> BoxFuture<'a, Result<Option<Payload>>> {
        Box::pin(async { Err(Error::internal("there are no words")) })
    }
}

/// A customer of three threads, and a webhook with pending entries of them.
async fn large(test: &TestApp) -> (CustomerId, WebhookId) {
    test.app.word_deliveries([("native", Arc::new(Wordless) as Arc<dyn Wording>)].into());
    let hook = NewWebhook {
        url: "https://example.com/".into(),
        authorization: None,
        dialect: "native".into(),
        events: None,
        description: None,
        enabled: true,
    };
    let webhook = test.app.create_webhook(&test.caller, hook, None).await.unwrap().0.id;
    for _ in 0..3 {
        file(test, email(json!({"from_customer_id": "c-1"}))).await;
    }
    let customer = test.app.list_customers(&test.caller, Default::default(), None, 9).await.unwrap().remove(0).id;
    assert_eq!(remains(test, customer, webhook).await, (3, 3));
    (customer, webhook)
}

#[tokio::test]
async fn customers_and_webhooks_are_removed_step_by_step_also_after_a_death() {
    let (test, choices) = small_steps().await;
    let (customer, webhook) = large(&test).await;
    let (project, now) = (test.caller.project, test.app.clock().now());
    // Like the deletions, without notifying the service: the process crashes then.
    let begin = op(move |tx| {
        Box::pin(async move {
            store::customers::delete(tx, project, customer, now).await?;
            store::webhooks::delete(tx, project, webhook, now).await?;
            // Read here, because the service may begin at once if something else has woken it.
            remaining(tx, customer, webhook).await
        })
    });
    assert_eq!(test.store().write(begin).await.unwrap(), (3, 3), "in no single transaction");
    assert_eq!(test.app.customer(&test.caller, customer).await.unwrap_err().kind, Kind::NotFound);
    let folder = Some(test.stop().await);
    let test = TestApp::with(Choices { folder, ..choices }).await;
    while remains(&test, customer, webhook).await != (0, 0) {
        test.app.run_now::<services::Unfinished>().await.unwrap();
    }
}

#[tokio::test]
async fn a_deletion_wakes_the_service_that_finishes_it() {
    let (test, _) = small_steps().await;
    let (customer, webhook) = large(&test).await;
    test.app.delete_customer(&test.caller, customer).await.unwrap();
    test.app.delete_webhook(&test.caller, webhook).await.unwrap();
    while remains(&test, customer, webhook).await != (0, 0) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_webhook_that_is_enabled_again_is_owed_nothing_of_before() {
    let (test, _) = small_steps().await;
    let (customer, webhook) = large(&test).await;
    let enable = async |enabled: bool| {
        let change = move |draft: &mut Draft| draft.enabled = enabled;
        test.app.update_webhook(&test.caller, webhook, change).await.unwrap();
        test.app.webhook(&test.caller, webhook).await.unwrap().1
    };
    assert_eq!((enable(false).await, enable(true).await), (0, 0));
    assert_eq!(remains(&test, customer, webhook).await, (3, 0));
    file(&test, email(json!({"from_customer_id": "c-1"}))).await;
    assert_eq!(test.app.webhook(&test.caller, webhook).await.unwrap().1, 1);
}
