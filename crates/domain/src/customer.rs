//! People outside the project, and the addresses they write from.

use crate::{ContactId, CustomerId, ProjectId, Timestamp};

/// A person outside the project who writes in by chat or e-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub id: CustomerId,
    pub project: ProjectId,
    /// The project's own name for this person (Algoreg `from_customer_id`); unique within the project.
    pub external_id: Option<String>,
    pub created_at: Timestamp,
    pub contacts: Vec<Contact>,
}

/// One address of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    pub id: ContactId,
    pub customer: CustomerId,
    /// An e-mail address without display name, in lower case; unique within the project.
    pub address: String,
}
