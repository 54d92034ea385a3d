//! Keys of programs: they open the turns of their agents, and nothing else.

use domain::{
    Caller, Kind,
    agent::{Agent, Settings},
    caller::{Scope, Scopes, Subject},
    codes,
    controls::Policy,
};
use engine::{
    app::{
        access::keys::NewKey,
        agents::NewAgent,
        external::{Act, Report, Wanted},
        messages::follow::Start,
        threads::NewThread,
    },
    testing::TestApp,
};

use super::program::{Program, code, field, key, said, settings};

async fn agent(test: &TestApp, name: &str, settings: Settings) -> Agent {
    test.app.create_agent(&test.caller, NewAgent { id: None, name: name.into(), settings }, None).await.unwrap()
}

async fn claim(test: &TestApp, caller: &Caller, agents: &[&str]) -> domain::Result<usize> {
    let agents = agents.iter().map(|name| (*name).to_owned()).collect();
    let wanted = Wanted { agents, most: 1, ..Wanted::default() };
    test.app.claim_turns(caller, wanted, Box::pin(std::future::pending())).await.map(|claimed| claimed.len())
}

#[tokio::test]
async fn a_key_claims_the_turns_of_its_agents_only() {
    let program = Program::start().await;
    let test = &program.test;
    let other = agent(test, "other", settings()).await;
    let stranger = key(test, &other).await;
    program.asked().await;
    assert_eq!(claim(test, &stranger, &[]).await.unwrap(), 0);
    for foreign in ["default", "missing", &program.agent.id.to_string(), ""] {
        assert_eq!(field(claim(test, &stranger, &["other", foreign]).await), "agents.1");
    }
    let mut turn = program.claim_one().await;
    let report = Report { turn: turn.turn, attempt: 1, n: Some(1), reads: None, fingerprint: [0; 32] };
    for act in [Act::Heartbeat, Act::Complete(Vec::new())] {
        assert_eq!(code(test.app.report(&stranger, report, act).await), codes::TURN_NOT_FOUND);
    }
    let (foreign, _) = test.other_project().await;
    let foreign = Caller { project: foreign.project, ..program.caller.clone() };
    assert_eq!(code(test.app.report(&foreign, report, Act::Heartbeat).await), codes::TURN_NOT_FOUND);
    turn.next(Act::Complete(said("one"))).await.unwrap();
}

#[tokio::test]
async fn a_program_sees_nothing_else_and_nobody_else_is_a_program() {
    let program = Program::start().await;
    let (test, own) = (&program.test, &program.caller);
    assert_eq!((own.subject, own.scopes), (Subject::ExternalAgent, Scopes::AGENT));
    let thread = program.asked().await;
    let forbidden = |done: domain::Result<()>| assert_eq!(done.expect_err("a refusal").kind, Kind::Forbidden);
    forbidden(test.app.thread(own, thread).await.map(drop));
    forbidden(test.app.follow(own, thread, Start::Head).await.map(drop));
    forbidden(test.app.create_thread(own, NewThread::default()).await.map(drop));
    forbidden(test.app.agent(own, program.agent.id).await.map(drop));
    let all = Caller { scopes: Scopes::ALL, ..own.clone() };
    forbidden(test.app.list_keys(&all, None, 10).await.map(drop));
    assert_eq!(code(test.app.thread(&all, thread).await), codes::THREAD_NOT_FOUND, "whatever scopes it had");
    forbidden(claim(test, &test.caller, &[]).await.map(drop));
    let bound = Caller { scopes: Scopes::AGENT, ..test.caller.clone() };
    forbidden(claim(test, &bound, &[]).await.map(drop));
}

#[tokio::test]
async fn the_scope_of_programs_stands_alone_and_with_its_agents() {
    let program = Program::start().await;
    let (test, id) = (&program.test, program.agent.id);
    let new = |scopes: &[Scope], agents: usize| NewKey {
        name: "k".into(),
        scopes: Scopes::of(scopes),
        agents: vec![id; agents],
        ..NewKey::default()
    };
    let refused = async |new: NewKey| field(test.app.create_key(&test.caller, new, None).await);
    assert_eq!(refused(new(&[Scope::Agent, Scope::Read], 1)).await, "scopes");
    assert_eq!(refused(NewKey { agent: Some(id), ..new(&[Scope::Agent], 1) }).await, "scopes");
    assert_eq!(refused(new(&[Scope::Agent], 0)).await, "agents");
    assert_eq!(refused(new(&[Scope::Agent], 51)).await, "agents");
    assert_eq!(refused(new(&[Scope::Read], 1)).await, "agents");
    let unknown = NewKey { agents: vec![id, domain::AgentId(test.caller.key.0)], ..new(&[Scope::Agent], 0) };
    assert_eq!(refused(unknown).await, "agents.1");
    let replaced = NewKey { replaces: Some(test.caller.key), ..new(&[Scope::Agent], 1) };
    assert_eq!(refused(replaced).await, "replaces", "a key of the project is no program's");
    let (made, _) = test.app.create_key(&test.caller, new(&[Scope::Agent], 1), None).await.unwrap();
    assert_eq!(test.app.key(&test.caller, made.id).await.unwrap().agents, [id]);
    let listed = test.app.list_keys(&test.caller, None, 10).await.unwrap();
    assert_eq!(listed.iter().filter(|key| key.agents == [id]).count(), 2);
    let narrow = Caller { scopes: Scopes::of(&[Scope::Read]), ..test.caller.clone() };
    assert_eq!(code(test.app.create_key(&narrow, new(&[Scope::Agent], 1), None).await), codes::FORBIDDEN);
}

#[tokio::test]
async fn a_revoked_key_ends_a_waiting_claim() {
    let program = Program::start().await;
    let (test, own) = (&program.test, &program.caller);
    let revoke = async {
        tokio::task::yield_now().await;
        test.app.revoke_key(&test.caller, own.key).await.unwrap()
    };
    let (waited, _) = tokio::join!(program.claim(1, 60_000), revoke);
    assert_eq!(waited.expect_err("a refusal").kind, Kind::Unauthenticated);
}

#[tokio::test]
async fn the_longest_offered_turns_come_first_and_no_more_than_wanted() {
    let program = Program::start().await;
    let mut threads = Vec::new();
    for _ in 0..3 {
        threads.push(program.asked().await);
    }
    let first: Vec<_> = program.claim(2, 0).await.unwrap().iter().map(|one| one.turn.thread).collect();
    assert_eq!(first, threads[..2]);
    for most in [0, 17] {
        assert_eq!(field(program.claim(most, 0).await), "most");
    }
    program.test.say(threads[2], "again", Policy::Queue).await;
    assert_eq!(program.claim(16, 0).await.unwrap().len(), 1);
}
