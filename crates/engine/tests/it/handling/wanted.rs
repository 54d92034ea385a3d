//! Requests for a person, and the silence that they may bring.

use domain::{
    Caller, Kind, agent::Settings, author::Author, caller::Subject, codes, controls::Policy, event::Event,
    handling::Handling, message::Role, thread::Thread, turn::State,
};
use engine::{
    app::handling::{ask::Ask, hand_back::Answer},
    services,
    testing::{Choices, TestApp},
};

use super::{ANN, BEN, begins, hand_back, is_delta, pass, take, team, team_with_clock, texts_of};

async fn ask(test: &TestApp, thread: domain::ThreadId, silent: bool) -> Thread {
    let ask = Ask { reason: "a refund".into(), silent, ..Ask::default() };
    test.app.keyed(None).ask_for_person(&test.caller, thread, ask).await.unwrap()
}

async fn count(test: &TestApp, thread: domain::ThreadId, kind: &str) -> usize {
    test.kinds(thread).await.iter().filter(|one| **one == kind).count()
}

#[tokio::test]
async fn an_agent_goes_on_while_a_person_is_wanted() {
    let (test, us) = team_with_clock().await;
    let thread = test.thread().await.id;
    let wanted = ask(&test, thread, false).await;
    assert_eq!((wanted.people.handling(), wanted.people.is_silent()), (Handling::Agent, false));
    assert!(test.say(thread, "a", Policy::Queue).await.turn.is_some());
    test.settle(thread).await;
    pass(&us, 59);
    ask(&test, thread, false).await;
    assert_eq!(count(&test, thread, "thread.wanted").await, 1, "a repeated request has no entry of its own");
    pass(&us, 61);
    ask(&test, thread, false).await;
    assert_eq!(count(&test, thread, "thread.wanted").await, 2);
    take(&test, thread, ANN).await.unwrap();
    let again = Ask { reason: "x".into(), ..Ask::default() };
    let held = test.app.keyed(None).ask_for_person(&test.caller, thread, again).await.unwrap_err();
    assert_eq!(held.code, codes::HELD);
    let handed = hand_back(&test, thread, Answer::Auto).await;
    assert_eq!(handed.thread.people.wanted, None, "the take has answered the request");
}

#[tokio::test]
async fn a_repeated_request_replaces_the_reason() {
    let test = team().await;
    let thread = test.thread().await.id;
    ask(&test, thread, false).await;
    let other = Ask { reason: "a complaint".into(), ..Ask::default() };
    test.app.keyed(None).ask_for_person(&test.caller, thread, other).await.unwrap();
    let found = test.app.thread(&test.caller, thread).await.unwrap();
    assert_eq!(found.people.wanted.map(|wanted| wanted.reason).as_deref(), Some("a complaint"));
}

#[tokio::test]
async fn a_silent_request_ends_the_turn_and_the_silence_ends_once() {
    let (test, us) = team_with_clock().await;
    test.script(begins()).await;
    let thread = test.thread().await.id;
    let (turn, _) = test.say(thread, "a", Policy::Queue).await.turn.unwrap();
    test.until(thread, is_delta).await;
    assert!(ask(&test, thread, true).await.people.is_silent());
    let stopped = test.app.turn(&test.caller, thread, turn).await.unwrap();
    assert_eq!((stopped.state, stopped.reason.as_deref()), (State::Cancelled, Some("person_wanted")));
    assert_eq!(test.say(thread, "b", Policy::Queue).await.turn, None);
    assert!(ask(&test, thread, false).await.people.is_silent(), "a request without silence ends none");
    pass(&us, test.app.limits().wanted_silent_s as i64 - 1);
    test.app.run_now::<services::Silences>().await.unwrap();
    assert_eq!(count(&test, thread, "thread.wanted_expired").await, 0);
    test.default_agent(Settings::default()).await;
    // The silence ends after a restart too.
    let folder = test.stop().await;
    let (clock, now) = TestApp::manual_clock();
    pass(&now, 900);
    let test = TestApp::with(Choices { folder: Some(folder), clock, ..Choices::default() }).await;
    test.app.run_now::<services::Silences>().await.unwrap();
    test.until(
        thread,
        |item| matches!(item, domain::event::Item::Entry(e) if e.event.kind() == "thread.wanted_expired"),
    )
    .await;
    test.settle(thread).await;
    let log = test.log(thread).await;
    let expired: Vec<_> = log.iter().filter(|entry| entry.event == Event::ThreadWantedExpired {}).collect();
    let [expired] = &expired[..] else { panic!("{expired:?}") };
    assert_eq!(texts_of(&test, thread, expired.turn.unwrap()).await, ["a", "b"]);
    assert_eq!(test.app.run_now::<services::Silences>().await.unwrap(), 0);
    assert_eq!(count(&test, thread, "thread.wanted_expired").await, 1);
}

#[tokio::test]
async fn a_request_is_withdrawn_and_a_silence_with_it() {
    let test = team().await;
    let thread = test.thread().await.id;
    ask(&test, thread, true).await;
    test.say(thread, "a", Policy::Queue).await;
    let withdrawn = test.app.keyed(None).withdraw(&test.caller, thread, BEN.into()).await.unwrap();
    assert!(withdrawn.people.wanted.is_none());
    test.settle(thread).await;
    let log = test.log(thread).await;
    let entry = log.iter().find(|entry| entry.event.kind() == "thread.wanted_withdrawn").unwrap();
    assert_eq!(texts_of(&test, thread, entry.turn.unwrap()).await, ["a"]);
    let before = test.app.thread(&test.caller, thread).await.unwrap().last_seq;
    let again = test.app.keyed(None).withdraw(&test.caller, thread, BEN.into()).await.unwrap();
    assert_eq!(again.last_seq, before, "without a request nothing changes");
}

#[tokio::test]
async fn a_silence_has_a_bound() {
    let (test, _) = team_with_clock().await;
    let thread = test.thread().await.id;
    let now = test.app.clock().now();
    let most = test.app.limits().wanted_silent_most_s as i64;
    for (silent, until, path) in
        [(true, now, "until"), (true, now.plus_s(most + 1), "until"), (false, now.plus_s(1), "until")]
    {
        let ask = Ask { reason: "x".into(), silent, until: Some(until), ..Ask::default() };
        let refused = test.app.keyed(None).ask_for_person(&test.caller, thread, ask).await.unwrap_err();
        assert_eq!(refused.fields[0].path, path);
    }
    let long = Ask { reason: "x".repeat(501), ..Ask::default() };
    let refused = test.app.keyed(None).ask_for_person(&test.caller, thread, long).await.unwrap_err();
    assert_eq!(refused.fields[0].path, "reason");
    let longest = Ask { reason: "x".repeat(500), silent: true, until: Some(now.plus_s(most)), ..Ask::default() };
    test.app.keyed(None).ask_for_person(&test.caller, thread, longest).await.unwrap();
}

#[tokio::test]
async fn a_thread_of_a_member_who_is_gone_waits_for_another_person() {
    let test = team().await;
    let (held, assigned) = (test.thread().await.id, test.thread().await.id);
    take(&test, held, ANN).await.unwrap();
    let assign = engine::app::handling::assign::Assign { member: BEN.into(), assignee: Some(ANN.into()) };
    test.app.keyed(None).assign(&test.caller, assigned, assign).await.unwrap();
    let ann = test.app.member_of_address(&test.caller, ANN).await.unwrap().unwrap();
    test.app.delete_member(&test.caller, ann.id).await.unwrap();
    test.until(held, |item| matches!(item, domain::event::Item::Entry(entry) if entry.event.kind() == "thread.wanted"))
        .await;
    let found = test.app.thread(&test.caller, held).await.unwrap();
    let wanted = found.people.wanted.clone().unwrap();
    assert_eq!((wanted.reason.as_str(), wanted.by), ("member_gone", None));
    assert!(found.people.is_silent() && found.people.assignee.is_none());
    test.until(assigned, |item| {
        matches!(item, domain::event::Item::Entry(entry) if entry.event == Event::ThreadAssigned { member: None })
    })
    .await;
    take(&test, held, BEN).await.unwrap();
}

#[tokio::test]
async fn whoever_asks_below_the_project_gives_a_reason_alone() {
    let test = team().await;
    let thread = test.thread().await.id;
    let guest = Caller { subject: Subject::Thread(thread), ..test.caller.clone() };
    let asked = |ask: Ask| {
        let guest = guest.clone();
        let keyed = test.app.keyed(None);
        async move { keyed.ask_for_person(&guest, thread, ask).await.map_err(|error| error.kind) }
    };
    let plain = Ask { reason: "a refund".into(), ..Ask::default() };
    let until = Some(test.app.clock().now().plus_s(60));
    for more in [
        Ask { silent: true, ..plain.clone() },
        Ask { silent: true, until, ..plain.clone() },
        Ask { say: Some("One moment.".into()), ..plain.clone() },
        Ask { member: Some(ANN.into()), ..plain.clone() },
    ] {
        assert_eq!(asked(more).await, Err(Kind::Forbidden));
    }
    assert_eq!(test.kinds(thread).await, ["thread.created"], "a refusal has no effect");
    let wanted = asked(plain).await.unwrap().people.wanted.unwrap();
    assert_eq!((wanted.by, wanted.until), (Some(Author::Guest {}), None));
}

#[tokio::test]
async fn a_sentence_is_said_with_the_request_and_before_the_silence() {
    let test = team().await;
    test.script(begins()).await;
    let thread = test.thread().await.id;
    test.say(thread, "a", Policy::Queue).await;
    test.until(thread, is_delta).await;
    let said = Ask { reason: "x".into(), silent: true, say: Some("I fetch Ann.".into()), ..Ask::default() };
    let asked = test.app.keyed(None).ask_for_person(&test.caller, thread, said.clone()).await.unwrap();
    let kinds = test.kinds(thread).await;
    let end = ["message.completed", "turn.cancelled", "message.completed", "thread.wanted"];
    assert_eq!(kinds[kinds.len() - 4..], end, "the shown text, the end of the turn, the sentence, the silence");
    let sentence = test.messages(thread).await.pop().unwrap();
    assert_eq!((sentence.body.only_text().as_str(), sentence.role), ("I fetch Ann.", Role::Agent));
    assert!(matches!(sentence.author, Author::Agent { .. }) && asked.people.unanswered.is_some());
    let again = test.app.keyed(None).ask_for_person(&test.caller, thread, said).await.unwrap_err();
    assert_eq!(again.code, codes::THREAD_HELD, "a silent agent says nothing");
    assert_eq!(test.kinds(thread).await, kinds);
    for (say, path) in [(String::new(), "say"), ("x".repeat(2_001), "say")] {
        let ask = Ask { reason: "x".into(), say: Some(say), ..Ask::default() };
        let refused = test.app.keyed(None).ask_for_person(&test.caller, thread, ask).await.unwrap_err();
        assert_eq!(refused.fields[0].path, path);
    }
}
