//! A clock that is set while the server runs.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::SeqCst},
};

use domain::ThreadId;
use engine::{
    Clock, Origin, OriginKind,
    app::threads::NewThread,
    services,
    testing::{Choices, TestApp},
};

const DAY_US: i64 = 86_400_000_000;

struct Hands {
    clock: Clock,
    time: Arc<AtomicI64>,
    passed: Arc<AtomicI64>,
}

impl Hands {
    fn new() -> Self {
        let time = Arc::new(AtomicI64::new(1_800_000_000_000_000));
        let passed = Arc::new(AtomicI64::new(0));
        Self { clock: Clock::Set { time: time.clone(), passed: passed.clone() }, time, passed }
    }

    fn pass(&self, days: i64) {
        self.passed.fetch_add(days * DAY_US, SeqCst);
        self.set(days);
    }

    fn set(&self, days: i64) {
        self.time.fetch_add(days * DAY_US, SeqCst);
    }
}

/// Creates a thread with a key, or finds the existing one.
async fn keyed(test: &TestApp) -> ThreadId {
    let origin = Origin::new(OriginKind::Request, "threads", "k", [1; 32]);
    let new = NewThread { origin: Some(origin), ..NewThread::default() };
    test.app.create_thread(&test.caller, new).await.unwrap().id
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_forgets_no_origin_key_before_its_days_have_passed() {
    let hands = Hands::new();
    let choices = Choices { clock: hands.clock.clone(), ..Choices::default() };
    let test = TestApp::with(choices.clone()).await;
    let first = keyed(&test).await;
    hands.pass(1);
    hands.set(30);
    assert_eq!(test.app.run_now::<services::OriginKeys>().await.unwrap(), 0);
    assert_eq!(keyed(&test).await, first);

    let test = TestApp::with(Choices { folder: Some(test.stop().await), ..choices }).await;
    hands.pass(5);
    assert_eq!(test.app.run_now::<services::OriginKeys>().await.unwrap(), 0, "the next process knows of the jump");
    assert_eq!(keyed(&test).await, first);
    hands.pass(2);
    assert_eq!(test.app.run_now::<services::OriginKeys>().await.unwrap(), 1, "its seven days have passed");
    assert_ne!(keyed(&test).await, first);
}

#[tokio::test]
async fn a_clock_that_is_set_right_again_has_never_jumped() {
    let hands = Hands::new();
    let test = TestApp::with(Choices { clock: hands.clock.clone(), ..Choices::default() }).await;
    let first = keyed(&test).await;
    for step in [30, -30] {
        hands.set(step);
        assert_eq!(test.app.run_now::<services::OriginKeys>().await.unwrap(), 0);
    }
    assert_eq!(keyed(&test).await, first);
    hands.pass(8);
    assert_eq!(test.app.run_now::<services::OriginKeys>().await.unwrap(), 1);
}
