//! People outside the project, and their addresses.

use dialect_kit::Given;
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Budget,
    budget::shown,
    schema::{self, Id},
};

/// A person outside the project who writes in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Customer {
    pub id: Id,
    /// The project's own name for the person. It is unique within the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub contacts: Vec<Contact>,
    /// Defaults for a customer who writes with a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes: Option<Writes>,
    /// The most that model calls for the customer's messages may use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
}

/// Defaults for what a customer writes with a token. The project set them when it made the token.
#[derive(Debug, Serialize, ToSchema)]
pub struct Writes {
    /// The recipient of e-mails that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<String>,
    /// The tags of threads that begin with such an e-mail.
    pub tags: Vec<String>,
}

/// One address of a customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Contact {
    pub id: Id,
    /// A bare e-mail address in lower case. No two customers have the same.
    pub address: String,
}

/// A customer to be made.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    #[serde(default)]
    pub external_id: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    /// Bare e-mail addresses. Case does not matter.
    #[serde(default)]
    pub contacts: Option<Vec<String>>,
}

/// Changes of a customer. Absent fields stay as they are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerPatch {
    /// Null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub external_id: Given<String>,
    /// Null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub name: Given<String>,
    /// The new list of addresses. An address that stays keeps its id.
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = Vec<String>)]
    pub contacts: Option<Vec<String>>,
    /// The new budgets as a whole. Null removes all. They hold from the next model call on.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Budget>>)]
    pub budgets: Given<Vec<Budget>>,
}

impl From<domain::customer::Customer> for Customer {
    fn from(customer: domain::customer::Customer) -> Self {
        let contact = |one: domain::customer::Contact| Contact { id: Id(one.id.0), address: one.address };
        Self {
            id: Id(customer.id.0),
            external_id: customer.external_id,
            name: customer.name,
            contacts: customer.contacts.into_iter().map(contact).collect(),
            writes: customer.writes.map(|own| Writes { to: own.to, mailbox: own.mailbox, tags: own.tags }),
            budgets: shown(customer.budgets),
            created_at: customer.created_at,
        }
    }
}
