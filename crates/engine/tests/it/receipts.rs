//! Receipts of messages.

use domain::{Kind, MessageId, codes, controls::Policy, receipt::Standing};
use engine::{app::messages::receipts::Wanted, testing::TestApp};
use uuid::Uuid;

use crate::outcome::code;

#[tokio::test]
async fn what_the_project_says_is_sent_then_given_to_a_reader_then_read() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    test.say(thread, "x", Policy::Queue).await;
    test.settle(thread).await;
    let said = test.messages(thread).await;
    let wanted = Wanted { limit: 10, ..Wanted::default() };
    let standings = async || -> Vec<Standing> {
        let (_, page) = test
            .app
            .list_receipted(&test.caller, thread, wanted)
            .await
            .map(|(thread, page)| (thread, page.rows))
            .unwrap();
        page.iter().map(|(_, receipt)| receipt.standing).collect()
    };
    assert_eq!(standings().await, [Standing::Sent, Standing::Received]);
    let ids = said.iter().map(|message| message.id).collect();
    test.app.note_delivered(&test.caller, thread, ids).await.unwrap();
    assert_eq!(standings().await, [Standing::Delivered, Standing::Received], "what a person said is theirs");
    let (message, receipt) = test.app.keyed(None).note_read(&test.caller, thread, said[1].id).await.unwrap();
    assert_eq!((message.id, receipt.standing), (said[1].id, Standing::Read));
    assert_eq!(
        test.app.keyed(None).note_read(&test.caller, thread, said[1].id).await.unwrap().1,
        receipt,
        "the first time counts"
    );
    let only = Wanted { standing: Some(Standing::Read), ..wanted };
    let (_, page) =
        test.app.list_receipted(&test.caller, thread, only).await.map(|(thread, page)| (thread, page.rows)).unwrap();
    assert_eq!(page.iter().map(|(message, _)| message.id).collect::<Vec<_>>(), [said[1].id]);
}

#[tokio::test]
async fn only_what_was_said_to_a_person_can_be_read() {
    let test = TestApp::start().await;
    let (thread, second) = (test.thread().await.id, test.thread().await.id);
    let own = test.say(thread, "x", Policy::Queue).await.message.id;
    test.settle(thread).await;
    let answer = test.messages(thread).await[1].id;
    assert_eq!(
        code(test.app.keyed(None).note_read(&test.caller, thread, own).await),
        (Kind::Invalid, codes::NOT_READABLE)
    );
    for (thread, message) in [(thread, MessageId(Uuid::from_u128(1))), (second, answer)] {
        let not_found = (Kind::NotFound, codes::MESSAGE_NOT_FOUND);
        assert_eq!(code(test.app.keyed(None).note_read(&test.caller, thread, message).await), not_found);
    }
    let (other, _) = test.other_project().await;
    assert_eq!(
        code(test.app.keyed(None).note_read(&other, thread, answer).await),
        (Kind::NotFound, codes::THREAD_NOT_FOUND)
    );
}
