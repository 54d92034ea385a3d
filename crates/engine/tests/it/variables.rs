//! Variables: set with a thread or later, and filled into the model's instructions.

use domain::{ThreadId, agent::Settings, controls::Policy, script::Reply, thread::Thread, variables::Variables};
use engine::{
    app::threads::{NewThread, ThreadPatch},
    testing::TestApp,
};

use crate::outcome::at_fault;

fn of(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn found(test: &TestApp, thread: ThreadId) -> Thread {
    test.app.thread(&test.caller, thread).await.unwrap()
}

#[tokio::test]
async fn the_model_is_told_what_the_variables_are_when_it_is_asked() {
    let test = TestApp::start().await;
    let settings = Settings {
        instructions: "Sell {{item}} to {{name}}, {{unknown}}.".into(),
        model: Some("scripted".into()),
        script: vec![Reply { recite: true, ..Reply::default() }],
        ..Settings::default()
    };
    test.default_agent(settings).await;
    let new = NewThread { variables: of(&[("name", "Ann"), ("item", "shoes")]), ..NewThread::default() };
    let thread = test.app.create_thread(&test.caller, new).await.unwrap().id;
    test.say(thread, "x", Policy::Queue).await;
    test.settle(thread).await;
    let patch = ThreadPatch { more_variables: of(&[("name", "{{item}}")]), ..ThreadPatch::default() };
    test.app.update_thread(&test.caller, thread, patch).await.unwrap();
    test.say(thread, "x", Policy::Queue).await;
    test.settle(thread).await;
    let other = test.thread().await.id;
    test.say(other, "x", Policy::Queue).await;
    test.settle(other).await;
    let mut said = test.messages(thread).await;
    said.extend(test.messages(other).await);
    let said: Vec<String> = said.iter().map(|message| message.body.plain_text()).filter(|text| text != "x").collect();
    assert_eq!(
        said,
        [
            "Sell shoes to Ann, {{unknown}}.",
            "Sell shoes to {{item}}, {{unknown}}.",
            "Sell {{item}} to {{name}}, {{unknown}}."
        ]
    );
}

#[tokio::test]
async fn a_patch_sets_names_and_leaves_the_others_and_the_log_says_so_once() {
    let test = TestApp::start().await;
    let new = NewThread { variables: of(&[("a", "1"), ("b", "2")]), ..NewThread::default() };
    let thread = test.app.create_thread(&test.caller, new).await.unwrap().id;
    let metadata = serde_json::from_str(r#"{"x": "1"}"#).unwrap();
    let patch = ThreadPatch { more_variables: of(&[("b", "3")]), more_metadata: metadata, ..ThreadPatch::default() };
    for _ in 0..2 {
        test.app.update_thread(&test.caller, thread, patch.clone()).await.unwrap();
    }
    let all = test.app.variables_of(&[found(&test, thread).await]).await.unwrap();
    assert_eq!(all, [of(&[("a", "1"), ("b", "3")])]);
    assert_eq!(test.kinds(thread).await, ["thread.created", "thread.updated"], "the second changed nothing");
}

#[tokio::test]
async fn variables_are_held_to_their_limits_and_a_refusal_changes_nothing() {
    let test = TestApp::start().await;
    let thread = test.thread().await.id;
    let many = |count: usize| -> Variables { (0..count).map(|i| (format!("v{i}"), String::new())).collect() };
    let update = async |variables: Variables| {
        let patch = ThreadPatch { more_variables: variables, ..ThreadPatch::default() };
        test.app.update_thread(&test.caller, thread, patch).await
    };
    for bad in [of(&[("", "x")]), of(&[("a}", "x")]), many(101), of(&[("a", &"x".repeat(65_536))])] {
        assert_eq!(at_fault(update(bad.clone()).await), "variables");
        let new = NewThread { variables: bad, ..NewThread::default() };
        assert_eq!(at_fault(test.app.create_thread(&test.caller, new).await), "variables");
    }
    update(many(100)).await.unwrap();
    assert_eq!(at_fault(update(of(&[("one more", "x")])).await), "variables");
    assert_eq!(test.app.variables_of(&[found(&test, thread).await]).await.unwrap(), [many(100)]);
}
