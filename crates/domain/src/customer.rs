//! Customers: people outside the project, and their addresses.

use serde::{Deserialize, Serialize};

use crate::{ContactId, CustomerId, ProjectId, Timestamp, budget::Budget};

/// A person outside the project who writes by chat or e-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub id: CustomerId,
    pub project: ProjectId,
    /// The project's own id of the customer (Algoreg `from_customer_id`), unique within the project.
    pub external_id: Option<String>,
    pub name: Option<String>,
    pub created_at: Timestamp,
    pub contacts: Vec<Contact>,
    /// Absent until the project lets the customer write.
    pub writes: Option<Writes>,
    /// The most that calls for the customer's messages may use.
    pub budgets: Vec<Budget>,
}

impl Customer {
    /// A customer without a name, contacts, settings or budgets.
    pub fn new(project: ProjectId, id: CustomerId, external_id: Option<String>, created_at: Timestamp) -> Self {
        let (contacts, budgets) = (Vec::new(), Vec::new());
        Self { id, project, external_id, name: None, created_at, contacts, writes: None, budgets }
    }
}

/// Defaults of the messages that a customer writes in a chat. The project sets them when it lets the customer in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Writes {
    /// Recipient of messages that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<String>,
    /// Tags of threads that the customer starts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// One address of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    pub id: ContactId,
    pub customer: CustomerId,
    /// An e-mail address without display name, in lower case; unique within the project.
    pub address: String,
}
