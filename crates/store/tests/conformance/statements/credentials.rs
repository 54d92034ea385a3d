//! Credentials of open answers that are no longer valid.

use domain::{
    AgentId, CustomerId, KeyId, ProjectId, Result, Timestamp,
    agent::{Agent, Guests, Settings},
    caller::{Key, Scopes},
    customer::Customer,
    thread::Thread,
};
use store::{
    Tx, agents,
    credentials::{self, ASKED_MAX, Ground},
    customers, keys, threads,
};

use super::log::thread;
use crate::samples::id;

super::in_a_transaction! {
    a_key_is_good_until_it_is_revoked_or_expires
    a_bound_reader_is_good_while_the_thread_is_of_its_agent_and_its_customer
    a_guest_is_good_while_the_agent_lets_guests_in
    one_statement_asks_for_a_thousand
}

const NOW: Timestamp = Timestamp(1_760_000_000_000_000);
const NONE: [i64; 0] = [];

fn of_key(project: ProjectId, key: KeyId) -> Ground {
    Ground {
        project,
        key: Some(key),
        sign_in: None,
        thread: None,
        agent: None,
        line: None,
        customer: None,
        generation: None,
    }
}

async fn key(tx: &mut Tx, project: ProjectId, expires_at: Option<Timestamp>) -> Result<KeyId> {
    let own = KeyId(id());
    let key = Key {
        id: own,
        project,
        name: "ci".into(),
        scopes: Scopes::ALL,
        prefix: "tl".into(),
        created_at: NOW,
        expires_at,
        revoked_at: None,
        agent: None,
        agents: Vec::new(),
        budgets: Vec::new(),
        replaces: None,
        line: own,
    };
    keys::insert(tx, &key, key.id.0.as_bytes()).await?;
    Ok(key.id)
}

/// A thread with its agent.
async fn conversation(tx: &mut Tx, guests: Option<Guests>) -> Result<(Thread, Agent)> {
    let head = thread(ProjectId(id()));
    let agent = Agent {
        id: head.agent,
        project: head.project,
        number: 1,
        name: "one".into(),
        created_at: NOW,
        updated_at: NOW,
        archived_at: None,
        guest_id: None,
        settings: Settings { guests, ..Settings::default() },
    };
    assert!(agents::insert(tx, &agent).await?);
    threads::insert(tx, &head).await?;
    Ok((head, agent))
}

async fn a_key_is_good_until_it_is_revoked_or_expires(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let (good, late) = (key(tx, project, None).await?, key(tx, project, Some(NOW.plus_us(1))).await?);
    let (revoked, expired) = (key(tx, project, None).await?, key(tx, project, Some(NOW)).await?);
    keys::revoke(tx, project, revoked, NOW).await?;
    let mut grounds: Vec<Ground> = [good, late, revoked, expired, KeyId(id())].map(|key| of_key(project, key)).into();
    grounds.push(of_key(ProjectId(id()), good));
    assert_eq!(credentials::dead(tx, &grounds, NOW).await?, [2, 3, 4, 5]);
    assert_eq!(credentials::dead(tx, &grounds[..2], NOW).await?, NONE);
    assert_eq!(credentials::dead(tx, &grounds[..2], NOW.plus_us(1)).await?, [1]);
    assert_eq!(credentials::dead(tx, &[], NOW).await?, NONE);
    Ok(())
}

async fn a_bound_reader_is_good_while_the_thread_is_of_its_agent_and_its_customer(tx: &mut Tx) -> Result<()> {
    let (head, agent) = conversation(tx, None).await?;
    let (project, key) = (head.project, key(tx, head.project, None).await?);
    let customer = Customer {
        id: CustomerId(id()),
        project,
        external_id: None,
        name: None,
        created_at: NOW,
        contacts: Vec::new(),
        writes: None,
        budgets: Vec::new(),
    };
    customers::insert(tx, &customer).await?;
    let ground = |agent, customer| Ground { thread: Some(head.id), agent, customer, ..of_key(project, key) };
    let (own, ann) = (Some(agent.id), Some(customer.id));
    let grounds = [
        ground(None, None),
        ground(own, None),
        ground(Some(AgentId(id())), None),
        ground(own, ann),
        ground(None, ann),
        Ground { thread: Some(domain::ThreadId(id())), ..ground(None, None) },
        Ground { line: Some(key), ..ground(own, None) },
    ];
    assert_eq!(credentials::dead(tx, &grounds, NOW).await?, [2, 3, 4, 5, 6]);
    store::owners::give_to(tx, project, head.id, key).await?;
    threads::add_customer(tx, project, head.id, customer.id).await?;
    assert_eq!(credentials::dead(tx, &grounds, NOW).await?, [2, 5]);
    store::removals::begin(tx, project, head.id, NOW).await?;
    assert_eq!(credentials::dead(tx, &grounds, NOW).await?, [0, 1, 2, 3, 4, 5, 6]);
    Ok(())
}

async fn a_guest_is_good_while_the_agent_lets_guests_in(tx: &mut Tx) -> Result<()> {
    let (head, mut agent) = conversation(tx, Some(Guests::default())).await?;
    let (project, with_key) = (head.project, key(tx, head.project, None).await?);
    let guest = Ground {
        project,
        key: None,
        sign_in: None,
        thread: Some(head.id),
        agent: None,
        line: None,
        customer: None,
        generation: None,
    };
    let grounds = [guest, Ground { key: Some(with_key), ..guest }];
    assert_eq!(credentials::dead(tx, &grounds, NOW).await?, NONE);
    let of = |generation| Ground { generation: Some(generation), ..guest };
    let tokens = [guest, of(0), of(1)];
    assert_eq!(credentials::dead(tx, &tokens, NOW).await?, [2]);
    store::guests::set_generation(tx, project, head.id, 1).await?;
    assert_eq!(credentials::dead(tx, &tokens, NOW).await?, [1], "the project's own readers have no generation");
    agent.settings.guests = None;
    agents::save(tx, &agent).await?;
    assert_eq!(credentials::dead(tx, &grounds, NOW).await?, [0], "whom a key has let in hangs on the key");
    Ok(())
}

async fn one_statement_asks_for_a_thousand(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let good = key(tx, project, None).await?;
    let mut grounds = vec![of_key(project, good); ASKED_MAX];
    grounds[ASKED_MAX - 1] = of_key(project, KeyId(id()));
    assert_eq!(credentials::dead(tx, &grounds, NOW).await?, [ASKED_MAX as i64 - 1]);
    Ok(())
}
