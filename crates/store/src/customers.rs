//! Customers and their addresses.

use domain::{
    ContactId, CustomerId, ProjectId, Result, ThreadId, Timestamp,
    customer::{Contact, Customer, Writes},
};

use crate::{FromRow, Json, Row, Tx, budgets, json, removals};

/// A customer without its contacts.
struct Bare(Customer);

impl FromRow for Bare {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(Customer {
            id: row.get(0)?,
            project: row.get(1)?,
            external_id: row.get(2)?,
            name: row.get(3)?,
            created_at: row.get(4)?,
            contacts: Vec::new(),
            writes: row.get::<Option<Json<_>>>(5)?.map(|Json(writes)| writes),
            budgets: budgets::read(row, 6)?,
        }))
    }
}

impl FromRow for Contact {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { id: row.get(0)?, customer: row.get(1)?, address: row.get(2)? })
    }
}

/// Inserts the customer, without contacts, defaults and budgets. `false` if the project has a customer with this external id.
pub async fn insert(tx: &mut Tx, customer: &Customer) -> Result<bool> {
    let rows = tx
        .execute(
            "INSERT INTO customers (id, project_id, external_id, name, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
            &[&customer.id, &customer.project, &customer.external_id, &customer.name, &customer.created_at],
        )
        .await?;
    Ok(rows == 1)
}

/// Writes external id and name. `false`, without a change, if another customer of the project has this external id.
pub async fn save(tx: &mut Tx, customer: &Customer) -> Result<bool> {
    let rows = tx
        .execute(
            "UPDATE customers SET external_id = ?3, name = ?4 WHERE id = ?1 AND project_id = ?2
             AND NOT EXISTS (SELECT 1 FROM customers o WHERE o.project_id = ?2 AND o.external_id = ?3 AND o.id <> ?1)",
            &[&customer.id, &customer.project, &customer.external_id, &customer.name],
        )
        .await?;
    Ok(rows == 1)
}

/// The defaults of messages that the customer writes.
pub async fn writes(tx: &mut Tx, project: ProjectId, id: CustomerId) -> Result<Option<Writes>> {
    let found: Option<Option<Json<Writes>>> =
        tx.query_opt("SELECT writes FROM customers WHERE id = ?1 AND project_id = ?2", &[&id, &project]).await?;
    Ok(found.flatten().map(|Json(writes)| writes))
}

pub async fn set_writes(tx: &mut Tx, project: ProjectId, id: CustomerId, writes: &Writes) -> Result<u64> {
    let writes = json(writes)?;
    tx.execute("UPDATE customers SET writes = ?3 WHERE id = ?1 AND project_id = ?2", &[&id, &project, &writes]).await
}

/// Removes the customer and the customer's contacts. The customer then takes part in no thread.
/// [`crate::removals::step`] removes the rows in threads.
pub async fn delete(tx: &mut Tx, project: ProjectId, id: CustomerId, now: Timestamp) -> Result<bool> {
    if tx.execute("DELETE FROM customers WHERE id = ?1 AND project_id = ?2", &[&id, &project]).await? == 0 {
        return Ok(false);
    }
    tx.execute("DELETE FROM contacts WHERE customer_id = ?1 AND project_id = ?2", &[&id, &project]).await?;
    removals::remain(tx, project, id.0, now).await?;
    Ok(true)
}

/// `false` if another customer has the address.
pub async fn insert_contact(tx: &mut Tx, project: ProjectId, contact: &Contact) -> Result<bool> {
    let rows = tx
        .execute(
            "INSERT INTO contacts (id, project_id, customer_id, address) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            &[&contact.id, &project, &contact.customer, &contact.address],
        )
        .await?;
    Ok(rows == 1)
}

pub async fn delete_contact(tx: &mut Tx, project: ProjectId, id: ContactId) -> Result<u64> {
    tx.execute("DELETE FROM contacts WHERE id = ?1 AND project_id = ?2", &[&id, &project]).await
}

/// The customer with its contacts.
pub async fn find(tx: &mut Tx, project: ProjectId, id: CustomerId) -> Result<Option<Customer>> {
    let found: Option<Bare> = tx
        .query_opt(
            "SELECT id, project_id, external_id, name, created_at, writes, budgets FROM customers WHERE id = ?1 AND project_id = ?2",
            &[&id, &project],
        )
        .await?;
    let Some(Bare(customer)) = found else { return Ok(None) };
    let contacts = contacts(tx, project, id).await?;
    Ok(Some(Customer { contacts, ..customer }))
}

/// Locks the customer's row until the transaction ends, so that contacts are changed by one transaction at a time.
pub async fn lock(tx: &mut Tx, project: ProjectId, id: CustomerId) -> Result<bool> {
    let found: Option<CustomerId> = tx
        .query_opt("SELECT id FROM customers WHERE id = ?1 AND project_id = ?2 /*pg FOR UPDATE */", &[&id, &project])
        .await?;
    Ok(found.is_some())
}

/// The addresses of a customer, oldest first.
pub async fn contacts(tx: &mut Tx, project: ProjectId, customer: CustomerId) -> Result<Vec<Contact>> {
    tx.query(
        "SELECT id, customer_id, address FROM contacts WHERE customer_id = ?1 AND project_id = ?2 ORDER BY id",
        &[&customer, &project],
    )
    .await
}

/// Customers with an id above `after`, oldest first, without contacts. With an address, only the customer who has it.
pub async fn list(
    tx: &mut Tx,
    project: ProjectId,
    address: Option<&str>,
    after: Option<CustomerId>,
    limit: i64,
) -> Result<Vec<Customer>> {
    let found: Vec<Bare> = tx
        .query(
            "SELECT id, project_id, external_id, name, created_at, writes, budgets FROM customers WHERE project_id = ?1
             AND (id > ?3 OR ?3 IS NULL) AND (CAST(?2 AS TEXT) IS NULL OR id IN
             (SELECT c.customer_id FROM contacts c WHERE c.project_id = ?1 AND c.address = CAST(?2 AS TEXT)))
             ORDER BY id LIMIT ?4",
            &[&project, &address, &after, &limit],
        )
        .await?;
    Ok(found.into_iter().map(|Bare(customer)| customer).collect())
}

pub async fn find_by_external_id(tx: &mut Tx, project: ProjectId, external_id: &str) -> Result<Option<CustomerId>> {
    tx.query_opt("SELECT id FROM customers WHERE project_id = ?1 AND external_id = ?2", &[&project, &external_id]).await
}

pub async fn find_contact(tx: &mut Tx, project: ProjectId, address: &str) -> Result<Option<Contact>> {
    tx.query_opt(
        "SELECT id, customer_id, address FROM contacts WHERE project_id = ?1 AND address = ?2",
        &[&project, &address],
    )
    .await
}

/// The addresses of all customers that take part in a thread.
pub async fn contacts_of_thread(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<Vec<Contact>> {
    tx.query(
        "SELECT c.id, c.customer_id, c.address FROM contacts c JOIN thread_customers t ON t.customer_id = c.customer_id
         WHERE t.thread_id = ?1 AND c.project_id = ?2 ORDER BY c.id",
        &[&thread, &project],
    )
    .await
}

/// The customers that take part in a thread, without their contacts.
pub async fn of_thread(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<Vec<Customer>> {
    let found: Vec<Bare> = tx
        .query(
            "SELECT c.id, c.project_id, c.external_id, c.name, c.created_at, c.writes, c.budgets
             FROM thread_customers t JOIN customers c ON c.id = t.customer_id
             WHERE t.thread_id = ?1 AND t.project_id = ?2 ORDER BY c.id",
            &[&thread, &project],
        )
        .await?;
    Ok(found.into_iter().map(|Bare(customer)| customer).collect())
}
