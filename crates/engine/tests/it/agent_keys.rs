//! Keys of one agent, and the end users of their programs: the threads that they find, and those that they do not.

use std::collections::BTreeSet;

use domain::{
    AgentId, Caller, Code, Kind, ThreadId,
    agent::Agent,
    author::Author,
    caller::{Scope, Scopes, Subject},
    codes,
    controls::{Controls, Policy},
    event::Item,
    message::{Body, Part},
    turn::State,
};
use engine::{
    Origin, OriginKind,
    app::{
        access::keys::NewKey,
        agents::NewAgent,
        messages::{
            Send,
            follow::Start,
            list::{From, Page},
            sift::Stretch,
        },
        people::serving::AgentRef,
        reminders::NewReminder,
        threads::{Filter, NewThread, ThreadPatch},
    },
    testing::TestApp,
};
use uuid::Uuid;

use crate::{
    outcome::{at_fault, code},
    sources::sources,
    tokens::told_of,
};

const FORBIDDEN: (Kind, Code) = (Kind::Forbidden, codes::FORBIDDEN);
const NO_THREAD: (Kind, Code) = (Kind::NotFound, codes::THREAD_NOT_FOUND);
const NO_AGENT: (Kind, Code) = (Kind::NotFound, codes::AGENT_NOT_FOUND);
const TALK: &[Scope] = &[Scope::Read, Scope::Write, Scope::Impersonate];
const ALL: Page = Page { from: From::Before(None), limit: 10, listed: true };

async fn agent(test: &TestApp, name: &str) -> Agent {
    test.app.create_agent(&test.caller, NewAgent { name: name.into(), ..NewAgent::default() }, None).await.unwrap()
}

fn of_agent(agent: AgentId, scopes: &[Scope]) -> NewKey {
    NewKey { name: "app".into(), scopes: Scopes::of(scopes), agent: Some(agent), ..NewKey::default() }
}

/// A caller with a key of this agent, and the key.
async fn program(test: &TestApp, agent: AgentId, scopes: &[Scope]) -> (Caller, String) {
    let (_, text) = test.app.create_key(&test.caller, of_agent(agent, scopes), None).await.unwrap();
    (test.app.authenticate(&text).await.unwrap(), text)
}

async fn person(test: &TestApp, program: &Caller, agent: AgentId, name: &str) -> Caller {
    test.app.narrow(program, AgentRef::Id(agent), Some(name)).await.unwrap().caller
}

/// An end user of a program, with an own thread.
async fn served(test: &TestApp) -> (Caller, ThreadId) {
    let own = agent(test, "support").await.id;
    let (program, _) = program(test, own, TALK).await;
    let thread = test.app.create_thread_for(&program, "ann", NewThread::default()).await.unwrap().id;
    (person(test, &program, own, "ann").await, thread)
}

/// A thread of another agent, with something said in it.
async fn elsewhere(test: &TestApp) -> ThreadId {
    let thread = test.thread().await.id;
    test.say(thread, "hello", Policy::Queue).await;
    test.settle(thread).await;
    thread
}

#[tokio::test]
async fn a_key_of_one_agent_begins_reads_and_stops_its_threads() {
    let test = TestApp::start().await;
    let own = agent(&test, "support").await.id;
    let (caller, key) = program(&test, own, TALK).await;
    assert_eq!(caller.subject, Subject::Agent(own));
    let thread = test.app.create_thread(&caller, NewThread::default()).await.unwrap();
    assert_eq!(thread.agent, own);
    let sent = test.app.send(&caller, Send::new(thread.id, Body::text("x"), Policy::Queue)).await.unwrap();
    assert_eq!(sent.message.author, Author::Key { key: caller.key });
    test.settle(thread.id).await;
    assert_eq!(test.app.list_messages(&caller, thread.id, ALL).await.unwrap().messages.len(), 2);
    assert_eq!(test.app.list_events(&caller, thread.id, 0, 1).await.unwrap().rows.len(), 1);
    assert!(!test.app.keyed(None).stop_turns(&caller, thread.id).await.unwrap());
    test.app.follow(&caller, thread.id, Start::Head).await.unwrap();
    // A token of the key has the same rights.
    let bearer = test.app.exchange_key(&key).await.unwrap();
    let borne = Caller { until: Some(bearer.expires_at), ..caller.clone() };
    assert_eq!(test.app.authenticate(&bearer.text).await.unwrap(), borne);
    // A thread that gets another agent becomes invisible.
    let other = agent(&test, "sales").await.id;
    test.app
        .update_thread(&test.caller, thread.id, ThreadPatch { agent: Some(other), ..ThreadPatch::default() })
        .await
        .unwrap();
    assert_eq!(code(test.app.thread(&caller, thread.id).await), NO_THREAD);
}

#[tokio::test]
async fn a_caller_with_one_agent_finds_no_other_thread_by_any_operation() {
    let test = TestApp::start().await;
    let own = agent(&test, "support").await.id;
    let (program, _) = program(&test, own, TALK).await;
    let ann = person(&test, &program, own, "ann").await;
    let (stranger, _) = test.other_project().await;
    let foreign = test.app.create_thread(&stranger, NewThread::default()).await.unwrap().id;
    let others = elsewhere(&test).await;
    let bobs = test.app.create_thread_for(&program, "bob", NewThread::default()).await.unwrap().id;
    let seqs = [test.app.thread(&test.caller, others).await.unwrap().last_seq, 1];
    for (caller, hidden) in [(&program, vec![others, foreign]), (&ann, vec![others, foreign, bobs])] {
        let of_unknown = told_of(&test, caller, ThreadId(Uuid::from_u128(1))).await;
        let messages: BTreeSet<&str> = of_unknown.iter().map(|(_, message)| message.as_str()).collect();
        let expected = [
            "This key is valid only for conversations with its agent",
            "This token may send text and files to the project, but must not set anything else",
            "Thread not found",
        ];
        assert_eq!(messages, expected.into(), "{:?}", caller.subject);
        for thread in hidden {
            assert_eq!(told_of(&test, caller, thread).await, of_unknown, "{:?}", caller.subject);
            assert_eq!(code(test.app.conversation(caller, thread).await), NO_THREAD);
            let results = vec![domain::message::ToolResult { tool_call_id: "c".into(), result: None, error: None }];
            assert_eq!(code(test.app.keyed(None).tool_results(caller, thread, results).await), NO_THREAD);
        }
    }
    for (thread, seq) in [others, bobs].into_iter().zip(seqs) {
        assert_eq!(test.app.thread(&test.caller, thread).await.unwrap().last_seq, seq, "nothing has happened to it");
    }
}

#[tokio::test]
async fn a_key_of_one_agent_administers_nothing_and_knows_of_no_other_agent() {
    let test = TestApp::start().await;
    let (own, other) = (agent(&test, "support").await, agent(&test, "sales").await);
    let app = &test.app;
    assert_eq!(at_fault(app.create_key(&test.caller, of_agent(own.id, &[Scope::Admin]), None).await), "scopes");
    let unknown = of_agent(AgentId(Uuid::from_u128(1)), TALK);
    assert_eq!(code(app.create_key(&test.caller, unknown, None).await), (Kind::Invalid, codes::AGENT_NOT_FOUND));
    let (stranger, _) = test.other_project().await;
    let foreign = app.agent_by_name(&stranger, "default").await.unwrap().id;
    let refused = app.create_key(&test.caller, of_agent(foreign, TALK), None).await;
    assert_eq!(code(refused), (Kind::Invalid, codes::AGENT_NOT_FOUND));

    let (caller, _) = program(&test, own.id, TALK).await;
    for named in [AgentRef::Id(own.id), AgentRef::Name("support".into())] {
        assert_eq!(app.narrow(&caller, named, None).await.unwrap().agent.id, own.id);
    }
    for named in [
        AgentRef::Id(other.id),
        AgentRef::Name("sales".into()),
        AgentRef::Id(foreign),
        AgentRef::Id(AgentId(Uuid::nil())),
        AgentRef::Name("nobody".into()),
    ] {
        assert_eq!(code(app.narrow(&caller, named, None).await), NO_AGENT);
    }
    let of_other = NewThread { agent: Some(other.id), ..NewThread::default() };
    assert_eq!(code(app.create_thread(&caller, of_other).await), (Kind::Invalid, codes::AGENT_NOT_FOUND));
    assert_eq!(code(app.list_threads(&caller, Filter::default(), None, 10).await), FORBIDDEN);
    assert_eq!(code(app.agent(&caller, own.id).await), FORBIDDEN);
    assert_eq!(code(app.list_agents(&caller, true, None, 10).await), FORBIDDEN);
    assert_eq!(code(app.create_key(&caller, NewKey::default(), None).await), FORBIDDEN);
    assert_eq!(code(app.list_keys(&caller, None, 10).await), FORBIDDEN);
    assert_eq!(code(app.project(&caller).await), FORBIDDEN);
    assert_eq!(code(app.list_members(&caller, None, 10).await), FORBIDDEN);
    assert_eq!(code(app.attachment(&caller, domain::AttachmentId(Uuid::nil())).await), FORBIDDEN);
}

#[tokio::test]
async fn a_program_chooses_how_it_is_answered_and_names_nothing_of_the_projects() {
    let test = TestApp::start().await;
    let own = agent(&test, "support").await.id;
    let (program, _) = program(&test, own, TALK).await;
    let thread = test.app.create_thread_for(&program, "ann", NewThread::default()).await.unwrap().id;
    let ann = person(&test, &program, own, "ann").await;
    let plain = || Send::new(thread, Body::text("x"), Policy::Queue);
    let stored = Part::ImageFile { attachment: domain::AttachmentId(Uuid::from_u128(1)), filename: None };
    let names = Send { body: Body { content: vec![stored], ..Body::default() }, ..plain() };
    let speaks = Send { impersonate: Some("ann@example.com".into()), ..plain() };
    let reminds = Send { reminder: Some(NewReminder { delay_s: 60, number_left: 1 }), ..plain() };
    let controls = Controls { model: Some("echo".into()), ..Controls::default() };
    let chooses = Send { body: Body { controls, ..Body::text("x") }, ..plain() };
    let its_own = test.app.create_thread(&program, NewThread::default()).await.unwrap().id;
    for (caller, thread) in [(&program, its_own), (&ann, thread)] {
        for send in [&names, &speaks, &reminds] {
            assert_eq!(code(test.app.send(caller, Send { thread, ..send.clone() }).await), FORBIDDEN);
        }
    }
    assert_eq!(code(test.app.send(&ann, chooses.clone()).await), FORBIDDEN);
    let plain_thread = test.app.create_thread(&program, NewThread::default()).await.unwrap().id;
    test.app.send(&program, Send { thread: plain_thread, ..chooses }).await.unwrap();
    let picture = test.app.prepare_attachment(&ann, "a.png", b"\x89PNG\r\n\x1a\n".to_vec()).await.unwrap();
    let part = Part::ImageFile { attachment: picture.id, filename: None };
    let with_own =
        Send { attachments: vec![picture], body: Body { content: vec![part], ..Body::default() }, ..plain() };
    test.app.send(&ann, with_own).await.unwrap();
}

#[tokio::test]
async fn someone_whom_a_program_serves_has_their_own_threads_and_is_a_customer() {
    let test = TestApp::start().await;
    let own = agent(&test, "support").await.id;
    let (program, _) = program(&test, own, TALK).await;
    let before = person(&test, &program, own, "ann").await;
    assert_eq!(
        test.app.conversations(&before, None, 10).await.unwrap(),
        [],
        "a person without a customer has no threads"
    );
    let thread = test.app.create_thread_for(&program, "ann", NewThread::default()).await.unwrap();
    let plain = test.app.create_thread(&program, NewThread::default()).await.unwrap();
    let ann = person(&test, &program, own, "ann").await;
    let Subject::EndUser { agent, customer } = ann.subject else { panic!("{ann:?}") };
    assert_eq!(agent, own);
    let sent = test.app.send(&ann, Send::new(thread.id, Body::text("x"), Policy::Queue)).await.unwrap();
    assert_eq!(sent.message.author, Author::Customer { customer, contact: None, address: None });
    let settled = test.settle(thread.id).await;
    let listed = test.app.conversations(&ann, None, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].thread.id, listed[0].last_turn), (thread.id, Some(State::Completed)));
    let ids = async |caller: &Caller, before| -> Vec<ThreadId> {
        let found = test.app.conversations(caller, before, 10).await.unwrap();
        found.iter().map(|one| one.thread.id).collect()
    };
    assert_eq!(ids(&program, None).await, [plain.id], "what it began for nobody");
    assert_eq!(code(test.app.thread(&program, thread.id).await), NO_THREAD);
    // The same end user starts a thread.
    let more = test.app.create_thread(&ann, NewThread::default()).await.unwrap().id;
    assert_eq!(test.app.thread(&ann, more).await.unwrap().agent, own);
    assert_eq!(ids(&ann, None).await, [more, thread.id], "the newest entry first");
    assert_eq!(ids(&ann, Some((settled.last_at, settled.id))).await, Vec::<ThreadId>::new());
}

#[tokio::test]
async fn a_token_for_someone_whom_a_program_serves_is_theirs_alone_and_dies_with_the_key() {
    let test = TestApp::start().await;
    let own = agent(&test, "support").await.id;
    let (key, text) = test.app.create_key(&test.caller, of_agent(own, TALK), None).await.unwrap();
    let program = test.app.authenticate(&text).await.unwrap();
    let (token, customer) = test.app.keyed(None).let_end_user_in(&program, "ann").await.unwrap();
    let ann = test.app.authenticate(&token.text).await.unwrap();
    assert_eq!(ann.subject, Subject::EndUser { agent: own, customer });
    assert_eq!(ann.scopes, Scopes::TALK);
    assert_eq!(person(&test, &program, own, "ann").await.subject, ann.subject);
    let bobs = test.app.create_thread_for(&program, "bob", NewThread::default()).await.unwrap().id;
    assert_eq!(code(test.app.thread(&ann, bobs).await), NO_THREAD);
    for name in ["ann", "bob"] {
        assert_eq!(code(test.app.narrow(&ann, AgentRef::Id(own), Some(name)).await), FORBIDDEN);
        assert_eq!(code(test.app.keyed(None).let_end_user_in(&ann, name).await), FORBIDDEN);
    }
    assert_eq!(
        code(test.app.keyed(None).let_end_user_in(&test.caller, "ann").await),
        FORBIDDEN,
        "the agent is not said"
    );
    test.app.revoke_key(&test.caller, key.id).await.unwrap();
    for text in [&token.text, &text] {
        assert_eq!(code(test.app.authenticate(text).await), (Kind::Unauthenticated, codes::UNAUTHORIZED));
    }
}

#[tokio::test]
async fn only_a_key_that_may_speaks_for_people_and_by_their_names() {
    let test = TestApp::start().await;
    let own = agent(&test, "support").await.id;
    let (mute, _) = program(&test, own, &[Scope::Read, Scope::Write]).await;
    assert_eq!(code(test.app.narrow(&mute, AgentRef::Id(own), Some("ann")).await), FORBIDDEN);
    assert_eq!(code(test.app.create_thread_for(&mute, "ann", NewThread::default()).await), FORBIDDEN);
    assert_eq!(code(test.app.keyed(None).let_end_user_in(&mute, "ann").await), FORBIDDEN);
    let (program, _) = program(&test, own, TALK).await;
    let most = test.app.limits().end_user_chars as usize;
    for bad in ["", " ", "a\nb", &"n".repeat(most + 1)] {
        assert_eq!(at_fault(test.app.narrow(&program, AgentRef::Id(own), Some(bad)).await), "end_user");
        assert_eq!(at_fault(test.app.keyed(None).let_end_user_in(&program, bad).await), "end_user");
    }
    test.app.keyed(None).let_end_user_in(&program, &"n".repeat(most)).await.unwrap();
}

#[tokio::test]
async fn two_people_who_choose_the_same_key_begin_a_thread_each() {
    let test = TestApp::start().await;
    let own = agent(&test, "support").await.id;
    let (program, _) = program(&test, own, TALK).await;
    let new = || {
        let (kind, key) = (OriginKind::Request, String::from("k"));
        NewThread { origin: Some(Origin::new(kind, "begin", key, [1; 32])), ..Default::default() }
    };
    let begin = |name: &'static str| test.app.create_thread_for(&program, name, new());
    let (ann, bob) = tokio::join!(begin("ann"), begin("bob"));
    let (ann, bob) = (ann.unwrap().id, bob.unwrap().id);
    let plain = test.app.create_thread(&program, new()).await.unwrap().id;
    let of_project = test.app.create_thread(&test.caller, new()).await.unwrap().id;
    assert_eq!(BTreeSet::from([ann, bob, plain, of_project]).len(), 4);
    let (again, twice) = tokio::join!(begin("ann"), begin("ann"));
    assert_eq!((again.unwrap().id, twice.unwrap().id), (ann, ann));
    assert_eq!(test.app.create_thread(&program, new()).await.unwrap().id, plain);
}

#[tokio::test]
async fn what_a_key_begins_belongs_to_it_and_to_the_keys_that_replace_it() {
    let test = TestApp::start().await;
    let own = agent(&test, "support").await.id;
    let (first, _) = program(&test, own, TALK).await;
    let (stranger, _) = program(&test, own, TALK).await;
    let replacing = async |replaced: &Caller| {
        let new = NewKey { replaces: Some(replaced.key), ..of_agent(own, TALK) };
        let (key, text) = test.app.create_key(&test.caller, new, None).await.unwrap();
        assert_eq!((key.replaces, key.line), (Some(replaced.key), first.key));
        test.app.authenticate(&text).await.unwrap()
    };
    let new = || {
        let origin = Origin::new(OriginKind::Request, "begin", "k", [1; 32]);
        NewThread { origin: Some(origin), ..NewThread::default() }
    };
    let thread = test.app.create_thread(&first, new()).await.unwrap().id;
    test.app.revoke_key(&test.caller, first.key).await.unwrap();
    let second = replacing(&first).await;
    let third = replacing(&second).await;
    for heir in [&second, &third] {
        assert_eq!(test.app.thread(heir, thread).await.unwrap().id, thread);
        assert_eq!(test.app.create_thread(heir, new()).await.unwrap().id, thread, "origin keys are the line's, too");
        assert_eq!(test.app.conversations(heir, None, 10).await.unwrap().len(), 1);
    }
    assert_eq!(code(test.app.thread(&stranger, thread).await), NO_THREAD);
    assert_ne!(test.app.create_thread(&stranger, new()).await.unwrap().id, thread);
    // In the channel, a key of the project is a program like any other. It sees everything outside too.
    let narrowed = test.app.narrow(&test.caller, AgentRef::Id(own), None).await.unwrap().caller;
    assert_eq!(code(test.app.thread(&narrowed, thread).await), NO_THREAD);
    test.app.thread(&test.caller, thread).await.unwrap();
    let its_own = test.app.create_thread(&narrowed, NewThread::default()).await.unwrap().id;
    test.app.thread(&narrowed, its_own).await.unwrap();
}

#[tokio::test]
async fn only_a_key_of_the_same_project_and_agent_is_replaced() {
    let test = TestApp::start().await;
    let (own, other) = (agent(&test, "support").await.id, agent(&test, "sales").await.id);
    let (of_other, _) = program(&test, other, TALK).await;
    let (foreign, _) = test.other_project().await;
    for key in [of_other.key, test.caller.key, foreign.key, domain::KeyId(Uuid::nil())] {
        let new = NewKey { replaces: Some(key), ..of_agent(own, TALK) };
        assert_eq!(at_fault(test.app.create_key(&test.caller, new, None).await), "replaces");
    }
}

#[tokio::test]
async fn the_people_of_an_agent_are_served_by_any_of_its_keys() {
    let test = TestApp::start().await;
    let own = agent(&test, "support").await.id;
    let ((one, _), (two, _)) = (program(&test, own, TALK).await, program(&test, own, TALK).await);
    let thread = test.app.create_thread_for(&one, "ann", NewThread::default()).await.unwrap().id;
    for program in [&one, &two] {
        let ann = person(&test, program, own, "ann").await;
        test.app.thread(&ann, thread).await.unwrap();
        assert_eq!(code(test.app.thread(program, thread).await), NO_THREAD, "without the person it is nobody's");
    }
}

#[tokio::test]
async fn nobody_below_the_project_is_told_what_is_the_projects_alone() {
    let test = TestApp::start().await;
    let (ann, thread) = served(&test).await;
    let mut reader = test.app.follow(&ann, thread, Start::Head).await.unwrap();
    let patch = engine::app::tickets::TicketPatch { comment: Some("rude".into()), ..Default::default() };
    test.app.update_ticket(&test.caller, thread, patch).await.unwrap();
    let items = reader.next().await.unwrap().unwrap();
    let Item::Entry(streamed) = &*items[0] else { panic!("{items:?}") };
    let stored = test.log(thread).await.pop().unwrap();
    assert_eq!(
        (streamed.seq, streamed.event.kind(), stored.event.kind()),
        (stored.seq, "thread.internal", "thread.updated")
    );
    let listed = test.app.list_events(&ann, thread, 0, 100).await.unwrap().rows;
    let sifted = test.app.next_events(&ann, thread, Stretch::above(0)).await.unwrap().entries;
    for entries in [listed, sifted] {
        assert_eq!(entries.last(), Some(streamed));
        assert_eq!(entries.len() as i64, stored.seq, "positions have no gaps");
    }
    assert_eq!(test.app.entry(&ann, thread, stored.seq).await.unwrap().as_ref(), Some(streamed));
}

#[tokio::test]
async fn a_refused_thread_makes_nobody() {
    let test = TestApp::start().await;
    let own = agent(&test, "support").await.id;
    let (program, _) = program(&test, own, TALK).await;
    test.app.archive_agent(&test.caller, own).await.unwrap();
    let refused = test.app.create_thread_for(&program, "ann", NewThread::default()).await;
    assert_eq!(code(refused), (Kind::Invalid, codes::AGENT_ARCHIVED));
    let ann = person(&test, &program, own, "ann").await;
    assert_eq!(ann.subject, Subject::EndUser { agent: own, customer: domain::CustomerId(Uuid::nil()) });
}

#[tokio::test]
async fn a_reader_with_one_agent_is_told_what_happens() {
    let test = TestApp::start().await;
    let (ann, thread) = served(&test).await;
    let mut reader = test.app.follow(&ann, thread, Start::Head).await.unwrap();
    test.say(thread, "hi", Policy::Queue).await;
    let items = reader.next().await.unwrap().unwrap();
    let Item::Entry(entry) = &*items[0] else { panic!("{items:?}") };
    assert_eq!(entry.event.kind(), "message.created");
    assert_eq!(test.app.newest_question(&ann, thread).await.unwrap().unwrap().message.seq, entry.seq);
}

/// Few operations are open to callers with one agent. Each is tested with a foreign thread, above or in [`told_of`].
#[test]
fn only_these_operations_are_open_to_callers_with_one_agent() {
    let mut open = BTreeSet::new();
    for source in sources() {
        let mut operation = String::new();
        for line in source.lines() {
            if let Some((_, name)) = line.split_once("fn ").filter(|(before, _)| before.contains("pub")) {
                operation = name.split(['(', '<']).next().unwrap_or_default().to_owned();
            }
            if line.contains(".require_of_agent(") {
                open.insert(operation.clone());
            }
        }
    }
    let expected = [
        "cancelling",
        "conversation",
        "conversations",
        "create_thread_for",
        "list_events",
        "list_turns",
        "make_thread",
        "narrow",
        "newest_question",
        "prepare_attachment",
        "sift_events",
        "submitting",
        "turn",
    ];
    assert_eq!(open, expected.map(str::to_owned).into());
}
