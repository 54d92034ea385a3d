//! Guests: generations of tokens, identities and their secrets, contact data, and threads that wait.

use domain::{
    AgentId, CustomerId, ProjectId, Result, StoredSecret, ThreadId, Timestamp,
    agent::{Agent, Guests, Settings},
    author::Author,
    handling::Wanted,
    thread::Thread,
};
use store::{
    Tx, agents, guests,
    guests::{Joined, Secrets},
    removals, threads,
};

use crate::samples::id;

super::in_a_transaction! {
    a_thread_has_a_generation_of_tokens_within_its_project
    a_customer_finds_the_threads_that_joined_newest_first
    the_files_of_a_threads_guests_are_counted
    a_guests_contact_is_kept_beside_the_rest
    an_agent_has_a_secret_and_a_former_one
    threads_that_wait_are_counted_up_to_a_bound
}

const AT: Timestamp = Timestamp(1_760_000_000_000_001);

pub fn agent(project: ProjectId) -> Agent {
    Agent {
        id: AgentId(id()),
        project,
        number: 1,
        name: "one".into(),
        created_at: AT,
        updated_at: AT,
        archived_at: None,
        guest_id: None,
        settings: Settings { guests: Some(Guests::default()), ..Settings::default() },
    }
}

async fn thread_of(tx: &mut Tx, agent: &Agent) -> Result<Thread> {
    let mut head = super::log::thread(agent.project);
    head.agent = agent.id;
    threads::insert(tx, &head).await?;
    Ok(head)
}

async fn a_thread_has_a_generation_of_tokens_within_its_project(tx: &mut Tx) -> Result<()> {
    let agent = agent(ProjectId(id()));
    assert!(agents::insert(tx, &agent).await?);
    let (project, head) = (agent.project, thread_of(tx, &agent).await?);
    assert_eq!(guests::standing(tx, project, head.id).await?, Some((true, 0)));
    for generation in [1, 2, u64::MAX] {
        guests::set_generation(tx, project, head.id, generation).await?;
        assert_eq!(guests::standing(tx, project, head.id).await?, Some((true, generation)));
    }
    assert_eq!(guests::standing(tx, ProjectId(id()), head.id).await?, None);
    removals::begin(tx, project, head.id, AT).await?;
    assert_eq!(guests::standing(tx, project, head.id).await?, None);
    Ok(())
}

async fn a_customer_finds_the_threads_that_joined_newest_first(tx: &mut Tx) -> Result<()> {
    let agent = agent(ProjectId(id()));
    assert!(agents::insert(tx, &agent).await?);
    let (project, customer) = (agent.project, CustomerId(id()));
    let (one, two, other) = (thread_of(tx, &agent).await?, thread_of(tx, &agent).await?, thread_of(tx, &agent).await?);
    assert_eq!(guests::customer_of(tx, project, one.id).await?, None);
    guests::set_generation(tx, project, two.id, 3).await?;
    for (thread, customer) in [(&one, customer), (&two, customer), (&other, CustomerId(id()))] {
        guests::join(tx, project, thread.id, agent.id, customer).await?;
    }
    assert_eq!(guests::customer_of(tx, project, one.id).await?, Some(customer));
    assert_eq!(guests::customer_of(tx, ProjectId(id()), one.id).await?, None);
    let found = async |tx: &mut Tx, of: AgentId, before: Option<ThreadId>, limit| {
        let joined = guests::joined(tx, project, (of, customer), before, limit).await?;
        let told = |Joined { thread, last_at, generation }| (thread, last_at, generation);
        Ok::<_, domain::Error>(joined.into_iter().map(told).collect::<Vec<_>>())
    };
    let all = [(two.id, two.last_at, 3), (one.id, one.last_at, 0)];
    assert_eq!(found(tx, agent.id, None, 10).await?, all);
    assert_eq!(found(tx, agent.id, None, 1).await?, all[..1]);
    assert_eq!(found(tx, agent.id, Some(two.id), 10).await?, all[1..]);
    assert_eq!(found(tx, AgentId(id()), None, 10).await?, []);
    Ok(())
}

async fn the_files_of_a_threads_guests_are_counted(tx: &mut Tx) -> Result<()> {
    let agent = agent(ProjectId(id()));
    assert!(agents::insert(tx, &agent).await?);
    let (one, two) = (thread_of(tx, &agent).await?, thread_of(tx, &agent).await?);
    guests::set_generation(tx, agent.project, one.id, 1).await?;
    for count in [1, 2, 3] {
        assert_eq!(guests::count_file(tx, agent.project, one.id).await?, count);
    }
    assert_eq!(guests::count_file(tx, agent.project, two.id).await?, 1);
    assert_eq!(guests::standing(tx, agent.project, one.id).await?, Some((true, 1)));
    Ok(())
}

async fn a_guests_contact_is_kept_beside_the_rest(tx: &mut Tx) -> Result<()> {
    let agent = agent(ProjectId(id()));
    assert!(agents::insert(tx, &agent).await?);
    let (project, head) = (agent.project, thread_of(tx, &agent).await?);
    assert_eq!(guests::contact(tx, project, head.id).await?, None);
    guests::set_contact(tx, project, head.id, "{}").await?;
    guests::set_generation(tx, project, head.id, 1).await?;
    assert_eq!(guests::contact(tx, project, head.id).await?.as_deref(), Some("{}"));
    guests::set_contact(tx, project, head.id, r#"{"name":"Ada"}"#).await?;
    assert_eq!(guests::contact(tx, project, head.id).await?.as_deref(), Some(r#"{"name":"Ada"}"#));
    assert_eq!(guests::contact(tx, ProjectId(id()), head.id).await?, None);
    assert_eq!(guests::standing(tx, project, head.id).await?, Some((true, 1)));
    Ok(())
}

async fn an_agent_has_a_secret_and_a_former_one(tx: &mut Tx) -> Result<()> {
    let own = agent(ProjectId(id()));
    assert!(guests::secrets(tx, &own).await?.is_none());
    let sealed = |text: &str| StoredSecret::new(text.to_owned());
    guests::set_secrets(tx, &own, &Secrets { secret: sealed("a"), former: None }).await?;
    let found = guests::secrets(tx, &own).await?.unwrap();
    assert!(found.secret == sealed("a") && found.former.is_none());
    guests::set_secrets(tx, &own, &Secrets { secret: sealed("b"), former: Some((sealed("a"), AT)) }).await?;
    let found = guests::secrets(tx, &own).await?.unwrap();
    assert!(found.secret == sealed("b") && found.former == Some((sealed("a"), AT)));
    assert!(guests::secrets(tx, &Agent { project: ProjectId(id()), ..own }).await?.is_none());
    Ok(())
}

async fn threads_that_wait_are_counted_up_to_a_bound(tx: &mut Tx) -> Result<()> {
    let agent = agent(ProjectId(id()));
    let wanted = Some(Wanted { by: Some(Author::Guest {}), reason: String::new(), at: AT, until: None });
    for (wanted, held_since) in
        [(None, None), (wanted.clone(), None), (wanted.clone(), None), (None, Some(AT)), (wanted, None)]
    {
        let mut head = super::log::thread(agent.project);
        head.agent = agent.id;
        (head.people.wanted, head.people.held_since) = (wanted, held_since);
        threads::insert(tx, &head).await?;
    }
    assert_eq!(guests::waiting(tx, agent.project, agent.id, 10).await?, 3);
    assert_eq!(guests::waiting(tx, agent.project, agent.id, 2).await?, 2);
    assert_eq!(guests::waiting(tx, agent.project, AgentId(id()), 2).await?, 0);
    assert_eq!(guests::waiting(tx, ProjectId(id()), agent.id, 2).await?, 0);
    Ok(())
}
