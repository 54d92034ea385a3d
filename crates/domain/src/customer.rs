//! People outside the project, and the addresses they write from.

use serde::{Deserialize, Serialize};

use crate::{ContactId, CustomerId, ProjectId, Timestamp};

/// A person outside the project who writes in by chat or e-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub id: CustomerId,
    pub project: ProjectId,
    /// The project's own name for this person (Algoreg `from_customer_id`); unique within the project.
    pub external_id: Option<String>,
    pub name: Option<String>,
    pub created_at: Timestamp,
    pub contacts: Vec<Contact>,
    /// Absent: the project has not let this person in to write by itself.
    pub writes: Option<Writes>,
}

/// What comes with the letters that a customer writes by itself, in a chat: the project has said so when it let them in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Writes {
    /// Whom the letters are for, where they do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<String>,
    /// What threads carry that begin with one.
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
