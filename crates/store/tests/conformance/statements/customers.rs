//! Customers and their addresses.

use std::slice::from_ref;

use domain::{
    ContactId, CustomerId, ProjectId, Result, ThreadId, Timestamp,
    customer::{Contact, Customer, Writes},
};
use store::{Tx, customers, threads};

use crate::samples::id;

super::in_a_transaction! {
    a_customer_is_found_by_external_id_and_address
    a_customer_is_listed_and_changed_within_its_project
    a_customer_goes_with_its_addresses
}

const AT: Timestamp = Timestamp(1_760_000_000_000_001);

pub fn customer(project: ProjectId, external_id: Option<&str>) -> Customer {
    let external_id = external_id.map(String::from);
    Customer {
        id: CustomerId(id()),
        project,
        external_id,
        name: None,
        created_at: AT,
        contacts: Vec::new(),
        writes: None,
        budgets: Vec::new(),
    }
}

fn contact(customer: CustomerId, address: &str) -> Contact {
    Contact { id: ContactId(id()), customer, address: address.into() }
}

async fn a_customer_is_found_by_external_id_and_address(tx: &mut Tx) -> Result<()> {
    let (project, foreign, thread) = (ProjectId(id()), ProjectId(id()), ThreadId(id()));
    let (known, unknown) = (customer(project, Some("c-1")), customer(project, None));
    assert!(customers::insert(tx, &known).await? && customers::insert(tx, &unknown).await?);
    assert!(!customers::insert(tx, &customer(project, Some("c-1"))).await?);
    let own = contact(known.id, "c@example.com");
    assert!(customers::insert_contact(tx, project, &own).await?);
    assert!(!customers::insert_contact(tx, project, &contact(unknown.id, "c@example.com")).await?);
    let found = customers::find(tx, project, known.id).await?;
    assert_eq!(found, Some(Customer { contacts: vec![own.clone()], ..known.clone() }));
    assert_eq!(customers::find(tx, foreign, known.id).await?, None);
    assert_eq!(customers::find_by_external_id(tx, project, "c-1").await?, Some(known.id));
    assert_eq!(customers::find_contact(tx, project, "c@example.com").await?.as_ref(), Some(&own));
    assert_eq!(customers::find_contact(tx, foreign, "c@example.com").await?, None);
    for _ in 0..2 {
        threads::add_customer(tx, project, thread, known.id).await?;
    }
    assert_eq!(threads::customers(tx, project, thread).await?, [known.id]);
    assert_eq!(customers::of_thread(tx, project, thread).await?, from_ref(&known));
    assert_eq!(customers::of_thread(tx, foreign, thread).await?, []);
    assert_eq!(customers::contacts_of_thread(tx, project, thread).await?, [own]);
    Ok(())
}

async fn a_customer_is_listed_and_changed_within_its_project(tx: &mut Tx) -> Result<()> {
    let (project, foreign) = (ProjectId(id()), ProjectId(id()));
    let (mut one, two) = (customer(project, Some("c-1")), customer(project, Some("c-2")));
    for each in [&one, &two, &customer(foreign, Some("c-1"))] {
        assert!(customers::insert(tx, each).await?);
    }
    let writes = Writes { mailbox: Some("desk".into()), ..Writes::default() };
    assert_eq!(customers::writes(tx, project, one.id).await?, None);
    assert_eq!(customers::set_writes(tx, foreign, one.id, &writes).await?, 0);
    assert_eq!(customers::set_writes(tx, project, one.id, &writes).await?, 1);
    assert_eq!(customers::find(tx, project, one.id).await?.unwrap().writes.as_ref(), Some(&writes));
    assert_eq!(customers::writes(tx, project, one.id).await?.as_ref(), Some(&writes));
    one.writes = Some(writes);
    assert_eq!(customers::writes(tx, foreign, one.id).await?, None);
    assert!(customers::lock(tx, project, one.id).await? && !customers::lock(tx, foreign, one.id).await?);
    one.external_id = Some("c-2".into());
    assert!(!customers::save(tx, &one).await?, "another customer has that external id");
    (one.external_id, one.name) = (None, Some("Ann".into()));
    assert!(customers::save(tx, &one).await?);
    assert!(!customers::save(tx, &Customer { project: foreign, ..one.clone() }).await?);
    customers::insert_contact(tx, project, &contact(two.id, "two@example.com")).await?;
    assert_eq!(customers::list(tx, project, None, None, 1).await?, from_ref(&one));
    assert_eq!(customers::list(tx, project, None, Some(one.id), 10).await?, from_ref(&two));
    assert_eq!(customers::list(tx, project, Some("two@example.com"), None, 10).await?, [two]);
    assert_eq!(customers::list(tx, foreign, Some("two@example.com"), None, 10).await?, []);
    Ok(())
}

/// A customer about whom only the existence matters.
pub async fn known(tx: &mut Tx, project: ProjectId) -> Result<CustomerId> {
    let customer = customer(project, None);
    customers::insert(tx, &customer).await?;
    Ok(customer.id)
}

async fn a_customer_goes_with_its_addresses(tx: &mut Tx) -> Result<()> {
    let (project, foreign, thread) = (ProjectId(id()), ProjectId(id()), ThreadId(id()));
    let gone = customer(project, None);
    customers::insert(tx, &gone).await?;
    let [first, second] = ["a@example.com", "b@example.com"].map(|address| contact(gone.id, address));
    for contact in [&first, &second] {
        customers::insert_contact(tx, project, contact).await?;
    }
    threads::add_customer(tx, project, thread, gone.id).await?;
    assert_eq!(customers::contacts(tx, project, gone.id).await?, [first.clone(), second.clone()]);
    assert_eq!(customers::contacts(tx, foreign, gone.id).await?, []);
    assert_eq!(customers::delete_contact(tx, foreign, first.id).await?, 0);
    assert_eq!(customers::delete_contact(tx, project, first.id).await?, 1);
    assert!(!customers::delete(tx, foreign, gone.id, AT).await?);
    assert_eq!(customers::contacts_of_thread(tx, project, thread).await?, [second]);
    assert!(customers::delete(tx, project, gone.id, AT).await?);
    assert_eq!(customers::find(tx, project, gone.id).await?, None);
    assert_eq!(customers::contacts(tx, project, gone.id).await?, []);
    assert_eq!(threads::customers(tx, project, thread).await?, []);
    Ok(())
}
