//! The outbox while the store does not accept the outcome of an attempt.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::{Error, Limits, Result, controls::Policy, shares::Party};
use engine::{
    App, Origin, OriginKind, Payload, PendingEntry, Targets, Wording,
    app::{threads::NewThread, webhooks::NewWebhook},
    testing::{Choices, TestApp},
};
use futures_util::future::{BoxFuture, FutureExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::Semaphore,
};

/// A format of the entry's type only.
pub struct Kind;

impl Wording for Kind {
    fn word<'a>(&'a self, _: &'a App, pending: &'a PendingEntry) -> BoxFuture<'a, Result<Option<Payload>>> {
        let body = format!("[{}]", pending.entry.event.kind()).into_bytes();
        Box::pin(async move { Ok(Some(Payload { content_type: "text/plain", body })) })
    }
}

/// Accepts one request up to the bracket that ends its body, runs `meanwhile`, and answers with success.
async fn take(endpoint: &TcpListener, meanwhile: impl Future<Output = ()>) -> String {
    take_with(endpoint, "204 No Content", meanwhile).await
}

/// As [`take`], with another answer.
async fn take_with(endpoint: &TcpListener, status: &str, meanwhile: impl Future<Output = ()>) -> String {
    let mut read = take_whole(endpoint, status, meanwhile).await;
    let body = read.rfind('[').expect("a body");
    read.split_off(body)
}

/// As [`take_with`], with the head of the request.
pub async fn take_whole(endpoint: &TcpListener, status: &str, meanwhile: impl Future<Output = ()>) -> String {
    let (mut connection, _) = endpoint.accept().await.unwrap();
    let (mut read, mut piece) = (String::new(), [0; 4_096]);
    while !read.ends_with(']') {
        let count = connection.read(&mut piece).await.unwrap();
        assert_ne!(count, 0, "the request broke off: {read}");
        read.push_str(std::str::from_utf8(&piece[..count]).unwrap());
    }
    meanwhile.await;
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let answer = if status.starts_with("204") { answer.replace("content-length: 0\r\n", "") } else { answer };
    connection.write_all(answer.as_bytes()).await.unwrap();
    read
}

fn told_at(endpoint: &TcpListener) -> NewWebhook {
    hook(format!("http://{}/", endpoint.local_addr().unwrap()))
}

/// Listens and never answers. Connections stay open.
async fn silent() -> (String, tokio::task::JoinHandle<()>) {
    let endpoint = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", endpoint.local_addr().unwrap());
    let hold = tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            held.push(endpoint.accept().await.unwrap());
        }
    });
    (url, hold)
}

pub fn hook(url: String) -> NewWebhook {
    let dialect = "test".into();
    NewWebhook { url, authorization: None, dialect, events: None, description: None, enabled: true }
}

/// A neighbour's webhooks never answer. Each has pending entries of this many threads, and together they hold this many
/// senders. Another project's webhook gets its entries at once.
async fn neighbours(webhooks: u64, threads: usize, held: u64) {
    let limits = Limits { webhooks, webhook_s: 3_600, ..Choices::default().limits };
    let test = TestApp::with(Choices { turns: 0, limits, webhook_targets: Targets::Any, ..Choices::default() }).await;
    test.app.word_deliveries([("test", Arc::new(Kind) as Arc<dyn Wording>)].into());
    let (url, hold) = silent().await;
    for _ in 0..webhooks {
        test.app.create_webhook(&test.caller, hook(url.clone()), None).await.unwrap();
    }
    for _ in 0..threads {
        test.thread().await;
    }
    let mine = Party::Project(test.caller.project);
    while test.senders().held_by(mine) < held || test.senders().waiting_of(mine) == 0 {
        tokio::task::yield_now().await;
    }
    let (other, _) = test.other_project().await;
    let endpoint = TcpListener::bind("127.0.0.1:0").await.unwrap();
    test.app.create_webhook(&other, told_at(&endpoint), None).await.unwrap();
    for _ in 0..16 {
        test.app.create_thread(&other, NewThread::default()).await.unwrap();
    }
    for _ in 0..16 {
        assert_eq!(take(&endpoint, async {}).await, "[thread.created]");
    }
    assert_eq!(test.senders().held_by(mine), held, "all the while");
    hold.abort();
}

#[tokio::test]
async fn eight_silent_webhooks_leave_senders_to_other_projects() {
    neighbours(8, 8, 48).await;
}

#[tokio::test]
async fn sixty_four_silent_webhooks_leave_senders_to_other_projects() {
    neighbours(64, 1, 48).await;
}

#[tokio::test]
async fn a_webhook_that_timed_out_twice_counts_as_slow_until_it_answers() {
    let limits = Limits { webhook_s: 1, ..Choices::default().limits };
    let (clock, us) = TestApp::manual_clock();
    let choices = Choices { turns: 0, limits, clock, webhook_targets: Targets::Any, ..Choices::default() };
    let test = TestApp::with(choices).await;
    test.app.word_deliveries([("test", Arc::new(Kind) as Arc<dyn Wording>)].into());
    let endpoint = TcpListener::bind("127.0.0.1:0").await.unwrap();
    test.app.create_webhook(&test.caller, told_at(&endpoint), None).await.unwrap();
    test.thread().await;
    let mine = Party::Project(test.caller.project);
    let mut held = Vec::new();
    for slow in [0, 0, 1] {
        held.push(endpoint.accept().await.unwrap());
        assert_eq!((test.senders().held_by(mine), test.senders().slow_of(mine)), (1, slow));
        while test.senders().used() > 0 {
            tokio::task::yield_now().await;
        }
        us.fetch_add(3_600_000_000, Ordering::SeqCst);
        test.app.ring_outbox();
    }
    assert_eq!(take(&endpoint, async {}).await, "[thread.created]");
    while test.senders().used() > 0 {
        tokio::task::yield_now().await;
    }
    test.thread().await;
    let now = async { assert_eq!(test.senders().slow_of(mine), 0) };
    assert_eq!(take(&endpoint, now).await, "[thread.created]");
}

/// Keeps the writer busy and its queue full for a moment, so that writes are refused.
async fn block(test: &TestApp) {
    let begun = Arc::new(Semaphore::new(0));
    let tell = begun.clone();
    let busy = store::op(move |_| {
        Box::pin(async move {
            tell.add_permits(1);
            std::thread::sleep(Duration::from_millis(1_500));
            Ok(())
        })
    });
    let store = test.store().clone();
    tokio::spawn(async move { store.write(busy).await });
    begun.acquire().await.unwrap().forget();
    let nothing = || store::op(|_| Box::pin(async { Ok(()) }));
    let refused = (0..100_000).any(|_| test.store().write(nothing()).now_or_never().is_some_and(|done| done.is_err()));
    assert!(refused, "the queue is full");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_that_fails_leaves_no_claim_to_run_out() {
    // With a clock that stands still, no claim expires.
    let (clock, _) = TestApp::manual_clock();
    let choices = Choices { clock, turns: 0, webhook_targets: Targets::Any, ..Choices::default() };
    let test = TestApp::with(choices).await;
    test.app.word_deliveries([("test", Arc::new(Kind) as Arc<dyn Wording>)].into());
    let endpoint = TcpListener::bind("127.0.0.1:0").await.unwrap();
    test.app.create_webhook(&test.caller, told_at(&endpoint), None).await.unwrap();
    let thread = test.thread().await.id;
    test.say(thread, "Hello", Policy::Queue).await;
    assert_eq!(take(&endpoint, block(&test)).await, "[thread.created]");
    let next = tokio::time::timeout(Duration::from_secs(20), take(&endpoint, async {})).await;
    assert_eq!(next.expect("the rest is sent, too"), "[message.created]");
}

/// A due time far in the future is no backoff.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_webhook_that_failed_before_the_clock_was_set_back_is_tried_again() {
    let (clock, us) = TestApp::manual_clock();
    let choices = Choices { clock, turns: 0, webhook_targets: Targets::Any, ..Choices::default() };
    let test = TestApp::with(choices).await;
    test.app.word_deliveries([("test", Arc::new(Kind) as Arc<dyn Wording>)].into());
    let endpoint = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let webhook = test.app.create_webhook(&test.caller, told_at(&endpoint), None).await.unwrap().0;
    let thread = test.thread().await.id;
    take_with(&endpoint, "500 Internal Server Error", async {}).await;
    let failed = || async {
        let all = test.app.list_delivery_attempts(&test.caller, webhook.id, None, None, 10).await.unwrap();
        all.len()
    };
    while failed().await == 0 {
        tokio::task::yield_now().await;
    }
    us.fetch_sub(86_400_000_000, Ordering::SeqCst);
    test.app.ring_outbox();
    let again = tokio::time::timeout(Duration::from_secs(20), take(&endpoint, async {})).await;
    assert_eq!(again.expect("it is tried again"), "[thread.created]", "{thread}");
}

/// Has no event while the flag is set.
struct Speechless(Arc<AtomicBool>);

impl Wording for Speechless {
    fn word<'a>(&'a self, app: &'a App, pending: &'a PendingEntry) -> BoxFuture<'a, Result<Option<Payload>>> {
        if self.0.load(Ordering::SeqCst) {
            return Box::pin(async { Err(Error::internal("no words")) });
        }
        Kind.word(app, pending)
    }
}

#[tokio::test]
async fn a_replay_that_cannot_be_worded_leaves_its_key_to_the_next_try() {
    let test = TestApp::with(Choices { turns: 0, webhook_targets: Targets::Any, ..Choices::default() }).await;
    let speechless = Arc::new(AtomicBool::new(false));
    let words: Arc<dyn Wording> = Arc::new(Speechless(speechless.clone()));
    test.app.word_deliveries([("test", words)].into());
    let endpoint = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (webhook, _) = test.app.create_webhook(&test.caller, told_at(&endpoint), None).await.unwrap();
    test.thread().await;
    take(&endpoint, async {}).await;
    let attempt = loop {
        let attempts = test.app.list_delivery_attempts(&test.caller, webhook.id, None, None, 1).await.unwrap();
        if let Some(attempt) = attempts.first() {
            break attempt.id;
        }
        tokio::task::yield_now().await;
    };
    let replay = async || {
        let origin = Origin::new(OriginKind::Request, "replay", "k", [1; 32]);
        test.app.replay_delivery_attempt(&test.caller, webhook.id, attempt, Some(origin)).await
    };
    speechless.store(true, Ordering::SeqCst);
    assert_eq!(replay().await.unwrap_err().kind, domain::Kind::Internal);
    speechless.store(false, Ordering::SeqCst);
    let (replayed, _) = tokio::join!(replay(), take(&endpoint, async {}));
    let replayed = replayed.unwrap();
    assert_eq!(replayed.outcome, domain::webhook::Outcome::Delivered);
    speechless.store(true, Ordering::SeqCst);
    assert_eq!(replay().await.unwrap().id, replayed.id, "what was sent is told, whatever can be worded now");
}
