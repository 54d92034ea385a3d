//! `set_reminder`.

use std::sync::atomic::Ordering;

use domain::thread::Ticket;
use engine::{
    services,
    testing::{Choices, TestApp},
};
use serde_json::{Value, json};

use crate::door::Door;

#[tokio::test]
async fn it_fires_counts_down_and_is_called_off_by_the_customer() {
    let (clock, us) = TestApp::manual_clock();
    let door = Door::with(Choices { clock, ..Choices::default() }).await;
    let test = door.test();
    let set = json!({"content": "Hello?", "to": "ann@example.com", "set_reminder": {"delay": 60, "number_left": 2}});
    let thread = door.begin(set).await.id;
    us.fetch_add(60_000_000, Ordering::SeqCst);
    test.app.run_now::<services::Reminders>().await.unwrap();
    assert_eq!(test.kinds(thread).await.last(), Some(&"thread.reminder"));
    assert_eq!(test.app.thread(&test.caller, thread).await.unwrap().ticket, Ticket::Reminder);
    assert_eq!(test.app.reminder(&test.caller, thread).await.unwrap().map(|r| r.number_left), Some(1));
    door.create(json!({"content": "Here", "from": "ann@example.com", "thread_id": thread.to_string()})).await;
    assert_eq!(test.app.reminder(&test.caller, thread).await.unwrap(), None);
}

#[tokio::test]
async fn absent_leaves_it_null_clears_it_and_a_wrong_one_changes_nothing() {
    let door = Door::open().await;
    let test = door.test();
    let thread = door.begin(json!({"content": "1", "to": "ann@example.com"})).await.id;
    let send = |reminder: Option<Value>| {
        let mut body = json!({"content": "2", "thread_id": thread.to_string()});
        if let Some(reminder) = reminder {
            body["set_reminder"] = reminder;
        }
        body
    };
    let found = async || test.app.reminder(&test.caller, thread).await.unwrap().map(|r| (r.delay_s, r.number_left));
    door.create(send(Some(json!({"delay": 3_600, "number_left": 3, "more": 1})))).await;
    assert_eq!(found().await, Some((3_600, 3)));
    door.create(send(None)).await;
    for (wrong, field) in [
        (json!({"delay": -1, "number_left": 1}), "set_reminder.delay"),
        (json!({"delay": i64::MAX, "number_left": 1}), "set_reminder.delay"),
        (json!({"delay": 1, "number_left": 0}), "set_reminder.number_left"),
        (json!({"delay": 1, "number_left": -1}), "set_reminder.number_left"),
        (json!({"delay": 1, "number_left": 1_001}), "set_reminder.number_left"),
        (json!({"delay": "60", "number_left": 1}), "set_reminder.delay"),
        (json!({"delay": 0.5, "number_left": 1}), "set_reminder.delay"),
        (json!({"delay": 1, "number_left": true}), "set_reminder.number_left"),
        (json!({"delay": 1}), "set_reminder.number_left"),
        (json!({"number_left": 1}), "set_reminder.delay"),
        (json!({"delay": null, "number_left": 1}), "set_reminder.delay"),
        (json!([60, 1]), "set_reminder"),
        (json!(60), "set_reminder"),
    ] {
        let shown = wrong.to_string();
        let message = door.post(send(Some(wrong))).await.refused(400, "invalid_parameter");
        assert!(message.starts_with(&format!("{field}: ")), "{shown}: {message}");
    }
    assert_eq!(found().await, Some((3_600, 3)));
    assert_eq!(door.messages(thread).await.len(), 3);
    door.create(send(Some(json!(null)))).await;
    assert_eq!(found().await, None);
}
