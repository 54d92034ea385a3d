//! Overrides of threads, and extras.

use domain::{
    AgentId, ProjectId, Result, StoredSecret, ThreadId, Timestamp,
    agent::{Agent, Settings},
    overrides::Overrides,
};
use store::{Tx, agents, extras, overrides, threads};

use super::log::thread;
use crate::samples::id;

super::in_a_transaction! {
    an_agent_is_read_with_what_its_thread_has_of_its_own
    extras_are_replaced_whole_and_seen_in_their_project_only
    extras_go_with_their_thread_and_another_projects_agent_of_the_same_id_keeps_its_own
    threads_are_paged_and_counted_by_agent_and_title
}

const AT: Timestamp = Timestamp(1_760_000_000_000_001);

async fn an_agent_is_read_with_what_its_thread_has_of_its_own(tx: &mut Tx) -> Result<()> {
    let (project, foreign, own, plain) = (ProjectId(id()), ProjectId(id()), ThreadId(id()), ThreadId(id()));
    let agent = Agent {
        id: AgentId(id()),
        project,
        number: 1,
        name: "one".into(),
        created_at: AT,
        updated_at: AT,
        archived_at: None,
        guest_id: None,
        settings: Settings { instructions: "Be kind.".into(), ..Settings::default() },
    };
    agents::insert(tx, &agent).await?;
    let [first, second] = [3, 4].map(|max_steps| Overrides { max_steps: Some(max_steps), ..Overrides::default() });
    overrides::save(tx, project, own, &first).await?;
    overrides::save(tx, project, own, &second).await?;
    assert_eq!(overrides::find(tx, project, own).await?, Some(second));
    assert_eq!(overrides::find(tx, foreign, own).await?, None);
    assert_eq!(overrides::find(tx, project, plain).await?, None);
    let seen = agents::of_thread(tx, project, agent.id, own).await?.unwrap();
    assert_eq!(seen.settings, Settings { max_steps: Some(4), ..agent.settings.clone() });
    assert_eq!(agents::of_thread(tx, project, agent.id, plain).await?.as_ref(), Some(&agent));
    assert_eq!(agents::of_thread(tx, foreign, agent.id, own).await?, None);
    Ok(())
}

async fn extras_are_replaced_whole_and_seen_in_their_project_only(tx: &mut Tx) -> Result<()> {
    let (project, foreign, owner) = (ProjectId(id()), ProjectId(id()), id());
    let [first, second] = [r#"{"b":1,"a":[null]}"#, r#"{"c":{}}"#].map(StoredSecret::new);
    assert_eq!(extras::find(tx, project, owner).await?, None);
    for each in [&first, &second] {
        extras::save(tx, project, owner, each).await?;
        assert_eq!(extras::find(tx, project, owner).await?.as_ref(), Some(each));
    }
    assert_eq!(extras::find(tx, foreign, owner).await?, None);
    Ok(())
}

async fn extras_go_with_their_thread_and_another_projects_agent_of_the_same_id_keeps_its_own(
    tx: &mut Tx,
) -> Result<()> {
    let (head, foreign) = (thread(ProjectId(id())), ProjectId(id()));
    threads::insert(tx, &head).await?;
    let set = StoredSecret::new(r#"{"a":1}"#);
    for project in [head.project, foreign] {
        extras::save(tx, project, head.id.0, &set).await?;
    }
    super::bounded::remove(tx, head.project, head.id).await?;
    assert_eq!(extras::find(tx, head.project, head.id.0).await?, None);
    assert_eq!(extras::find(tx, foreign, head.id.0).await?, Some(set));
    Ok(())
}

async fn threads_are_paged_and_counted_by_agent_and_title(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let mut all = Vec::new();
    for title in [Some("Order 1_0"), None, Some("ORDER 2")] {
        let mut head = thread(project);
        head.title = title.map(Into::into);
        threads::insert(tx, &head).await?;
        all.insert(0, head);
    }
    let agent = all[0].agent;
    assert_eq!(threads::count_of_agent(tx, project, agent).await?, 1);
    let mut counts = threads::count_by_agent(tx, project).await?;
    counts.sort_unstable();
    let mut expected: Vec<(AgentId, i64)> = all.iter().map(|thread| (thread.agent, 1)).collect();
    expected.sort_unstable();
    assert_eq!(counts, expected);
    Ok(())
}
