//! Two members at once, in every operation, from every state of a thread.

use domain::{Kind, Result, ThreadId, controls::Policy, event::Entry, thread::Thread};
use engine::{
    app::handling::{
        ask::Ask,
        assign::Assign,
        hand_back::{Answer, HandBack},
        note::NewNote,
    },
    testing::TestApp,
};

use super::{ANN, BEN, racing, reply_of, take_of, team};

/// The operations of a member.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    Take,
    Force,
    Reply,
    Keep,
    HandBack,
    Assign,
    Ask,
    AskSilently,
    Withdraw,
    Note,
    Seen,
    Close,
    Reopen,
    Say,
}

const ALL: [Act; 14] = [
    Act::Take,
    Act::Force,
    Act::Reply,
    Act::Keep,
    Act::HandBack,
    Act::Assign,
    Act::Ask,
    Act::AskSilently,
    Act::Withdraw,
    Act::Note,
    Act::Seen,
    Act::Close,
    Act::Reopen,
    Act::Say,
];

/// The acts of Ann that bring a new thread into each state.
const STATES: [&[Act]; 5] =
    [&[], &[Act::Ask], &[Act::AskSilently, Act::Say], &[Act::Take, Act::Say], &[Act::Take, Act::Reply]];

pub async fn act(test: &TestApp, thread: ThreadId, member: &str, act: Act) -> Result<()> {
    let (app, caller, named) = (&test.app, &test.caller, member.to_owned());
    let keyed = app.keyed(None);
    match act {
        Act::Take => drop(keyed.take_thread(caller, thread, take_of(member)).await?),
        Act::Force => {
            let take = engine::app::handling::take::Take { force: true, ..take_of(member) };
            drop(keyed.take_thread(caller, thread, take).await?);
        }
        Act::Reply | Act::Keep => {
            let seen = app.thread(caller, thread).await?.last_seq;
            let reply = reply_of(member, "I am here.", seen);
            let keep = matches!(act, Act::Keep);
            drop(keyed.reply(caller, thread, engine::app::handling::reply::Reply { keep, ..reply }).await?);
        }
        Act::HandBack => {
            let back = HandBack { member: Some(named), answer: Answer::Auto, ..HandBack::default() };
            drop(keyed.hand_back(caller, thread, back).await?);
        }
        Act::Assign => {
            let assign = Assign { assignee: Some(named.clone()), member: named };
            drop(keyed.assign(caller, thread, assign).await?);
        }
        Act::Ask | Act::AskSilently => {
            let silent = matches!(act, Act::AskSilently);
            let ask = Ask { member: Some(named), reason: "a refund".into(), silent, ..Ask::default() };
            drop(keyed.ask_for_person(caller, thread, ask).await?);
        }
        Act::Withdraw => drop(keyed.withdraw(caller, thread, named).await?),
        Act::Note => {
            let note = NewNote { member: named, text: "Mind the dog.".into(), ..NewNote::default() };
            drop(keyed.note(caller, thread, note).await?);
        }
        Act::Seen => drop(app.mark_seen(caller, thread, named, 1).await?),
        Act::Close => drop(app.close_thread(caller, thread, None).await?),
        Act::Reopen => drop(keyed.reopen_thread(caller, thread).await?),
        Act::Say => {
            let body = domain::message::Body::text("Hello?");
            drop(app.send(caller, engine::app::messages::Send::new(thread, body, Policy::Queue)).await?);
        }
    }
    Ok(())
}

fn check(head: &Thread, log: &[Entry], what: &str) {
    let people = &head.people;
    assert!(people.held_since.is_none() || people.assignee.is_some(), "{what}: held by nobody");
    assert!(people.held_since.is_none() || people.wanted.is_none(), "{what}: held and wanted");
    assert!(!(people.is_silent() && head.run.is_open()), "{what}: a turn in a silence");
    assert!(head.closed.is_none() || !people.is_silent(), "{what}: closed and silent");
    racing::check(log, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_at_once_leave_a_thread_in_one_of_its_states() {
    let test = team().await;
    let (mut refused, mut done) = (0, 0);
    for state in STATES {
        for first in ALL {
            for second in ALL {
                let thread = test.thread().await.id;
                for begin in state {
                    act(&test, thread, ANN, *begin).await.unwrap();
                }
                let (ann, ben) = tokio::join!(act(&test, thread, ANN, first), act(&test, thread, BEN, second));
                let what = format!("{state:?}, Ann {first:?}: {ann:?}, Ben {second:?}: {ben:?}");
                for outcome in [&ann, &ben] {
                    match outcome {
                        Ok(()) => done += 1,
                        Err(error) if error.kind == Kind::Conflict => refused += 1,
                        Err(_) => panic!("{what}"),
                    }
                }
                let head = test.app.thread(&test.caller, thread).await.unwrap();
                check(&head, &[], &what);
                let head = test.settle(thread).await;
                check(&head, &test.log(thread).await, &what);
            }
        }
    }
    assert!(refused > 100 && done > 1_000, "{refused} refusals of {done}");
}
