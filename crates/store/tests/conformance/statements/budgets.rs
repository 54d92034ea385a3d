//! Budgets, and what is drawn from them.

use domain::{
    AgentId, CustomerId, KeyId, ProjectId, Result, ThreadId, Timestamp,
    agent::{Agent, Guests, Settings},
    budget::{Budget, Meter, Owner, Per, Unit},
    caller::{Key, Scopes},
    customer::Customer,
    overrides::Overrides,
    project::Project,
};
use store::{
    Tx, agents,
    budgets::{self, Payers},
    customers, keys, overrides, projects,
};

use crate::samples::id;

super::in_a_transaction! {
    each_owners_budgets_are_found_for_a_turn_with_their_owner
    what_is_drawn_is_counted_by_meter_until_its_period_is_over
}

const AT: Timestamp = Timestamp(1_700_000_000_000_000);

fn tokens(tokens: u64) -> Vec<Budget> {
    vec![Budget { per: Per::Day, tokens: Some(tokens), usd: None }]
}

fn key(project: ProjectId) -> Key {
    let own = KeyId(id());
    Key {
        id: own,
        project,
        name: "k".into(),
        scopes: Scopes::ALL,
        prefix: "tl".into(),
        created_at: AT,
        expires_at: None,
        revoked_at: None,
        agent: None,
        agents: Vec::new(),
        budgets: Vec::new(),
        replaces: None,
        line: own,
    }
}

async fn each_owners_budgets_are_found_for_a_turn_with_their_owner(tx: &mut Tx) -> Result<()> {
    let (own, other) = (ProjectId(id()), ProjectId(id()));
    for project in [own, other] {
        let name = project.0.to_string();
        projects::insert(tx, &Project { id: project, name, created_at: AT, budgets: Vec::new() }).await?;
    }
    let (agent, thread, key) = (AgentId(id()), ThreadId(id()), key(own));
    let guests = Some(Guests { budgets: tokens(6), ..Guests::default() });
    let settings = Settings { budgets: tokens(2), guests, ..Settings::default() };
    let named = Agent {
        id: agent,
        project: own,
        number: 1,
        name: "one".into(),
        created_at: AT,
        updated_at: AT,
        archived_at: None,
        guest_id: None,
        settings,
    };
    agents::insert(tx, &named).await?;
    overrides::save(tx, own, thread, &Overrides { budgets: tokens(3), ..Overrides::default() }).await?;
    keys::insert(tx, &key, id().as_bytes()).await?;
    let customer = CustomerId(id());
    let (contacts, budgets) = (Vec::new(), Vec::new());
    let person = Customer {
        id: customer,
        project: own,
        external_id: None,
        name: None,
        created_at: AT,
        contacts,
        writes: None,
        budgets,
    };
    customers::insert(tx, &person).await?;
    assert!(!is_noted(tx, own, agent).await?);

    assert!(!budgets::set_of_key(tx, other, key.id, &tokens(9)).await?);
    assert!(!budgets::set_of_customer(tx, other, customer, &tokens(9)).await?);
    assert!(budgets::set_of_project(tx, own, &tokens(1)).await?);
    assert!(budgets::set_of_key(tx, own, key.id, &tokens(4)).await?);
    assert!(budgets::set_of_customer(tx, own, customer, &tokens(5)).await?);
    assert!(is_noted(tx, own, agent).await?);
    assert_eq!(projects::find(tx, own).await?.map(|found| found.budgets), Some(tokens(1)));
    assert_eq!(keys::find(tx, own, key.id).await?.map(|found| found.budgets), Some(tokens(4)));
    assert_eq!(customers::find(tx, own, customer).await?.map(|found| found.budgets), Some(tokens(5)));

    let payers = Payers { project: own, agent, thread, key: Some(key.id), customer: Some(customer), is_guest: true };
    let mut found = told(tx, payers).await?;
    found.sort();
    use Owner::{Agent as OfAgent, Customer as OfCustomer, Guest, Key as OfKey, Project as OfProject, Thread};
    assert_eq!(found, [(OfProject, 1), (OfAgent, 2), (Thread, 3), (OfKey, 4), (OfCustomer, 5), (Guest, 6)]);
    let plain = Payers { key: None, customer: None, is_guest: false, ..payers };
    assert_eq!(told(tx, plain).await?.len(), 3);
    assert_eq!(told(tx, Payers { project: other, ..payers }).await?, []);
    assert!(budgets::set_of_project(tx, own, &[]).await?);
    assert_eq!(told(tx, plain).await?.len(), 2);
    Ok(())
}

async fn told(tx: &mut Tx, payers: Payers) -> Result<Vec<(Owner, u64)>> {
    let found = budgets::of_turn(tx, payers).await?;
    Ok(found.into_iter().filter_map(|(owner, _, budget)| Some((owner, budget.tokens?))).collect())
}

/// Whether an agent that is read for a thread says that budgets beside its own may hold.
async fn is_noted(tx: &mut Tx, project: ProjectId, agent: AgentId) -> Result<bool> {
    Ok(agents::of_thread(tx, project, agent, ThreadId(id())).await?.is_some_and(|found| found.settings.is_budgeted))
}

async fn what_is_drawn_is_counted_by_meter_until_its_period_is_over(tx: &mut Tx) -> Result<()> {
    let (project, later) = (ProjectId(id()), AT.plus_s(60));
    let day = Meter { per: Per::Day, unit: Unit::Tokens, owner: Owner::Agent, id: id(), span: 7 };
    let others = [
        Meter { per: Per::Month, ..day },
        Meter { unit: Unit::Usd, ..day },
        Meter { owner: Owner::Key, ..day },
        Meter { id: id(), ..day },
        Meter { span: 8, ..day },
    ];
    assert_eq!(budgets::draw(tx, project, &day, 5).await?, 0, "no row is made");
    assert_eq!(budgets::lock(tx, project, &day, AT).await?, 0);
    assert_eq!(budgets::draw(tx, project, &day, 5).await?, 1);
    assert_eq!(budgets::draw(tx, project, &day, -2).await?, 1);
    assert_eq!(budgets::lock(tx, project, &day, AT).await?, 3);
    for other in &others {
        assert_eq!(budgets::lock(tx, project, other, later).await?, 0, "{other:?}");
    }
    assert_eq!(budgets::lock(tx, ProjectId(id()), &day, later).await?, 0);
    assert!(budgets::alert(tx, project, &day).await? && !budgets::alert(tx, project, &day).await?);
    assert_eq!(budgets::remove_ended(tx, AT.plus_us(-1), 10).await?, 0);
    assert_eq!(budgets::remove_ended(tx, AT, 10).await?, 1);
    assert_eq!(budgets::lock(tx, project, &day, later).await?, 0);
    assert_eq!(budgets::remove_ended(tx, later, 4).await?, 4);
    assert_eq!(budgets::remove_ended(tx, later, 4).await?, 3);
    Ok(())
}
