//! The sides that have budgets, and those whose messages they hold for.

use domain::{agent::Guests, author::Author, caller::Scopes, message::Body, usage::Usd};
use engine::app::{
    messages::Send,
    people::{customers::CustomerPatch, serving::AgentRef},
    threads::{NewThread, ThreadPatch},
};

use super::*;

/// The reason of the failure of a new turn in the thread, by its budget.
async fn reason(test: &TestApp, thread: ThreadId) -> String {
    assert_eq!(ask(test, thread).await, exceeded());
    ended(test, thread).await.reason.unwrap()
}

#[tokio::test]
async fn each_owner_has_budgets_and_the_failure_says_whose_it_was() {
    on_both(async |choices| {
        let test = TestApp::with(choices).await;
        test.default_agent(scripted(vec![says()], Vec::new())).await;
        let (thread, spared) = (test.thread().await.id, test.thread().await.id);
        let none = Vec::new;

        let set = ThreadPatch { budgets: Some(tokens(Per::Month, 0)), ..ThreadPatch::default() };
        test.app.update_thread(&test.caller, thread, set).await.unwrap();
        assert!(reason(&test, thread).await.contains("the budget of the thread, 0 tokens per month"));
        assert_eq!(ask(&test, spared).await, None);
        let unset = ThreadPatch { budgets: Some(none()), ..ThreadPatch::default() };
        test.app.update_thread(&test.caller, thread, unset).await.unwrap();
        assert_eq!(ask(&test, thread).await, None);

        let free = vec![Budget { per: Per::Day, tokens: Some(0), usd: Some(Usd::default()) }];
        test.app.set_project_budgets(&test.caller, test.caller.project, free).await.unwrap();
        assert!(reason(&test, thread).await.contains("of the project, 0 tokens per day"));
        let (other, _) = test.other_project().await;
        assert!(test.app.project(&other).await.unwrap().budgets.is_empty());
        test.app.set_project_budgets(&test.caller, test.caller.project, none()).await.unwrap();
        assert_eq!(ask(&test, thread).await, None);

        test.app.set_key_budgets(&test.caller, test.caller.key, tokens(Per::Day, CALL)).await.unwrap();
        assert_eq!(ask(&test, thread).await, None);
        assert!(reason(&test, spared).await.contains("of the key, 100 tokens per day"));
        let another = test.app.authenticate(&test.new_key(Scopes::ALL).await).await.unwrap();
        test.app.send(&another, Send::new(thread, Body::text("x"), Policy::Queue)).await.unwrap();
        assert_eq!(ended(&test, thread).await.code, None);
    })
    .await;
}

#[tokio::test]
async fn a_budget_of_a_customer_holds_for_the_customers_messages_alone() {
    let test = TestApp::start().await;
    test.default_agent(scripted(vec![says()], Vec::new())).await;
    let agent = test.app.agent_by_name(&test.caller, "default").await.unwrap().id;
    let mut ends = Vec::new();
    for (name, budgets) in [("ann", Some(tokens(Per::Day, CALL))), ("ben", None)] {
        let program = test.app.narrow(&test.caller, AgentRef::Id(agent), None).await.unwrap().caller;
        let thread = test.app.create_thread_for(&program, name, NewThread::default()).await.unwrap().id;
        let person = test.app.narrow(&program, AgentRef::Id(agent), Some(name)).await.unwrap().caller;
        let Subject::EndUser { customer, .. } = person.subject else { panic!("no end user: {person:?}") };
        let patch = CustomerPatch { budgets, ..CustomerPatch::default() };
        test.app.update_customer(&test.caller, customer, patch).await.unwrap();
        for _ in 0..2 {
            let sent = test.app.send(&person, Send::new(thread, Body::text("x"), Policy::Queue)).await.unwrap();
            assert!(matches!(sent.message.author, Author::Customer { .. }));
            ends.push(ended(&test, thread).await.code);
        }
    }
    assert_eq!(ends, [None, exceeded(), None, None]);
}

#[tokio::test]
async fn guests_have_a_budget_each() {
    let test = TestApp::start().await;
    let guests = Some(Guests { budgets: tokens(Per::Day, CALL), ..Guests::default() });
    let agent = test.default_agent(Settings { guests, ..scripted(vec![says()], Vec::new()) }).await;
    for _ in 0..2 {
        let (thread, token) = test.app.begin_as_guest(agent.guest_id.unwrap(), None).await.unwrap();
        let guest = test.app.authenticate(&token.text).await.unwrap();
        let mut ends = Vec::new();
        for _ in 0..2 {
            test.app.send(&guest, Send::new(thread.id, Body::text("x"), Policy::Queue)).await.unwrap();
            ends.push(ended(&test, thread.id).await);
        }
        assert_eq!((ends[0].code.clone(), ends[1].code.clone()), (None, exceeded()));
        assert!(ends[1].reason.as_deref().unwrap().contains("of the guest, 100 tokens per day"));
    }
    let thread = test.thread().await.id;
    for _ in 0..2 {
        assert_eq!(ask(&test, thread).await, None, "a key is no guest");
    }
}
