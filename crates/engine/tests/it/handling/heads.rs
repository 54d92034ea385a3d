//! What an inbox shows: the newest words, what is unread, what awaits a person, and the heads that move.

use domain::{
    Caller, Kind, ThreadId, caller::Subject, controls::Policy, last_words::LastWords, message::Role,
    script::Reply as Scripted, thread::Thread,
};
use engine::{
    app::{
        handling::ask::Ask,
        messages::amend::MessagePatch,
        threads::{Filter, heads::Moved},
    },
    testing::TestApp,
};

use super::{ANN, BEN, pass, reply, take, team, team_with_clock};

async fn head(test: &TestApp, thread: ThreadId) -> Thread {
    test.app.thread(&test.caller, thread).await.unwrap()
}

fn words(head: &Thread) -> (Role, &str) {
    let LastWords { role, text, .. } = head.last_words.as_ref().unwrap();
    (*role, text)
}

#[tokio::test]
async fn the_head_has_the_newest_words_with_their_speaker() {
    let test = team().await;
    test.script(vec![Scripted { text: Some("It left\non Friday.".into()), ..Scripted::default() }]).await;
    let thread = test.thread().await.id;
    assert_eq!(head(&test, thread).await.last_words, None);
    test.say(thread, "Where is my parcel?", Policy::Queue).await;
    assert_eq!(words(&test.settle(thread).await), (Role::Agent, "It left on Friday."));
    take(&test, thread, ANN).await.unwrap();
    assert_eq!(words(&head(&test, thread).await), (Role::Agent, "It left on Friday."), "an entry is no message");
    let asked = test.say(thread, &"é".repeat(1_000), Policy::Queue).await;
    let found = head(&test, thread).await.last_words.unwrap();
    assert_eq!((found.seq, found.text.as_str()), (asked.message.seq, "é".repeat(140).as_str()));
    let said = reply(&test, thread, ANN, "Hello.").await.unwrap();
    let found = head(&test, thread).await.last_words.unwrap();
    assert_eq!((found.author, found.at, found.seq), (said.author, said.at, said.seq));
}

#[tokio::test]
async fn words_of_a_fork_are_those_of_its_trunk_and_of_a_changed_letter_the_new_ones() {
    let test = team().await;
    let filed =
        crate::emails::file(&test, crate::emails::email(serde_json::json!({"from": "carol@example.com"}))).await;
    test.settle(filed.thread).await;
    let newest = head(&test, filed.thread).await.last_words;
    let fork = test.app.fork_thread(&test.caller, filed.thread, engine::app::threads::fork::NewFork::default()).await;
    assert_eq!(fork.unwrap().last_words.map(|words| words.text), newest.map(|words| words.text));
    let envelope = serde_json::json!({"from": ANN, "to": ["carol@example.com"]});
    let letter = engine::app::tickets::file::Email { thread: Some(filed.thread), ..crate::emails::email(envelope) };
    let sent = crate::emails::file(&test, letter).await;
    let id = test.messages(sent.thread).await.pop().unwrap().id;
    let patch = MessagePatch { text: Some("Other words.".into()), ..MessagePatch::default() };
    test.app.update_message(&test.caller, None, id, patch).await.unwrap();
    assert_eq!(words(&head(&test, filed.thread).await), (Role::Agent, "Other words."));
}

#[tokio::test]
async fn a_member_has_read_as_far_as_the_furthest_mark_and_the_own_reply() {
    let test = team().await;
    let thread = test.thread().await.id;
    test.say(thread, "a", Policy::Queue).await;
    let last = test.settle(thread).await.last_seq;
    let mark = async |member: &str, seq: i64| test.app.mark_seen(&test.caller, thread, member.into(), seq).await;
    let seen = async |member: &str| test.app.seen_by(&test.caller, member.into(), vec![thread]).await.unwrap();
    assert_eq!(seen(ANN).await, [0]);
    assert_eq!(mark(ANN, last).await.unwrap(), last);
    assert_eq!(mark(ANN, 1).await.unwrap(), last, "an earlier entry changes nothing");
    assert_eq!((seen(ANN).await, seen(BEN).await), (vec![last], vec![0]));
    let said = reply(&test, thread, BEN, "Here.").await.unwrap();
    assert_eq!((seen(ANN).await, seen(BEN).await), (vec![last], vec![said.seq]));
    let log = test.log(thread).await;
    for beyond in [-1, said.seq + 1] {
        assert_eq!(mark(ANN, beyond).await.unwrap_err().fields[0].path, "seq");
    }
    assert_eq!(mark("eve@example.com", 1).await.unwrap_err().kind, Kind::Invalid);
    let guest = Caller { subject: Subject::Thread(thread), ..test.caller.clone() };
    assert_eq!(test.app.mark_seen(&guest, thread, ANN.into(), 1).await.unwrap_err().kind, Kind::Forbidden);
    let (other, _) = test.other_project().await;
    assert_eq!(test.app.mark_seen(&other, thread, ANN.into(), 1).await.unwrap_err().kind, Kind::NotFound);
    assert_eq!(test.log(thread).await, log, "no entry tells of it");
}

async fn awaited(test: &TestApp, filter: Filter) -> Vec<ThreadId> {
    let found = test.app.list_awaited(&test.caller, filter, None, 10).await.unwrap();
    found.threads.iter().map(|thread| thread.id).collect()
}

#[tokio::test]
async fn who_has_waited_longest_for_a_person_comes_first() {
    let (test, us) = team_with_clock().await;
    let mut threads = Vec::new();
    for _ in 0..4 {
        threads.push(test.thread().await.id);
    }
    let [quiet, asked, late, early] = threads[..] else { unreachable!() };
    take(&test, early, ANN).await.unwrap();
    test.say(early, "a", Policy::Queue).await;
    pass(&us, 5);
    take(&test, late, BEN).await.unwrap();
    test.say(late, "b", Policy::Queue).await;
    let ask = Ask { reason: "x".into(), ..Ask::default() };
    test.app.keyed(None).ask_for_person(&test.caller, asked, ask).await.unwrap();
    test.say(quiet, "c", Policy::Queue).await;
    assert_eq!(awaited(&test, Filter::default()).await, [early, late, asked]);
    pass(&us, 596);
    let needs = Filter { needs_person: Some(test.app.overdue(true)), ..Filter::default() };
    assert_eq!(awaited(&test, needs).await, [early, asked], "overdue, and wanted");
    let ben = test.app.member_of_address(&test.caller, BEN).await.unwrap().unwrap().id;
    assert_eq!(awaited(&test, Filter { assignee: Some(ben), ..Filter::default() }).await, [late]);
    let first = test.app.list_awaited(&test.caller, Filter::default(), None, 2).await.unwrap();
    let rest = test.app.list_awaited(&test.caller, Filter::default(), first.next, 2).await.unwrap();
    assert_eq!((rest.threads[0].id, rest.next), (asked, None));
}

#[tokio::test]
async fn an_agent_says_for_how_long_a_customer_may_wait_for_the_holder() {
    let (test, us) = team_with_clock().await;
    let settings = domain::agent::Settings { hold_idle_s: Some(60), ..domain::agent::Settings::default() };
    test.default_agent(settings).await;
    let thread = test.thread().await.id;
    take(&test, thread, ANN).await.unwrap();
    test.say(thread, "a", Policy::Queue).await;
    pass(&us, 59);
    let overdue = async || awaited(&test, Filter { overdue: Some(test.app.overdue(true)), ..Filter::default() }).await;
    assert_eq!(overdue().await, []);
    assert!(take(&test, thread, BEN).await.is_err());
    pass(&us, 2);
    assert_eq!(overdue().await, [thread]);
    take(&test, thread, BEN).await.unwrap();
}

fn ids(moved: &Moved) -> Vec<ThreadId> {
    moved.heads.iter().map(|head| head.id).collect()
}

#[tokio::test]
async fn a_follower_is_told_of_heads_that_move_and_of_threads_that_are_gone() {
    let test = team().await;
    let (one, other) = (test.thread().await.id, test.thread().await.id);
    let mut heads = test.app.follow_heads(&test.caller, None).await.unwrap();
    let (foreign, _) = test.other_project().await;
    let mut strange = test.app.follow_heads(&foreign, None).await.unwrap();
    take(&test, one, ANN).await.unwrap();
    let moved = heads.next().await.unwrap();
    assert_eq!((ids(&moved), moved.heads[0].people.held_since.is_some()), (vec![one], true));
    test.app.delete_thread(&test.caller, one).await.unwrap();
    assert_eq!(heads.next().await.unwrap(), Moved { gone: vec![one], ..Moved::default() });
    take(&test, other, ANN).await.unwrap();
    heads.next().await.unwrap();
    // A follower that comes back is told what it missed.
    let at = heads.position();
    drop(heads);
    reply(&test, other, ANN, "Here.").await.unwrap();
    let mut again = test.app.follow_heads(&test.caller, Some(at)).await.unwrap();
    assert_eq!(ids(&again.now().await.unwrap()), [other]);
    assert_eq!(again.now().await.unwrap(), Moved::default());
    assert_eq!(strange.now().await.unwrap(), Moved::default(), "nothing of another project");
    let guest = Caller { subject: Subject::Thread(other), ..test.caller.clone() };
    assert_eq!(test.app.follow_heads(&guest, None).await.err().map(|error| error.kind), Some(Kind::Forbidden));
}

#[tokio::test]
async fn a_follower_behind_too_much_is_told_to_read_its_lists_again() {
    let test = team().await;
    let at = test.app.clock().now();
    for _ in 0..201 {
        test.thread().await;
    }
    let mut heads = test.app.follow_heads(&test.caller, Some(at)).await.unwrap();
    assert_eq!(heads.next().await.unwrap(), Moved { reset: true, ..Moved::default() });
    let thread = test.thread().await.id;
    assert_eq!(ids(&heads.next().await.unwrap()), [thread]);
}

#[tokio::test]
async fn a_closed_thread_that_its_customer_reopens_asks_for_a_person_if_the_agent_says_so() {
    let test = team().await;
    let settings = domain::agent::Settings { reopen: domain::agent::Reopen::Person, ..Default::default() };
    test.default_agent(settings).await;
    let thread = test.thread().await.id;
    let send = || engine::app::messages::Send {
        when_closed: engine::app::messages::WhenClosed::Reopen,
        ..engine::app::messages::Send::new(thread, domain::message::Body::text("Hello again"), Policy::Queue)
    };
    test.app.send(&test.caller, send()).await.unwrap();
    test.settle(thread).await;
    assert_eq!(head(&test, thread).await.people.wanted, None, "an open thread is not reopened");
    test.app.close_thread(&test.caller, thread, None).await.unwrap();
    let sent = test.app.send(&test.caller, send()).await.unwrap();
    assert!(sent.turn.is_some(), "the agent goes on");
    let wanted = head(&test, thread).await.people.wanted.unwrap();
    assert_eq!((wanted.by, wanted.reason.as_str(), wanted.until), (None, "reopened", None));
    test.settle(thread).await;
    let kinds = test.kinds(thread).await;
    let at = kinds.iter().position(|kind| *kind == "thread.reopened").unwrap();
    assert_eq!(kinds[at..at + 3], ["thread.reopened", "thread.wanted", "message.created"]);
}
