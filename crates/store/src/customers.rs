//! Customers and the addresses they write from.

use domain::{
    CustomerId, ProjectId, Result, ThreadId, Timestamp,
    customer::{Contact, Customer},
};

use crate::{FromRow, Row, Tx};

/// A customer without its contacts.
struct Bare(Customer);

impl FromRow for Bare {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self(Customer {
            id: row.get(0)?,
            project: row.get(1)?,
            external_id: row.get(2)?,
            created_at: row.get(3)?,
            contacts: Vec::new(),
        }))
    }
}

impl FromRow for Contact {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Self { id: row.get(0)?, customer: row.get(1)?, address: row.get(2)? })
    }
}

/// `false` if the project has a customer of that external id.
pub async fn insert(
    tx: &mut Tx,
    id: CustomerId,
    project: ProjectId,
    external_id: Option<&str>,
    at: Timestamp,
) -> Result<bool> {
    let rows = tx
        .execute(
            "INSERT INTO customers (id, project_id, external_id, created_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            &[&id, &project, &external_id, &at],
        )
        .await?;
    Ok(rows == 1)
}

/// `false` if the address is some customer's already.
pub async fn insert_contact(tx: &mut Tx, project: ProjectId, contact: &Contact) -> Result<bool> {
    let rows = tx
        .execute(
            "INSERT INTO contacts (id, project_id, customer_id, address) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            &[&contact.id, &project, &contact.customer, &contact.address],
        )
        .await?;
    Ok(rows == 1)
}

/// The customer with its contacts.
pub async fn find(tx: &mut Tx, project: ProjectId, id: CustomerId) -> Result<Option<Customer>> {
    let found: Option<Bare> = tx
        .query_opt(
            "SELECT id, project_id, external_id, created_at FROM customers WHERE id = ?1 AND project_id = ?2",
            &[&id, &project],
        )
        .await?;
    let Some(Bare(customer)) = found else { return Ok(None) };
    let contacts = tx
        .query("SELECT id, customer_id, address FROM contacts WHERE customer_id = ?1 ORDER BY id", &[&customer.id])
        .await?;
    Ok(Some(Customer { contacts, ..customer }))
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
