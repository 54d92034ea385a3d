//! Customers.

use dialect_kit::Given;
use domain::{Result, customer};
use engine::app::people::customers::{CustomerPatch, NewCustomer};

use crate::wire;

pub fn new(input: wire::CustomerInput) -> NewCustomer {
    let given = |field| match field {
        Given::Value(text) => Some(text),
        Given::Absent | Given::Null => None,
    };
    NewCustomer {
        external_id: given(input.external_id),
        name: given(input.name),
        contacts: input.emails.unwrap_or_default(),
        origin: None,
    }
}

pub fn patch(input: wire::CustomerInput) -> CustomerPatch {
    let changed = |field| match field {
        Given::Absent => None,
        Given::Null => Some(None),
        Given::Value(text) => Some(Some(text)),
    };
    let (external_id, name) = (changed(input.external_id), changed(input.name));
    CustomerPatch { external_id, name, contacts: input.emails, ..CustomerPatch::default() }
}

/// The shown customer, or the error with this API's field names.
///
/// # Errors
/// The given error.
pub fn answer(outcome: Result<customer::Customer>) -> Result<wire::Customer> {
    outcome.map(|one| customer(&one)).map_err(|error| error.renamed(&[("contacts", "emails")]))
}

pub fn customer(customer: &customer::Customer) -> wire::Customer {
    wire::Customer {
        contacts: customer.contacts.iter().map(contact).collect(),
        created_at: customer.created_at,
        external_id: customer.external_id.clone(),
        id: customer.id.to_string(),
        name: customer.name.clone(),
    }
}

pub(super) fn contact(contact: &customer::Contact) -> wire::Contact {
    wire::Contact {
        customer_id: contact.customer.to_string(),
        email: contact.address.clone(),
        id: contact.id.to_string(),
    }
}
