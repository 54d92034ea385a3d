//! Clocks that jump, both ways.

use domain::{codes, controls::Policy};
use engine::{app::handling::ask::Ask, services};

use super::{ANN, BEN, pass, take, team_with_clock};

const HOUR: i64 = 3_600;

#[tokio::test]
async fn a_silence_ends_once_at_its_time_however_the_clock_jumps() {
    let (test, us) = team_with_clock().await;
    let thread = test.thread().await.id;
    let ask = Ask { reason: "x".into(), silent: true, ..Ask::default() };
    let until = test.app.keyed(None).ask_for_person(&test.caller, thread, ask).await.unwrap().people.silent_until();
    test.say(thread, "a", Policy::Queue).await;
    pass(&us, -2 * HOUR);
    test.app.run_now::<services::Silences>().await.unwrap();
    let found = test.app.thread(&test.caller, thread).await.unwrap();
    assert_eq!(found.people.silent_until(), until, "a clock that is set back ends no silence");
    assert_eq!(test.say(thread, "b", Policy::Queue).await.turn, None);
    pass(&us, 48 * HOUR);
    for _ in 0..2 {
        test.app.run_now::<services::Silences>().await.unwrap();
    }
    test.settle(thread).await;
    pass(&us, -48 * HOUR);
    test.app.run_now::<services::Silences>().await.unwrap();
    let log = test.log(thread).await;
    assert_eq!(log.iter().filter(|entry| entry.event.kind() == "thread.wanted_expired").count(), 1);
    assert!(log.windows(2).all(|two| two[0].at < two[1].at), "times increase within a thread");
}

#[tokio::test]
async fn a_hold_is_overdue_by_the_present_clock_and_stays_with_its_holder() {
    let (test, us) = team_with_clock().await;
    let thread = test.thread().await.id;
    take(&test, thread, ANN).await.unwrap();
    test.say(thread, "a", Policy::Queue).await;
    pass(&us, -HOUR);
    assert_eq!(take(&test, thread, BEN).await, Err(codes::HELD_BY_OTHER), "the customer has not waited yet");
    pass(&us, HOUR + 599);
    assert_eq!(take(&test, thread, BEN).await, Err(codes::HELD_BY_OTHER));
    pass(&us, 2);
    let taken = take(&test, thread, BEN).await.unwrap();
    pass(&us, -HOUR);
    let found = test.app.thread(&test.caller, thread).await.unwrap();
    assert_eq!(found.people.holder(), taken.people.holder());
    assert_eq!(take(&test, thread, ANN).await, Err(codes::HELD_BY_OTHER));
    pass(&us, 24 * HOUR);
    take(&test, thread, ANN).await.expect("the customer has waited for a day");
}
