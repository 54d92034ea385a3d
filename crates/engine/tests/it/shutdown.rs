//! The end of the runtime that ran the turns.

use domain::controls::Policy;
use engine::testing::TestApp;
use tokio::runtime::Runtime;

#[test]
fn a_turn_that_is_claimed_when_its_runtime_is_gone_does_not_stop_the_writer() {
    let (first, second) = (Runtime::new().unwrap(), Runtime::new().unwrap());
    let test = first.block_on(TestApp::start());
    let thread = first.block_on(test.thread()).id;
    first.shutdown_background();
    second.block_on(async {
        for text in ["claimed, and let go of at once", "stored as any other"] {
            test.say(thread, text, Policy::Queue).await;
        }
        assert_eq!(test.messages(thread).await.len(), 2);
    });
}
