//! Steps of the clock.

use domain::{Result, Timestamp};
use store::{
    Tx,
    clock_steps::{self, Step},
};

super::in_a_transaction! {
    a_step_is_noted_once_and_undone_when_the_clock_is_set_back
}

async fn a_step_is_noted_once_and_undone_when_the_clock_is_set_back(tx: &mut Tx) -> Result<()> {
    let step = |at, by_us| Step { at: Timestamp(at), by_us };
    assert!(clock_steps::insert(tx, step(100, 50)).await?);
    for seen_by_another in [step(100, 50), step(101, 49), step(90, 20), step(149, 100), step(90, 100)] {
        assert!(!clock_steps::insert(tx, seen_by_another).await?, "{seen_by_another:?}");
    }
    assert!(clock_steps::insert(tx, step(150, 10)).await?);
    assert_eq!(clock_steps::newest(tx, 10).await?, [step(150, 10), step(100, 50)]);
    assert_eq!(clock_steps::newest(tx, 1).await?, [step(150, 10)]);
    assert_eq!(clock_steps::undo(tx, Timestamp(160)).await?, 0, "it went there and on");
    assert_eq!(clock_steps::undo(tx, Timestamp(159)).await?, 1);
    assert_eq!(clock_steps::newest(tx, 10).await?, [step(100, 50)]);
    Ok(())
}
