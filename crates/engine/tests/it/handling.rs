//! Members take threads, reply, and hand them back.

mod at_once;
mod called;
mod clocks;
mod costs;
mod heads;
mod heard;
mod own;
mod present;
mod racing;
mod saved;
mod told;
mod wanted;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::{
    Caller, Code, Kind, MessageId, ThreadId, TurnId,
    agent::Settings,
    author::Author,
    caller::{Scope, Scopes},
    codes,
    controls::Policy,
    event::{Event, Item},
    handling::Handling,
    message::{Body, Message, Role},
    script::Reply as Scripted,
    thread::{Thread, Ticket},
    turn::State,
};
use engine::{
    Origin, OriginKind,
    app::{
        handling::{
            assign::Assign,
            hand_back::{Answer, HandBack, HandedBack},
            note::NewNote,
            reply::Reply,
            take::Take,
        },
        messages::Send,
        people::members::NewMember,
        threads::NewThread,
    },
    services,
    testing::{Choices, TestApp},
};

pub const ANN: &str = "ann@example.com";
pub const BEN: &str = "ben@example.com";

/// An engine with two members.
pub async fn team_with(choices: Choices) -> TestApp {
    let test = TestApp::with(choices).await;
    for (email, name) in [(ANN, "Ann"), (BEN, "Ben")] {
        let new = NewMember { email: email.into(), name: Some(name.into()), role: None };
        test.app.create_member(&test.caller, new, None).await.unwrap();
    }
    test
}

pub async fn team() -> TestApp {
    team_with(Choices::default()).await
}

pub async fn team_with_clock() -> (TestApp, Arc<AtomicI64>) {
    let (clock, us) = TestApp::manual_clock();
    (team_with(Choices { clock, ..Choices::default() }).await, us)
}

pub fn pass(us: &AtomicI64, seconds: i64) {
    us.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
}

fn named(origin: &str) -> Option<Origin> {
    Some(Origin::new(OriginKind::Request, "test", origin, [7; 32]))
}

fn take_of(member: &str) -> Take {
    Take { member: member.into(), force: false }
}

pub async fn take(test: &TestApp, thread: ThreadId, member: &str) -> Result<Thread, Code> {
    test.app.keyed(None).take_thread(&test.caller, thread, take_of(member)).await.map_err(|error| error.code)
}

pub fn reply_of(member: &str, text: &str, seen: i64) -> Reply {
    let send = Send::new(ThreadId(uuid::Uuid::nil()), Body::text(text), Policy::Queue);
    Reply { member: member.into(), send, seen, keep: false, force: false }
}

/// A reply by a member who has read everything.
pub async fn reply(test: &TestApp, thread: ThreadId, member: &str, text: &str) -> Result<Message, Code> {
    let seen = test.app.thread(&test.caller, thread).await.unwrap().last_seq;
    let reply = reply_of(member, text, seen);
    test.app.keyed(None).reply(&test.caller, thread, reply).await.map_err(|error| error.code)
}

pub async fn hand_back(test: &TestApp, thread: ThreadId, answer: Answer) -> HandedBack {
    let new = HandBack { member: Some(ANN.into()), answer, ..HandBack::default() };
    test.app.keyed(None).hand_back(&test.caller, thread, new).await.unwrap()
}

async fn texts_of(test: &TestApp, thread: ThreadId, turn: TurnId) -> Vec<String> {
    let messages = test.messages(thread).await;
    let of = messages.into_iter().filter(|message| message.turn == Some(turn) && message.role == Role::User);
    of.map(|message| message.body.only_text()).collect()
}

/// Says something and hangs until the turn ends.
fn begins() -> Vec<Scripted> {
    vec![Scripted { text: Some("It is on".into()), chunks: Some(1), hang: true, ..Scripted::default() }]
}

fn is_delta(item: &Item) -> bool {
    matches!(item, Item::Delta(_))
}

#[tokio::test]
async fn a_take_ends_the_running_turn_and_keeps_what_was_shown_once() {
    let test = team().await;
    test.script(begins()).await;
    let thread = test.thread().await.id;
    let (turn, _) = test.say(thread, "Where is my parcel?", Policy::Queue).await.turn.unwrap();
    test.until(thread, is_delta).await;
    let taken = take(&test, thread, ANN).await.unwrap();
    assert_eq!((taken.people.handling(), taken.run.is_open()), (Handling::Person, false));
    assert_eq!(taken.ticket, Ticket::Open, "the customer is not answered");
    let found = test.app.turn(&test.caller, thread, turn).await.unwrap();
    assert_eq!((found.state, found.reason.as_deref()), (State::Cancelled, Some("taken_over")));
    let kinds = test.kinds(thread).await;
    assert_eq!(kinds[kinds.len() - 3..], ["message.completed", "turn.cancelled", "thread.taken"]);
    let shown: Vec<Message> =
        test.messages(thread).await.into_iter().filter(|message| message.role == Role::Agent).collect();
    let [shown] = &shown[..] else { panic!("{shown:?}") };
    assert!(shown.body.interrupted && shown.body.only_text() == "It is on");
    let last = test.log(thread).await.pop().unwrap();
    let Event::ThreadTaken { member, from: None, turns } = &last.event else { panic!("{last:?}") };
    assert_eq!((member.name.as_deref(), &turns[..]), (Some("Ann"), &[turn][..]));
}

#[tokio::test]
async fn a_hand_back_answers_exactly_what_is_unanswered_in_one_turn() {
    let test = team().await;
    test.script(begins()).await;
    let thread = test.thread().await.id;
    for text in ["a", "b", "c", "d"] {
        test.say(thread, text, Policy::Queue).await;
    }
    test.until(thread, is_delta).await;
    let taken = take(&test, thread, ANN).await.unwrap();
    assert!(!taken.run.is_open(), "queued turns end too");
    let sent = test.say(thread, "e", Policy::Queue).await;
    assert_eq!((sent.turn, sent.handling), (None, Handling::Person), "stored, and nobody is asked");
    let aside = Send { respond: false, ..Send::new(thread, Body::text("FYI"), Policy::Queue) };
    test.app.send(&test.caller, aside).await.unwrap();
    test.script(vec![Scripted { echo: true, ..Scripted::default() }]).await;
    let handed = hand_back(&test, thread, Answer::Auto).await;
    let (turn, _) = handed.turn.unwrap();
    assert_eq!(texts_of(&test, thread, turn).await, ["a", "b", "c", "d", "e"], "and not what asks for no answer");
    let settled = test.settle(thread).await;
    assert_eq!((settled.people.unanswered, settled.ticket), (None, Ticket::Waiting));
    let kinds = test.kinds(thread).await;
    assert_eq!(kinds.iter().filter(|kind| **kind == "thread.handed_back").count(), 1);
    assert_eq!(kinds.iter().filter(|kind| **kind == "turn.completed").count(), 1);
}

#[tokio::test]
async fn what_a_person_has_answered_is_not_answered_again() {
    let test = team().await;
    let thread = test.thread().await.id;
    test.say(thread, "a", Policy::Queue).await;
    test.settle(thread).await;
    take(&test, thread, ANN).await.unwrap();
    test.say(thread, "b", Policy::Queue).await;
    let said = reply(&test, thread, ANN, "I have the label.").await.unwrap();
    assert!(matches!(&said.author, Author::Member { email, name: Some(name), .. } if email == ANN && name == "Ann"));
    let found = test.app.thread(&test.caller, thread).await.unwrap();
    assert_eq!((found.people.unanswered, found.ticket, found.run.is_open()), (None, Ticket::Waiting, false));
    assert_eq!(hand_back(&test, thread, Answer::Auto).await.turn, None);
    take(&test, thread, ANN).await.unwrap();
    test.say(thread, "c", Policy::Queue).await;
    let (turn, _) = hand_back(&test, thread, Answer::Auto).await.turn.unwrap();
    assert_eq!(texts_of(&test, thread, turn).await, ["c"]);
    test.settle(thread).await;
    let words = test.messages(thread).await;
    assert_eq!(words.last().unwrap().body.only_text(), "c", "echoed once");
}

#[tokio::test]
async fn a_hand_back_that_is_to_be_silent_answers_nothing_and_one_for_now_asks_the_model() {
    let test = team().await;
    test.script(vec![Scripted { text: Some("Hello again.".into()), ..Scripted::default() }]).await;
    let thread = test.thread().await.id;
    take(&test, thread, ANN).await.unwrap();
    test.say(thread, "a", Policy::Queue).await;
    assert_eq!(hand_back(&test, thread, Answer::Never).await.turn, None);
    let found = test.app.thread(&test.caller, thread).await.unwrap();
    assert!(found.people.unanswered.is_some() && found.people.assignee.is_none());
    take(&test, thread, ANN).await.unwrap();
    reply(&test, thread, ANN, "Here.").await.unwrap();
    assert!(hand_back(&test, thread, Answer::Now).await.turn.is_some());
    test.settle(thread).await;
    assert_eq!(test.messages(thread).await.last().unwrap().body.only_text(), "Hello again.");
}

#[tokio::test]
async fn only_the_holder_speaks_until_the_customer_waits_for_too_long() {
    let (test, us) = team_with_clock().await;
    let thread = test.thread().await.id;
    take(&test, thread, ANN).await.unwrap();
    let before = test.log(thread).await;
    assert_eq!(take(&test, thread, ANN).await.map(|thread| thread.last_seq), Ok(before.last().unwrap().seq));
    assert_eq!(take(&test, thread, BEN).await, Err(codes::HELD_BY_OTHER));
    assert_eq!(reply(&test, thread, BEN, "me!").await.map(drop), Err(codes::HELD_BY_OTHER));
    let back = HandBack { member: Some(BEN.into()), ..HandBack::default() };
    let writer = test.new_key(Scopes::of(&[Scope::Write, Scope::Impersonate])).await;
    let writer = test.app.authenticate(&writer).await.unwrap();
    let refused = test.app.keyed(None).hand_back(&writer, thread, back).await.unwrap_err();
    assert_eq!(refused.code, codes::HELD_BY_OTHER);
    assert_eq!(test.log(thread).await, before, "a refusal has no effect");
    test.say(thread, "Hello?", Policy::Queue).await;
    pass(&us, test.app.limits().hold_idle_s as i64 - 1);
    assert_eq!(take(&test, thread, BEN).await, Err(codes::HELD_BY_OTHER));
    // Entries of one moment are some microseconds apart.
    pass(&us, 2);
    take(&test, thread, BEN).await.unwrap();
    let last = test.log(thread).await.pop().unwrap();
    assert!(matches!(&last.event, Event::ThreadTaken { from: Some(from), .. } if from.email == ANN), "{last:?}");
    let force = Take { member: ANN.into(), force: true };
    test.app.keyed(None).take_thread(&test.caller, thread, force).await.unwrap();
}

#[tokio::test]
async fn a_reply_takes_the_thread_unless_the_agent_is_to_go_on() {
    let test = team().await;
    test.script(begins()).await;
    let thread = test.thread().await.id;
    test.say(thread, "a", Policy::Queue).await;
    test.until(thread, is_delta).await;
    let kept = Reply { keep: true, ..reply_of(ANN, "One moment.", 1) };
    test.app.keyed(None).reply(&test.caller, thread, kept).await.unwrap();
    let found = test.app.thread(&test.caller, thread).await.unwrap();
    assert_eq!((found.people.handling(), found.run.is_open()), (Handling::Agent, true));
    reply(&test, thread, ANN, "I am here.").await.unwrap();
    let kinds = test.kinds(thread).await;
    let end = ["message.completed", "turn.cancelled", "thread.taken", "message.completed"];
    assert_eq!(kinds[kinds.len() - 4..], end, "the shown text, the end of the turn, the take, the reply");
}

#[tokio::test]
async fn a_reply_whose_author_has_not_read_everything_is_refused_without_effect() {
    let test = team().await;
    let thread = test.thread().await.id;
    let asked = test.say(thread, "a", Policy::Queue).await;
    let settled = test.settle(thread).await;
    let answer = test.messages(thread).await.pop().unwrap();
    let stale = test.app.keyed(None).reply(&test.caller, thread, reply_of(ANN, "b", asked.message.seq)).await;
    let stale = stale.unwrap_err();
    assert_eq!((stale.kind, stale.code), (Kind::Conflict, codes::THREAD_MOVED));
    assert!(stale.message.contains(&answer.id.to_string()), "{stale}");
    assert_eq!(test.app.thread(&test.caller, thread).await.unwrap(), settled);
    let beyond = test.app.keyed(None).reply(&test.caller, thread, reply_of(ANN, "b", settled.last_seq + 1)).await;
    assert_eq!(beyond.unwrap_err().fields[0].path, "seen");
    take(&test, thread, ANN).await.unwrap();
    let seen = answer.seq;
    test.say(thread, "a newer message of the customer is no conflict", Policy::Queue).await;
    test.app.keyed(None).reply(&test.caller, thread, reply_of(ANN, "b", seen)).await.unwrap();
    test.app.keyed(None).reply(&test.caller, thread, reply_of(ANN, "nor one's own", seen)).await.unwrap();
}

#[tokio::test]
async fn the_same_key_has_one_effect() {
    let test = team().await;
    let thread = test.thread().await.id;
    test.say(thread, "a", Policy::Queue).await;
    test.settle(thread).await;
    let mut ids: Vec<MessageId> = Vec::new();
    for _ in 0..2 {
        test.app.keyed(named("take")).take_thread(&test.caller, thread, take_of(ANN)).await.unwrap();
    }
    let seen = test.app.thread(&test.caller, thread).await.unwrap().last_seq;
    for _ in 0..2 {
        ids.push(
            test.app.keyed(named("reply")).reply(&test.caller, thread, reply_of(ANN, "b", seen)).await.unwrap().id,
        );
    }
    assert_eq!(ids[0], ids[1]);
    let note = || NewNote { member: ANN.into(), text: "second parcel".into(), ..NewNote::default() };
    let first = test.app.keyed(named("note")).note(&test.caller, thread, note()).await.unwrap();
    assert_eq!(test.app.keyed(named("note")).note(&test.caller, thread, note()).await.unwrap(), first);
    test.say(thread, "c", Policy::Queue).await;
    let back = || HandBack { member: Some(ANN.into()), ..HandBack::default() };
    let handed = test.app.keyed(named("back")).hand_back(&test.caller, thread, back()).await.unwrap();
    test.settle(thread).await;
    let again = test.app.keyed(named("back")).hand_back(&test.caller, thread, back()).await.unwrap();
    assert_eq!(again.turn.map(|(turn, _)| turn), handed.turn.map(|(turn, _)| turn));
    let kinds = test.kinds(thread).await;
    for kind in ["thread.taken", "thread.noted", "thread.handed_back"] {
        assert_eq!(kinds.iter().filter(|one| **one == kind).count(), 1, "{kind}");
    }
    let records = test.app.list_audit(&test.caller, None, 10).await.unwrap();
    let mut acts: Vec<&str> = records.iter().map(|record| record.action.as_str()).collect();
    acts.sort_unstable();
    assert_eq!(acts, ["hand_back", "note", "reply", "take"]);
}

#[tokio::test]
async fn a_window_does_not_run_out_while_a_person_speaks() {
    let (test, us) = team_with_clock().await;
    let new = NewThread { window: true, ..NewThread::default() };
    let thread = test.app.create_thread(&test.caller, new).await.unwrap().id;
    pass(&us, 7_000);
    take(&test, thread, ANN).await.unwrap();
    pass(&us, 7_200);
    test.app.run_now::<services::Windows>().await.unwrap();
    reply(&test, thread, ANN, "Sorry for the wait.").await.unwrap();
    pass(&us, 100_000);
    test.app.run_now::<services::Windows>().await.unwrap();
    let held = test.app.thread(&test.caller, thread).await.unwrap();
    assert_eq!((held.closed_at(test.app.clock().now()), held.window_ends_at), (None, None));
    let handed = hand_back(&test, thread, Answer::Auto).await;
    assert_eq!(handed.thread.window_ends_at, Some(test.app.clock().now().plus_s(7_200)), "it begins anew");
    pass(&us, 7_200);
    test.app.run_now::<services::Windows>().await.unwrap();
    test.until(thread, |item| matches!(item, Item::Entry(entry) if entry.event.kind() == "thread.closed")).await;
}

#[tokio::test]
async fn a_paused_agent_answers_nothing_after_a_hand_back_and_the_answer_says_so() {
    let test = team().await;
    test.default_agent(Settings { paused: true, ..Settings::default() }).await;
    let thread = test.thread().await.id;
    take(&test, thread, ANN).await.unwrap();
    test.say(thread, "a", Policy::Queue).await;
    let handed = hand_back(&test, thread, Answer::Now).await;
    assert!(handed.is_paused && handed.turn.is_none() && handed.thread.people.unanswered.is_some());
}

#[tokio::test]
async fn closing_ends_the_hold_and_a_closed_thread_is_nobodys() {
    let test = team().await;
    let thread = test.thread().await.id;
    take(&test, thread, ANN).await.unwrap();
    test.say(thread, "a", Policy::Queue).await;
    let closed = test.app.close_thread(&test.caller, thread, None).await.unwrap();
    assert_eq!((closed.people.handling(), closed.people.unanswered), (Handling::Agent, None));
    assert!(closed.people.assignee.is_some(), "for the lists");
    assert_eq!(take(&test, thread, ANN).await, Err(codes::THREAD_CLOSED));
    assert_eq!(reply(&test, thread, ANN, "b").await.map(drop), Err(codes::THREAD_CLOSED));
    test.app.keyed(None).reopen_thread(&test.caller, thread).await.unwrap();
    let (turn, _) = test.say(thread, "b", Policy::Queue).await.turn.unwrap();
    test.settle(thread).await;
    assert_eq!(texts_of(&test, thread, turn).await, ["b"]);
}

#[tokio::test]
async fn a_held_thread_is_assigned_to_its_holder_and_a_turn_is_not_retried_in_it() {
    let test = team().await;
    test.script(begins()).await;
    let thread = test.thread().await.id;
    let (turn, _) = test.say(thread, "a", Policy::Queue).await.turn.unwrap();
    let assign = |assignee: Option<&str>| Assign { member: ANN.into(), assignee: assignee.map(str::to_owned) };
    let assigned = test.app.keyed(None).assign(&test.caller, thread, assign(Some(BEN))).await.unwrap();
    assert!(assigned.run.is_open() && assigned.people.handling() == Handling::Agent, "an assignment silences nobody");
    take(&test, thread, ANN).await.unwrap();
    let refused = test.app.keyed(None).assign(&test.caller, thread, assign(None)).await.unwrap_err();
    assert_eq!(refused.code, codes::THREAD_HELD);
    let retried = test.app.keyed(None).retry_turn(&test.caller, thread, turn).await.unwrap_err();
    assert_eq!(retried.code, codes::THREAD_HELD);
    let given = test.app.keyed(None).assign(&test.caller, thread, assign(Some(BEN))).await.unwrap();
    assert_eq!(given.people.holder(), given.people.assignee);
    assert_eq!(reply(&test, thread, ANN, "mine?").await.map(drop), Err(codes::HELD_BY_OTHER));
    reply(&test, thread, BEN, "mine.").await.unwrap();
}

#[tokio::test]
async fn a_key_without_the_scope_and_another_project_take_nothing() {
    let test = team().await;
    let thread = test.thread().await.id;
    let writer = test.new_key(Scopes::of(&[Scope::Read, Scope::Write])).await;
    let writer = test.app.authenticate(&writer).await.unwrap();
    let (other, _) = test.other_project().await;
    let unknown = ThreadId(uuid::Uuid::from_u128(1));
    let refused = async |caller: &Caller, thread| {
        test.app.keyed(None).take_thread(caller, thread, take_of(ANN)).await.unwrap_err()
    };
    assert_eq!(refused(&writer, thread).await.kind, Kind::Forbidden);
    let (foreign, missing) = (refused(&other, thread).await, refused(&other, unknown).await);
    assert_eq!((foreign.code, &foreign.message), (missing.code, &missing.message));
    assert_eq!(foreign.kind, Kind::NotFound);
    let nobody = test.app.keyed(None).take_thread(&test.caller, thread, take_of("eve@example.com")).await.unwrap_err();
    assert_eq!((nobody.code, nobody.fields[0].path.as_str()), (codes::MEMBER_NOT_FOUND, "member"));
    assert_eq!(test.kinds(thread).await, ["thread.created"]);
}
